"""Telephone numbers as people type them, in E.164 form (ITU-T E.164; Danish numbers by the Danish numbering plan)."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DANISH = re.compile(r"[2-9][0-9]{7}")  # eight digits; none begins with 0 or 1
MOST = 40  # characters that are looked at


def e164(typed: str) -> str | None:
    """``typed`` as "+4520000078", or None when it is no number. Eight digits without a country are Danish; "00" stands for "+"."""
    if len(typed) > MOST:
        return None
    digits = _BETWEEN.sub("", typed)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if _DANISH.fullmatch(digits):
        return "+45" + digits
    if not _E164.fullmatch(digits):
        return None
    if digits.startswith("+45") and not _DANISH.fullmatch(digits[3:]):
        return None
    return digits
