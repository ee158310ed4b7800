"""Telephone numbers as people type them; tests/frontend holds the pane to the same table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from addin_backend.evidence.phone_numbers import MOST, e164

TABLE: list[tuple[str, str | None]] = [tuple(row) for row in json.loads((Path(__file__).parent / "phone_numbers.json").read_bytes())]


@pytest.mark.parametrize(("typed", "expected"), TABLE)
def test_a_number_gets_its_one_form_or_is_none(typed: str, expected: str | None) -> None:
    """E.164, with Denmark as the country of eight digits; what has its form keeps it."""
    assert e164(typed) == expected
    if expected is not None:
        assert e164(expected) == expected


def test_a_long_text_is_not_read() -> None:
    """It is no number, whatever digits stand in it."""
    assert e164(" " * MOST + "20000078") is None
