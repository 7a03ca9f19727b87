"""Starts ipykernel as `python -m ipykernel_launcher` does, with output that comes at once and is never dropped.

Used in its place: `python launcher.py -f CONNECTION_FILE`. Works with ipykernel 6 and 7. Whatever cannot be
improved is left as it is: a failure in here never keeps the kernel from starting.
"""

import atexit
import os
import runpy
import sys

# How long printed text may wait for more of it; ipykernel's 0.2 seconds are visible. 0.01 costs no throughput.
FLUSH_INTERVAL_S = 0.01

# How long a reader that stalls may hold the kernel up before it loses output instead.
READER_PATIENCE_MS = 10_000


def improve_streams():
    from ipykernel import iostream

    iostream.OutStream.flush_interval = min(iostream.OutStream.flush_interval, FLUSH_INTERVAL_S)


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
    """ipykernel sleeps half a millisecond after each cell to let output arrive; ours is waited for."""
    from ipykernel.kernelapp import IPKernelApp

    init_kernel = IPKernelApp.init_kernel

    def init_kernel_without_sleep(self):
        init_kernel(self)
        if hasattr(self.kernel, "_execute_sleep"):
            self.kernel._execute_sleep = 0

    IPKernelApp.init_kernel = init_kernel_without_sleep


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

for improve in (improve_start, improve_streams, improve_iopub, improve_execution):
    try:
        improve()
    except Exception:
        pass

sys.path = own_path
runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
ended_well = True
