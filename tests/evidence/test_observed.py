"""Exchange's report against our own belief: it may only make a verdict worse, and a later verification counts again."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from addin_backend.errors import BadRegister
from addin_backend.evidence.transport.exchange_report import Observation, Seen
from addin_backend.evidence.transport.observed import EMPTY, LIFE, PATH, REASON, judged, last_without_tls, merged, read_observations
from addin_backend.model.evidence import TransportEvidence, TransportVerdict

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)


def _row(domain: str, day: date | None = DAY, count: int = 1, seen: Seen = Seen.NO_TLS) -> Observation:
    return Observation(domain=domain, seen=seen, day=day, count=count)


@pytest.mark.parametrize("verdict", list(TransportVerdict))
def test_only_what_was_sufficient_becomes_contradicted(verdict: TransportVerdict) -> None:
    """Register, DANE and MTA-STS lose their word and their enforcement; every other verdict stays what it was."""
    before = TransportEvidence(domain="a.example", verdict=verdict, enforcement="connector")
    after = judged(before, DAY, date(2026, 10, 1), AT)
    if verdict in {TransportVerdict.REGISTER, TransportVerdict.DANE, TransportVerdict.MTA_STS_ENFORCE}:
        assert (TransportVerdict.CONTRADICTED, "none", (REASON,)) == (after.verdict, after.enforcement, after.reasons)
    else:
        assert after == before


REGISTER = TransportEvidence(domain="a.example", verdict=TransportVerdict.REGISTER, enforcement="connector")


@pytest.mark.parametrize(
    ("seen_on", "verified_on", "expected"),
    [
        (None, date(2026, 10, 1), "register"),
        (DAY, date(2026, 11, 20), "contradicted"),
        (DAY, date(2026, 11, 21), "register"),
        (DAY, None, "contradicted"),
        (AT.date() - LIFE, date(2026, 1, 1), "contradicted"),
        (AT.date() - LIFE - timedelta(days=1), date(2026, 1, 1), "register"),
    ],
)
def test_a_later_verification_counts_again(seen_on: date | None, verified_on: date | None, expected: str) -> None:
    """Verified the day after is verified; verified on the same day is not, since nobody knows which came first."""
    assert expected == judged(REGISTER, seen_on, verified_on, AT).verdict


def test_a_report_is_taken_in_once() -> None:
    """The last day and the higher count of each domain; the same report twice changes nothing; what is old leaves."""
    rows = [
        _row("a.example", count=2),
        _row("a.example", DAY - timedelta(days=1), count=5),
        _row("b.example", None),
        _row("c.example", seen=Seen.TLS),
    ]
    first = merged(EMPTY, rows, "d1", AT.date())
    assert [("a.example", DAY, 5), ("b.example", AT.date(), 1)] == [(item.domain, item.day, item.count) for item in first.entries]
    assert merged(first, [_row("z.example")], "d1", AT.date()) == first
    later = merged(first, [], "d2", AT.date() + LIFE)
    assert ["b.example"] == [item.domain for item in later.entries]
    assert {"a.example": DAY, "b.example": AT.date()} == last_without_tls(first)


_ENTRY = {"domain": "a.example", "seen": "no_tls", "day": "2026-11-20", "count": 1}


def _register(**change: object) -> bytes:
    return json.dumps({"checked": "2026-11-23", "sources": [], "entries": [_ENTRY | change]}).encode()


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b'{"checked": "2026-11-23"}', _register(domain="A.example"), _register(count=0), _register(seen="other"), _register(x=1)],
)
def test_a_register_that_is_wrong_is_refused(raw: bytes) -> None:
    """A faulty register is never an empty one."""
    with pytest.raises(BadRegister):
        read_observations({PATH: raw})
    assert EMPTY == read_observations({})
    assert ["a.example"] == [item.domain for item in read_observations({PATH: _register()}).entries]
