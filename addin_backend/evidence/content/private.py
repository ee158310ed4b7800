"""A mail whose subject is marked private is not read, by rule (ATP handbook; facts: labels rule 9)."""

from __future__ import annotations

import re
import unicodedata

_MARK = re.compile(
    r"\s*(?:(?:re|sv|vs|vb|vl|fw|fwd|aw|wg|antw|svar|videresendt)\s*(?:[\[(]\d+[\])])?\s*:\s*|\[[a-zæøå. -]{1,20}\]\s*(?=\S))*"
    r"(?:privat|private)(?:\s*[:\u2013\u2014]|\s+-|-(?=\s)(?!\s+(?:og|eller|and|or|&)\b)|\s*$)",
    re.IGNORECASE,
)


# With a dash the mark may as well be the name of a business segment ("Privat - ulykkesforsikring"): then the mail is read.
_BUSINESS = re.compile(
    r"forsikring|police|pension|kunde|skade|\bsag|erhverv|tilbud|kontrakt|faktura|aftale|insurance|polic|client|claim", re.IGNORECASE
)


_BRACKETED = re.compile(r"[\[({<]\s*(?:privat|private)\s*[:!]?\s*[\])}>]", re.IGNORECASE)
_BRACKET_FOLLOWS = re.compile(_MARK.pattern.split("(?:privat|private)")[0] + r"(?:privat|private)\s*[\[({]", re.IGNORECASE)
_INVISIBLE = frozenset({"Cf", "Cc"})


def is_private(subject: str) -> bool:
    """Whether the subject carries the mark: "Privat: …", "Re: Private - …", "[Privat] …"; not "Privatforsikring", "Privat- og erhverv"."""
    shown = "".join(" " if char.isspace() else char for char in subject if char.isspace() or unicodedata.category(char) not in _INVISIBLE)
    return _is_marked(shown.replace("\uff1a", ":"))


def _is_marked(subject: str) -> bool:
    if _BRACKETED.search(subject):
        return True
    mark = _MARK.match(subject) or _BRACKET_FOLLOWS.match(subject)
    if mark is None:
        return False
    return mark.group().rstrip().endswith(":") or _BUSINESS.search(subject, mark.end()) is None
