"""How many rounds the long property, fuzz and fault tests run: a seeded sample in `make test`, all of them in `make test-full`."""

from __future__ import annotations

import os


def size(*, sample: int, full: int) -> int:
    """The number of rounds, and say it, so that the run shows what was sampled."""
    count = full if os.environ.get("FULL") == "1" else sample
    print(f"rounds: {count} of {full}")
    return count
