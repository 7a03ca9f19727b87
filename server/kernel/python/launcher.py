"""Starts ipykernel as `python -m ipykernel_launcher` does, with output that comes at once and is never dropped.

Used in its place: `python launcher.py -f CONNECTION_FILE`. Works with ipykernel 6 and 7. Whatever cannot be
improved is left as it is: a failure in here never keeps the kernel from starting.
"""

import atexit
import os
import runpy
import sys
import threading

# How long printed text may wait for more of it; ipykernel's 0.2 seconds are visible. 0.01 costs no throughput.
FLUSH_INTERVAL_S = 0.01

# Text in one message, in characters: what is printed in one go arrives in parts, and no reader needs memory for all of it.
MESSAGE_LENGTH_MAX = 64 * 1024

# Text that may wait to be sent, in characters: whoever prints faster than that waits, and an interrupt has less to wait for.
WAITING_LENGTH_MAX = 256 * 1024

# How long a reader that stalls may hold the kernel up before it loses output instead.
READER_PATIENCE_MS = 10_000


def improve_streams():
    from ipykernel import iostream

    iostream.OutStream.flush_interval = min(iostream.OutStream.flush_interval, FLUSH_INTERVAL_S)
    flush_buffers = iostream.OutStream._flush_buffers

    def flush_in_parts(self):
        for parent, data in flush_buffers(self):
            for start in range(0, len(data), MESSAGE_LENGTH_MAX):
                yield parent, data[start : start + MESSAGE_LENGTH_MAX]

    # Not so in ipykernel 6.17, whose buffer is one: it fails above.
    iostream.OutStream._flush_buffers = flush_in_parts


def improve_output_thread():
    """Wake the thread that sends output once for what waits, not for each message: a wake-up costs as much as ten messages.

    What is written, displayed and flushed leaves in the order in which it was said, on both streams together.
    """
    from ipykernel import iostream

    thread_class, stream_class = iostream.IOPubThread, iostream.OutStream
    handle_event, write_out = thread_class._handle_event, stream_class._flush
    flush, write = stream_class.flush, stream_class.write
    thread_class._is_woken = thread_class._is_handling = False
    stream_class._is_sending = False
    stream_class._waiting_length = 0

    def schedule(self, f):
        # A thread that does not run is that of a forked process.
        if self.thread.ident == threading.get_ident() or not self.thread.is_alive():
            f()
            return
        self._events.append(f)
        if not self._is_woken:
            self._is_woken = True
            self._event_pipe.send(b"")

    def handle_events(self, message):
        # First, so that whoever schedules from here on wakes the thread again.
        self._is_woken = False
        self._is_handling = True
        try:
            handle_event(self, message)
        finally:
            self._is_handling = False

    def write_out_in_order(self):
        thread = self.pub_thread
        is_sender = thread is not None and thread.thread.ident == threading.get_ident()
        if is_sender and not thread._is_handling:
            # Called by a timer: what waits was said before the text that is sent now.
            thread._handle_event(None)
        self._is_sending = is_sender
        self._waiting_length = 0
        try:
            write_out(self)
        finally:
            self._is_sending = False

    def flush_what_is_there(self):
        thread = self.pub_thread
        if thread is not None and not (is_written(self) or thread._events or thread._is_handling or self._is_sending):
            return
        # Between the parts of a cell only the order matters; what the user flushes has left when that returns.
        if thread is not None and sys._getframe(1).f_globals.get("__name__", "").startswith("ipykernel."):
            hand_over(self)
            return
        flush(self)

    def write_in_order(self, string):
        # Each stream has a buffer of its own: what the other one holds was said before.
        other = sys.stderr if self is sys.stdout else sys.stdout if self is sys.stderr else None
        if isinstance(other, stream_class) and other.pub_thread is not None and is_written(other):
            hand_over(other)
        length = write(self, string)
        self._waiting_length += len(string)
        if self._waiting_length > WAITING_LENGTH_MAX:
            flush(self)
        return length

    def hand_over(stream):
        """Let what is written so far be sent, without waiting for it."""
        if stream.echo is not None:
            flush(stream)
            return
        stream._waiting_length = 0
        if hasattr(stream, "_buffers"):
            parts = list(stream._flush_buffers())
        else:
            parts = [(stream.parent_header, stream._flush_buffer())]
        stream.pub_thread.schedule(lambda: send(stream, parts))

    def send(stream, parts):
        for parent, text in parts:
            if text:
                # As ipykernel does: a forked process may send by its parent's session.
                stream.session.pid = os.getpid()
                content = {"name": stream.name, "text": text}
                stream.session.send(stream.pub_thread, "stream", content=content, parent=parent, ident=stream.topic)

    def is_written(stream):
        buffers = getattr(stream, "_buffers", None)
        return bool(buffers) if buffers is not None else stream._buffer.tell() > 0

    thread_class.schedule = schedule
    thread_class._handle_event = handle_events
    stream_class._flush = write_out_in_order
    stream_class.flush = flush_what_is_there
    stream_class.write = write_in_order


