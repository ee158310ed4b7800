"""German pension insurance numbers (Rentenversicherungsnummer): area, date of birth, a letter of the name, serial and check digit.

Source: § 147 SGB VI; VKVV §§ 2 and 4 (the letter as two digits, weights 2 1 2 5 7 1 2 1 2 1 2 1, sums of the digits, modulus 10).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content.abroad import ACCEPT, is_day, points
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.model.evidence import SensitivityClass

_NUMBER = re.compile(r"[0-9](?<!\w.)[0-9][ /-]?[0-9]{2}[ .]?[0-9]{2}[ .]?[0-9]{2}[ /-]?([A-Za-z])[ /-]?[0-9]{2}[ ]?[0-9](?!\w)")
_NAME = re.compile(
    r"(?<![a-zäöüæøå])(?:rentenversicherungs?(?:nummer|nr)|versicherungs(?:nummer|nr)|sozialversicherungs(?:nummer|nr)|rvnr|rv-?nummer|svnr"
    r"|sv-?nummer|german (?:pension|social)\w*|social (?:security|insurance) (?:no|number)|tysk\w* (?:pensions|social|forsikrings)\w*)"
)
_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2)
_BASE = 55


def passes_check(number: str) -> bool:
    """The check digit of twelve characters."""
    letter = ord(number[8].upper()) - ord("A") + 1
    digits = f"{number[:8]}{letter:02}{number[9:11]}"
    products = (weight * int(digit) for weight, digit in zip((*_WEIGHTS, 1), digits, strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(number[11])


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every German pension insurance number in the passage."""
    for match in _NUMBER.finditer(passage.text):
        number = re.sub(r"\W", "", match.group())
        if not is_day(int(number[6:8]), int(number[4:6]), int(number[2:4])) or not passes_check(number):
            continue
        score = _BASE + points(passage, match.span(), _NAME)
        if score >= ACCEPT:
            why = "German pension insurance number with valid check digit"
            yield Hit("german_pension_id", SensitivityClass.CPR, "german_pension_id", *match.span(), min(score, 100), why, identifier=True)
