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
    """One process and the socket to it. Used by one thread at a time."""

    def __init__(self, policies: bytes) -> None:
        self._counter = 0
        self._ready = False
        self._channel, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as document, theirs:
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

    def wait_ready(self, seconds: float) -> None:
        """Until the policies are compiled. Raises EngineFailure."""
        if not self._ready:
            self._expect(0, time.monotonic() + seconds)
            self._ready = True

    def ask(self, question: bytes, end: float) -> bytes:
        """One question. Raises EngineFailure; after timeout or crash this worker must be thrown away."""
        self.wait_ready(end - time.monotonic())
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
        frame = b""
        try:
            frame = self._receive(4, end)
            frame = self._receive(min(struct.unpack(">I", frame)[0], _MAX_FRAME), end)
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

    def _receive(self, count: int, end: float) -> bytes:
        parts = []
        while count:
            self._channel.settimeout(max(end - time.monotonic(), 0.001))
            part = self._channel.recv(min(count, 65536))
            if not part:
                raise ConnectionResetError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

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

    def __init__(self, policies: PolicySet, *, workers: int = 1, rule: str = RULE) -> None:
        self._revision = policies.revision
        document = {"modules": rule_files(policies), "data": register_data(policies.files), "rule": rule}
        self._policies = json.dumps(document).encode()
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        try:
            for worker in [self._start() for _ in range(max(workers, 1))]:
                worker.wait_ready(_START_SECONDS)
                self._idle.put(worker)
        except (EngineFailure, OSError):
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
            answer = worker.ask(question, end)
        except EngineFailure as failure:
            self._idle.put(self._replace(worker) if failure.kind in {"timeout", "crash", "compile"} else worker)
            raise
        except BaseException:  # also KeyboardInterrupt: a half-read worker must not answer the next question
            self._idle.put(self._replace(worker))
            raise
        self._idle.put(worker)
        return answer

    def close(self) -> None:
        """Stop the workers. Idempotent."""
        with self._lock:
            self._closed = True
            stopping, self._all = self._all, set()
        for worker in stopping:
            worker.stop()

    def _start(self) -> _Worker:
        worker = _Worker(self._policies)
        with self._lock:
            closed = self._closed
            if not closed:
                self._all.add(worker)
        if closed:
            worker.stop()
        return worker

    def _replace(self, worker: _Worker) -> _Worker:
        """Kill one and start the next without waiting for it: it compiles while the caller already has its failure."""
        with self._lock:
            self._all.discard(worker)
        worker.stop()
        return self._start()


def compile_embedded(policies: PolicySet) -> tuple[Diagnostic, ...]:
    """Whether regorus takes the policies, and where not."""
    try:
        RegorusWorker(policies).close()
    except EngineFailure as failure:
        return (diagnostic(failure.detail),)
    return ()


def diagnostic(detail: str) -> Diagnostic:
    """regorus' message as file, row, column and its sentence."""
    place, error = _PLACE.search(detail), _ERROR.search(detail)
    sentence = error["sentence"] if error else detail.split("\n")[0] or "the embedded engine refuses the rules"
    if place is None:
        return Diagnostic(file="", row=0, col=0, sentence=sentence)
    return Diagnostic(file=place["file"], row=int(place["row"]), col=int(place["col"]), sentence=sentence)


def syntax_tree(path: str, text: str) -> Any:
    """regorus' syntax tree of one rule file. Raises EngineFailure("compile") whose detail holds the place.

    In a process of its own: an officer's file must not be able to take the backend down.
    """
    script = "import sys,json,regorus;e=regorus.Engine();m=json.load(sys.stdin);e.add_policy(*m);sys.stdout.write(e.get_ast_as_json())"
    command = [sys.executable, "-I", "-c", script]
    try:
        done = subprocess.run(
            command, input=json.dumps([path, text]).encode(), capture_output=True, env={}, timeout=_START_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineFailure("timeout", path) from None
    if done.returncode != 0:
        detail = done.stderr.decode(errors="replace").split("RuntimeError:")[-1].split("Stack backtrace")[0].strip()
        raise EngineFailure("compile", detail)
    return json.loads(done.stdout)
