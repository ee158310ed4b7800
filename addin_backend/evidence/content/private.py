"""A mail whose subject is marked private is not read, by rule (ATP handbook; facts: labels rule 9)."""

from __future__ import annotations

import re

_MARK = re.compile(
    r"\s*(?:(?:re|sv|vs|fw|fwd|aw|wg|antw|svar)\s*(?:\[\d+\])?\s*:\s*)*"
    r"(?:privat|private)(?:\s*[:\u2013\u2014]|\s+-|-(?=\s)(?!\s+(?:og|eller|and|or|&)\b)|\s*$)",
    re.IGNORECASE,
)


def is_private(subject: str) -> bool:
    """Whether the subject begins with the mark: "Privat: …" or "Re: Private - …"; not "Privatforsikring" or "Privat- og erhverv"."""
    return _MARK.match(subject) is not None
