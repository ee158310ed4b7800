"""Inside a reading process: each attachment is read in a child of its own, forked with everything loaded, that ends with its answer.

So no attachment sees another's bytes, memory goes back with the child, and a crash is one attachment's. The backend kills the whole
group at the deadline; the limits here end a child whose backend is gone, and one that wants too much.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
from collections.abc import Callable

from addin_backend.edges.attachment_process.frames import read_frame, write_frame

READY, DONE, FAILED = b"r", b"+", b"-"
MEMORY_BYTES = 1536 * 1024 * 1024  # address space, not resident: a child maps 200 MB before it reads anything
CPU_SECONDS = 120  # of one child and what it starts; the backend's deadline is far shorter
OPEN_FILES = 64

Handle = Callable[[bytes], bytes]


def _limit() -> None:
    """No memory and no time without end, no file written, no core dump that would hold a mail."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


def _child(channel: socket.socket, begun: int, handle: Handle, job: bytes) -> None:
    """Answer one job and end. ``begun`` is told before the answer is written, so that a broken one is not taken for whole."""
    code = 1
    try:
        _limit()
        answer = DONE + handle(job)
        os.write(begun, b"1")
        write_frame(channel, answer)
        code = 0
    except BaseException:  # noqa: BLE001 whatever it was, the text of it may hold mail: the parent says that it failed
        code = 1
    finally:
        os._exit(code)


def _answer(channel: socket.socket, handle: Handle, job: bytes) -> bool:
    """Whether the socket is still in step after this job."""
    told, begun = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(told)
        _child(channel, begun, handle, job)
    os.close(begun)
    _, status = os.waitpid(pid, 0)
    had_begun = os.read(told, 1) == b"1"
    os.close(told)
    if status == 0:
        return True
    if not had_begun:
        write_frame(channel, FAILED + _word(status))
    return not had_begun


def _word(status: int) -> bytes:
    """The word of UnreadablePart for a child that did not answer: the file killed it (a library gave up), or we failed."""
    if not os.WIFSIGNALED(status):
        return b"failed"
    words = {int(signal.SIGXCPU): b"too_slow", int(signal.SIGKILL): b"too_large"}
    return words.get(os.WTERMSIG(status), b"damaged")


def serve(channel: socket.socket, handle: Handle) -> None:
    """Answer jobs until the other side is gone."""
    gc.collect()
    gc.freeze()  # what is loaded is shared with every child
    write_frame(channel, READY)
    try:
        while _answer(channel, handle, read_frame(channel)):
            pass
    except OSError:
        return
