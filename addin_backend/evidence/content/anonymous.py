"""A sentence as it may be kept for training: without identifiers, numbers, addresses and names.

The model reads every first name as one word and all digits alike (features.py), so a name becomes another one of the same gender and every
digit a 0: it learns the same from the copy. What a surname, a place or a company is nobody knows for sure; a capital that does not begin a
sentence is taken for one.
"""

from __future__ import annotations

import re

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.concepts import fold
from addin_backend.evidence.content.masking import mask_identifiers
from addin_backend.evidence.content.terms import Terms
from addin_backend.model.message import Message

LONGEST = 400  # characters; the same as the longest stretch that the model reads at once (sentences.py)
FURTHER_NAME = "Hansen"
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\S+@\S+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_BEGINS = re.compile(r"(?:^|[.!?:]\s|\n)\s*[\"'»“(–-]*\s*$")
_SHORT_CAPITALS = 5  # "ADHD", "SU", "HR" are no names


def _first_name(word: str, terms: Terms) -> str:
    """The name that stands for this first name, or "" when it is none."""
    lower = fold(word.lower())
    lexicon = terms.lexicon
    bare = lower if lower in lexicon.names or not lower.endswith("s") else lower[:-1]
    if bare not in lexicon.names:
        return ""
    stand_in = "Peter" if bare in lexicon.men else "Karen" if bare in lexicon.women else "Kim"
    return stand_in + ("s" if bare != lower else "")


def without_identity(sentence: str, terms: Terms) -> str:
    """``sentence`` (cut to LONGEST) with stand-ins for all that points at somebody."""
    message = Message(sender="", recipients=(), subject="", body=sentence[:LONGEST])
    text = mask_identifiers(message, classify(message, terms)).body
    text = _ADDRESS.sub("post", text)

    def stand_in(match: re.Match[str]) -> str:
        word = match.group()
        if not word[0].isupper() or (word.isupper() and len(word) <= _SHORT_CAPITALS):
            return word
        begins = _BEGINS.search(text[: match.start()]) is not None
        known = bool(terms.lexicon.concepts.of(fold(word.lower())).concepts)
        if begins and known:
            return word
        return _first_name(word, terms) or (word if begins or known else FURTHER_NAME)

    return re.sub(r"\d", "0", _WORD.sub(stand_in, text))
