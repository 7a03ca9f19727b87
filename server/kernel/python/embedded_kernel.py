"""The basic Python kernel of nbls: one file, the standard library only, Python 3.8 and later.

It runs where no Jupyter kernel is installed. Messages are Jupyter's, one JSON object a line, over a private socket
that this process listens on:

    import embedded_kernel; embedded_kernel.main(FOLDER_OF_THIS_FILE, CONNECTION_FILE, "door" or "detached")

The connection file is JSON: `transport` ("unix" or "tcp"), `address` (the socket's path; for tcp this process writes
the port it got as `port`), `key` (tcp: the first line a client must send) and `session` (for the headers we send).

Three kinds of threads. The main thread runs cells, and nothing else, because signals arrive there. The wire's thread
moves bytes and answers control, so that a busy cell never delays an interrupt. Questions (completion, inspection …)
get a short-lived thread each, so that one that hangs in user code holds up no other.
"""

import sys

if sys.version_info < (3, 8):
    sys.exit("nbls: the basic Python kernel needs Python 3.8 or later; this is Python %d.%d" % sys.version_info[:2])

import _ast
import builtins
import codecs
import collections
import contextvars
import io
import itertools
import json
import os
import select
import signal
import socket
import threading
import time
from _thread import get_ident
from _queue import SimpleQueue

INSTALL_HINT = "python -m pip install ipykernel"

# The header of the request that the running code belongs to. A context variable, because tasks must keep the one
# they were created under while later cells run.
CURRENT_PARENT = contextvars.ContextVar("nbls_parent", default=None)


# --- Interrupts -------------------------------------------------------------------------------------------------------


class Interrupts:
    """Decides what SIGINT means at the instant it arrives.

    KeyboardInterrupt may only be raised in the user's code: inside of ours it would tear a half-written message or
    lose a reply. Our critical sections are shielded, and an interrupt that arrives there is raised at their end.
    """

    def __init__(self):
        self.main = get_ident()
        self.depth = 0
        self.pending = False
        self.tasks = None
        self.user_code = set()

    def counts_in(self, function):
        """Interrupts count while this function is on the stack."""
        self.user_code.add(function.__code__)

    def prepare(self):
        """Before each cell: user code may have set a handler of its own. An interrupt that comes before the cell begins counts."""
        self.pending = False
        self.depth = 1
        signal.signal(signal.SIGINT, self._arrived)

    def release(self):
        """The cell begins, or there is none."""
        self.depth = 1
        self.unshield()

    def _arrived(self, _number, frame):
        if self.depth:
            self.pending = True
        elif self._in_user_code(frame) and not self.tasks.cancel_waiting(frame):
            raise KeyboardInterrupt

    def _in_user_code(self, frame):
        while frame is not None:
            # Tasks of earlier cells run between cells as well: they are known by the name of their file.
            if frame.f_code in self.user_code or frame.f_code.co_filename.startswith("<cell "):
                return True
            frame = frame.f_back
        return False

    def shield(self):
        if get_ident() == self.main:
            self.depth += 1

    def unshield(self):
        if get_ident() != self.main:
            return
        self.depth -= 1
        if self.pending and self.depth == 0:
            self.pending = False
            if self._in_user_code(sys._getframe()):
                raise KeyboardInterrupt

    def send(self, to_children):
        """Interrupts what the main thread does and, as ^C in a terminal, the programs that it started."""
        if not hasattr(signal, "pthread_kill"):
            import _thread

            _thread.interrupt_main()
        elif to_children and os.getpgrp() == os.getpid():
            # The wire's thread blocks SIGINT, so a signal to the process arrives in the main thread and ends a system call there.
            os.killpg(os.getpid(), signal.SIGINT)
        else:
            signal.pthread_kill(self.main, signal.SIGINT)


# --- The wire ---------------------------------------------------------------------------------------------------------

QUEUED_BYTES_MAX = 8 << 20
"""With a client that reads slowly, printing waits here."""

UNATTENDED_BYTES_MAX = 32 << 20
"""Without a client the cell must go on, so from here on the oldest output is dropped, and said to be."""

TEXT_SIZE_MAX = 64 << 10
CHUNK_BYTES = 256 << 10
FLUSH_SECONDS = 0.01
MID_LINE_GAP_SECONDS = 0.0001


