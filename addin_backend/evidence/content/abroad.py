"""What the words around a personal number of another country say: shared by its recognisers.

A number that passes its country's checks counts unless it is called something else; one without strong checks needs its own name beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.cpr_context import NEAR, judge
from addin_backend.evidence.content.cpr_words import OTHER
from addin_backend.evidence.content.passage import Passage

ACCEPT = 50
CALLED, CALLED_BEHIND, CALLED_LIKE_IT, CALLED_OTHERWISE = 45, 35, 25, -60
_MOST_OF_PERSON = 22  # points for a person near
_AFTER = 40  # characters behind a number in which its name counts
_NUMBER_BETWEEN = re.compile(r"\d{4}")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_day(year: int, month: int, day: int) -> bool:
    """Whether it is a day of the calendar; of ``year`` two digits are enough (29 February of a year that four divides)."""
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and not (month == 2 and day == 29 and year % 4)


def numbers(passage: Passage, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The matches of a pattern of digits and separators, looked for only where long numbers stand."""
    for start, end in passage.digit_runs:
        yield from pattern.finditer(passage.text, start, end)


def points(passage: Passage, span: tuple[int, int], name: re.Pattern[str]) -> int:
    """Points for the words around the number at ``span``; ``name``: how such a number is called, in lower case."""
    start, end = span
    sentence = slice(*passage.sentence(start, end))
    if damper.is_test_data(passage.folded[sentence]):
        return CALLED_OTHERWISE
    before = passage.folded[max(0, start - NEAR) : start]
    called = list(name.finditer(before))
    if called:
        between = before[called[-1].end() :]
        if not _NUMBER_BETWEEN.search(between) and not OTHER.search(between):
            return CALLED
    if name.search(passage.folded[end : end + _AFTER].split("\n")[0]):
        return CALLED_BEHIND
    context = judge(passage, span, keyed=True, checked=True)
    if context.other or context.points <= -40:
        return CALLED_OTHERWISE
    return CALLED_LIKE_IT if context.labelled else min(context.points, _MOST_OF_PERSON)
