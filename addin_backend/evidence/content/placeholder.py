"""Numbers that show how a CPR number is written and are nobody's: placeholders, test data, examples."""

from __future__ import annotations

import re

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.cpr_context import NEAR, has_person_word, is_labelled
from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.person import has_name

_PLACEHOLDERS = frozenset({"0123456789", "1234567890", "0000000000", "1111111118", "9999999999", "0101010101", "2512489996", "1234567891"})
_MADE_UP = frozenset(
    {"0000", "1111", "1212", "1234", "2222", "3333", "4321", "4444", "4567", "5555", "5678", "6666", "6789", "7777", "8888", "9999"}
)
_HOW = re.compile(
    r"(?:\be\.?g\.?|\bf\.? ?eks\.?|\bfx\.?|\bfor eksempel|\bfor example|\beksempelvis|\bsuch as|\blike|\bsom|\bsåsom|\bform\w*|\bskrives\w*"
    r"|\bwritten\w*|\bgyldigt?|\bvalid)(?:\W{1,3}(?:som|as|altså|formen?|er|is|in the form)){0,2}[\s:(\"'\u201c\u201d]{0,4}$"
)


def _is_shown_how(passage: Passage, place: int) -> bool:
    """Whether it is said how a number is written ("f.eks. 010190-1234", "in the form 010190-1234"), and nobody is named."""
    start = max(passage.line(place)[0], place - NEAR)
    return _HOW.search(passage.folded, start, place) is not None and not has_name(" " + passage.text[start:place])


def is_placeholder(passage: Passage, span: tuple[int, int], digits: str) -> bool:
    """Whether the digits at ``span`` are nobody's: a known placeholder, test data, or an example of the form."""
    start, end = span
    if digits in _PLACEHOLDERS or len(set(digits)) <= 1 or (len(digits) == 10 and digits.endswith("0000") and digits.startswith("0000")):
        return True
    begin, stop = passage.sentence(start, end)
    sentence = passage.folded[begin:stop]
    if damper.is_test_data(sentence) or (digits[6:] in _MADE_UP and _is_shown_how(passage, start)):
        return True
    if not damper.is_example(sentence):
        return False
    before = passage.folded[max(0, start - NEAR) : start]
    return not (is_labelled(before) or has_person_word(before) or has_name(passage.text[begin:stop]))
