"""`addin-backend …` as a process of its own: forked from a process that has imported what it needs (``nursery.py``), or quite anew.

A fork has its own arguments, folder, environment and streams, ends as a program ends, and can be killed. What it shares with the others is
what Python settles when it starts: a test about that (the order of hashes, encodings, what a command loads) starts anew.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = (sys.executable, "-m", "addin_backend")
_NURSERY = Path(__file__).with_name("nursery.py")


class _Nursery:
    """The process that commands are forked from, for the whole run of a worker."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nursery-")
        self.path = f"{self._folder.name}/socket"
        command = [sys.executable, str(_NURSERY), self.path]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SENDSECURELY_")}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**kept, "PYTHONPATH": str(ROOT)}
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "listening\n"

    def close(self) -> None:
        """End it. What was forked from it lives on."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(20)
        self._folder.cleanup()


@functools.cache
def _nursery() -> _Nursery:
    made = _Nursery()
    atexit.register(made.close)
    return made


class Forked:
    """A command that runs; what subprocess.Popen offers of its life. The streams are those that were given: close your own copies."""

    def __init__(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], streams: tuple[int, int, int]) -> None:
        self.returncode: int | None = None
        asked = {"argv": list(arguments), "cwd": str(folder), "env": dict(environment)}
        line = json.dumps(asked).encode() + b"\n"  # not msgspec: a path need not be text
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_nursery().path)
        sent = socket.send_fds(self._connection, [line], streams)
        self._connection.sendall(line[sent:])
        self._lines = self._connection.makefile("rb", buffering=0)
        self.pid = int(self._lines.readline())

    def poll(self) -> int | None:
        """Its exit code once it has ended; negative: the signal that ended it."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Until it ends. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("addin-backend", timeout or 0.0)
            self.returncode = int(self._lines.readline())
            self._lines.close()
            self._connection.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def run_forked(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], given: bytes, timeout: float
) -> tuple[int, bytes, bytes]:
    """Run one command with ``given`` on standard input until it ends: exit code, output, errors. Pipes, as subprocess.run makes them."""
    (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = os.pipe(), os.pipe(), os.pipe()
    process = Forked(arguments, folder, environment, (theirs_in, theirs_out, theirs_err))
    for stream in (theirs_in, theirs_out, theirs_err):
        os.close(stream)
    os.set_blocking(ours_in, False)
    said: dict[int, bytes] = {ours_out: b"", ours_err: b""}
    reading, until = {ours_out, ours_err}, time.monotonic() + timeout
    writing = {ours_in}
    try:
        while reading or writing:
            if not given and writing:
                os.close(writing.pop())
                continue
            readable, writable, _ = select.select(reading, writing, [], max(until - time.monotonic(), 0))
            if not readable and not writable:
                raise subprocess.TimeoutExpired(["addin-backend", *arguments], timeout, said[ours_out], said[ours_err])
            for stream in readable:
                piece = os.read(stream, 1 << 16)
                said[stream] += piece
                if not piece:
                    reading.discard(stream)
            if writable:
                try:
                    given = given[os.write(ours_in, given[: 1 << 16]) :]
                except BrokenPipeError:  # it does not read all that it is given
                    given = b""
        code = process.wait(max(until - time.monotonic(), 0))
    finally:
        process.kill()
        for stream in (ours_out, ours_err, *writing):
            os.close(stream)
    return code, said[ours_out], said[ours_err]
