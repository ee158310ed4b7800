"""Invented personal numbers of other countries with valid check digits."""

from __future__ import annotations

from hypothesis import strategies as st

from addin_backend.evidence.content import german_pension_id, german_tax_id, norwegian_id, swedish_id

_days = st.tuples(st.integers(1, 28), st.integers(1, 12), st.integers(30, 99))


def _ended(number: str, digits: int, valid: object) -> str | None:
    """``number`` with the check digits that make it valid, or None when there are none."""
    ended = (f"{number}{tail:0{digits}}" for tail in range(10**digits))
    return next((one for one in ended if valid(one)), None)  # type: ignore[operator] # a predicate


def _norwegian(day: tuple[int, int, int], serial: int, moved: int) -> str | None:
    return _ended(f"{day[0] + moved:02}{day[1]:02}{day[2]:02}{serial:03}", 2, norwegian_id.passes_checks)


def _swedish(day: tuple[int, int, int], serial: int, moved: int) -> str | None:
    return _ended(f"{day[2]:02}{day[1]:02}{day[0] + moved:02}{serial:03}", 1, swedish_id.is_valid)


def _pension(area: int, day: tuple[int, int, int], letter: str, serial: int) -> str | None:
    return _ended(f"{area:02}{day[0]:02}{day[1]:02}{day[2]:02}{letter}{serial:02}", 1, german_pension_id.passes_check)


def _tax(digits: list[str], twice: int) -> str | None:
    ten = "".join([*digits[:9], digits[twice]])
    return None if ten[0] == "0" else _ended(ten, 1, german_tax_id.passes_check)


NORWEGIAN = st.builds(_norwegian, _days, st.integers(0, 499), st.sampled_from([0, 40])).filter(bool)
SWEDISH = st.builds(_swedish, _days, st.integers(1, 999), st.sampled_from([0, 60])).filter(bool)
PENSION = st.builds(_pension, st.integers(2, 89), _days, st.sampled_from("ABCDEFGHIJKLMNOPRSTUVWZ"), st.integers(0, 99)).filter(bool)
TAX = st.builds(_tax, st.permutations(list("0123456789")), st.integers(0, 8)).filter(bool)
