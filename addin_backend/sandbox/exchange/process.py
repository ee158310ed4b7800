"""The simulator as a process of its own, for bootstrap and tests."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(slots=True)
class Simulator:
    """A running simulator. ``address`` is like ``http://127.0.0.1:40001``."""

    address: str
    process: subprocess.Popen[str]

    @property
    def endpoint(self) -> str:
        """The EWS endpoint."""
        return f"{self.address}/EWS/Exchange.asmx"

    @property
    def graph(self) -> str:
        """The address of Graph."""
        return f"{self.address}/v1.0"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return urlsplit(self.address).port or 0

    def kill(self) -> None:
        """End it at once (SIGKILL), in the middle of whatever it does."""
        self.process.kill()
        self._ended()

    def stop(self) -> None:
        """End it, and wait."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._ended()

    def _ended(self) -> None:
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def start(data: Path, *, port: int = 0, published_schema: Path | None = None) -> Simulator:
    """Start it and wait until it listens; it ends when this process does. Raises RuntimeError when it ends instead."""
    command = [sys.executable, "-m", "addin_backend.sandbox.exchange", "--data", str(data), "--port", str(port), "--end-with-parent"]
    if published_schema is not None:
        command += ["--published-schema", str(published_schema)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip() if process.stdout else ""
    if not address:
        raise RuntimeError(f"the Exchange simulator ended with status {process.wait()}")
    return Simulator(address, process)