def improve_iopub():
    """Wait for readers that lag: ZeroMQ's publisher drops what does not fit, the final `idle` too."""
    import zmq
    from ipykernel.kernelapp import IPKernelApp

    bind = IPKernelApp._bind_socket

    def bind_patiently(self, socket, port):
        # PUB up to ipykernel 7.1, and in libzmq it is an XPUB that keeps the subscriptions to itself.
        if socket.type in (zmq.PUB, zmq.XPUB):
            try:
                send_patiently(socket)
                # Welcome every subscriber, not only the first of each topic.
                socket.setsockopt(zmq.XPUB_VERBOSE, 1)
            except Exception:
                pass
        return bind(self, socket, port)

    def send_patiently(socket):
        send = socket.send_multipart

        def send_multipart(message, *args, **kwargs):
            try:
                return send(message, *args, **kwargs)
            except zmq.Again:
                # A subscriber that stopped reading would block the kernel for good. Once a message was dropped for it,
                # ZeroMQ leaves it out until it reads again, and the others lose nothing.
                socket.setsockopt(zmq.XPUB_NODROP, 0)
                try:
                    return send(message, *args, **kwargs)
                finally:
                    socket.setsockopt(zmq.XPUB_NODROP, 1)

        socket.setsockopt(zmq.XPUB_NODROP, 1)
        socket.setsockopt(zmq.SNDTIMEO, READER_PATIENCE_MS)
        socket.send_multipart = send_multipart

    IPKernelApp._bind_socket = bind_patiently


def improve_execution():
    """Leave out what costs time in each cell and serves nobody here."""
    from ipykernel.kernelapp import IPKernelApp

    init_kernel = IPKernelApp.init_kernel

    def init_fast_kernel(self):
        init_kernel(self)
        # Half a millisecond after each cell to let output arrive; ours is waited for.
        if hasattr(self.kernel, "_execute_sleep"):
            self.kernel._execute_sleep = 0
        # traitlets makes a record of every message and leaves it to the handler to throw it away.
        self.log.setLevel(self.log_level)
        # A kernel class of the user's own may have no shell.
        shell = getattr(self.kernel, "shell", None)
        if shell is not None:
            shell.showtraceback = from_the_users_code(shell.showtraceback)

    def from_the_users_code(show):
        """End a traceback where `print` was called: an interrupt mostly strikes inside, and IPython takes long to show that."""

        def showtraceback(*args, **kwargs):
            entry = sys.exc_info()[2]
            while entry is not None:
                if entry.tb_next is not None and entry.tb_next.tb_frame.f_code.co_filename == __file__:
                    entry.tb_next = None
                entry = entry.tb_next
            return show(*args, **kwargs)

        return showtraceback

    IPKernelApp.init_kernel = init_fast_kernel


def improve_start():
    """Load ipykernel without its debugger, a third of its start; user code can import debugpy as ever."""
    sys.modules["debugpy"] = None
    try:
        import ipykernel.debugger
    finally:
        del sys.modules["debugpy"]


def end_at_once():
    """What is left after the user's own exit handlers is memory, which the system takes back faster than Python."""
    if ended_well:
        for stream in (sys.__stdout__, sys.__stderr__):
            try:
                stream.flush()
            except Exception:
                pass
        os._exit(0)


# Registered first, so it runs last.
ended_well = False
atexit.register(end_at_once)

# With `-m` the first entry is the working directory, which ipykernel_launcher takes away while it loads.
if sys.path and sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    sys.path[0] = os.getcwd()
    own_path, sys.path = sys.path, sys.path[1:]
else:
    own_path = sys.path

for improve in (improve_start, improve_streams, improve_output_thread, improve_iopub, improve_execution):
    try:
        improve()
    except Exception:
        pass

sys.path = own_path
runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
ended_well = True
