"""Dispensations fit by sender and recipient; a register of countries grows stale."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from addin_backend.evidence.standing import Standing, matches
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.facts import Counted
from addin_backend.model.register import Dispensation

DAY = date(2026, 11, 23)
ENTRY = Dispensation(
    id="D-1",
    code="TR-01",
    domain="partner.example",
    classes=[SensitivityClass.CONFIDENTIAL],
    reason="Til prøve.",
    compensating_measure="Til prøve.",
    asked_by="Mette Holm",
    approved_by="Karin Bach",
    valid_from=DAY,
    valid_to=DAY,
)


def _ids(sender: str = "mette@firma.example", recipient: str = "anna@partner.example", at: date = DAY, **changes: object) -> list[str]:
    standing = Standing({"partner.example": (msgspec.structs.replace(ENTRY, **changes),)})
    domain = recipient.rpartition("@")[2]
    return [item.id for item in matches(standing, sender, (recipient, domain), at, frozenset({"skade@firma.example"}))]


@pytest.mark.parametrize(
    ("found", "arguments"),
    [
        (True, {}),
        (True, {"senders": ["METTE@Firma.example"]}),
        (False, {"senders": ["jonas@firma.example"]}),
        (True, {"senders": ["group:skade@firma.example"]}),
        (False, {"senders": ["group:direktion@firma.example"]}),
        (True, {"recipients": ["Anna@partner.example"]}),
        (False, {"recipients": ["bo@partner.example"]}),
        (False, {"recipient": "anna@anden.example"}),
        (False, {"at": date(2026, 11, 22)}),
        (False, {"at": date(2026, 11, 24)}),
    ],
)
def test_a_dispensation_fits_sender_recipient_and_day(found: bool, arguments: dict[str, object]) -> None:
    """Nobody named means everybody; a group counts only for those whom the directory knows in it."""
    assert _ids(**arguments) == (["D-1"] if found else [])  # type: ignore[arg-type]  # the table holds each argument's own type


def test_uses_are_counted_where_they_are_limited() -> None:
    """A limited one that nobody counted is unknown, never unused; with given facts nobody was asked."""
    limited = {"partner.example": (msgspec.structs.replace(ENTRY, max_uses=5),)}
    who = ("mette@firma.example", ("anna@partner.example", "partner.example"), DAY)
    (unknown,) = matches(Standing(limited), *who)
    (counted,) = matches(Standing(limited, count_uses=lambda _id, _at: 4), *who)
    (given,) = matches(Standing(limited, asked=False), *who)
    assert [unknown.state, counted.state, given.state] == [Counted.UNKNOWN, Counted.COUNTED, Counted.NOT_ASKED]
    assert counted.used == 4


def test_the_country_register_is_stale_after_its_days() -> None:
    """The last day counts; without a date nothing is stale."""
    standing = Standing(countries_until=DAY)
    assert [standing.stale(DAY), standing.stale(date(2026, 11, 24)), Standing().stale(DAY)] == [False, True, False]
