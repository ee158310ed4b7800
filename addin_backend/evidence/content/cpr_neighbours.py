"""What the rest of a text says of ten digits: the heading of their list, the same date as somebody's birthday, numbers in a row, and
whether their six first digits are rather today's date than a birthday.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from addin_backend.evidence.content.cpr_words import DOSSIER, KEYWORD, MANY, OTHER
from addin_backend.evidence.content.passage import Passage

LIST_LINES, LIST_CHARS = 15, 800  # above a number, in which the heading of its list is looked for
AROUND = 130  # characters to either side in which a birthday or a child counts
FEWEST_ALIKE = 3  # different numbers of ten digits that are all days long past
_RECENT = frozenset({"24", "25", "26", "27", "28"})
_CHILD = re.compile(
    r"(?<![a-zæøå])(?:barn|børn|baby|babies|født|fødsel|fødte|nyfød|søn|datter|spæd|tvilling|dreng|pige|child|kid|born|newborn|infant|son\b|daughter"
    r"|twin|toddler|dagpleje|vuggestue|nursery|sundhedsplej|jordemoder|midwife|barsel|maternity|mor\b|mother|lille|lillebror|lillesøster|f\.)"
)
_DAY = re.compile(r"(?<!\d)(\d{1,2})[./-]\s?(\d{1,2})[./-]\s?(?:19|20)?(\d\d)(?![\d-])")
_MISTYPED = re.compile(
    r"\b(?:ikke|rigtige?|forkert\w*|skulle|ret|rett?e\w*|byttet|fejl\w*|taste\w*|tvilling\w*|søskende|not|wrong|correct\w*|instead|typo|mistake|swapped"
    r"|twins?|siblings)\b"
)
_THESE = re.compile(r"\b(?:følgende|disse|alle|de nye|vores|following|these|those|all|our)\b")
_LONG = re.compile(r"\d(?:[ .-]?\d){7}")


def is_recent(digits: str) -> bool:
    """Whether the first six digits may be a day of these years: orders, tickets and files are numbered by the day that they are made."""
    return digits[4:6] in _RECENT and digits[6] >= "4"


def speaks_of_child(passage: Passage, start: int, end: int) -> bool:
    """Whether somebody so young is spoken of near the number."""
    return _CHILD.search(passage.folded, max(0, start - AROUND), end + AROUND) is not None


def is_birthday_nearby(passage: Passage, start: int, end: int, digits: str) -> bool:
    """Whether the day of the number stands beside it, written as a date: "f. 12.04.92 (120492-1403)". No help for a day of these years."""
    if is_recent(digits):
        return False
    for place in ((max(0, start - AROUND), start), (end, end + AROUND)):
        for day in _DAY.finditer(passage.folded, *place):
            if f"{day[1]:0>2}{day[2]:0>2}{day[3]}" == digits[:6]:
                return True
    return False


def _list_heading(passage: Passage, start: int) -> str:
    """The line that heads the list in which the number stands ("Her er spillernes licensnumre:"), or "". Lines of the list hold long
    numbers; blank ones may stand between.
    """
    text = passage.folded
    line = text.rfind("\n", 0, start) + 1
    for _ in range(LIST_LINES):
        if line == 0 or start - line > LIST_CHARS:
            return ""
        above = text.rfind("\n", max(0, line - 1 - LIST_CHARS), line - 1) + 1
        words = text[above : line - 1].strip()
        if words and not _LONG.search(words):
            return words if words.endswith(":") else ""
        line = above
    return ""


def is_list_of_things(passage: Passage, start: int) -> bool:
    """Whether the heading of the number's list is one of the numbers of things."""
    heading = _list_heading(passage, start)
    if not heading or KEYWORD.search(heading):
        return False
    named = [found.group() for found in OTHER.finditer(heading) if not DOSSIER.fullmatch(found.group())]
    return bool(named) and (_THESE.search(heading) is not None or any(MANY.search(word) for word in named))


def of_one_day(passage: Passage, numbers: Iterable[str]) -> frozenset[str]:
    """Of unlabelled numbers, those that share their first six digits: things that were numbered on one day, or have one beginning. Not
    where one may be the other mistyped, or twins are spoken of.
    """
    by_day: dict[str, set[str]] = defaultdict(set)
    for digits in numbers:
        if len(digits) == 10:
            by_day[digits[:6]].add(digits)
    found = frozenset(digits for alike in by_day.values() if len(alike) > 1 for digits in alike)
    return frozenset() if found and _MISTYPED.search(passage.folded) else found


def all_days(numbers: Iterable[tuple[str, bool]]) -> bool:
    """Whether the numbers of a sentence, given with whether they are days, are several people: one in 27 of other numbers of ten digits is
    a day, three of three are not by chance, unless they are stamped with the day of these years.
    """
    given = list(numbers)
    different = {digits for digits, _ in given}
    return (
        len(different) >= FEWEST_ALIKE
        and all(dated and not is_recent(digits) for digits, dated in given)
        and len({digits[:6] for digits in different}) == len(different)
    )
