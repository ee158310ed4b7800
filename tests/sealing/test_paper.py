"""The seal of the papers that a client decides with: nothing in them can be changed, and they count within their times only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from addin_backend.model.offline import EMERGENCY, SNAPSHOT, Inside, Paper, Switches
from addin_backend.sealing.paper import FORGED, HOLDS, LATE, NONE, issue, judge, version_of

KEY = b"k" * 32
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOON = int(AT.timestamp())
PAPER = issue(KEY, SNAPSHOT, AT, 86_400, "v1")


@pytest.mark.parametrize(
    ("expected", "used_at"),
    [(HOLDS, NOON), (HOLDS, NOON + 86_399), (LATE, NOON + 86_400), (HOLDS, NOON - 300), (LATE, NOON - 301), (LATE, 0)],
)
def test_a_paper_counts_within_its_times(expected: str, used_at: int) -> None:
    """From its issue (five minutes for a slow clock) until it ends."""
    assert expected == judge(KEY, SNAPSHOT, PAPER, used_at)


@pytest.mark.parametrize(
    "changes",
    [{"issued": NOON + 1}, {"expires": NOON + 90_000}, {"version": "v2"}, {"seal": "0" * 64}, {"seal": ""}, {"seal": PAPER.seal.upper()}],
)
def test_a_paper_that_was_changed_is_forged(changes: dict[str, Any]) -> None:
    """An old paper cannot be made young, nor speak of another content."""
    assert FORGED == judge(KEY, SNAPSHOT, msgspec.structs.replace(PAPER, **changes), NOON)


def test_a_snapshot_is_no_emergency_and_no_other_house_s() -> None:
    """Kind and key are part of the seal; and no paper is no ground."""
    assert FORGED == judge(KEY, EMERGENCY, PAPER, NOON)
    assert FORGED == judge(b"x" * 32, SNAPSHOT, PAPER, NOON)
    assert NONE == judge(KEY, SNAPSHOT, None, NOON)
    assert Paper(issued=NOON, expires=NOON + 86_400, version="v1", seal=PAPER.seal) == PAPER


def test_the_version_follows_everything_that_is_said() -> None:
    """Another domain, address, group or switch is another version."""
    said = Inside(domains=("a.example",), leads_out=("x@a.example",), groups=("g@a.example",), switches=Switches(internal=True))
    others = [
        msgspec.structs.replace(said, domains=("a.example", "b.example")),
        msgspec.structs.replace(said, leads_out=()),
        msgspec.structs.replace(said, groups=()),
        msgspec.structs.replace(said, switches=Switches(internal=False)),
    ]
    assert len({version_of(item) for item in (said, *others)}) == 5
