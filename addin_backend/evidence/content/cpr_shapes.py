"""The spellings of a CPR number: which groups of digits, with what between them, and how much each says by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from addin_backend.evidence.content.passage import Passage

FEWEST_DIGITS = 8
SHAPES = (  # each with the lengths of its groups of digits, one after the other; a colon stands for ten digits
    ("dashed", 50, re.compile("64"), re.compile(r"(?<!\d)(\d{6})[ ]?[-/][ ]?(\d{4})(?!\d)")),
    ("dotted", 35, re.compile("2224"), re.compile(r"(?<!\d)(\d\d)[./-](\d\d)[./-](\d\d)[ ]{0,2}[-./ ][ ]{0,2}(\d{4})(?!\d)")),
    ("spaced", 40, re.compile("64"), re.compile(r"(?<!\d)(\d{6})[ _.\t\u00b7]{1,3}(\d{4})(?!\d)")),
    ("solid", 30, re.compile(":"), re.compile(r"(?<!\d)(\d{6})(\d{4})(?!\d)")),
    ("dated", 48, re.compile("2224"), re.compile(r"(?<!\d)(\d\d)[./](\d\d)[./](\d\d)[ ]?-[ ]?(\d{4})(?!\d)")),
    ("hyphenated", 42, re.compile("64"), re.compile(r"(?<!\d)(\d{6})(?:-[ \t]*\r?\n[ \t]*|[ \t]*\r?\n[ \t]*-)(\d{4})(?!\d)")),
    ("broken", 30, re.compile("64"), re.compile(r"(?<!\d)(\d{6})[ \t]*\r?\n[ \t]*(\d{4})(?!\d)")),
    (
        "in groups",
        30,
        re.compile("2224"),
        re.compile(r"(?<!\d)(?<!\d[ ])(\d\d)[ \n](\d\d)[ \n](\d\d)[ \n](\d{4})(?!\d)(?![ ]\d)"),
    ),
    ("digit by digit", 50, re.compile("1111111111"), re.compile(r"(?<!\d)(\d(?: \d){5}) ?- ?(\d(?: \d){3})(?!\d)")),
    ("four six", 16, re.compile("46"), re.compile(r"(?<!\d)(\d{4})[- \n](\d{6})(?!\d)")),
    ("paired", 0, re.compile("22222|2224"), re.compile(r"(?<!\d)(\d\d)[ .\-](\d\d)[ .\-](\d\d)[ .\-]{1,3}(\d\d)[ .\-]?(\d\d)(?!\d)")),
    (
        "four two four",
        30,
        re.compile("424"),
        re.compile(r"(?<!\d)(?<!\d[ ])(\d{4})[ .\n-](\d\d)(?:[ .\n-]|[ ]?/[ ]?)(\d{4})(?!\d)(?![ ]\d)"),
    ),
    ("day, year and four", 42, re.compile("424"), re.compile(r"(?<!\d)(?<!\d[ ])(\d{4})[ .\n/](\d\d)[ ]?-[ ]?(\d{4})(?!\d)")),
    (
        "groups and hyphen",
        42,
        re.compile("2224"),
        re.compile(r"(?<!\d)(?<!\d[ ])(\d\d)[ \n](\d\d)[ \n](\d\d)[ ]?-[ ]?(\d{4})(?!\d)"),
    ),
    (
        "other groups",
        0,
        re.compile("622|4222|442|244|334|82"),
        re.compile(
            r"(?<!\d)(?<!\d[ ])((?:\d{6}(?:[ .-]\d\d){2}|\d{4}(?:[ .-]\d\d){3}|\d{4}[ .-]\d{4}[ .-]\d\d|\d\d[ .-]\d{4}[ .-]\d{4}"
            r"|\d{3}[ .-]\d{3}[ .-]\d{4}|\d{8}[ ]\d\d))(?!\d)(?![ ]\d)"
        ),
    ),
    ("long year", 0, re.compile("[468]4"), re.compile(r"(?<!\d)(\d\d)[ ./\-]?(\d\d)[ ./\-]?(?:19|20)(\d\d)[ .\-]{1,3}(\d{4})(?!\d)")),
    ("short", 0, re.compile("9"), re.compile(r"(?<!\d)()(\d{9})(?!\d)")),  # a spreadsheet took the leading zero
    ("cut", 0, re.compile("[567][345]"), re.compile(r"(?<!\d)(\d{5,7})[ ]?-[ ]?(\d{3,5})(?!\d)")),
)
HYPHENED = frozenset({"dashed", "dated", "hyphenated", "digit by digit", "day, year and four", "groups and hyphen"})
UNUSUAL = frozenset({"paired", "other groups", "long year", "short", "cut"})
IN_PAIRS = frozenset({"paired", "other groups"})
ALSO_UNLABELLED = frozenset({"long year", "paired", "other groups"})
_GROUP = re.compile(r"\d+")
_BETWEEN = re.compile(r"[ .-]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number at ``start``:``end`` that may be one: its spelling, what that says (points) and its digits without what is between."""

    shape: str
    base: int
    start: int
    end: int
    digits: str


def _group_lengths(run: str) -> str:
    """The lengths of the groups of digits in ``run``, one character each (";" for more than ten); "" when they are too few."""
    groups = [len(group) for group in _GROUP.findall(run)]
    digits = sum(groups) if run.isascii() else sum(map(run.count, "0123456789"))
    return "".join([chr(48 + min(length, 11)) for length in groups]) if digits >= FEWEST_DIGITS else ""


def candidates(passage: Passage) -> Iterator[Candidate]:
    """Every number in one of the spellings, in order; where two spellings fit, the one that says more."""
    text, taken = passage.text, -1
    known: dict[str, list[tuple[str, int, re.Pattern[str]]]] = {}
    for run_start, run_end in passage.digit_runs:
        lengths = _group_lengths(text[run_start:run_end])
        if lengths not in known:
            known[lengths] = [(shape, base, pattern) for shape, base, wanted, pattern in SHAPES if wanted.search(lengths)]
        found = []
        for shape, base, pattern in known[lengths]:
            for match in pattern.finditer(text, run_start, run_end):
                digits = _BETWEEN.sub("", "".join(group for group in match.groups() if group))
                found.append(Candidate(shape, base, match.start(), match.end(), digits))
        for item in sorted(found, key=lambda one: (one.start, -one.base)):
            if item.start >= taken:
                yield item
                taken = item.end
