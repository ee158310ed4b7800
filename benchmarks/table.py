"""Prints measurements as a table: median, p99, per second, memory, and the ratio to a peer of the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """One row: ``seconds`` of each round; ``memory`` in bytes or 0; ``per_second`` measured apart or 0."""

    name: str
    seconds: tuple[float, ...]
    memory: int = 0
    per_second: float = 0.0

    @property
    def median(self) -> float:
        """Median in seconds."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """99th percentile in seconds."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(len(self.seconds) * 0.99))]


def rounds(count: int, action: Callable[[], object]) -> tuple[float, ...]:
    """Seconds of ``count`` runs of ``action``."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return tuple(times)


def resident(pid: int) -> int:
    """Resident memory of a process in bytes (proc(5), VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def show(title: str, lines: Sequence[Line], peer: str = "") -> None:
    """Print the table; ``peer`` names the row that the others are compared with."""
    base = next((line.median for line in lines if line.name == peer), 0.0)
    print(f"\n{title}")
    print(f"{'':44} {'rounds':>7} {'median ms':>10} {'p99 ms':>9} {'per s':>8} {'MB':>7} {'ratio':>6}")
    for line in lines:
        rate = line.per_second or 1 / line.median
        memory = f"{line.memory / 1e6:.0f}" if line.memory else "-"
        ratio = f"{line.median / base:.2f}" if base else "-"
        print(f"{line.name:44} {len(line.seconds):7} {line.median * 1e3:10.2f} {line.p99 * 1e3:9.2f} {rate:8.0f} {memory:>7} {ratio:>6}")