class Wire:
    """The connection to the one client, and the order of everything that goes to it.

    Whoever has a message queues it and sends at once what the socket takes; the wire's own thread sends the rest, reads
    requests, collects what child processes print and flushes text that is older than FLUSH_SECONDS.
    """

    def __init__(self, connection, path, lifetime, interrupts):
        self.lifetime = lifetime
        self.interrupts = interrupts
        self.session = connection.get("session", "")
        self.key = connection.get("key", "")
        self.unlink = None
        self.draining = False
        # Re-entrant: a finaliser or a signal handler of the user's may print while we hold it.
        self.lock = threading.RLock()
        self.room = threading.Condition(self.lock)
        self.urgent = collections.deque()
        self.lines = collections.deque()
        self.queued = 0
        self.dropped = 0
        self.chunk = b""
        self.sent = 0
        self.text = []
        self.text_size = 0
        self.text_due = None
        self.armed = False
        self.last_write = 0.0
        self.at_line_start = True
        self.client = None
        self.candidate = None
        self.incoming = bytearray()
        self.pipes = {}
        self.pipe_poll = None
        self.muted = False
        self.thread = None
        self.message_number = 0
        self.date_second = 0
        self.date_text = ""
        self.parent_text = (None, "{}")
        self.stderr = sys.stderr
        self.waker_in, self.waker_out = socket.socketpair()
        self.waker_in.setblocking(False)
        self.waker_out.setblocking(False)
        self.parent_pid = os.getppid()
        self.was_attached = False
        self._listen(connection, path)

    def _listen(self, connection, path):
        if connection.get("transport") == "unix" and hasattr(socket, "AF_UNIX"):
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(connection["address"])
            self.unlink = connection["address"]
            self.key = ""
            self.listener.listen(1)
        else:
            if not self.key:
                sys.exit("nbls: a loopback connection needs a key")
            self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.listener.bind(("127.0.0.1", 0))
            self.listener.listen(1)
            connection = dict(connection, transport="tcp", port=self.listener.getsockname()[1])
            # Renamed into place, so that a reader sees the old file or the new one.
            descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(connection, file)
            os.replace(path + ".new", path)
        self.listener.setblocking(False)

    def start(self, on_message, on_gone):
        self.on_message = on_message
        self.on_gone = on_gone
        self.thread = threading.Thread(target=self._run, name="nbls-wire", daemon=True)
        self.thread.start()

    # Capture of file descriptors

    def capture(self):
        """Puts pipes behind file descriptors 1 and 2, so that what child processes and C code write is output too."""
        if os.name != "posix":
            return
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            try:
                original = os.dup(descriptor)
            except OSError:
                original = os.open(os.devnull, os.O_WRONLY)
            reading, writing = os.pipe()
            os.dup2(writing, descriptor)
            os.close(writing)
            os.set_blocking(reading, False)
            try:
                import fcntl

                # C code that writes much while it holds the interpreter's lock would wait for us for ever: give it room.
                fcntl.fcntl(reading, 1031, 1 << 20)
            except (ImportError, OSError):
                pass
            self.pipes[reading] = (name, codecs.getincrementaldecoder("utf-8")("replace"))
            if name == "stderr":
                self.stderr = open(original, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        if hasattr(select, "poll"):
            self.pipe_poll = select.poll()
            for reading in self.pipes:
                self.pipe_poll.register(reading, select.POLLIN)

    def drain_pipes(self):
        """Takes what child processes have written so far."""
        if self.pipe_poll is None:
            return
        try:
            # What the other thread has read but not yet put in its place must come before what follows.
            if not self.pipe_poll.poll(0) and not self.draining:
                return
        except RuntimeError:
            # Another thread asks at this very moment, and poll objects serve one at a time: take turns below.
            pass
        self.interrupts.shield()
        try:
            with self.lock:
                self.draining = True
                try:
                    for descriptor in list(self.pipes):
                        self._read_pipe(descriptor)
                finally:
                    self.draining = False
        finally:
            self.interrupts.unshield()

    def _read_pipe(self, descriptor):
        name, decoder = self.pipes[descriptor]
        while True:
            try:
                data = os.read(descriptor, 1 << 16)
            except (BlockingIOError, InterruptedError):
                return
            if not data:
                # The user closed file descriptor 1 or 2: nothing will come any more.
                del self.pipes[descriptor]
                self.pipe_poll.unregister(descriptor)
                return
            text = decoder.decode(data)
            if text:
                self.text.append((name, running_parent(), text))
                self.text_size += len(text)
                self.at_line_start = text.endswith("\n")
            if self.text_size > TEXT_SIZE_MAX:
                self._seal()
                if self.queued > QUEUED_BYTES_MAX:
                    return

    # Sending

    def wrote(self):
        """There is text: sees to it that it is sent soon, or now if there is much."""
        if self.text_size > TEXT_SIZE_MAX:
            self.flush()
        elif not self.armed:
            self.interrupts.shield()
            try:
                self.armed = True
                self.wake()
            finally:
                self.interrupts.unshield()

    def flush(self):
        """Sends all text now; waits while a client that reads slowly has too much to read."""
        self._wait_for_room()
        self.interrupts.shield()
        try:
            with self.lock:
                self._seal()
                self._pump()
        finally:
            self.interrupts.unshield()

    def post(self, channel, kind, content, parent, metadata=None, urgent=False, wait=True):
        """Queues a message behind everything printed so far; `urgent` ones overtake what is queued. `pump` sends it."""
        if self.muted:
            return
        if wait:
            self._wait_for_room()
        self.drain_pipes()
        self.interrupts.shield()
        try:
            with self.lock:
                if not urgent:
                    self._seal()
                self._queue(channel, kind, content, parent, metadata, urgent)
        finally:
            self.interrupts.unshield()

    def pump(self):
        """Sends what the socket takes now; the wire's thread sends the rest."""
        self.interrupts.shield()
        try:
            with self.lock:
                self._pump()
        finally:
            self.interrupts.unshield()

    def wake(self):
        try:
            self.waker_out.send(b"!")
        except OSError:
            pass

    def _seal(self):
        """Turns the text collected so far into stream messages. The lock is held."""
        if not self.text:
            return
        self.armed = False
        self.text_size = 0
        # Streams append without the lock, to this very list: what is taken must be what was looked at.
        text = self.text[:]
        del self.text[: len(text)]
        for (name, _), pieces in itertools.groupby(text, stream_and_parent):
            first = next(pieces)
            joined = first[2] + "".join([piece[2] for piece in pieces])
            self._queue("iopub", "stream", {"name": name, "text": joined}, first[1], None, False)

    def _queue(self, channel, kind, content, parent, metadata, urgent):
        line = self._encode(channel, kind, content, parent or {}, metadata)
        self.queued += len(line)
        (self.urgent if urgent else self.lines).append((line, channel == "iopub" and kind != "status"))
        if self.client is None and self.queued > UNATTENDED_BYTES_MAX:
            self._drop_oldest()

    def _drop_oldest(self):
        kept = collections.deque()
        while self.lines and self.queued > UNATTENDED_BYTES_MAX * 3 // 4:
            line, is_output = self.lines.popleft()
            if is_output:
                self.queued -= len(line)
                self.dropped += 1
            else:
                kept.append((line, is_output))
        kept.extend(self.lines)
        self.lines = kept

    def _wait_for_room(self):
        if self.queued <= QUEUED_BYTES_MAX or get_ident() == self.thread.ident:
            return
        self.interrupts.shield()
        try:
            with self.room:
                while self.queued > QUEUED_BYTES_MAX and self.client is not None and not self.interrupts.pending:
                    self.room.wait(0.05)
        finally:
            self.interrupts.unshield()

    def _encode(self, channel, kind, content, parent, metadata):
        now = time.time()
        if int(now) != self.date_second:
            self.date_second = int(now)
            self.date_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        self.message_number += 1
        if self.parent_text[0] is not parent:
            self.parent_text = (parent, to_json(parent))
        line = (
            '{"channel":"%s","header":{"msg_id":"%s_%d","msg_type":"%s","session":"%s","username":"kernel",'
            '"date":"%s.%06dZ","version":"5.4"},"parent_header":%s,"metadata":%s,"content":%s}\n'
        ) % (
            channel,
            self.session,
            self.message_number,
            kind,
            self.session,
            self.date_text,
            int(now % 1 * 1e6),
            self.parent_text[1],
            to_json(metadata) if metadata else "{}",
            to_json(content),
        )
        return line.encode("ascii")

    def _pump(self):
        client = self.client
        if client is None:
            return
        try:
            while True:
                if self.sent == len(self.chunk):
                    self.chunk = self._next_chunk()
                    self.sent = 0
                    if not self.chunk:
                        return
                count = client.send(memoryview(self.chunk)[self.sent :] if self.sent else self.chunk)
                self.sent += count
                self.queued -= count
                if self.queued <= QUEUED_BYTES_MAX:
                    self.room.notify_all()
        except (BlockingIOError, InterruptedError):
            if get_ident() != self.thread.ident:
                self.wake()
        except OSError:
            self._detach()

    def _next_chunk(self):
        if self.urgent:
            return self.urgent.popleft()[0]
        if not self.lines:
            return b""
        line = self.lines.popleft()[0]
        if not self.lines:
            return line
        pieces, size = [line], len(line)
        while self.lines and size < CHUNK_BYTES:
            pieces.append(self.lines.popleft()[0])
            size += len(pieces[-1])
        return b"".join(pieces)

    # The thread

    def _run(self):
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while not self.muted:
            try:
                self._turn()
            except Exception as error:
                self.report(error)

    def report(self, error):
        """A fault of ours goes to the real stderr, where the hub keeps the tail of it."""
        try:
            import traceback

            self.stderr.write("".join(traceback.format_exception(type(error), error, error.__traceback__)))
        except Exception:
            pass

    def _turn(self):
        reading = [self.listener.fileno(), self.waker_in.fileno()]
        writing = []
        with self.lock:
            client, candidate = self.client, self.candidate
            if client is not None:
                reading.append(client.fileno())
                if self.sent < len(self.chunk) or self.urgent or self.lines:
                    writing.append(client.fileno())
            if candidate is not None:
                reading.append(candidate[0].fileno())
            if client is None or self.queued <= QUEUED_BYTES_MAX:
                reading.extend(self.pipes)
            if self.text and self.text_due is None:
                self.text_due = time.monotonic() + FLUSH_SECONDS
            timeout = None if self.text_due is None else max(0.0, self.text_due - time.monotonic())
        if timeout is None and (candidate is not None or not self.was_attached):
            timeout = 1.0
        ready = wait_ready(reading, writing, timeout)

        if self.waker_in.fileno() in ready:
            try:
                self.waker_in.recv(4096)
            except OSError:
                pass
        if any(descriptor in ready for descriptor in self.pipes):
            self.drain_pipes()
        if self.text_due is not None and time.monotonic() >= self.text_due:
            self.text_due = None
            with self.lock:
                self._seal()
        with self.lock:
            self._pump()
        if client is not None and client is self.client and client.fileno() in ready:
            more = self._receive(client)
            # Who comes next is sent away as long as this one is there: see first whether it has gone.
            while more and self.listener.fileno() in ready:
                more = self._receive(client)
        if self.listener.fileno() in ready:
            self._accept()
        if candidate is not None:
            self._admit(candidate[0].fileno() in ready)
        # Before the first client came there is no connection whose end would tell us that the door is gone.
        if not self.was_attached and self.lifetime == "door" and os.getppid() != self.parent_pid:
            self.on_gone()

    def _accept(self):
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        if self.client is not None or self.candidate is not None:
            connection.close()
            return
        connection.setblocking(False)
        if self.key:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.candidate = (connection, time.monotonic() + 5, bytearray())
        else:
            self._attach(connection)

    def _admit(self, readable):
        """A loopback port is open to every user of the machine, so the first line must be the key."""
        import hmac

        connection, deadline, received = self.candidate
        try:
            data = connection.recv(4096) if readable else None
        except (BlockingIOError, InterruptedError):
            data = None
        except OSError:
            data = b""
        if data:
            received += data
        end = received.find(b"\n")
        if end >= 0:
            self.candidate = None
            if hmac.compare_digest(bytes(received[:end]).strip(), self.key.encode()):
                self._attach(connection)
                self._take(received[end + 1 :])
            else:
                connection.close()
        elif data == b"" or len(received) > 4096 or time.monotonic() > deadline:
            self.candidate = None
            connection.close()

    def _attach(self, connection):
        with self.lock:
            self.client = connection
            self.was_attached = True
            self.incoming = bytearray()
            if self.sent < len(self.chunk):
                # What the last client did not take in full, this one gets in full.
                self.queued += self.sent
                self.sent = 0
            if self.dropped:
                text = "[nbls: %d messages of output were dropped while nobody was connected]\n" % self.dropped
                self.dropped = 0
                line = self._encode("iopub", "stream", {"name": "stderr", "text": text}, running_parent() or {}, None)
                self.queued += len(line)
                self.lines.appendleft((line, True))
            self._pump()

    def _detach(self):
        client, self.client = self.client, None
        if client is not None:
            client.close()
            self.room.notify_all()
            if self.lifetime == "door":
                self.on_gone()

    def _receive(self, client):
        """Takes what the client sent; False if that was nothing."""
        try:
            data = client.recv(1 << 18)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        if data:
            self._take(data)
        else:
            with self.lock:
                if self.client is client:
                    self._detach()
        return bool(data)

    def _take(self, data):
        searched = len(self.incoming)
        self.incoming += data
        while True:
            end = self.incoming.find(b"\n", searched)
            if end < 0:
                return
            line = bytes(self.incoming[:end])
            del self.incoming[: end + 1]
            searched = 0
            try:
                message = json.loads(line)
                if message["channel"] == "hb":
                    self._echo()
                    continue
                message["header"]["msg_type"], message["header"]["msg_id"]
            except (ValueError, TypeError, KeyError):
                continue
            try:
                self.on_message(message)
            except Exception as error:
                # The lines behind it are still to be read.
                self.report(error)

    def close(self):
        """Sends what it can; the process is about to end."""
        guarded(self.flush)
        if self.unlink:
            try:
                os.unlink(self.unlink)
            except OSError:
                pass

    def _echo(self):
        with self.lock:
            self.urgent.append((b'{"channel":"hb"}\n', False))
            self.queued += len(self.urgent[-1][0])
            self._pump()

    def after_fork(self):
        """A forked child never speaks on our socket: what it prints goes through the pipes, as any child's output."""
        self.muted = True
        self.lock = threading.RLock()
        self.room = threading.Condition(self.lock)
        self.text, self.pipe_poll = [], None
        for held in (self.listener, self.client, self.waker_in, self.waker_out):
            if held is not None:
                held.close()
        self.client = None


def stream_and_parent(piece):
    return piece[0], id(piece[1])


def wait_ready(reading, writing, timeout):
    """The file descriptors that something can be done with. `poll` where there is one: it takes numbers beyond 1023."""
    if not hasattr(select, "poll"):
        readable, writable, _ = select.select(reading, writing, [], timeout)
        return set(readable) | set(writable)
    poll = select.poll()
    for descriptor in reading:
        poll.register(descriptor, select.POLLIN | (select.POLLOUT if descriptor in writing else 0))
    return {descriptor for descriptor, _ in poll.poll(None if timeout is None else timeout * 1000)}


def to_json(value):
    """JSON in ASCII (so that lone surrogates do no harm), whatever the user's objects put into it."""
    try:
        return ENCODER.encode(value)
    except (ValueError, TypeError, RecursionError):
        return ENCODER.encode(jsonable(value, 0))


def encode_other(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64_text(value)
    # Scalars of numpy and the like.
    item = getattr(value, "item", None)
    if callable(item):
        try:
            value = item()
            if isinstance(value, (bool, int, float, str)):
                return value
        except Exception:
            pass
    return safe_repr(value)


ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=encode_other)


def jsonable(value, depth):
    """A copy that JSON can express: no NaN, text keys, no cycle."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    if depth > 50:
        return safe_repr(value)
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): jsonable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [jsonable(item, depth + 1) for item in value]
    return encode_other(value)


def base64_text(data):
    import binascii

    return binascii.b2a_base64(data, newline=False).decode("ascii")


def safe_repr(value):
    try:
        return repr(value)
    except Exception as error:
        return "<%s object, whose repr failed: %s>" % (type(value).__name__, type(error).__name__)


# --- Whose output it is -----------------------------------------------------------------------------------------------


def running_parent():
    return KERNEL.parent if KERNEL is not None else None


def parent_of_thread():
    """The cell that started this thread; where that is unknown, the running one."""
    thread = threading._active.get(get_ident())
    return getattr(thread, "_nbls_parent", None) or running_parent()


def remember_parents_of_threads():
    start = threading.Thread.start

    def start_for_cell(thread):
        thread._nbls_parent = CURRENT_PARENT.get() or parent_of_thread()
        return start(thread)

    start_for_cell.__doc__ = start.__doc__
    start_for_cell.__name__ = "start"
    threading.Thread.start = start_for_cell


# --- Standard streams -------------------------------------------------------------------------------------------------


class Bytes(io.RawIOBase):
    """`sys.stdout.buffer`."""

    def __init__(self, stream):
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self):
        return True

    def fileno(self):
        return self._stream.fileno()

    def write(self, data):
        text = self._decoder.decode(bytes(data))
        if text:
            self._stream.write(text)
        return len(data)

    def flush(self):
        self._stream.flush()


class Stream(io.TextIOBase):
    """`sys.stdout` and `sys.stderr`."""

    encoding = "utf-8"
    errors = "backslashreplace"
    newlines = None
    line_buffering = True
    write_through = False
    mode = "w"

    def __init__(self, wire, name, descriptor):
        self._wire = wire
        self._kind = name
        self._descriptor = descriptor
        self.name = "<%s>" % name
        self.buffer = Bytes(self)

    def writable(self):
        return True

    def fileno(self):
        return self._descriptor

    def isatty(self):
        return False

    def reconfigure(self, **_options):
        pass

    def close(self):
        """Programs that close stdout at their end must not silence the cells that follow."""

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        if not text:
            return 0
        wire = self._wire
        now = time.perf_counter()
        # A child process may have written since. Asking costs a system call, so it is asked where it can matter:
        # between lines, and after a pause long enough for somebody else to have written.
        if wire.at_line_start or now - wire.last_write > MID_LINE_GAP_SECONDS:
            wire.drain_pipes()
        wire.text.append((self._kind, CURRENT_PARENT.get() or parent_of_thread(), text))
        # Without a lock the sum may miss a piece now and then; it only decides when to send.
        wire.text_size += len(text)
        wire.at_line_start = text[-1] == "\n"
        wire.last_write = now
        if not wire.armed or wire.text_size > TEXT_SIZE_MAX:
            wire.wrote()
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        if self._wire is not None and self._wire.text:
            self._wire.flush()


class Answers(io.TextIOBase):
    """`sys.stdin`: what the user answers, line by line."""

    encoding = "utf-8"
    errors = "strict"
    name = "<stdin>"
    mode = "r"

    def readable(self):
        return True

    def fileno(self):
        return 0

    def isatty(self):
        return False

    def readline(self, _size=-1):
        return KERNEL.ask("", False) + "\n"

    def read(self, _size=-1):
        raise io.UnsupportedOperation("read: use input() or sys.stdin.readline()")


class StdinNotImplementedError(NotImplementedError):
    """Nobody can be asked. The name and the text are those of ipykernel, which programs look for."""


# --- Mime bundles -----------------------------------------------------------------------------------------------------

REPRESENTATIONS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("application/pdf", "_repr_pdf_"),
    ("text/latex", "_repr_latex_"),
    ("application/json", "_repr_json_"),
    ("application/javascript", "_repr_javascript_"),
)
LINE_WIDTH = 79
ITEMS_MAX = 1000


def mime_bundle(value, include=None, exclude=None):
    """`(data, metadata)` of a value, as its `_repr_*_` methods tell."""
    data, metadata = {}, {}
    method = representation(value, "_repr_mimebundle_")
    if method is not None:
        bundle = guarded(method, include=include, exclude=exclude)
        if isinstance(bundle, tuple) and len(bundle) == 2:
            data.update(bundle[0] or {})
            metadata.update(bundle[1] or {})
        elif isinstance(bundle, dict):
            data.update(bundle)
    for mime, name in REPRESENTATIONS:
        method = None if mime in data else representation(value, name)
        result = guarded(method) if method is not None else None
        if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict):
            result, metadata[mime] = result
        if result is not None:
            data[mime] = result
    if "image/png" not in data and is_figure(value):
        picture = guarded(draw_figure, value)
        if picture is not None:
            data["image/png"] = picture
    for mime, content in data.items():
        if isinstance(content, (bytes, bytearray)):
            data[mime] = base64_text(content)
    if "text/plain" not in data:
        data["text/plain"] = pretty(value)
    if include:
        data = {mime: content for mime, content in data.items() if mime in include}
    if exclude:
        data = {mime: content for mime, content in data.items() if mime not in exclude}
    return data, metadata


def representation(value, name):
    """The method, unless it belongs to instances of a class that is itself the value, or the value has any attribute one asks for."""
    if isinstance(value, type):
        return None
    try:
        method = getattr(value, name, None)
        if not callable(method) or hasattr(value, "_nbls_has_every_attribute_"):
            return None
        return method
    except Exception:
        return None


def guarded(method, *arguments, **options):
    """A representation that fails costs only itself: the others are still shown."""
    try:
        return method(*arguments, **options)
    except NotImplementedError:
        return None
    except Exception as error:
        sys.stderr.write("\n".join(format_failure(error)) + "\n")
        return None


def pretty(value, indent=0):
    """`repr`, but a container that does not fit a line gets a line per item, and one that is very long is cut."""
    kind = type(value)
    if kind not in (list, tuple, dict, set, frozenset) or not value:
        return repr(value)
    if len(value) <= ITEMS_MAX:
        text = repr(value)
        if len(text) <= LINE_WIDTH - indent or indent > LINE_WIDTH // 2:
            return text
    opening, closing = {list: "[]", tuple: "()", dict: "{}", set: "{}", frozenset: ("frozenset({", "})")}[kind]
    inner = indent + len(opening)
    items = []
    for index, item in enumerate(value):
        if index == ITEMS_MAX:
            items.append("...")
            break
        if kind is dict:
            key = pretty(item, inner)
            items.append("%s: %s" % (key, pretty(value[item], inner)))
        else:
            items.append(pretty(item, inner))
    comma = "," if kind is tuple and len(value) == 1 else ""
    return opening + (",\n" + " " * inner).join(items) + comma + closing


def is_figure(value):
    figures = sys.modules.get("matplotlib.figure")
    return figures is not None and isinstance(value, figures.Figure)


def draw_figure(figure):
    if not figure.axes and not figure.lines and not figure.texts and not figure.images:
        return None
    picture = io.BytesIO()
    if figure.canvas is None:
        from matplotlib.backend_bases import FigureCanvasBase

        FigureCanvasBase(figure)
    figure.canvas.print_figure(
        picture,
        format="png",
        dpi=figure.dpi,
        bbox_inches="tight",
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
    )
    return picture.getvalue()


# --- Display functions ------------------------------------------------------------------------------------------------


class DisplayHandle:
    """A display that can be replaced later, wherever it is shown."""

    def __init__(self, display_id=None):
        self.display_id = display_id or os.urandom(16).hex()

    def __repr__(self):
        return "<DisplayHandle display_id=%s>" % self.display_id

    def display(self, obj, **options):
        display(obj, display_id=self.display_id, **options)

    def update(self, obj, **options):
        update_display(obj, display_id=self.display_id, **options)


def display(
    *objs, include=None, exclude=None, metadata=None, transient=None, display_id=None, raw=False, clear=False, **options
):
    """Shows objects in the cell's output. With `raw=True` they are mime bundles. A `display_id` makes it replaceable."""
    update = options.pop("update", False)
    transient = dict(transient or {})
    handle = None
    if display_id is not None:
        handle = DisplayHandle(None if display_id is True else display_id)
        transient["display_id"] = handle.display_id
    if clear:
        clear_output(wait=True)
    for value in objs:
        if raw:
            publish_display_data(dict(value), metadata, transient=transient, update=update)
            continue
        own = representation(value, "_ipython_display_")
        if own is not None:
            own()
            continue
        data, found = mime_bundle(value, include, exclude)
        if metadata:
            found.update(metadata)
        publish_display_data(data, found, transient=transient, update=update)
    return handle


def publish_display_data(data, metadata=None, source=None, *, transient=None, update=False, **_options):
    """Shows a mime bundle as it is."""
    for mime, content in data.items():
        if isinstance(content, (bytes, bytearray)):
            data = dict(data, **{mime: base64_text(content)})
    if KERNEL.is_forked:
        print(data.get("text/plain", ""))
        return
    KERNEL.publish(
        "update_display_data" if update else "display_data",
        {"data": data, "metadata": metadata or {}, "transient": transient or {}},
    )


def update_display(obj, *, display_id, **options):
    """Replaces what was displayed with this id."""
    display(obj, display_id=display_id, update=True, **options)


def clear_output(wait=False):
    """Removes the outputs of the cell; with `wait`, when the next one arrives."""
    if not KERNEL.is_forked:
        KERNEL.publish("clear_output", {"wait": bool(wait)})


# --- Import hooks: matplotlib, getpass and IPython.display ------------------------------------------------------------

INLINE_BACKEND = "nbls_inline"


class AfterImport:
    """A finder that finds nothing itself: it lets us adjust a module when, and only if, the user imports it."""

    def __init__(self, hooks):
        self.hooks = hooks
        for name, hook in hooks.items():
            if name in sys.modules:
                hook(sys.modules[name])

    def find_spec(self, name, path=None, target=None):
        hook = self.hooks.get(name)
        if hook is None:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if finder is not self and find is not None else None
            if spec is not None:
                break
        else:
            return None
        loader = spec.loader
        if isinstance(loader, (OwnModules, type)) or not hasattr(loader, "exec_module"):
            return spec
        execute = loader.exec_module

        def exec_module(module):
            execute(module)
            try:
                hook(module)
            except Exception as error:
                KERNEL.wire.report(error)

        loader.exec_module = exec_module
        return spec


def adjust_getpass(module):
    def getpass(prompt="Password: ", stream=None, **_options):
        """Asks for a password, which is not shown."""
        return KERNEL.ask(prompt, True)

    module.getpass = getpass


def adjust_matplotlib(module):
    # Not through the environment: child processes would inherit the name of a module that only we have.
    if not os.environ.get("MPLBACKEND"):
        module.use("module://" + INLINE_BACKEND, force=False)


def adjust_ipython_display(module):
    # IPython's own functions print only the repr when no IPython shell runs.
    for function in (display, update_display, clear_output, publish_display_data):
        if function.__name__ in vars(module):
            setattr(module, function.__name__, function)


class OwnModules:
    """The last finder: IPython.display for notebooks where IPython is not installed, and the figures' backend."""

    def __init__(self):
        self.fill = {
            INLINE_BACKEND: fill_inline_backend,
            "IPython": fill_ipython,
            "IPython.display": fill_ipython_display,
            "IPython.core": lambda module: None,
            "IPython.core.display": fill_ipython_display,
            "IPython.core.display_functions": fill_ipython_display,
        }

    def find_spec(self, name, path=None, target=None):
        if name not in self.fill or (path is not None and list(path)):
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self, origin="nbls", is_package=name in ("IPython", "IPython.core"))

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        self.fill[module.__name__](module)


