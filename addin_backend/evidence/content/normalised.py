"""Text as it counts, with the way back to every character as it was written: NFKC, without characters that show nothing and marks that
make no letter, with one kind of digit, dash and blank, so that a number cannot hide in its spelling.

What the bytes of Latin-1 can tell is asked of them: one look at a whole text, many times as fast as one at each character.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

_PLAIN = {
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **{"\u2028": "\n", "\u2029": "\n", "\u2019": "'", "\u2026": ".", "\u0130": "I"},
}
# What shows nothing and is no category of its own: Default_Ignorable_Code_Point (DerivedCoreProperties.txt) and fillers.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2060-\u206f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_MARKS_READ = 8  # of the marks on one letter: no letter has more, and putting them in order takes the square of their number
FEW = 16  # of so many characters, one that Latin-1 has not: up to here each is looked at by itself


@dataclass(frozen=True, slots=True)
class Normalised:
    """``text`` and the points where its places stop running in step with the source: (place in text, place in source)."""

    text: str
    origin: str
    places: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()

    def source(self, index: int) -> int:
        """The place in the source of the character at ``index``."""
        run = bisect_right(self.places, index) - 1
        return index if run < 0 else self.sources[run] + index - self.places[run]


@lru_cache(maxsize=4_096)
def _plain(char: str) -> str:
    """What one character counts as: nothing when it shows nothing, a digit of any script as 0-9, else its NFKC without marks."""
    if char in "\x0b\x0c":
        return " "
    if unicodedata.category(char) in {"Cf", "Cc", "Me", "Mn"} or _IGNORABLE.match(char):
        return ""
    digit = unicodedata.digit(char, None)
    return _unmarked(unicodedata.normalize("NFKC", char)) if digit is None else str(digit)


def _unmarked(text: str) -> str:
    return text if text.isascii() else "".join([char for char in text if unicodedata.category(char) != "Mn"])


_COUNTS_AS_ITSELF = bytes(
    code for code in range(256) if chr(code) in "\t\r\n" or (chr(code) not in _PLAIN and _plain(chr(code)) == chr(code))
)
_LOWER = bytes(ord(chr(code).lower()) for code in range(256))  # of Latin-1, where no letter changes its length
_REPLACED = re.compile(rb"\?")


def latin(text: str) -> bytes:
    """One byte of Latin-1 for each character; a question mark for one that it has not."""
    return text.encode("latin-1", "replace")


def _beyond(text: str, raw: bytes) -> list[int] | None:
    """The places of the characters of ``text`` that Latin-1 (``raw``) has not; None when they are many."""
    if raw.count(b"?") > len(raw) // FEW:
        return None
    return [place for found in _REPLACED.finditer(raw) if text[place := found.start()] != "?"]


def _changing(text: str) -> set[str]:
    """The characters of ``text`` that may count as something else, each once."""
    raw = latin(text)
    places = _beyond(text, raw)
    if places is None:
        return {char for char in set(text) if char > "\x7e" or (char < " " and char not in "\t\r\n")}
    return {*raw.translate(None, _COUNTS_AS_ITSELF).decode("latin-1"), *[text[place] for place in places]}


def normalise_text(source: str) -> Normalised:
    """``source`` normalised. Linear."""
    changing = _changing(source)
    text = source
    for char in changing & _PLAIN.keys():
        text = text.replace(char, _PLAIN[char])
    odd = {char: plain for char in changing - _PLAIN.keys() if (plain := _plain(char)) != char}
    if not odd:
        return Normalised(text, source)
    marks = frozenset(char for char in odd if unicodedata.category(char) == "Mn")
    pieces: list[str] = []
    places: list[int] = []
    sources: list[int] = []
    length = last = 0
    for found in re.compile("[" + re.escape("".join(odd)) + "]").finditer(text):
        place, char = found.start(), found.group()
        if place < last:
            continue
        start, end, plain = place, place + 1, odd[char]
        if char in marks:  # with the letter before it, it may be one letter ("a" and a ring)
            while end < len(text) and text[end] in marks:
                end += 1
            start = max(last, place - 1)
            plain = _unmarked(unicodedata.normalize("NFKC", text[start : min(end, place + _MARKS_READ)]))
        pieces += [text[last:start], plain]
        length += start - last + len(plain)
        last = end
        places.append(length)
        sources.append(last)
    pieces.append(text[last:])
    return Normalised("".join(pieces), source, tuple(places), tuple(sources))


def lower_case(text: str) -> str:
    """``text`` in lower case; what would change the length is left as it is."""
    raw = latin(text)
    places = _beyond(text, raw)
    if places is None:
        lower = text.lower()
        return lower if len(lower) == len(text) else "".join(map(_low, text))
    lower, pieces, last = raw.translate(_LOWER).decode("latin-1"), [], 0
    for place in places:
        pieces += [lower[last:place], _low(text[place])]
        last = place + 1
    return "".join([*pieces, lower[last:]]) if pieces else lower


def _low(char: str) -> str:
    return low if len(low := char.lower()) == 1 else char
