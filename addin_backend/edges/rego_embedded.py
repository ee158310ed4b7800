"""The embedded policy engine: regorus in spawned worker processes that are killed at the deadline and started again.

In a process of its own because regorus cannot be interrupted, holds the interpreter lock, and may panic (research: engines).
"""

from __future__ import annotations

import json
import queue
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from addin_backend.model.policy import Diagnostic
from addin_backend.ports import EngineFailure, PolicySet

RULE = "data.sendsecurely.decision.answer"
_WORKER = Path(__file__).with_name("rego_worker.py")  # run by path, never imported here; the frames are described there
_OK = b"+"
_MAX_FRAME = 16 * 1024 * 1024
_START_SECONDS = 10.0  # a cold disk on a busy machine; usual is 0.1
_KINDS = {b"e": "eval", b"u": "undefined", b"c": "compile"}
_PLACE = re.compile(r"^--> (?P<file>[^:\n]+):(?P<row>\d+):(?P<col>\d+)", re.MULTILINE)
_ERROR = re.compile(r"^error: (?P<sentence>.+)$", re.MULTILINE)


def rule_files(policies: PolicySet) -> list[tuple[str, str]]:
    """The rules that decide, without tests; EngineFailure("compile") when one is not UTF-8."""
    try:
        return [(path, raw.decode()) for path, raw in policies.files if path.endswith(".rego") and not path.endswith("_test.rego")]
    except UnicodeDecodeError:
        raise EngineFailure("compile", "a rule file is not UTF-8") from None