def fill_inline_backend(module):
    from matplotlib._pylab_helpers import Gcf
    from matplotlib.backend_bases import FigureManagerBase
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def new_figure_manager_given_figure(number, figure):
        return FigureManagerBase(FigureCanvasAgg(figure), number)

    def new_figure_manager(number, *arguments, FigureClass=Figure, **options):
        return new_figure_manager_given_figure(number, FigureClass(*arguments, **options))

    def show(*_arguments, **_options):
        managers = Gcf.get_all_fig_managers()
        try:
            for manager in managers:
                if manager.canvas.figure not in KERNEL.figures_shown:
                    display(manager.canvas.figure)
        finally:
            Gcf.destroy_all()

    module.FigureCanvas = FigureCanvasAgg
    module.FigureManager = FigureManagerBase
    module.new_figure_manager = new_figure_manager
    module.new_figure_manager_given_figure = new_figure_manager_given_figure
    module.show = show


def show_figures():
    """Figures that the cell made and did not show are shown at its end."""
    backend = sys.modules.get(INLINE_BACKEND)
    if backend is not None:
        backend.show()
    KERNEL.figures_shown.clear()


def fill_ipython(module):
    module.__version__ = "0"
    module.version_info = (0, 0, 0, "")
    module.get_ipython = lambda: None

    def __getattr__(name):
        if name == "display":
            import IPython.display

            return IPython.display
        raise AttributeError("IPython is not installed: %s needs it (%s)" % (name, INSTALL_HINT))

    module.__getattr__ = __getattr__


