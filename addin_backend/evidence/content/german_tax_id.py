"""German tax numbers for life (Steueridentifikationsnummer, IdNr): eleven digits, told by their name, as many numbers have that shape.

Source: § 139b AO; Bundeszentralamt für Steuern, "Steueridentifikationsnummer" (check digit by ISO/IEC 7064 MOD 11,10; among the first ten
digits one comes twice or three times, never three times in a row, and no other comes twice).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from addin_backend.evidence.content.abroad import ACCEPT, CALLED, CALLED_BEHIND, numbers, points
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.model.evidence import SensitivityClass

_NUMBER = re.compile(r"[1-9](?<![0-9].)[0-9][ ./-]?[0-9]{3}[ ./-]?[0-9]{3}[ ./-]?[0-9]{3}(?![0-9])")
_NAME = re.compile(
    r"(?<![a-zäöüæøå])(?:steuer-?(?:id\b|ident\w*)(?:[ -]?(?:nr|nummer))?|steuerliche identifikationsnummer|identifikationsnummer|id-?nr"
    r"|idnr|tax[ -]id(?:entification)?(?:[ -](?:no|number))?|tin|german tax (?:id|no|number)\w*|tysk\w* skatte\w*(?:[ -]?(?:nummer|nr|id))?"
    r"|skatte-?id)(?![a-zäöüæøå])"
)
_BASE = 40


def passes_check(digits: str) -> bool:
    """The last of eleven digits by ISO/IEC 7064 MOD 11,10."""
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_spread(digits: str) -> bool:
    """Whether among the first ten digits exactly one comes more than once: twice, or three times but not in a row."""
    often = [(digit, count) for digit, count in Counter(digits[:10]).items() if count > 1]
    return len(often) == 1 and (often[0][1] == 2 or (often[0][1] == 3 and often[0][0] * 3 not in digits[:10]))


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every German tax number in the passage that is called so."""
    for match in numbers(passage, _NUMBER):
        digits = re.sub(r"\D", "", match.group())
        if not passes_check(digits) or not is_spread(digits):
            continue
        around = points(passage, match.span(), _NAME)
        if around in {CALLED, CALLED_BEHIND} and _BASE + around >= ACCEPT:
            why = "German tax number with valid check digit"
            yield Hit("german_tax_id", SensitivityClass.CPR, "german_tax_id", *match.span(), _BASE + around, why, identifier=True)
