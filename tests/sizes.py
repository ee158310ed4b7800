"""How many rounds the long property, fuzz and fault tests run: a seeded sample in `make test`, all of them in `make test-full`.

pytest's summary lists every size that was used (conftest.py), so that a run shows what it sampled.
"""

from __future__ import annotations

import os

USED: list[tuple[str, int, int]] = []
"""Test, rounds, full rounds: in the order of the run."""


def size(*, sample: int, full: int) -> int:
    """The number of rounds, and remember it for the summary."""
    count = full if os.environ.get("FULL") == "1" else sample
    name = os.environ.get("PYTEST_CURRENT_TEST", "collection").split(" ")[0]
    USED.append((name, count, full))
    return count