def fill_ipython_display(module):
    for item in (display, update_display, clear_output, publish_display_data, DisplayHandle):
        setattr(module, item.__name__, item)
    for item in display_classes():
        setattr(module, item.__name__, item)

    def __getattr__(name):
        raise AttributeError("IPython is not installed: IPython.display.%s needs it (%s)" % (name, INSTALL_HINT))

    module.__getattr__ = __getattr__


def display_classes():
    """The classes of IPython.display that ordinary notebooks use. Made on demand: most notebooks never ask."""

    class DisplayObject:
        mime = ""
        is_binary = False

        def __init__(self, data=None, url=None, filename=None, metadata=None):
            if data is not None and filename is None and url is None and type(data).__name__.endswith("Path"):
                data, filename = None, data
            self.url = url
            self.filename = filename
            self.metadata = metadata
            self.data = data
            if data is None:
                self.reload()

        def reload(self):
            if self.filename is not None:
                with open(self.filename, "rb") as file:
                    self._set(file.read())
            elif self.url is not None:
                from urllib.request import urlopen

                with urlopen(self.url) as response:
                    self._set(response.read())

        def _set(self, data):
            self.data = data if self.is_binary else data.decode("utf-8")

        def _repr_mimebundle_(self, include=None, exclude=None):
            data = {self.mime: self.data, "text/plain": repr(self)}
            return data, ({self.mime: self.metadata} if self.metadata else {})

        def __repr__(self):
            return "<IPython.core.display.%s object>" % type(self).__name__

    class HTML(DisplayObject):
        mime = "text/html"

    class Markdown(DisplayObject):
        mime = "text/markdown"

    class Latex(DisplayObject):
        mime = "text/latex"

    class Math(Latex):
        def __init__(self, data=None, **options):
            super().__init__("$\\displaystyle %s$" % data.strip("$") if data is not None else None, **options)

    class SVG(DisplayObject):
        mime = "image/svg+xml"

    class Javascript(DisplayObject):
        mime = "application/javascript"

    class JSON(DisplayObject):
        mime = "application/json"

        def _set(self, data):
            self.data = json.loads(data)

    class Pretty(DisplayObject):
        mime = "text/plain"

        def __repr__(self):
            return str(self.data)

    class Code(DisplayObject):
        mime = "text/markdown"

        def __init__(self, data=None, url=None, filename=None, language=None):
            super().__init__(data, url, filename)
            self.language = language or "python"

        def _repr_mimebundle_(self, include=None, exclude=None):
            return {"text/markdown": "```%s\n%s\n```" % (self.language, self.data), "text/plain": self.data}

    class Image(DisplayObject):
        is_binary = True

        def __init__(
            self, data=None, url=None, filename=None, format=None, embed=None, width=None, height=None, metadata=None, **_o
        ):
            if isinstance(data, str):
                data, url, filename = (None, data, filename) if "://" in data else (None, url, data)
            self.width, self.height = width, height
            self.is_linked = url is not None and not embed
            super().__init__(data, None if self.is_linked else url, filename, metadata)
            self.url = url
            self.format = (format or self._guess()).lower()

        def _guess(self):
            data = self.data if isinstance(self.data, bytes) else b""
            if data.startswith(b"\xff\xd8"):
                return "jpeg"
            return "gif" if data.startswith(b"GIF8") else "png"

        def _repr_mimebundle_(self, include=None, exclude=None):
            sizes = {key: size for key, size in (("width", self.width), ("height", self.height)) if size is not None}
            if self.is_linked:
                attributes = "".join(' %s="%s"' % pair for pair in sizes.items())
                return {"text/html": '<img src="%s"%s/>' % (self.url, attributes), "text/plain": repr(self)}
            mime = "image/" + {"jpg": "jpeg", "svg": "svg+xml"}.get(self.format, self.format)
            metadata = dict(self.metadata or {}, **sizes)
            return {mime: self.data, "text/plain": repr(self)}, ({mime: metadata} if metadata else {})

    class IFrame:
        def __init__(self, src, width, height, **_options):
            self.src, self.width, self.height = src, width, height

        def _repr_html_(self):
            return '<iframe src="%s" width="%s" height="%s"></iframe>' % (self.src, self.width, self.height)

    return DisplayObject, HTML, Markdown, Latex, Math, SVG, Javascript, JSON, Pretty, Code, Image, IFrame


# --- Tracebacks -------------------------------------------------------------------------------------------------------

