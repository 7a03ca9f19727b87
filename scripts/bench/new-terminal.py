"""`new-terminal.py ROWS COLUMNS COMMAND …`: runs a command in a terminal of its own, whose keys are stdin and whose screen is stdout.

`script` of util-linux does the same, but waits for 250 ms where the terminal is busy for a moment.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

rows, columns = int(sys.argv[1]), int(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])

# The end of stdin is the end of the window.
while True:
    readable, _, _ = select.select([0, terminal], [], [])
    try:
        if terminal in readable:
            os.write(1, os.read(terminal, 65536))
        if 0 in readable:
            keys = os.read(0, 65536)
            if not keys:
                break
            os.write(terminal, keys)
    except OSError:
        break
