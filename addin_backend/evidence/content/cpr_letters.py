"""Replacement CPR numbers with letters (C-eCPR: initials; regions and hospitals have their own)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from addin_backend.evidence.content.birthday import is_date
from addin_backend.evidence.content.cpr_context import BESIDE_A_PERSON, FAR, NEAR, judge
from addin_backend.evidence.content.cpr_words import KEYWORD
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.model.evidence import SensitivityClass

MOST_HITS = 500  # in one text; what the mail is has long been settled
_ELECTRONIC = re.compile(  # replacement numbers with letters (C-eCPR: initials; regions and hospitals have their own)
    r"\d(?<!\w.)\d{5}[- ]?((?=[0-9A-ZÆØÅ]{0,3}[A-ZÆØÅ])(?=[0-9A-ZÆØÅ]{0,3}[0-9])[0-9A-ZÆØÅ]{4})(?!\w)"
)
_FOR_NOW = re.compile(
    r"\b(?:administrativ\w*|midlertidig\w*|foreløbig\w*|indtil|temporar\w*|for now|until|provisional\w*|placeholder id)\b"
)


def with_letters(passage: Passage) -> Iterator[Hit]:
    """Replacement numbers with letters: where the text says so, or beside a person when the first six digits are a day."""
    labelled = any(piece in passage.vocabulary for piece in ("cpr", "personn", "erstatning", "replacement"))
    for match in islice(_ELECTRONIC.finditer(passage.text), MOST_HITS):
        span = match.start(), match.end()
        if labelled and KEYWORD.search(passage.folded, max(0, span[0] - FAR), span[1] + 100):
            certainty = 80
        elif "-" in match.group() and is_date(match.group()[:6] + "0") and _is_given_to_somebody(passage, span):
            certainty = 60
        else:
            continue
        yield Hit("cpr", SensitivityClass.CPR, "cpr", *span, certainty, "replacement CPR number with letters", identifier=True)


def _is_given_to_somebody(passage: Passage, span: tuple[int, int]) -> bool:
    context = judge(passage, span, keyed=False, checked=False)
    if context.other or context.points < 0:
        return False
    around = passage.folded[max(0, span[0] - NEAR) : span[1] + NEAR]
    return context.points >= BESIDE_A_PERSON or _FOR_NOW.search(around) is not None
