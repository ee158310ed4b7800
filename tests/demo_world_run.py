"""The whole demo world as `addin-backend run` starts it, and a real Chromium to look at it with."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue

START_WITHIN = 120.0  # seconds until the address must have been printed; two cores may be shared with others
CHROMIUM_ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


def free_port() -> int:
    """A port that the system says is free."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _lines(process: subprocess.Popen[str], into: Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        into.put(line)


def _address(lines: Queue[str], process: subprocess.Popen[str], log: Path) -> str:
    ends_at = time.monotonic() + START_WITHIN
    seen = ""
    while time.monotonic() < ends_at:
        with suppress(Empty):
            seen += lines.get(timeout=0.2)
        found = _ADDRESS.search(seen)
        if found:
            return found[0]
        if process.poll() is not None and lines.empty():
            break
    raise AssertionError(f"it printed no address: {seen} {log.read_text(errors='replace')[-4000:]}")


def log_of(data: Path) -> Path:
    """Where standard error of the demo world with this data folder goes."""
    return data.with_name(data.name + ".log")


@contextmanager
def demo_world(root: Path, data: Path) -> Iterator[str]:
    """`python -m addin_backend run` on a free port with its data in ``data``; gives the address that it prints first.

    What it writes to standard error, its log, stands in ``log_of(data)`` afterwards.
    """
    command = [sys.executable, "-m", "addin_backend", "run", "--port", str(free_port()), "--data", str(data)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    log = log_of(data)
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        lines: Queue[str] = Queue()
        reader = threading.Thread(target=_lines, args=(process, lines), daemon=True)
        reader.start()
        try:
            yield _address(lines, process, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            reader.join(5)
