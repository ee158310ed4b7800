"""CPR numbers written in words behind their label: "mit CPR-nummer er nul fire nul fem syv fire, en to tre fem".

Only behind the label, as words for numbers stand in every mail: the next words must be numbers of one or two digits each until there are
ten digits, and give a day of the calendar. Danish and English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from addin_backend.evidence.content.passage import Passage

PIECES = ("cpr", "personnummer", "personnr", "personal number", "fødselsnummer", "civil registration")
_LABEL = re.compile(
    r"(?<![a-zæøå])(?:cpr|personnummer|personnr|personal number|fødselsnummer|civil registration)[a-zæøå.]{0,8}"
    r"(?:[ -]?(?:nr|nummer|no|number)\b\.?)?(?:[\s:,;=(\"'-]+(?:er|is|lyder|hedder|var|was|altså|bare|skrevet|med|bogstaver|ord|in|words"
    r"|written|out|as|det|som|mit|for|på|of)\b){0,6}[\s:,;=(\"'-]{0,8}"
)
_WORD = re.compile(r"[a-zæøå]+|[0-9]+")
_GAP = re.compile(
    r"[\s,.;:/+\-]{0,4}(?:(?:og|and|bindestreg|streg|dash|hyphen|minus|mellemrum|space|så|then|derefter)\b[\s,.;:/\-]{0,4}){0,2}"
)
_ONES = {
    "nul": 0, "en": 1, "et": 1, "én": 1, "ét": 1, "een": 1, "to": 2, "tre": 3, "fire": 4, "fem": 5, "seks": 6, "syv": 7, "otte": 8,
    "ni": 9, "zero": 0, "oh": 0, "o": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9,
}  # fmt: skip
_TEENS = {
    "ti": 10, "elleve": 11, "tolv": 12, "tretten": 13, "fjorten": 14, "femten": 15, "seksten": 16, "sytten": 17, "atten": 18, "nitten": 19,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19,
}  # fmt: skip
_TENS = {"tyve": 20, "tredive": 30, "fyrre": 40, "halvtreds": 50, "tres": 60, "halvfjerds": 70, "firs": 80, "halvfems": 90}
_ENGLISH_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_COMPOUND = {
    one + "og" + ten: ones + tens
    for one, ones in _ONES.items()
    if one in {"en", "én", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni"}
    for ten, tens in _TENS.items()
}
_NUMBERS = {word: str(number) for table in (_ONES, _TEENS, _TENS, _COMPOUND) for word, number in table.items()}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("januar", "january"), ("februar", "february"), ("marts", "march"), ("april",), ("maj", "may"), ("juni", "june"),
            ("juli", "july"), ("august",), ("september",), ("oktober", "october"), ("november",), ("december",),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
FEWEST_WORDS = 4  # of the ten digits' parts
_MOST_LABELS = 200  # of one text


def _digits(text: str, place: int) -> tuple[str, int]:
    """(digits, end) of the word for a number at ``place``, or ("", 0)."""
    found = _WORD.match(text, place)
    if not found:
        return "", 0
    word, end = found.group(), found.end()
    if word in _NUMBERS:
        return _NUMBERS[word], end
    if word in _ENGLISH_TENS:
        following = _WORD.match(text, end + 1) if text[end : end + 1] in {"-", " "} else None
        one = int(_NUMBERS.get(following.group(), "10")) if following else 10
        return (str(_ENGLISH_TENS[word] + one), following.end()) if following and 0 < one < 10 else (str(_ENGLISH_TENS[word]), end)
    return (word, end) if word.isdigit() and len(word) <= 2 else ("", 0)


def _run(text: str, place: int) -> tuple[str, int, int]:
    """(digits, end, words) of the words for numbers from ``place`` on, until there are ten digits."""
    digits, end, words = "", place, 0
    while len(digits) < 10:
        found = _WORD.match(text, place)
        month = _MONTHS.get(found.group()) if found and len(digits) in {1, 2} else None
        if found and month:  # "fire maj": the fourth
            digits, end = f"{digits:0>2}{month:02}", found.end()
        else:
            more, after = _digits(text, place)
            if not more:
                break
            digits, end = digits + more, after
        words += not text[place].isdigit()
        gap = _GAP.match(text, end)
        place = gap.end() if gap else end
    return digits, end, words


def in_words(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """(start, end, ten digits) of each number in words behind its label, in order. Linear."""
    if not any(piece in passage.folded for piece in PIECES):
        return
    text = passage.folded
    for label in islice(_LABEL.finditer(text), _MOST_LABELS):
        digits, end, words = _run(text, label.end())
        if len(digits) == 10 and words >= FEWEST_WORDS:
            yield label.end(), end, digits
