"""Outside the reading processes: starts them, gives them attachments, kills them at the deadline, and remembers for a short while.

A process has an empty environment, no standard streams and a group of its own. What it could not read in time is ``too_slow``; a process
that broke is ``failed``; neither is ever "read".
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import msgspec

from addin_backend.edges.attachment_process.frames import read_frame, write_frame
from addin_backend.edges.attachment_process.memory import Memory, key_of
from addin_backend.edges.attachment_process.worker import DONE, READY
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment

START_SECONDS = 10.0  # a cold disk on a busy machine; usual is 0.3
MAX_CONTENT = 50 * 1024 * 1024  # bytes of one attachment: more than the largest mail holds

TOO_SLOW, FAILED, TOO_LARGE = Extracted(None, "too_slow"), Extracted(None, "failed"), Extracted(None, "too_large")
_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Extracted)


class _Process:
    """One process and the socket to it. Used by one thread at a time. Raises OSError when it cannot be started."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._channel, theirs = socket.socketpair()
        self._ready = False
        self._start_end = time.monotonic() + START_SECONDS
        try:
            with theirs:
                self.process = subprocess.Popen(
                    [sys.executable, "-I", "-m", module, *arguments],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={},
                    cwd="/",
                    start_new_session=True,
                )
        except OSError:
            self._channel.close()
            raise

    @property
    def starting(self) -> bool:
        """Whether it still loads within its own time: then it is not to be killed for an attachment's deadline."""
        return not self._ready and time.monotonic() < self._start_end

    def ask(self, attachment: Attachment, end: float) -> Extracted:
        """Read one. Raises TimeoutError or OSError: then this process must be thrown away, unless it is ``starting``."""
        if not self._ready:
            if read_frame(self._channel, min(end, self._start_end)) != READY:
                raise ConnectionResetError
            self._ready = True
        write_frame(self._channel, _ENCODER.encode(attachment), end)
        answer = read_frame(self._channel, end)
        if answer[:1] != DONE:
            return Extracted(None, answer[1:].decode("ascii", "replace") or FAILED.reason)
        try:
            return _DECODER.decode(memoryview(answer)[1:])
        except msgspec.DecodeError:
            raise ConnectionResetError from None

    def stop(self) -> None:
        """Kill it and all that it started, and reap. Idempotent."""
        self._channel.close()
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self.process.kill()
        self.process.wait()


class AttachmentProcesses:
    """``AttachmentReader`` over a pool of processes that run ``module`` with ``arguments``. Thread-safe. They are started when needed."""

    def __init__(self, module: str, arguments: Sequence[str] = (), *, processes: int = 1) -> None:
        self._command = (module, tuple(arguments))
        self._idle: queue.LifoQueue[_Process | None] = queue.LifoQueue()  # one place per process; None: start one when it is needed
        for _ in range(max(processes, 1)):
            self._idle.put(None)
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._memory = Memory()

    def pids(self) -> tuple[int, ...]:
        """The processes' ids, for supervision and tests."""
        with self._lock:
            return tuple(item.process.pid for item in self._all)

    def warm(self) -> None:
        """Start one process without waiting for it, so that the first mail does not."""
        try:
            place = self._idle.get_nowait()
        except queue.Empty:
            return
        try:
            place = place or self._start()
        except OSError:
            place = None  # the next attachment tries again, and says when it fails
        finally:
            self._idle.put(place)

    def read(self, attachments: Sequence[Attachment], budget: float) -> Sequence[Extracted]:
        """Read them within ``budget`` seconds for all, small ones first; in order. Never raises: what was not read says so."""
        end = time.monotonic() + budget
        found: dict[int, Extracted] = {}
        for index in sorted(range(len(attachments)), key=lambda place: len(attachments[place].content)):
            attachment = _clean(attachments[index])
            key = key_of(attachment)
            known = self._memory.get(key, time.monotonic())
            if known is None:
                known = self._read(attachment, end)
                self._memory.keep(key, known, time.monotonic(), ours=known.reason in {TOO_SLOW.reason, FAILED.reason})
            found[index] = known
        return [found[index] for index in range(len(attachments))]

    def close(self) -> None:
        """Stop the processes. Idempotent."""
        with self._lock:
            self._closed = True
            stopping, self._all = self._all, set()
        for item in stopping:
            item.stop()

    def _read(self, attachment: Attachment, end: float) -> Extracted:
        if len(attachment.content) > MAX_CONTENT:
            return TOO_LARGE
        try:
            process = self._idle.get(timeout=max(end - time.monotonic(), 0.001))
        except queue.Empty:
            return TOO_SLOW
        try:
            process = process or self._start()
            if time.monotonic() >= end:
                return TOO_SLOW
            return process.ask(attachment, end)
        except TimeoutError:
            if process is not None and not process.starting:
                process = self._replace(process)
            return TOO_SLOW
        except OSError:
            process = self._replace(process) if process is not None else None
            return FAILED
        except BaseException:  # also KeyboardInterrupt: a half-read process must not answer the next attachment
            process = self._replace(process) if process is not None else None
            raise
        finally:
            self._idle.put(process)  # whatever happened: a place that is not given back is lost for ever

    def _start(self) -> _Process:
        """A process that loads. Raises OSError when the machine gives none, or after close()."""
        started = _Process(*self._command)
        with self._lock:
            closed = self._closed
            if not closed:
                self._all.add(started)
        if closed:
            started.stop()
            raise OSError("closed")
        return started

    def _replace(self, process: _Process) -> _Process | None:
        """Kill one and start the next without waiting for it. None when none can be started now; the next attachment tries again."""
        with self._lock:
            self._all.discard(process)
        process.stop()
        try:
            return self._start()
        except OSError:
            return None


def _clean(attachment: Attachment) -> Attachment:
    """The same with a name that can be written in UTF-8."""
    name, kind = (text.encode("utf-8", "replace").decode() for text in (attachment.name, attachment.media_type))
    return Attachment(name=name, media_type=kind, content=attachment.content)
