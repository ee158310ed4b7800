"""CPR numbers by shape, date and context. Modulus 11 raises the score and never gates: numbers without it are valid since October 2007.

Sources: CPR-kontoret, "Personnummeret i CPR" (century from the seventh digit, replacement numbers with 60 added to the day, 1 January
numbers without modulus 11).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from addin_backend.evidence.content import damper, number_words, spelled
from addin_backend.evidence.content.cpr_context import FAR, KEYWORD, NEAR, OTHER, Context, has_person_word, is_labelled, judge
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.person import has_name
from addin_backend.model.evidence import SensitivityClass

ACCEPT = 50
FEWEST_DIGITS = 8
MOST_HITS = 500  # in one text; what the mail is has long been settled
MOST_JUDGED = 4_000  # different numbers in one text that are found to be none; the next one counts (in doubt, encrypt)
_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_PLACEHOLDERS = frozenset({"0123456789", "1234567890", "0000000000", "1111111118", "9999999999", "0101010101", "2512489996", "1234567891"})

_SHAPES = (  # each with the lengths of its groups of digits, one after the other; a colon stands for ten digits
    ("dashed", 50, re.compile("64"), re.compile(r"(?<!\d)(\d{6})[ ]?[-/][ ]?(\d{4})(?!\d)")),
    ("dotted", 35, re.compile("2224"), re.compile(r"(?<!\d)(\d\d)[./-](\d\d)[./-](\d\d)[ ]{0,2}[-./ ][ ]{0,2}(\d{4})(?!\d)")),
    ("spaced", 40, re.compile("64"), re.compile(r"(?<!\d)(\d{6})[ _.\t\u00b7]{1,3}(\d{4})(?!\d)")),
    ("solid", 30, re.compile(":"), re.compile(r"(?<!\d)(\d{6})(\d{4})(?!\d)")),
    ("hyphenated", 42, re.compile("64"), re.compile(r"(?<!\d)(\d{6})(?:-[ \t]*\r?\n[ \t]*|[ \t]*\r?\n[ \t]*-)(\d{4})(?!\d)")),
    ("broken", 30, re.compile("64"), re.compile(r"(?<!\d)(\d{6})[ \t]*\r?\n[ \t]*(\d{4})(?!\d)")),
    ("paired", 0, re.compile("22222|2224"), re.compile(r"(?<!\d)(\d\d)[ .\-](\d\d)[ .\-](\d\d)[ .\-]{1,3}(\d\d)[ .\-]?(\d\d)(?!\d)")),
    ("four two four", 30, re.compile("424"), re.compile(r"(?<!\d)(\d{4})[ .-](\d\d)[ .-](\d{4})(?!\d)")),
    ("long year", 0, re.compile("[468]4"), re.compile(r"(?<!\d)(\d\d)[ ./\-]?(\d\d)[ ./\-]?(?:19|20)(\d\d)[ .\-]{1,3}(\d{4})(?!\d)")),
    ("short", 0, re.compile("9"), re.compile(r"(?<!\d)()(\d{9})(?!\d)")),  # a spreadsheet took the leading zero
    ("cut", 0, re.compile("[567][345]"), re.compile(r"(?<!\d)(\d{5,7})[ ]?-[ ]?(\d{3,5})(?!\d)")),
)
_UNUSUAL = frozenset({"paired", "long year", "short", "cut"})
_GROUP = re.compile(r"\d+")
_REFERENCE = re.compile(
    r"(?:^|[\n.,;(])\s*(?:vores|deres|jeres|din|our|your)?\s*ref(?:erence[nr]?|\.)?(?:\s?(?:nr|no|nummer|number))?\.?\s*[:#]?\s*$"
)
_ELECTRONIC = re.compile(  # replacement numbers with letters (C-eCPR: initials; regions and hospitals have their own)
    r"\d(?<!\w.)\d{5}[- ]?((?=[0-9A-ZÆØÅ]{0,3}[A-ZÆØÅ])(?=[0-9A-ZÆØÅ]{0,3}[0-9])[0-9A-ZÆØÅ]{4})(?!\w)"
)
_KEYWORD_PIECES = (
    "cpr",
    "person",
    "erstatning",
    "sygesikring",
    "danish",
    "fødsel",
    "civil",
    "national",
    "social",
    "ssn",
    "tax",
    "identifikation",
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    shape: str
    base: int
    start: int
    end: int
    digits: str


def century(year: int, seventh: int) -> int:
    """The full year from its two last digits and the seventh digit."""
    if seventh <= 3:
        return 1900 + year
    if seventh in {4, 9}:
        return (2000 if year <= 36 else 1900) + year
    return (2000 if year <= 57 else 1800) + year


def is_date(digits: str) -> bool:
    """Whether the first seven digits give a day of the calendar; 60 may have been added to the day (replacement numbers)."""
    day, month, year = int(digits[:2]), int(digits[2:4]), century(int(digits[4:6]), int(digits[6]))
    day -= 60 if day > 60 else 0
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]


def passes_modulus_11(digits: str) -> bool:
    """The check that every number met until 1 October 2007."""
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 == 0


def _group_lengths(run: str) -> str:
    """The lengths of the groups of digits in ``run``, one character each (";" for more than ten); "" when they are too few."""
    groups = [len(group) for group in _GROUP.findall(run)]
    digits = sum(groups) if run.isascii() else sum(map(run.count, "0123456789"))
    return "".join([chr(48 + min(length, 11)) for length in groups]) if digits >= FEWEST_DIGITS else ""


def _candidates(passage: Passage) -> Iterator[_Candidate]:
    text, taken = passage.text, -1
    known: dict[str, list[tuple[str, int, re.Pattern[str]]]] = {}
    for run_start, run_end in passage.digit_runs:
        lengths = _group_lengths(text[run_start:run_end])
        if lengths not in known:
            known[lengths] = [(shape, base, pattern) for shape, base, wanted, pattern in _SHAPES if wanted.search(lengths)]
        found = []
        for shape, base, pattern in known[lengths]:
            for match in pattern.finditer(text, run_start, run_end):
                digits = "".join(group for group in match.groups() if group)
                found.append(_Candidate(shape, base, match.start(), match.end(), digits))
        for item in sorted(found, key=lambda one: (one.start, -one.base)):
            if item.start >= taken:
                yield item
                taken = item.end


def _is_called_so(passage: Passage, item: _Candidate) -> bool:
    """Whether a mistyped number in the usual shape follows the keyword in the same sentence, with no other label between."""
    if item.shape != "dashed":
        return False
    start, _ = passage.sentence(item.start, item.end)
    before = passage.folded[max(start, item.start - NEAR) : item.start]
    found = list(KEYWORD.finditer(before))
    return bool(found) and not OTHER.search(before[found[-1].end() :])


def _pieces(passage: Passage) -> tuple[str, ...]:
    """The beginnings of keywords that the text holds: most mails hold none, and the search around every number is saved."""
    if not any(piece in passage.vocabulary for piece in _KEYWORD_PIECES):
        return ()
    folded = passage.vocabulary.replace("\u0131", "i").replace("\u0130", "i")  # as in ``Passage.folded``
    return tuple([piece for piece in _KEYWORD_PIECES if piece in folded])


def _looks_like_a_time(item: _Candidate) -> bool:
    """Whether it may be a date and an hour ("290326 1430")."""
    hour, minute = int(item.digits[6:8]), int(item.digits[8:10])
    return item.shape in {"spaced", "solid", "dotted"} and item.digits[4:6] in {"24", "25", "26", "27", "28"} and hour < 24 and minute < 60


_NOTHING = Context(0, False, False, "")


def _score(passage: Passage, item: _Candidate, pieces: tuple[str, ...]) -> tuple[int, Context]:
    """(score, what the words around say)."""
    if item.shape in _UNUSUAL:
        return _unusual_score(passage, item) if pieces else (0, _NOTHING)
    dated = is_date(item.digits)
    if not dated and not pieces:
        return 0, _NOTHING
    context = judge(passage, (item.start, item.end), keyed=bool(pieces), checked=passes_modulus_11(item.digits))
    if context.other and item.shape == "dashed" and dated and passes_modulus_11(item.digits) and _is_bare_reference(passage, item.start):
        return ACCEPT + 5, _NOTHING
    if not dated:
        return (60 if context.labelled or _is_called_so(passage, item) else 0), context  # mistyped, but called a CPR number
    score = item.base + context.points
    if passes_modulus_11(item.digits):
        score += 12
    elif item.digits.startswith("0101"):
        score += 5
    return (score - 30 if _looks_like_a_time(item) and context.points < 45 else score), context


def _is_bare_reference(passage: Passage, start: int) -> bool:
    """Whether nothing but "Reference:" stands before the number in its line: people also file under a person's number. One in 300 of other
    references in this shape is a date and passes modulus 11.
    """
    line, _ = passage.line(start)
    before = passage.folded[max(line, start - NEAR) : start]
    if not before.strip():
        before = passage.folded[max(0, line - NEAR) : start].rstrip().rsplit("\n", 1)[-1]
    return _REFERENCE.search(before) is not None


def _unusual_score(passage: Passage, item: _Candidate) -> tuple[int, Context]:
    """For spellings that say nothing without the keyword beside them."""
    context = judge(passage, (item.start, item.end), keyed=True, checked=False)
    if item.shape == "short":
        fits = (context.labelled or _in_cpr_column(passage.folded, item.start)) and is_date("0" + item.digits)
        return (60 if fits else 0), context
    if item.shape == "cut":
        return (65 if context.labelled and len(item.digits) in {9, 11} else 0), context
    return (65 if (context.labelled or context.points >= 45) and is_date(item.digits) else 0), context


def _in_cpr_column(text: str, place: int) -> bool:
    first = text[: max(0, text.find("\n", 0, 2_000))]
    return place > len(first) and KEYWORD.search(first) is not None


def _is_placeholder(passage: Passage, item: _Candidate) -> bool:
    digits = item.digits
    if digits in _PLACEHOLDERS or len(set(digits)) <= 1 or (len(digits) == 10 and digits.endswith("0000") and digits.startswith("0000")):
        return True
    start, end = passage.sentence(item.start, item.end)
    sentence = passage.folded[start:end]
    if damper.is_test_data(sentence):
        return True
    if not damper.is_example(sentence):
        return False
    before = passage.folded[max(0, item.start - NEAR) : item.start]
    return not (is_labelled(before) or has_person_word(before) or has_name(passage.text[start:end]))


def _spelled(passage: Passage, pieces: tuple[str, ...]) -> Iterator[tuple[_Candidate, int]]:
    """The numbers in odd spellings, with their scores: those behind a label (also in words, with letters for digits, in two pieces), and
    six and four digits in neighbouring cells.
    """
    if pieces:
        for way in (spelled.labelled, spelled.lettered, spelled.apart, number_words.in_words):
            for start, end, digits in islice(way(passage), MOST_HITS):
                if is_date(digits):
                    yield _Candidate("spelled", 0, start, end, digits), 60
    for start, end, digits in islice(spelled.cells(passage), MOST_HITS):
        if is_date(digits):
            item = _Candidate("cells", 20, start, end, digits)
            yield item, min(100, _score(passage, item, pieces)[0])


def _judged(passage: Passage, pieces: tuple[str, ...]) -> Iterator[tuple[_Candidate, int, Context]]:
    """Every candidate with its score and context, until enough are found. What stands in the same words is judged once."""
    known: dict[str, tuple[int, Context]] = {}
    found = 0
    for item in _candidates(passage):
        key = passage.text[max(0, item.start - 150) : item.end + 130]
        if key not in known:
            known[key] = _score(passage, item, pieces) if len(known) - found < MOST_JUDGED else (ACCEPT, _NOTHING)
            found += known[key][0] >= ACCEPT
        yield item, *known[key]
        if found >= 2 * MOST_HITS:
            return


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every CPR number in the passage."""
    folded, pieces = passage.folded, _pieces(passage)
    kept: list[tuple[int, int]] = []  # (end, start) of each, in order
    judged = list(_judged(passage, pieces))
    things = {
        item.digits[:6] for item, _, context in judged if context.other
    }  # "version 100562-4255 … the one on the drive is 100562-4254"
    for item, score, context in judged:
        if score >= ACCEPT and not (item.digits[:6] in things and not context.labelled) and not _is_placeholder(passage, item):
            labelled = is_labelled(folded[max(0, item.start - NEAR) : item.start])
            why = "called a CPR number" if labelled else "shape and date of a CPR number"
            yield Hit("cpr", SensitivityClass.CPR, "cpr", item.start, item.end, min(score, 100), why, identifier=True)
            kept.append((item.end, item.start))
            if len(kept) >= MOST_HITS:
                return
    for item, score in _spelled(passage, pieces):
        next_kept = bisect_right(kept, (item.start, item.start))
        overlaps = next_kept < len(kept) and kept[next_kept][1] < item.end
        if score >= ACCEPT and not overlaps and not _is_placeholder(passage, item):
            yield Hit("cpr", SensitivityClass.CPR, "cpr", item.start, item.end, score, "called a CPR number", identifier=True)
    if any(piece in passage.vocabulary for piece in ("cpr", "personn", "erstatning", "replacement")):
        for match in _ELECTRONIC.finditer(passage.text):
            if KEYWORD.search(folded, max(0, match.start() - FAR), match.end() + 100):
                yield Hit(
                    "cpr",
                    SensitivityClass.CPR,
                    "cpr",
                    match.start(),
                    match.end(),
                    80,
                    "replacement CPR number with letters",
                    identifier=True,
                )