RED, GREEN, CYAN, PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[39m"
CONTEXT_LINES = 2
FRAMES_MAX = 24
CELL_LABELS = {}


def format_failure(error):
    """The lines of a traceback as IPython lays them out: cells by their number, with the lines around the fault."""
    try:
        return describe_failure(error, set())
    except Exception as fault:
        return ["%s: %s" % (type(error).__name__, safe_text(error)), "(its traceback failed: %s)" % safe_text(fault)]


def safe_text(error):
    try:
        return str(error)
    except Exception:
        return "<its text failed>"


def describe_failure(error, seen):
    import traceback

    seen.add(id(error))
    lines = []
    cause, context = error.__cause__, error.__context__
    if cause is not None and id(cause) not in seen:
        lines += describe_failure(cause, seen)
        lines.append("\nThe above exception was the direct cause of the following exception:\n")
    elif context is not None and not error.__suppress_context__ and cause is None and id(context) not in seen:
        lines += describe_failure(context, seen)
        lines.append("\nDuring handling of the above exception, another exception occurred:\n")

    name = type(error).__name__
    frames = visible_frames(error.__traceback__)
    # With the traceback, of which it is to show nothing: from Python 3.12 on it finds "Did you mean" there.
    text = traceback.TracebackException(type(error), error, error.__traceback__, limit=0, lookup_lines=False)
    message = "".join(text.format_exception_only()).rstrip("\n")
    if hasattr(error, "exceptions") and name.endswith("Group"):
        message = "".join(traceback.format_exception(type(error), error, None)).rstrip("\n")
    for filename, label in CELL_LABELS.items():
        if filename in message:
            message = message.replace('File "%s"' % filename, label)
    message += suggestion(error)
    if isinstance(error, SyntaxError):
        if not frames:
            return lines + [message]
    else:
        head = message.split(":", 1)[0].split("\n", 1)[0]
        message = RED + head + PLAIN + message[len(head) :]
    lines.append(RED + "-" * 75 + PLAIN)
    lines.append(RED + name + PLAIN + "Traceback (most recent call last)".rjust(75 - len(name)))
    for index, (frame, line) in enumerate(frames):
        if len(frames) > FRAMES_MAX and FRAMES_MAX // 2 <= index < len(frames) - FRAMES_MAX // 2:
            if index == FRAMES_MAX // 2:
                lines.append("    [... %d frames left out ...]\n" % (len(frames) - FRAMES_MAX))
            continue
        lines.append(describe_frame(frame, line))
    lines.append(message)
    return lines


def visible_frames(trace):
    """From the first frame of a cell on; ours are left out."""
    frames = []
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if filename != OWN_FILE:
            frames.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    for index, (frame, _) in enumerate(frames):
        if frame.f_code.co_filename in CELL_LABELS:
            return frames[index:]
    return frames


def describe_frame(frame, line):
    import linecache

    code = frame.f_code
    label = CELL_LABELS.get(code.co_filename)
    where = "%s, line %d" % (label, line) if label else "File %s:%d" % (code.co_filename, line)
    name = getattr(code, "co_qualname", code.co_name)
    head = GREEN + where + PLAIN + ("" if name == "<module>" else ", in %s%s()%s" % (CYAN, name, PLAIN))
    shown = []
    for number in range(max(1, line - CONTEXT_LINES), line + CONTEXT_LINES + 1):
        text = linecache.getline(code.co_filename, number, frame.f_globals).rstrip("\n")
        if not text and number != line:
            # Blank lines at either end say nothing, and there is nothing after the last line.
            if not shown or not linecache.getline(code.co_filename, number + 1, frame.f_globals):
                continue
        if number == line:
            shown.append("%s%s %d%s %s" % (GREEN, "-" * max(1, 5 - len(str(number))) + ">", number, PLAIN, text))
        else:
            shown.append("%7d %s" % (number, text))
    while shown and not shown[-1].split(None, 1)[1:]:
        shown.pop()
    return "\n".join([head] + shown) + "\n"


def suggestion(error):
    """`traceback` says "Did you mean" from Python 3.12 on; before, only the interpreter's own printer did, or nobody."""
    if sys.version_info >= (3, 12) or not isinstance(error, (NameError, AttributeError)):
        return ""
    import re

    found = re.search(r"(?:name|attribute) '(\w+)'", safe_text(error))
    if found is None:
        return ""
    wrong = found.group(1)
    if isinstance(error, AttributeError):
        owner = getattr(error, "obj", None)
        names = dir(owner) if owner is not None else []
    else:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        frame = trace.tb_frame if trace is not None else None
        names = set(frame.f_locals) | set(frame.f_globals) | set(dir(builtins)) if frame is not None else []
    import difflib

    close = difflib.get_close_matches(wrong, [name for name in names if name != wrong], 1, 0.7)
    return ". Did you mean: '%s'?" % close[0] if close else ""


# --- Magics -----------------------------------------------------------------------------------------------------------


class MagicNotAvailable(Exception):
    """A magic that only IPython has."""


IGNORED_MAGICS = ("load_ext", "reload_ext", "autoreload", "config", "precision")
CELL_MAGIC_MIME = {
    "html": "text/html",
    "markdown": "text/markdown",
    "latex": "text/latex",
    "svg": "image/svg+xml",
    "javascript": "application/javascript",
}


def replace_magic(source, line_number):
    """The source with the magic at that line turned into a call, or None if there is none.

    It is asked only about sources that are no Python, at the line where the parser gave up: a line of a string or
    of a formula that merely looks like a magic is never touched.
    """
    import re

    lines = source.split("\n")
    if source.lstrip().startswith("%%"):
        first, _, body = source.lstrip().partition("\n")
        name, _, rest = first[2:].partition(" ")
        return "__nbls_magic__(%r, %r, %r)" % ("%%" + name, rest.strip(), body)
    if not line_number or line_number > len(lines):
        return None
    line = lines[line_number - 1]
    found = re.match(r"^(\s*)((?:[\w.\[\]'\", ]+=)?\s*)(%|!!?)(.*)$", line)
    if found:
        indent, target, sign, rest = found.groups()
        if sign == "%":
            name, _, rest = rest.partition(" ")
            sign = "%" + name
        call = "%s%s__nbls_magic__(%r, %r)" % (indent, target.lstrip(), sign, rest.strip())
    else:
        found = re.match(r"^(\s*)(\?{0,2})[\w.*%]+(\?{0,2})\s*;?\s*$", line)
        if found is None or not (found.group(2) or found.group(3)):
            return None
        call = "%s__nbls_magic__('?', %r)" % (found.group(1), line.strip())
    lines[line_number - 1] = call
    return "\n".join(lines)


def run_magic(name, rest, body=None):
    """What a magic has become in the cell's code."""
    if name in ("%matplotlib", "%pylab"):
        return None
    if name in ("%time", "%%time"):
        return time_code(rest if body is None else (rest + "\n" + body if rest else body))
    if name in ("%timeit", "%%timeit"):
        return time_repeatedly(rest, body)
    if name == "%pip":
        return run_pip(rest)
    if body is not None and name[2:] in CELL_MAGIC_MIME:
        return display({CELL_MAGIC_MIME[name[2:]]: body, "text/plain": body}, raw=True)
    if name[1:] in IGNORED_MAGICS:
        sys.stderr.write("%s %s is ignored by the basic Python kernel (%s has it)\n" % (name, rest, "ipykernel"))
        return None
    what = {"!": "!%s runs a shell command" % rest, "!!": "!!%s runs a shell command" % rest, "?": "%s asks for help" % rest}
    raise MagicNotAvailable(
        "%s: a feature of IPython that the basic Python kernel of nbls does not have. Install ipykernel (%s) and restart the kernel."
        % (what.get(name, name + " is a magic"), INSTALL_HINT)
    )


def time_code(source):
    name = KERNEL.name_source(source, "%time")
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        return KERNEL.run_source(source, name)
    finally:
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print("CPU times: total: %s\nWall time: %s" % (duration(cpu), duration(wall)))


def time_repeatedly(statement, body):
    import timeit

    setup, code = ("pass", statement) if body is None else (statement or "pass", body)
    timer = timeit.Timer(code, setup, globals=KERNEL.namespace)
    number, _ = timer.autorange()
    runs = sorted(seconds / number for seconds in timer.repeat(5, number))
    print("%s per loop (best of %d runs, %d loops each; slowest %s)" % (duration(runs[0]), 5, number, duration(runs[-1])))


def duration(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return "%.3g %s" % (seconds / size, unit)
    return "%.3g ns" % (seconds / 1e-9)


def run_pip(rest):
    import importlib
    import shlex
    import subprocess

    status = subprocess.call([sys.executable, "-m", "pip"] + shlex.split(rest))
    importlib.invalidate_caches()
    if status != 0:
        raise RuntimeError("pip ended with status %d" % status)


class Quit:
    """`exit` and `quit`."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "%s() ends only the cell: the kernel goes on. To end the kernel, shut it down or restart it." % self.name

    def __call__(self, code=None):
        sys.stderr.write(repr(self) + "\n")
        raise SystemExit(code)


# --- Tasks ------------------------------------------------------------------------------------------------------------


class Tasks:
    """The event loop, made when asyncio first comes up and kept, so that tasks outlive the cell that made them.

    It runs while a cell awaits, and while the kernel waits for the next cell. In other cells it only counts as
    running, so that `asyncio.create_task(…)` works everywhere.
    """

    def __init__(self):
        self.loop = None
        self.cell = None
        self.is_cancelled = False
        self.arrival = None
        self.plumbing = ()

    def prepare(self, source):
        if self.loop is None:
            if "asyncio" in sys.modules or "asyncio" in source:
                self._make()
        elif self.loop.is_closed() or self.loop.is_running():
            # Closed by the user, or left in the midst of something: either way it is of no use any more.
            self._make()

    def _make(self):
        # Half a loop, or half of asyncio imported, would break every cell that follows.
        KERNEL.interrupts.shield()
        try:
            self._make_shielded()
        finally:
            KERNEL.interrupts.unshield()

    def _make_shielded(self):
        import asyncio
        import asyncio.events
        import selectors

        self.asyncio = asyncio
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.plumbing = (os.path.dirname(asyncio.__file__) + os.sep, selectors.__file__)
        run = asyncio.run
        if hasattr(run, "_nbls_wraps"):
            return

        def run_beside(main, **options):
            # Our loop only counts as running in a cell that does not await, so there is room for another one.
            if get_ident() != KERNEL.interrupts.main or self.loop.is_running():
                return run(main, **options)
            self._count_as_running(False)
            try:
                return run(main, **options)
            finally:
                asyncio.set_event_loop(self.loop)
                self._count_as_running(True)

        run_beside.__doc__ = run.__doc__
        run_beside.__name__ = "run"
        run_beside._nbls_wraps = run
        asyncio.run = run_beside

    def _count_as_running(self, is_running):
        self.asyncio._set_running_loop(self.loop if is_running else None)

    def run_beside_loop(self, code, namespace):
        """Runs code that does not await."""
        if self.loop is None:
            return eval(code, namespace)
        self._count_as_running(True)
        try:
            return eval(code, namespace)
        finally:
            self._count_as_running(False)

    def run_coroutine(self, coroutine):
        """Runs code that awaits, to its end."""
        if self.loop is None:
            self._make()
        self._count_as_running(False)
        self.is_cancelled = False
        task = self.cell = self.loop.create_task(coroutine)
        try:
            return self.loop.run_until_complete(task)
        except self.asyncio.CancelledError as error:
            if not self.is_cancelled:
                raise
            raise KeyboardInterrupt().with_traceback(error.__traceback__) from None
        except (KeyboardInterrupt, SystemExit):
            # Raised in the midst of some task, which need not be the cell's: that one must not go on behind our back.
            if not task.done():
                task.cancel()
                self.loop.run_until_complete(self.asyncio.wait([task], timeout=1))
            if task.done() and not task.cancelled():
                task.exception()
            raise
        finally:
            self.cell = None

    def cancel_waiting(self, frame):
        """Interrupts a cell that awaits by cancelling it. False if it does something else, or was cancelled in vain."""
        filename = frame.f_code.co_filename
        if self.cell is None or not filename.startswith(self.plumbing):
            return False
        # The loop may only be left while it waits: an exception elsewhere in it would leave it broken.
        if self.is_cancelled and filename == self.plumbing[1]:
            return False
        self.is_cancelled = True
        self.loop.call_soon_threadsafe(self.cell.cancel)
        return True

    def wait_for(self, requests):
        """The next request; tasks of earlier cells run meanwhile."""
        self.prepare("")
        if self.loop is None:
            return requests.get()
        # An interrupt at the very end of a cell may have left it counted.
        self._count_as_running(False)
        # Set before the queue is looked at, and read by the wire's thread after it has put something there.
        self.arrival = self.loop.create_future()
        try:
            if requests.empty():
                self.loop.run_until_complete(self.arrival)
        finally:
            self.arrival = None
        return requests.get()

    def notify(self):
        arrival, loop = self.arrival, self.loop
        if arrival is not None:
            loop.call_soon_threadsafe(lambda: arrival.done() or arrival.set_result(None))


# --- The kernel -------------------------------------------------------------------------------------------------------

KERNEL = None
OWN_FILE = parent_of_thread.__code__.co_filename

# Fixed, unlike `ast.PyCF_…`, which would need the ast module: loading it costs a fifth of our start.
ONLY_AST = _ast.PyCF_ONLY_AST
ALLOW_TOP_LEVEL_AWAIT = _ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
IS_COROUTINE = 0x80


class Kernel:
    """Takes requests from the wire and answers them; holds the user's namespace."""

    def __init__(self, wire, interrupts):
        self.wire = wire
        self.interrupts = interrupts
        self.tasks = Tasks()
        interrupts.tasks = self.tasks
        interrupts.counts_in(Kernel._run_cell)
        self.requests = SimpleQueue()
        self.answers = SimpleQueue()
        self.parent = None
        self.is_running = False
        self.allow_stdin = False
        self.is_silent = False
        self.is_ending = False
        self.is_forked = False
        self.execution_count = 0
        # The first is counted by the wire's thread alone, the second by the main thread.
        self.executions_taken = self.executions_done = 0
        self.sources_named = 0
        self.future_flags = 0
        self.history = []
        self.figures_shown = []
        self.module = type(sys)("__main__")
        self.namespace = self.module.__dict__
        self.questions = {
            "complete_request": complete,
            "inspect_request": inspect_name,
            "is_complete_request": is_complete,
            "history_request": history,
            "comm_info_request": lambda kernel, content: {"comms": {}},
        }

    def prepare(self):
        """Makes the process look as it does to a program run by Python itself."""
        builtins_added = {
            "display": display,
            "exit": Quit("exit"),
            "quit": Quit("quit"),
            "input": self._input,
            "__nbls_magic__": run_magic,
        }
        for name, value in builtins_added.items():
            setattr(builtins, name, value)
        self.namespace.update(
            __builtins__=builtins, In=[""], Out={}, _ih=[""], _oh={}, _dh=[os.getcwd()], _="", __="", ___=""
        )
        self.namespace["_ih"], self.namespace["_oh"] = self.namespace["In"], self.namespace["Out"]
        # A true module, and the main one: pickle and dataclasses look there.
        sys.modules["__main__"] = self.module
        sys.argv = [""]
        sys.stdout = Stream(self.wire, "stdout", 1)
        sys.stderr = Stream(self.wire, "stderr", 2)
        sys.stdin = Answers()
        sys.displayhook = self.show_result
        hooks = {
            "getpass": adjust_getpass,
            "matplotlib": adjust_matplotlib,
            "IPython.core.display_functions": adjust_ipython_display,
            "IPython.core.display": adjust_ipython_display,
        }
        sys.meta_path.insert(0, AfterImport(hooks))
        sys.meta_path.append(OwnModules())
        remember_parents_of_threads()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
        try:
            import faulthandler

            # A crash must be told on the real stderr: the pipes are read by the process that crashes.
            faulthandler.enable(self.wire.stderr)
        except (ImportError, OSError, ValueError, AttributeError, io.UnsupportedOperation):
            pass

    def _after_fork(self):
        self.is_forked = True
        self.wire.after_fork()
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            setattr(sys, name, open(descriptor, "w", 1, "utf-8", "backslashreplace", closefd=False))
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # Requests, on the wire's thread

    def receive(self, message):
        """Answers what can be answered at once, and passes the rest on."""
        kind = message["header"]["msg_type"]
        if kind == "execute_request":
            self.executions_taken += 1
        # Shell keeps its order, as clients expect who ask there whether the cells before are done. Control waits for none.
        if kind == "execute_request" or (message["channel"] == "shell" and self.executions_taken != self.executions_done):
            self.requests.put(message)
            self.tasks.notify()
        else:
            self.answer(message)

    def answer(self, message):
        """Answers everything but cells."""
        kind = message["header"]["msg_type"]
        if kind == "input_reply":
            self.answers.put(message.get("content", {}).get("value", ""))
        elif kind == "interrupt_request":
            self.interrupts.send(self.is_running)
            self.reply(message, {})
        elif kind == "shutdown_request":
            self.reply(message, {"restart": bool(message.get("content", {}).get("restart"))})
            self.end()
        elif kind == "kernel_info_request":
            self.reply(message, kernel_info())
        elif kind in self.questions:
            threading.Thread(target=self._answer, args=(message,), name="nbls-question", daemon=True).start()
        elif kind == "comm_open":
            comm = {"comm_id": message.get("content", {}).get("comm_id"), "data": {}}
            self.wire.post("iopub", "comm_close", comm, message["header"], wait=False)
            self.wire.pump()
        elif kind.endswith("_request"):
            text = "the basic Python kernel does not know " + kind
            self.reply(message, {"status": "error", "ename": "NotImplementedError", "evalue": text, "traceback": []})

    def reply(self, request, content):
        """An answer to anything but a cell. On control it overtakes output that waits to be read."""
        header = request["header"]
        kind = header["msg_type"].replace("_request", "_reply")
        channel = "control" if request.get("channel") == "control" else "shell"
        self.wire.post("iopub", "status", {"execution_state": "busy"}, header, wait=False)
        self.wire.post(channel, kind, dict({"status": "ok"}, **content), header, urgent=channel == "control", wait=False)
        self.wire.post("iopub", "status", {"execution_state": "idle"}, header, wait=False)
        self.wire.pump()

    def _answer(self, message):
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        # What user code prints while we look at it must not appear in a cell.
        CURRENT_PARENT.set(message["header"])
        try:
            answer = self.questions[message["header"]["msg_type"]](self, message.get("content") or {})
        except Exception as error:
            answer = {"status": "error", "ename": type(error).__name__, "evalue": safe_text(error), "traceback": []}
        self.reply(message, answer)

    def end(self):
        """Ends the process: as Python does, with exit handlers and open files flushed, but within half a second."""
        if self.is_ending:
            return
        self.is_ending = True

        def insist():
            time.sleep(0.5)
            os._exit(0)

        threading.Thread(target=insist, name="nbls-end", daemon=True).start()
        self.requests.put(None)
        self.tasks.notify()
        self.interrupts.send(self.is_running)

    # Cells, on the main thread

    def run(self):
        """Executes requests until the end. Nothing a cell does ends this loop."""
        while not self.is_ending:
            try:
                request = self.tasks.wait_for(self.requests)
                if request is None:
                    continue
                if request["header"]["msg_type"] != "execute_request":
                    self.answer(request)
                    continue
                try:
                    self.execute(request)
                finally:
                    self.executions_done += 1
            except KeyboardInterrupt:
                pass
            except BaseException as error:
                if self.is_forked:
                    os._exit(1)
                # A task of the user's ended in SystemExit or worse while no cell ran.
                self.wire.report(error)
                guarded(sys.stderr.write, "\n".join(format_failure(error)) + "\n")
        self.wire.close()

    def execute(self, request):
        """One execute_request, from busy to idle."""
        self.interrupts.prepare()
        header, content = request["header"], request.get("content") or {}
        source = str(content.get("code", ""))
        self.is_silent = bool(content.get("silent"))
        is_stored = not self.is_silent and content.get("store_history", True) and bool(source.strip())
        self.allow_stdin = bool(content.get("allow_stdin", True))
        self.parent = header
        CURRENT_PARENT.set(header)
        if is_stored:
            self._store(source)
        post = self.wire.post
        post("iopub", "status", {"execution_state": "busy"}, header)
        if not self.is_silent:
            post("iopub", "execute_input", {"code": source, "execution_count": self.execution_count}, header)
        self.wire.pump()

        error = None
        try:
            self.is_running = True
            self._run_cell(source, is_stored)
        except BaseException as caught:
            error = caught
        finally:
            self.is_running = False
            self.interrupts.depth = 0
        if self.is_forked:
            self._end_child(error)
        answer = {"status": "ok", "payload": [], "user_expressions": {}}
        if error is None:
            wanted = content.get("user_expressions") or {}
            answer["user_expressions"] = {name: self._evaluate(text) for name, text in wanted.items()}
        else:
            answer = self._failure(error)
        guarded(show_figures)
        if error is not None:
            post("iopub", "error", {key: answer[key] for key in ("ename", "evalue", "traceback")}, header)
            if content.get("stop_on_error", True):
                self._abort_queued()
        answer["execution_count"] = self.execution_count
        post("shell", "execute_reply", answer, header)
        post("iopub", "status", {"execution_state": "idle"}, header)
        self.wire.pump()

    def _store(self, source):
        self.execution_count += 1
        count, namespace = self.execution_count, self.namespace
        self.history.append((count, source))
        inputs = namespace.get("_ih")
        if isinstance(inputs, list):
            inputs.extend([""] * (count + 1 - len(inputs)))
            inputs[count] = source
        namespace["_iii"], namespace["_ii"] = namespace.get("_ii", ""), namespace.get("_i", "")
        namespace["_i"] = namespace["_i%d" % count] = source

    def _abort_queued(self):
        waiting, kept = [], []
        while not self.requests.empty():
            waiting.append(self.requests.get())
        for request in waiting:
            if request is None or request["header"]["msg_type"] != "execute_request":
                kept.append(request)
                continue
            self.executions_done += 1
            header = request["header"]
            self.wire.post("iopub", "status", {"execution_state": "busy"}, header)
            self.wire.post("shell", "execute_reply", {"status": "aborted"}, header)
            self.wire.post("iopub", "status", {"execution_state": "idle"}, header)
        for request in kept:
            self.requests.put(request)

    def _end_child(self, error):
        """A forked child that comes back from its cell is at its end: it must not become a second kernel."""
        status = 0
        if isinstance(error, SystemExit):
            status = error.code if isinstance(error.code, int) else (0 if error.code is None else 1)
        elif error is not None:
            sys.stderr.write("\n".join(format_failure(error)) + "\n")
            status = 1
        sys.stdout.flush()
        os._exit(status)

    def _failure(self, error):
        if isinstance(error, SystemExit):
            note = "SystemExit" if error.code is None else "SystemExit: %s" % (error.code,)
            traceback = ["The cell ended itself; the kernel goes on.\n", RED + note[:10] + PLAIN + note[10:]]
        else:
            sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
            sys.last_exc = error
            traceback = format_failure(error)
        return {"status": "error", "ename": type(error).__name__, "evalue": safe_text(error), "traceback": traceback}

    def _evaluate(self, expression):
        try:
            data, metadata = mime_bundle(eval(expression, self.namespace))
            return {"status": "ok", "data": data, "metadata": metadata}
        except Exception as error:
            failure = self._failure(error)
            return failure

    def _run_cell(self, source, is_stored):
        """The user's code runs below this frame: only here an interrupt counts."""
        self.interrupts.release()
        # Warnings are shown once for each place; a cell that is run again is a new place.
        self.namespace.pop("__warningregistry__", None)
        name = self.name_source(source, "In[%d]" % self.execution_count if is_stored else "In[ ]")
        value = self.run_source(source, name)
        if value is not None and not self.is_silent and not ends_quietly(source):
            sys.displayhook(value)

    def name_source(self, source, label):
        """A file name of its own for a piece of code, under which tracebacks and `inspect` find its lines."""
        import linecache

        self.sources_named += 1
        name = "<cell %d>" % self.sources_named
        CELL_LABELS[name] = "Cell " + label
        linecache.cache[name] = (len(source), None, [line + "\n" for line in source.split("\n")], name)
        return name

    def run_source(self, source, name):
        """Runs code in the user's namespace; the value of a last line that is an expression."""
        self.tasks.prepare(source)
        tree = self._parse(source, name)
        body, last = tree.body, None
        if body and isinstance(body[-1], _ast.Expr):
            last = _ast.Expression(body.pop().value)
        value = None
        if body:
            self._run_code(self._compile(tree, name, "exec"))
        if last is not None:
            value = self._run_code(self._compile(last, name, "eval"))
        return value

    def _parse(self, source, name):
        flags = ONLY_AST | ALLOW_TOP_LEVEL_AWAIT | self.future_flags
        first = None
        # Each round replaces one magic, so it comes to an end.
        while True:
            try:
                return compile(source, name, "exec", flags, True)
            except SyntaxError as error:
                first = first or error
                replaced = replace_magic(source, error.lineno)
                if replaced is None:
                    raise error from None
                source = replaced

    def _compile(self, tree, name, mode):
        code = compile(tree, name, mode, ALLOW_TOP_LEVEL_AWAIT | self.future_flags, True)
        if mode == "exec" and tree.body and isinstance(tree.body[0], _ast.ImportFrom) and tree.body[0].module == "__future__":
            import __future__

            # As in any interactive session, a future import counts for the cells that follow.
            for feature in __future__.all_feature_names:
                self.future_flags |= code.co_flags & getattr(__future__, feature).compiler_flag
        return code

    def _run_code(self, code):
        if code.co_flags & IS_COROUTINE:
            return self.tasks.run_coroutine(eval(code, self.namespace))
        return self.tasks.run_beside_loop(code, self.namespace)

    # What the user's code calls

    def publish(self, kind, content):
        """An output message of the calling cell."""
        self.wire.post("iopub", kind, content, CURRENT_PARENT.get() or parent_of_thread())
        self.wire.pump()

    def show_result(self, value):
        """`sys.displayhook`."""
        if value is None:
            return
        namespace, count = self.namespace, self.execution_count
        outputs = namespace.get("_oh")
        # A program's own `_` (gettext's, or one from a loop) is left alone.
        if namespace.get("_", "") is self.last_result:
            namespace["___"], namespace["__"], namespace["_"] = namespace.get("__", ""), namespace.get("_", ""), value
            self.last_result = value
        namespace["_%d" % count] = value
        if isinstance(outputs, dict):
            outputs[count] = value
        own = representation(value, "_ipython_display_")
        if own is not None:
            own()
            return
        data, metadata = mime_bundle(value)
        if is_figure(value):
            self.figures_shown.append(value)
        self.publish("execute_result", {"execution_count": count, "data": data, "metadata": metadata})

    last_result = ""

    def _input(self, prompt="", /):
        """Reads a line from the user."""
        return self.ask(str(prompt), False)

    def ask(self, prompt, is_password):
        """Asks the user through the client and waits for the answer; an interrupt withdraws the question."""
        if self.is_forked:
            raise EOFError("a forked process cannot ask")
        if not self.allow_stdin:
            function = "getpass" if is_password else "raw_input"
            raise StdinNotImplementedError(
                function + " was called, but this frontend does not support input requests."
            )
        while not self.answers.empty():
            self.answers.get()
        parent = CURRENT_PARENT.get() or parent_of_thread()
        self.wire.post("stdin", "input_request", {"prompt": prompt, "password": is_password}, parent)
        self.wire.pump()
        return str(self.answers.get())


def ends_quietly(source):
    """Whether the last statement ends in a semicolon, which says that its value shall not be shown."""
    if ";" not in source:
        return False
    text = source.rstrip()
    if text.endswith(";"):
        # A semicolon that ends a comment says nothing.
        if "#" not in text[text.rfind("\n") + 1 :]:
            return True
    elif "#" not in text:
        return False
    import tokenize

    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER):
                last = token.string
    except (tokenize.TokenError, SyntaxError):
        return False
    return last == ";"


def kernel_info():
    version = "%d.%d.%d" % sys.version_info[:3]
    return {
        "protocol_version": "5.4",
        "implementation": "nbls-embedded",
        "implementation_version": "0.1.0",
        "language_info": {
            "name": "python",
            "version": version,
            "mimetype": "text/x-python",
            "file_extension": ".py",
            "pygments_lexer": "python3",
            "codemirror_mode": {"name": "python", "version": 3},
            "nbconvert_exporter": "python",
        },
        "banner": "nbls basic Python kernel (Python %s). For magics, shell commands and a debugger install ipykernel: %s"
        % (version, INSTALL_HINT),
        "help_links": [],
        "supported_features": [],
        "debugger": False,
    }


# --- Questions --------------------------------------------------------------------------------------------------------

SIGNATURES_MAX = 100
MATCHES_MAX = 2000
ABSENT = object()


def complete(kernel, content):
    """complete_request: names, attributes, modules, keys of dictionaries and names of arguments."""
    import re

    code = str(content.get("code", ""))
    position = content.get("cursor_pos")
    position = len(code) if not isinstance(position, int) else max(0, min(position, len(code)))
    text = code[:position]
    line = text[text.rfind("\n") + 1 :]
    found = (
        complete_import(re, line)
        or complete_key(re, kernel.namespace, text)
        or complete_attribute(re, kernel.namespace, text)
        or complete_name(re, kernel.namespace, text)
    )
    prefix, matches = found
    start = position - len(prefix)
    # Names that begin with an underscore are for those who begin to type one.
    hidden = "" if prefix.startswith("_") else "_"
    matches = [match for match in matches if not (hidden and match[0].startswith(hidden))][:MATCHES_MAX]
    described = []
    for name, kind, value in matches:
        entry = {"start": start, "end": position, "text": name, "type": kind}
        if kind in ("function", "class") and len(matches) <= SIGNATURES_MAX:
            entry["signature"] = signature_of(value) or ""
        described.append(entry)
    return {
        "matches": [match[0] for match in matches],
        "cursor_start": start,
        "cursor_end": position,
        "metadata": {"_jupyter_types_experimental": described},
    }


def complete_import(re, line):
    found = re.match(r"^\s*from\s+([\w.]+)\s+import\s+(?:.*[\s,(])?(\w*)$", line)
    if found:
        module, prefix = found.groups()
        matches = [(name, "module", None) for name in submodules(module) if name.startswith(prefix)]
        loaded = sys.modules.get(module)
        if loaded is not None:
            known = {match[0] for match in matches}
            matches += [match for match in members(loaded, prefix) if match[0] not in known]
        return prefix, sorted(matches, key=by_name)
    found = re.match(r"^\s*(?:from\s+|import\s+(?:[\w.]+(?:\s+as\s+\w+)?\s*,\s*)*)([\w.]*)$", line)
    if not found:
        return None
    module, dot, prefix = found.group(1).rpartition(".")
    names = submodules(module) if dot else top_modules()
    return prefix, sorted(((name, "module", None) for name in names if name.startswith(prefix)), key=by_name)


def top_modules():
    import pkgutil

    names = set(sys.builtin_module_names) | set(getattr(sys, "stdlib_module_names", ()))
    return names | {module.name for module in pkgutil.iter_modules()}


def submodules(name):
    """Names of the modules in a package, which is not imported for it."""
    import pkgutil
    from importlib.machinery import PathFinder

    path, spec, prefix = None, None, ""
    for part in name.split("."):
        prefix = prefix + "." + part if prefix else part
        if prefix in sys.modules:
            path = getattr(sys.modules[prefix], "__path__", None)
        else:
            spec = PathFinder.find_spec(prefix, path)
            path = spec.submodule_search_locations if spec is not None else None
        if path is None:
            return set()
    return {module.name for module in pkgutil.iter_modules(path)}


def complete_key(re, namespace, text):
    found = re.search(r"((?:\w+\.)*\w+)\[\s*(?:(['\"])([^'\"\n]*))?$", text)
    if not found:
        return None
    expression, quote, prefix = found.groups()
    value = walk(namespace, expression)
    own = representation(value, "_ipython_key_completions_")
    if own is not None:
        keys = own()
    elif isinstance(value, dict):
        keys = list(value)
    elif type(value).__module__.split(".")[0] == "pandas" and hasattr(value, "columns"):
        keys = list(value.columns)
    else:
        return None if quote is None else ("", [])
    if quote is None:
        return "", [(repr(key), "key", None) for key in keys[:MATCHES_MAX] if isinstance(key, (str, int))]
    return prefix, [(key, "key", None) for key in keys[:MATCHES_MAX] if isinstance(key, str) and key.startswith(prefix)]


def complete_attribute(re, namespace, text):
    found = re.search(r"(?:^|[^\w.)\]'\"])((?:\w+\.)+)(\w*)$", text)
    if not found:
        # The attribute of something we would have to compute: better nothing than a list of unrelated names.
        return ("", []) if re.search(r"[\w)\]'\"]\.\w*$", text) else None
    expression, prefix = found.group(1)[:-1], found.group(2)
    value = walk(namespace, expression)
    return prefix, [] if value is ABSENT else members(value, prefix)


def complete_name(re, namespace, text):
    import keyword

    prefix = re.search(r"\w*$", text).group()
    matches = []
    if prefix or text.rstrip().endswith(("(", ",")):
        matches += [(name + "=", "param", None) for name in argument_names(re, namespace, text) if name.startswith(prefix)]
    names = {name: value for name, value in list(namespace.items()) if name.startswith(prefix)}
    matches += sorted(((name, kind_of(value), value) for name, value in names.items()), key=by_name)
    matches += sorted(((name, "keyword", None) for name in keyword.kwlist if name.startswith(prefix)), key=by_name)
    known = {match[0] for match in matches}
    matches += [match for match in members(builtins, prefix) if match[0] not in known and match[1] != "keyword"]
    return prefix, matches


def argument_names(re, namespace, text):
    """Parameters of the call that the cursor stands in."""
    depth = 0
    for index in range(len(text) - 1, max(-1, len(text) - 2000), -1):
        character = text[index]
        if character in ")]}":
            depth += 1
        elif character in "([{":
            if depth == 0:
                if character != "(":
                    return []
                found = re.search(r"((?:\w+\.)*\w+)\s*$", text[:index])
                value = walk(namespace, found.group(1)) if found else ABSENT
                return parameters_of(value) if value is not ABSENT else []
            depth -= 1
    return []


def parameters_of(value):
    import inspect

    try:
        parameters = inspect.signature(value).parameters.values()
    except (ValueError, TypeError):
        return []
    return [item.name for item in parameters if item.kind in (item.POSITIONAL_OR_KEYWORD, item.KEYWORD_ONLY)]


def by_name(match):
    return (match[0].startswith("_"), match[0].lower())


def walk(namespace, expression):
    """The value of a dotted name. Nothing is called, but for properties, which there is no other way to see through."""
    first, *rest = expression.split(".")
    value = namespace.get(first, getattr(builtins, first, ABSENT))
    for name in rest:
        if value is ABSENT:
            break
        value = getattr(value, name, ABSENT)
    return value


def members(value, prefix):
    """Attributes with their kind, none of which is evaluated to learn it."""
    try:
        names = [name for name in dir(value) if isinstance(name, str) and name.startswith(prefix)]
    except Exception:
        return []
    spaces = [getattr(value, "__dict__", None)] + [vars(cls) for cls in type(value).__mro__]
    if isinstance(value, type):
        spaces = [vars(cls) for cls in value.__mro__] + spaces
    matches = []
    for name in sorted(set(names), key=lambda name: (name.startswith("_"), name.lower())):
        if not name.isidentifier():
            continue
        for space in spaces:
            found = space.get(name, ABSENT) if space is not None else ABSENT
            if found is not ABSENT:
                break
        matches.append((name, kind_of(found), None if found is ABSENT else found))
    return matches


def kind_of(value):
    if value is ABSENT:
        return "instance"
    if isinstance(value, (staticmethod, classmethod)):
        return "function"
    if isinstance(value, type):
        return "class"
    if isinstance(value, type(sys)):
        return "module"
    if isinstance(value, property):
        return "property"
    try:
        return "function" if hasattr(type(value), "__call__") else "instance"
    except Exception:
        return "instance"


def signature_of(value):
    import inspect

    try:
        return str(inspect.signature(getattr(value, "__func__", value)))
    except (ValueError, TypeError, RecursionError):
        return None
    except Exception:
        return None


def inspect_name(kernel, content):
    """inspect_request: what the name at the cursor is; inside of a call's brackets, what is called."""
    import re

    code = str(content.get("code", ""))
    position = content.get("cursor_pos")
    position = len(code) if not isinstance(position, int) else max(0, min(position, len(code)))
    before = re.search(r"(?:\w+\.)*\w*$", code[:position]).group()
    after = re.match(r"\w*", code[position:]).group()
    expression = (before + after).strip(".")
    value = walk(kernel.namespace, expression) if expression else ABSENT
    if value is ABSENT:
        found = re.search(r"((?:\w+\.)*\w+)\s*\([^()]*$", code[:position])
        expression = found.group(1) if found else ""
        value = walk(kernel.namespace, expression) if found else ABSENT
    if value is ABSENT:
        return {"found": False, "data": {}, "metadata": {}}
    plain, markdown = describe(expression, value, bool(content.get("detail_level")))
    return {"found": True, "data": {"text/plain": plain, "text/markdown": markdown}, "metadata": {}}


def describe(expression, value, with_source):
    """A value for people: signature, type, short value, documentation, where it is defined."""
    import inspect

    facts, parts = [], []
    is_named = isinstance(value, type(sys)) or callable(value)
    signature = signature_of(value) if callable(value) else None
    if signature is not None:
        head = ("class " if isinstance(value, type) else "") + expression.split(".")[-1] + signature
        facts.append(("Signature", head))
        parts.append("```python\n%s\n```" % head)
    kind = "%s.%s" % (type(value).__module__, type(value).__qualname__)
    facts.append(("Type", kind[9:] if kind.startswith("builtins.") else kind))
    if not is_named:
        facts.append(("Value", short_repr(value)))
        parts.append("```python\n%s: %s = %s\n```" % (expression, facts[0][1], facts[-1][1]))
        if hasattr(value, "shape"):
            facts.append(("Shape", safe_repr(getattr(value, "shape", None))))
        elif isinstance(value, (str, bytes, list, tuple, dict, set, frozenset)):
            facts.append(("Length", str(len(value))))
    elif signature is None:
        parts.append("```python\n%s: %s\n```" % (expression, facts[0][1]))
    # The documentation of the class of a plain value (`int`, `list` …) is noise.
    documentation = inspect.getdoc(value) if is_named or type(value).__module__ != "builtins" else None
    if with_source:
        try:
            facts.append(("Source", "\n" + inspect.getsource(value)))
        except (OSError, TypeError):
            pass
    if documentation:
        facts.append(("Docstring", "\n" + documentation))
        parts.append(documentation)
    try:
        file = inspect.getsourcefile(value) if is_named else None
    except TypeError:
        file = None
    if file:
        label = CELL_LABELS.get(file, file)
        facts.append(("File", label))
        parts.append("*%s*" % label)
    return "\n".join("%-10s %s" % (name + ":", text) for name, text in facts), "\n\n".join(parts)


def short_repr(value):
    import reprlib

    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxother = 200
    shortener.maxlist = shortener.maxtuple = shortener.maxdict = shortener.maxset = 10
    try:
        return shortener.repr(value)
    except Exception:
        return safe_repr(value)


def is_complete(_kernel, content):
    """is_complete_request."""
    import codeop
    import warnings

    code = str(content.get("code", ""))
    if code.lstrip().startswith(("%", "!")):
        return {"status": "complete"}
    compiler = codeop.CommandCompiler()
    compiler.compiler.flags |= ALLOW_TOP_LEVEL_AWAIT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled = compiler(code, "<input>", "exec")
        except (SyntaxError, OverflowError, ValueError):
            return {"status": "invalid"}
    last = code[code.rstrip("\n").rfind("\n") + 1 :]
    indent = last[: len(last) - len(last.lstrip())].rstrip("\n")
    if compiled is None:
        return {"status": "incomplete", "indent": indent + ("    " if last.rstrip().endswith(":") else "")}
    # An indented block goes on until it is left by an empty line.
    if "\n" in code and indent and not code.endswith("\n"):
        return {"status": "incomplete", "indent": indent}
    return {"status": "complete"}


def history(kernel, content):
    """history_request, about this process alone."""
    import fnmatch

    kind = content.get("hist_access_type", "tail")
    entries = list(kernel.history)
    if kind == "range":
        start, stop = content.get("start") or 0, content.get("stop")
        entries = [entry for entry in entries if entry[0] >= start and (stop is None or entry[0] < stop)]
    elif kind == "search":
        pattern = content.get("pattern") or "*"
        entries = [entry for entry in entries if fnmatch.fnmatchcase(entry[1], pattern)]
    count = content.get("n")
    if kind != "range" and isinstance(count, int):
        entries = entries[-count:] if count > 0 else []
    with_output = bool(content.get("output"))
    return {"history": [(0, number, (source, None) if with_output else source) for number, source in entries]}


# --- Start ------------------------------------------------------------------------------------------------------------


def main(folder, path, lifetime):
    """Listens, then runs cells until the client or the lifetime ends the process."""
    global KERNEL
    interrupts = Interrupts()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(path, encoding="utf-8") as file:
        connection = json.load(file)
    wire = Wire(connection, path, lifetime, interrupts)
    KERNEL = Kernel(wire, interrupts)
    wire.capture()
    KERNEL.prepare()
    wire.start(KERNEL.receive, KERNEL.end)
    # Every cell and every error needs these: from now on the wire answers, and they load beside that.
    import linecache
    import traceback

    if sys.path[:1] == [folder]:
        sys.path[:1] = [] if getattr(sys.flags, "safe_path", False) else [""]
    KERNEL.run()