def register_data(files: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
    """``data`` as OPA's bundle loader builds it: registers/<name>/data.json becomes data.registers.<name>."""
    registers = {}
    for path, raw in files:
        parts = path.split("/")
        if len(parts) == 3 and parts[0] == "registers" and parts[2] == "data.json":
            try:
                registers[parts[1]] = json.loads(raw)
            except ValueError:
                raise EngineFailure("compile", f"{path} is not JSON") from None
    return {"registers": registers}


class _Worker:
    """One process and the socket to it. Used by one thread at a time. Raises OSError when it cannot be started."""

    def __init__(self, policies: bytes, start_seconds: float) -> None:
        self._counter = 0
        self._ready = False
        self._received = b""
        self._start_end = time.monotonic() + start_seconds
        self._channel, theirs = socket.socketpair()
        try:
            with theirs, tempfile.TemporaryFile() as document:
                document.write(policies)
                document.seek(0)
                self.process = subprocess.Popen(
                    [sys.executable, "-I", str(_WORKER)],
                    stdin=document,
                    stdout=theirs.fileno(),
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
        """Whether it still compiles the policies within its own time: then it is not to be killed for a question's deadline."""
        return not self._ready and time.monotonic() < self._start_end

    def wait_ready(self, end: float) -> None:
        """Until the policies are compiled. Raises EngineFailure; after a timeout it may be waited for again."""
        if not self._ready:
            self._expect(0, min(end, self._start_end))
            self._ready = True

    def ask(self, question: bytes, end: float) -> bytes:
        """One question. Raises EngineFailure; after timeout or crash this worker must be thrown away, unless it is ``starting``."""
        self.wait_ready(end)
        self._counter = (self._counter + 1) % 2**32
        body = struct.pack(">I", self._counter) + question
        if len(body) > _MAX_FRAME:
            raise EngineFailure("eval", "question over the limit")
        try:
            self._channel.settimeout(max(end - time.monotonic(), 0.001))
            self._channel.sendall(struct.pack(">I", len(body)) + body)
        except TimeoutError:
            raise EngineFailure("timeout") from None
        except OSError:
            raise EngineFailure("crash") from None
        return self._expect(self._counter, end)

    def _expect(self, counter: int, end: float) -> bytes:
        try:
            frame = self._frame(end)
        except TimeoutError:
            raise EngineFailure("timeout") from None
        except OSError:
            raise EngineFailure("crash") from None
        if len(frame) < 5 or struct.unpack(">I", frame[:4])[0] != counter:
            raise EngineFailure("crash", "a reply to another question")
        status, payload = frame[4:5], frame[5:]
        if status == _OK:
            return payload
        raise EngineFailure(_KINDS.get(status, "crash"), payload.decode(errors="replace"))

    def _frame(self, end: float) -> bytes:
        """One frame. What came before a timeout is kept for the next try."""
        self._fill(4, end)
        length = min(struct.unpack(">I", self._received[:4])[0], _MAX_FRAME)
        self._fill(4 + length, end)
        frame, self._received = self._received[4 : 4 + length], self._received[4 + length :]
        return frame

    def _fill(self, count: int, end: float) -> None:
        parts, have = [self._received], len(self._received)
        try:
            while have < count:
                self._channel.settimeout(max(end - time.monotonic(), 0.001))
                part = self._channel.recv(min(count - have, 65536))
                if not part:
                    raise ConnectionResetError
                parts.append(part)
                have += len(part)
        finally:
            self._received = b"".join(parts)

    def stop(self) -> None:
        """Kill and reap. Idempotent."""
        self._channel.close()
        self.process.kill()
        self.process.wait()


class RegorusWorker:
    """PolicyEngine over a pool of ``workers`` processes that hold ``policies``.

    Raises EngineFailure("compile") at once when the policies do not compile. Thread-safe.
    """

    name = "embedded"

    def __init__(self, policies: PolicySet, *, workers: int = 1, rule: str = RULE, start_seconds: float = _START_SECONDS) -> None:
        self._revision = policies.revision
        self._start_seconds = start_seconds
        document = {"modules": rule_files(policies), "data": register_data(policies.files), "rule": rule}
        self._policies = json.dumps(document).encode()
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()  # one place per worker; None: start one when it is needed
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        try:
            for worker in [self._start() for _ in range(max(workers, 1))]:
                worker.wait_ready(time.monotonic() + start_seconds)
                self._idle.put(worker)
        except EngineFailure:
            self.close()
            raise

    def pids(self) -> tuple[int, ...]:
        """The workers' process ids, for supervision and tests."""
        with self._lock:
            return tuple(worker.process.pid for worker in self._all)

    def evaluate(self, revision: str, question: bytes, deadline: float) -> bytes:
        """The answer as JSON bytes, unread, within ``deadline`` seconds. Raises EngineFailure."""
        if revision != self._revision:
            raise EngineFailure("unavailable", "another revision is loaded")
        end = time.monotonic() + deadline
        if self._closed:
            raise EngineFailure("unavailable", "closed")
        try:
            worker = self._idle.get(timeout=max(deadline, 0.001))
        except queue.Empty:
            raise EngineFailure("timeout", "all workers are busy") from None
        try:
            worker = worker or self._start()
            answer = worker.ask(question, end)
        except EngineFailure as failure:
            if (
                worker is not None
                and failure.kind in {"timeout", "crash", "compile"}
                and not (failure.kind == "timeout" and worker.starting)
            ):
                worker = self._replace(worker)
            raise
        except BaseException:  # also KeyboardInterrupt: a half-read worker must not answer the next question
            worker = self._replace(worker) if worker is not None else None
            raise
        finally:
            self._idle.put(worker)  # whatever happened: a place that is not given back is lost for ever
        return answer

    def close(self) -> None:
        """Stop the workers. Idempotent."""
        with self._lock:
            self._closed = True
            stopping, self._all = self._all, set()
        for worker in stopping:
            worker.stop()

    def _start(self) -> _Worker:
        """A worker that compiles. Raises EngineFailure("unavailable") when the machine gives none, or after close()."""
        try:
            worker = _Worker(self._policies, self._start_seconds)
        except OSError as error:
            raise EngineFailure("unavailable", f"a worker cannot be started: {error.strerror}") from None
        with self._lock:
            closed = self._closed
            if not closed:
                self._all.add(worker)
        if closed:
            worker.stop()
            raise EngineFailure("unavailable", "closed")
        return worker

    def _replace(self, worker: _Worker) -> _Worker | None:
        """Kill one and start the next without waiting for it: it compiles while the caller already has its failure.

        None when none can be started now; the next question tries again.
        """
        with self._lock:
            self._all.discard(worker)
        worker.stop()
        try:
            return self._start()
        except EngineFailure:
            return None


def compile_embedded(policies: PolicySet) -> tuple[Diagnostic, ...]:
    """Whether regorus takes the policies, and where not."""
    try:
        RegorusWorker(policies).close()
    except EngineFailure as failure:
        if failure.kind == "compile":
            return (diagnostic(failure.detail),)
        raise
    return ()


def diagnostic(detail: str) -> Diagnostic:
    """regorus' message as file, row, column and its sentence."""
    place, error = _PLACE.search(detail), _ERROR.search(detail)
    sentence = error["sentence"] if error else detail.split("\n")[0] or "the embedded engine refuses the rules"
    if place is None:
        return Diagnostic(file="", row=0, col=0, sentence=sentence)
    return Diagnostic(file=place["file"], row=int(place["row"]), col=int(place["col"]), sentence=sentence)
