"""Risk assessments and agreements: dated, named, expired means absent, and a faulty register is refused with its entry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from addin_backend.errors import BadRegister
from addin_backend.evidence.transport.connections import EMPTY, PATH, decided, read_connections
from addin_backend.model.evidence import TransportEvidence, TransportVerdict

RISK = {
    "domain": "a.example",
    "connector": "TLS uden navn",
    "reference": "rv_2026_14",
    "reason": "Lille partner",
    "decided_by": "Karin Bach",
    "decided_on": "2026-01-10",
    "valid_to": "2026-12-31",
}
AGREED = {"domain": "b.example", "reason": "Aftale § 4", "agreed_on": "2026-01-10", "valid_to": "2026-12-31"}


def _register(risk: dict[str, Any] | None = None, agreed: dict[str, Any] | None = None) -> bytes:
    return json.dumps(
        {"checked": "2026-11-23", "risk_assessments": [RISK | (risk or {})], "end_to_end": [AGREED | (agreed or {})]}
    ).encode()


@pytest.mark.parametrize(
    ("domain", "day", "expected"),
    [
        ("a.example", 23, (True, "rv_2026_14", False)),
        ("b.example", 23, (False, "", True)),
        ("c.example", 23, (False, "", False)),
        ("sub.a.example", 23, (False, "", False)),
    ],
)
def test_what_is_decided_about_a_domain(domain: str, day: int, expected: tuple[bool, str, bool]) -> None:
    """Each entry is for its own domain; the verdict itself stays what was found."""
    before = TransportEvidence(domain=domain, verdict=TransportVerdict.ENCRYPTED_NOW)
    after = decided(before, read_connections({PATH: _register()}), datetime(2026, 11, day, tzinfo=UTC))
    assert expected == (after.risk_assessment, after.assessment, after.end_to_end_required)
    assert before.verdict == after.verdict
    assert ("connector" if expected[0] else "none") == after.enforcement


@pytest.mark.parametrize(("at", "counts"), [("2026-01-09", False), ("2026-01-10", True), ("2026-12-31", True), ("2027-01-01", False)])
def test_it_counts_from_the_day_it_was_decided_to_its_last(at: str, counts: bool) -> None:
    """Both ends are included."""
    evidence = TransportEvidence(domain="a.example", verdict=TransportVerdict.ENCRYPTED_NOW)
    assert (
        counts == decided(evidence, read_connections({PATH: _register()}), datetime.fromisoformat(f"{at}T12:00:00+00:00")).risk_assessment
    )


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"", PATH),
        (_register({"domain": "A.example"}), "risk_assessments[0]"),
        (_register({"valid_to": "2025-01-01"}), "risk_assessments[0]"),
        (_register({"reference": "Med mellemrum"}), "reference"),
        (_register({"reason": ""}), "reason"),
        (_register(agreed={"domain": "ingen"}), "end_to_end[0]"),
        (_register(agreed={"other": 1}), "other"),
    ],
)
def test_a_register_that_is_wrong_is_refused_with_its_entry(raw: bytes, place: str) -> None:
    """A faulty register is never an empty one."""
    with pytest.raises(BadRegister) as refused:
        read_connections({PATH: raw})
    assert place in refused.value.sentence
    assert EMPTY == read_connections({})
