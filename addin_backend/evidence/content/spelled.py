"""CPR numbers that are called so and spelled oddly: "CPR 070761 (4285)", "CPR: 070 761 4285", a digit in each cell of a form.

The label says what the number is, so the next ten digits are taken whatever stands between them; they must give a day of the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.person import has_name

_PIECES = (
    "cpr",
    "personnummer",
    "personennummer",
    "personnr",
    "personal number",
    "personal no",
    "administrativt nummer",
    "administrative number",
    "ti cifre",
    "ten digits",
    "fødselsnummer",
    "sygesikring",
    "civil registration",
    "ssn",
)
_LABELLED = re.compile(
    rf"(?<![a-zæøå])e?(?:{'|'.join(_PIECES)})[a-zæøå.]{{0,8}}[ \t]{{0,3}}(?:-?\s?(?:nr|nummer|numre|no|number)\b\.?)?\s{{0,3}}"
    r"(?:er|is|är|ist|var|lautet|lyder|hedder|på"
    r"|for \w{1,30}(?: \w{1,30})? er)?[\W_]{0,12}(?:(?:so|altså|så|which is|nemlig)[\W_]{1,4})?(?=[0-9])"
)
_LABELLED_ANY = re.compile(_LABELLED.pattern.replace("(?=[0-9])", "(?=[0-9oоil|])"))
_TEN = re.compile(r"[0-9](?:[\W_]{0,6}[0-9]){9}(?![0-9])")
_DATE = re.compile(  # with its year or its hour beside it
    r"(?:19|20)[0-9]{2}[-./ ][0-9]{1,2}[-./ ][0-9]{1,2}(?![0-9])|[0-9]{1,2}[-./ ]{1,2}[0-9]{1,2}[-./ ]{1,2}(?:19|20)[0-9]{2}(?![0-9])\W"
)
_CELLS = re.compile(  # begins with one set of characters, which the engine looks for fast
    r"[0-9](?<![0-9].)[0-9]{5}[;|,\t]{1,2}[0-9]{4}(?![0-9]|[.,][0-9])"
)
_PIECE = re.compile("|".join(_PIECES))


def labelled(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """(start, end, ten digits) of the number behind each CPR label, in order; dates and times are none."""
    if not any(piece in passage.folded for piece in _PIECES):
        return
    text, done = passage.folded, 0
    for piece in _PIECE.finditer(text):
        start = piece.start()
        label = _LABELLED.match(text, start - 1 if start > done and text[start - 1] == "e" else start) if start >= done else None
        if label is None:
            continue
        done = label.end()
        found = _TEN.match(text, done)
        if found and not _DATE.match(text, done):
            yield found.start(), found.end(), "".join(char for char in found.group() if char in "0123456789")


_LETTERED = re.compile(r"[0-9oоil|](?:[ .-]{0,3}[0-9oоil|]){9}(?![0-9a-zæøå])")
_LETTERS = frozenset("oоil|")
_AS_DIGITS = str.maketrans("oоil|", "00111")
MOST_CUES = 500  # of one text
FEWEST_TRUE = 5  # true digits among ten characters
_FOUR_APART = re.compile(
    r"(?<![0-9])([0-9]{6})(?![0-9])[^0-9\n]{0,60}?(?:sidste fire|fire sidste|sidste 4|slutter|ender|last four|last 4|ending|løbenummer)"
    r"[^0-9\n]{0,30}([0-9]{4})(?![0-9])"
)


def lettered(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """(start, end, ten digits) of the number behind each CPR label in which letters stand for some digits ("O4O574-l235"), in order."""
    text, done = passage.folded, 0
    for piece in _PIECE.finditer(text):
        label = _LABELLED_ANY.match(text, piece.start()) if piece.start() >= done else None
        if label is None:
            continue
        done = label.end()
        found = _LETTERED.match(text, done)
        if found and sum(map(str.isdigit, found.group())) >= FEWEST_TRUE and not _LETTERS.isdisjoint(found.group()):
            digits = "".join(char for char in found.group().translate(_AS_DIGITS) if char in "0123456789")
            yield found.start(), found.end(), digits


def apart(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """(start, end, ten digits) where six digits and "the last four are" four stand in one line behind a CPR label."""
    text, done = passage.folded, 0
    for piece in _PIECE.finditer(text):
        if piece.start() < done:
            continue
        end = text.find("\n", piece.end(), piece.end() + 150)
        found = _FOUR_APART.search(text, piece.end(), end if end >= 0 else piece.end() + 150)
        if found:
            done = found.end()
            yield found.start(), found.end(), found[1] + found[2]


_DAY = (
    r"(?:[0-9]{6}|[0-9]{1,2}[./-][0-9]{1,2}[./-](?:19|20)?[0-9]{2}|[0-9]{1,2}(?:\.|st|nd|rd|th)? (?:of )?[a-z]{3,9}\.? (?:19|20)?[0-9]{2})"
)
_CUE = (
    r"(?:sidste fire|fire sidste|sidste 4|de fire|slutter|ender|last four|last 4|ending|løbenr|løbenummer|kombineret med|kontrolcif|then"
    r"|og så|og saa|efterfulgt|followed by|next band|plus)"
)
_BEHIND = r"(?:til sidst|i enden|til slut|bagefter|i slutningen|efter stregen|after|at the end|afterwards)"
_TWO_PIECES = re.compile(
    rf"(?<![0-9])({_DAY})(?![0-9])(?:[^0-9]{{0,60}}?{_CUE}[^0-9]{{0,30}}?([0-9]{{4}})(?![0-9])"
    rf"|[^0-9]{{1,40}}?([0-9]{{4}})(?![0-9])[^0-9\n]{{1,12}}?{_BEHIND}\b)"
)
_LAST = re.compile(_CUE + "|" + _BEHIND)
_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_ENGLISH = {"may": 5, "oct": 10}


_DAY_AND_FOUR = re.compile(
    r"(?<![0-9])([0-9]{1,2}(?:[./ -]{1,2}[0-9]{1,2}[./ -]{1,2}|(?:\.|st|nd|rd|th)? (?:of )?[a-z]{3,9}\.? )(?:19|20)[0-9]{2})"
    r"(?:[ ]?[,/-][ ]?|[ ])([0-9]{4})(?![0-9])"
)
_OF_BIRTH = re.compile(
    r"cifre|digits|fødselsda|fødselsår|birthday|date of birth|birth ?date"
    r"|(?<![a-zæøå])(?:født|fødd|born|geboren|f\.|dob)(?![a-zæøå])|fødedag|cpr"
)


def _six(day: str) -> str:
    """The six digits of a written day; "" when it is none."""
    numbers = re.findall(r"[0-9]+", day)
    if len(numbers) == 1:
        return day
    if len(numbers) == 3:
        return f"{numbers[0]:0>2}{numbers[1]:0>2}{numbers[2][-2:]}"
    word = re.search(r"(?<![a-z])(?!of)[a-z]{3,}", day)
    name = word.group()[:3] if word else ""
    month = _ENGLISH.get(name) or (_MONTHS.index(name) + 1 if name in _MONTHS else 0)
    return f"{numbers[0]:0>2}{month:02}{numbers[1][-2:]}" if month else ""


def two_pieces(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """(start, end, ten digits) where a birthday and "the last four are" four digits stand in one sentence or two, without a label too."""
    text = passage.folded
    done = 0
    for cue in islice(_LAST.finditer(text), MOST_CUES):
        if cue.start() < done:
            continue
        found = _TWO_PIECES.search(text, max(done, cue.start() - 110), cue.end() + 40)
        if found and (six := _six(found[1])):
            done = found.end()
            yield found.start(), found.end(), six + (found[2] or found[3])


def day_and_four(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """(start, end, ten digits) of each day with four digits right behind it ("29-01 1962, 0344", "29. januar 1962-0344") where the words
    around speak of a birthday or of digits, or name somebody before a hyphen. A town with its postal code has a name behind it.
    """
    text = passage.folded
    for found in _DAY_AND_FOUR.finditer(text):
        around = max(0, found.start() - 80), found.end() + 80
        named = found[2][:2] not in {"19", "20"} and text[found.start(2) - 1] == "-" and has_name(" " + passage.text[slice(*around)])
        if passage.text[found.end() + 1 : found.end() + 2].isupper() or not (named or _OF_BIRTH.search(text, *around)):
            continue
        if six := _six(found[1]):
            yield found.start(), found.end(), six + found[2]


def cells(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """(start, end, ten digits) of each pair of neighbouring cells of a table that hold six and four digits, in order."""
    for found in _CELLS.finditer(passage.text):
        yield found.start(), found.end(), found.group()[:6] + found.group()[-4:]
