"""Swedish personal numbers: personnummer, and samordningsnummer with 60 added to the day; "-", or "+" from the age of a hundred.

Source: folkbokföringslagen (1991:481) § 18; Skatteverket, "Personnummer och samordningsnummer" (check digit by Luhn over ten digits).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content.abroad import ACCEPT, CALLED, CALLED_BEHIND, is_day, points
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.payment_card import passes_luhn
from addin_backend.model.evidence import SensitivityClass

_NUMBER = re.compile(r"[0-9](?<![0-9+].)(?:(?:(?<=1)[89]|(?<=2)0)[0-9]{6}|[0-9]{5})([-+]?)[0-9]{4}(?![0-9]|[-+][0-9])")
_NAME = re.compile(
    r"(?<![a-zåäöæø])(?:personnummer|person-?nr|pers\.?nr|pnr|samordnings(?:nummer|nr)|svensk\w* (?:id|person\w*|nummer)"
    r"|swedish (?:id|national|personal|identity|coordination|social)\w*|personal (?:identity )?number|coordination number)(?![a-zåäö])"
)
_WITH_CENTURY, _OLD, _SOLID = 52, 45, 15  # "19811228-9874", "198112289874", "202403151230" (which may be a time)


def is_valid(digits: str) -> bool:
    """Whether ten digits are a day (60 may have been added) and pass Luhn."""
    day = int(digits[4:6])
    return is_day(int(digits[:2]), int(digits[2:4]), day - 60 if day > 60 else day) and passes_luhn(digits)


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every Swedish personal number in the passage; one of ten digits only where it is called so."""
    for match in _NUMBER.finditer(passage.text):
        digits = re.sub(r"\D", "", match.group())
        if not is_valid(digits[-10:]) or len(set(digits)) < 3:
            continue
        around = points(passage, match.span(), _NAME)
        if len(digits) == 10:
            score = 40 + around if around in {CALLED, CALLED_BEHIND} else 0
        else:
            score = around + (_WITH_CENTURY if match[1] else _OLD if digits.startswith("19") else _SOLID)
        if score >= ACCEPT:
            why = "Swedish personal number with valid check digit"
            yield Hit("swedish_id", SensitivityClass.CPR, "swedish_id", *match.span(), min(score, 100), why, identifier=True)
