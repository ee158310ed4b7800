"""Pseudonyms: stable within a quarter, useless without the secret, unlinkable across tenants and quarters."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from addin_backend.edges.pseudonyms import KeyedPseudonyms, period_of

AT = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = KeyedPseudonyms("nordlys", b"s" * 32)


def test_the_same_person_is_the_same_within_a_quarter() -> None:
    """The case of an address and the day within the quarter make no difference."""
    expected = NAMES.pseudonym("address", "bo.madsen@postkasse.example", AT)
    assert re.fullmatch(r"2026q4-[a-z2-7]{32}", expected)
    assert NAMES.pseudonym("address", " Bo.Madsen@Postkasse.example", datetime(2026, 10, 1, tzinfo=UTC)) == expected
    assert KeyedPseudonyms("nordlys", b"s" * 32).pseudonym("address", "bo.madsen@postkasse.example", AT) == expected


def test_everything_else_makes_another() -> None:
    """Another value, kind, tenant, secret or quarter gives a pseudonym that cannot be linked."""
    value = "bo.madsen@postkasse.example"
    found = [
        NAMES.pseudonym("address", value, AT),
        NAMES.pseudonym("address", "bo@postkasse.example", AT),
        NAMES.pseudonym("digest", value, AT),
        NAMES.pseudonym("address", value, AT + timedelta(days=60)),
        KeyedPseudonyms("andre", b"s" * 32).pseudonym("address", value, AT),
        KeyedPseudonyms("nordlys", b"t" * 32).pseudonym("address", value, AT),
    ]
    assert len({item.partition("-")[2] for item in found}) == len(found)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2026q1"),
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "2026q1"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026q2"),
        (datetime(2026, 12, 31, tzinfo=UTC), "2026q4"),
        (datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026q4"),
    ],
)
def test_quarters_are_those_of_utc(at: datetime, expected: str) -> None:
    """A pseudonym's period does not depend on where the server stands."""
    assert period_of(at) == expected


def test_a_short_secret_is_refused() -> None:
    """A secret that could be guessed is not taken."""
    with pytest.raises(ValueError, match="32 octets"):
        KeyedPseudonyms("nordlys", b"short")
