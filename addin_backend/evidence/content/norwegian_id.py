"""Norwegian personal numbers: fødselsnummer, and D-number with 40 added to the day, each with its two check digits.

Source: Skatteetaten, "Fødselsnummer"; forskrift til folkeregisterloven § 2-2-1 (weights of the check digits, D-number).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content.abroad import ACCEPT, CALLED, is_day, numbers, points
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.model.evidence import SensitivityClass

_NUMBER = re.compile(r"[0-9](?<![0-9].)[0-9][ .]?[0-9]{2}[ .]?[0-9]{2}[ .-]{0,3}[0-9]{3}[ ]?[0-9]{2}(?![0-9])")
_NAME = re.compile(
    r"(?<![a-zæøå])(?:fødselsnummer|fødselsnr|f(?:ødsels)?\.?nr|fnr|d-?nummer|d-?nr|personnummer|norsk (?:id|personnummer|nummer)"
    r"|norwegian (?:id|national|personal|identity|birth|d-)\w*|national (?:identity|identification) number|birth number)(?![a-zæøå])"
)
_FIRST, _SECOND = (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_CHECKED, _MISTYPED = 52, 15


def _check(digits: str, weights: tuple[int, ...]) -> int:
    return (11 - sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False)) % 11) % 11


def is_dated(digits: str) -> bool:
    """Whether the first six digits are a day; 40 may have been added to the day (D-number) or to the month (H-number)."""
    day, month = int(digits[:2]), int(digits[2:4])
    return is_day(int(digits[4:6]), month - 40 if month > 40 else month, day - 40 if day > 40 else day)


def passes_checks(digits: str) -> bool:
    """Both check digits of eleven digits (modulus 11)."""
    return _check(digits[:9], _FIRST) == int(digits[9]) and _check(digits[:10], _SECOND) == int(digits[10])


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every Norwegian personal number in the passage; a mistyped one only where it is called so."""
    for match in numbers(passage, _NUMBER):
        digits = re.sub(r"\D", "", match.group())
        if not is_dated(digits) or len(set(digits)) < 3:
            continue
        checked = passes_checks(digits)
        around = points(passage, match.span(), _NAME)
        score = _CHECKED + around if checked else _MISTYPED + around if around >= CALLED else 0
        if score >= ACCEPT:
            why = "Norwegian personal number with valid check digits" if checked else "called a Norwegian personal number"
            yield Hit("norwegian_id", SensitivityClass.CPR, "norwegian_id", *match.span(), min(score, 100), why, identifier=True)
