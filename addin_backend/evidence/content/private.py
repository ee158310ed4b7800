"""A mail whose subject is marked private is not read, by rule (ATP handbook; facts: labels rule 9)."""

from __future__ import annotations

import re

_MARK = re.compile(
    r"\s*(?:(?:re|sv|vs|fw|fwd|aw|wg|antw|svar)\s*(?:\[\d+\])?\s*:\s*)*"
    r"(?:privat|private)(?:\s*[:\u2013\u2014]|\s+-|-(?=\s)(?!\s+(?:og|eller|and|or|&)\b)|\s*$)",
    re.IGNORECASE,
)


# With a dash the mark may as well be the name of a business segment ("Privat - ulykkesforsikring"): then the mail is read.
_BUSINESS = re.compile(
    r"forsikring|police|pension|kunde|skade|\bsag|erhverv|tilbud|kontrakt|faktura|aftale|insurance|polic|client|claim", re.IGNORECASE
)


_BRACKETED = re.compile(r"[\[(]\s*(?:privat|private)\s*[\])]", re.IGNORECASE)
_BRACKET_FOLLOWS = re.compile(r"\s*(?:privat|private)\s*[\[(]", re.IGNORECASE)


def is_private(subject: str) -> bool:
    """Whether the subject carries the mark: "Privat: …", "Re: Private - …", "[Privat] …"; not "Privatforsikring", "Privat- og erhverv"."""
    if _BRACKETED.search(subject):
        return True
    mark = _MARK.match(subject) or _BRACKET_FOLLOWS.match(subject)
    if mark is None:
        return False
    return mark.group().rstrip().endswith(":") or _BUSINESS.search(subject, mark.end()) is None
