"""A stretch of text as the recognisers see it: normalised, with the way back to every character as it was written.

Normalised means NFKC, without characters that show nothing and marks that make no letter, with one kind of digit, dash and blank, so that
a number cannot hide in its spelling.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from addin_backend.model.evidence import Location

_PLAIN = {
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **{"\u2028": "\n", "\u2029": "\n", "\u2019": "'", "\u2026": ".", "\u0130": "I"},
}
_PLAINED = re.compile("[" + "".join(_PLAIN) + "]")
# What shows nothing and is no category of its own: Default_Ignorable_Code_Point (DerivedCoreProperties.txt) and fillers.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2060-\u206f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS_READ = 8  # of the marks on one letter: no letter has more, and putting them in order takes the square of their number
_SENTENCE_END = re.compile(  # begins with one set of characters, which the engine looks for fast; abbreviations and dates end nothing
    r"[.!?\n\t](?:(?<=[\n\t])"
    r"|(?=\s)(?<!\d.)(?<![Nn]r.)(?<![Rr]eg.)(?<!kl.)(?<!ca.)(?<!eks.)(?<![Tt]lf.)(?<!edr.)(?<! no.)(?<!Dr.)"
    r"(?<!Mr.)(?<!Mrs.)(?<!Ms.)(?<!Hr.)(?<!pr.)(?<!kr.)"
    r"(?<!bl.a.)(?<!evt.))"
)
_WORD = re.compile(r"[^\W\d_]+")
_RUN = re.compile(r"[0-9][0-9 \t\r\n./_\-\u00b7]{7,}[0-9]")
_ANY_RUN = re.compile(r"\d[\d \t\r\n./_\-\u00b7]{7,}\d")
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
SENTENCE_CHARS = 300  # how far from a word its sentence may reach


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


def _odd(text: str) -> dict[str, str]:
    """The characters of ``text`` that count as something else."""
    odd = {char: _plain(char) for char in set(text) if char not in "\t\r\n" and (char > "\x7e" or char < " ")}
    return {char: plain for char, plain in odd.items() if plain != char}


def normalise_text(source: str) -> Normalised:
    """``source`` normalised. Linear."""
    if source.isascii() and not _CONTROL.search(source):
        return Normalised(source, source)
    text = _PLAINED.sub(lambda found: _PLAIN[found.group()], source)
    odd = _odd(text)
    if not odd:
        return Normalised(text, source)
    marks = frozenset(char for char in odd if unicodedata.category(char) == "Mn")
    pieces: list[str] = []
    places: list[int] = []
    sources: list[int] = []
    length = last = 0
    for place, char in enumerate(text):
        if char not in odd or place < last:
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


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the body: the new text, the quoted mail or the signature."""

    start: int
    end: int
    location: Location


@dataclass(frozen=True)  # no slots: the sentence ends are found on first use
class Passage:
    """One text of the mail. ``part`` is the attachment's index, -1 for subject and body. ``lower`` has the same length as ``text``;
    ``words`` are its distinct words, ``tokens`` what stands between its blanks (in ``lower``, each once, one a line).
    """

    normalised: Normalised
    location: Location
    part: int = -1
    segments: tuple[Segment, ...] = ()
    lower: str = field(default="")
    words: frozenset[str] = field(default=frozenset())
    tokens: str = field(default="")

    @property
    def text(self) -> str:
        """The normalised text."""
        return self.normalised.text

    def location_at(self, index: int) -> Location:
        """Whether the place is in the new text, the quoted mail or the signature; elsewhere the passage's own location."""
        for segment in self.segments:
            if segment.start <= index < segment.end:
                return segment.location
        return self.location

    def line(self, place: int) -> tuple[int, int]:
        """The (start, end) of the line around a place, at most ``SENTENCE_CHARS`` to either side."""
        left, right = max(0, place - SENTENCE_CHARS), min(len(self.text), place + SENTENCE_CHARS)
        end = self.text.find("\n", place, right)
        return max(left, self.text.rfind("\n", left, place) + 1), end if end >= 0 else right

    @cached_property
    def vocabulary(self) -> str:
        """The distinct words in one short string, to ask quickly whether the text can hold some letters at all."""
        return "\n".join(self.words)

    @cached_property
    def folded(self) -> str:
        """``lower`` with every letter that counts as an i when case is ignored as an i: a pattern in lower case reads it several times
        as fast as it reads ``text`` ignoring case, with the same result.
        """
        return self.lower.replace("\u0131", "i").replace("\u0130", "i")

    @cached_property
    def digit_runs(self) -> tuple[tuple[int, int], ...]:
        """The (start, end) of every stretch of at least nine digits and separators: where all long numbers stand."""
        pattern = _ANY_RUN if _FOREIGN_DIGIT.search(self.tokens) else _RUN
        return tuple([found.span() for found in pattern.finditer(self.text)])

    @cached_property
    def sentence_ends(self) -> tuple[int, ...]:
        """Where each sentence or line of the text ends, in order."""
        return tuple([found.end() for found in _SENTENCE_END.finditer(self.text)])

    def sentence_number(self, place: int) -> int:
        """Which sentence ``place`` stands in, from 0."""
        return bisect_right(self.sentence_ends, place)

    def numbered_sentence(self, number: int) -> tuple[int, int]:
        """The (start, end) of a sentence; empty when there is no such sentence."""
        ends = self.sentence_ends
        if not 0 <= number <= len(ends):
            return 0, 0
        return ends[number - 1] if number else 0, ends[number] if number < len(ends) else len(self.text)

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """The (start, end) of the sentence or line around a span, at most ``SENTENCE_CHARS`` to either side."""
        ends = self.sentence_ends
        first = bisect_right(ends, start)
        last = bisect_right(ends, end - 1, first) if end > start else first
        begin, stop = ends[first - 1] if first else 0, ends[last] if last < len(ends) else len(self.text)
        return max(begin, start - SENTENCE_CHARS), min(stop, end + SENTENCE_CHARS)


def make_passage(source: str, location: Location, part: int = -1) -> Passage:
    """``source`` as a passage; lower case that would change the length is left as it is."""
    normalised = normalise_text(source)
    lower = normalised.text.lower()
    if len(lower) != len(normalised.text):
        lower = "".join(low if len(low := char.lower()) == 1 else char for char in normalised.text)
    tokens = "\n".join(set(lower.split()))  # a word has no blank: its search is shorter by all that is said twice
    return Passage(normalised, location, part, lower=lower, words=frozenset(_WORD.findall(tokens)), tokens=tokens)


def matches(
    passage: Passage, triggers: tuple[str, ...], pattern: re.Pattern[str], *, head: re.Pattern[str] | None = None, lines: bool = False
) -> Iterator[re.Match[str]]:
    """The matches of a lower-case ``pattern`` in the sentences (or lines) that hold one of the literal ``triggers``, each read once.

    A plain search for the triggers is a hundred times as fast as the pattern over the whole text. ``head`` is the part of the pattern
    within its first word: when no word of the text has it, there is nothing to read.
    """
    vocabulary = passage.vocabulary
    present = [trigger for trigger in triggers if (trigger if " " not in trigger else trigger.split(" ", 1)[0]) in vocabulary]
    if not present or (head and not head.search(vocabulary)):
        return
    spans: list[tuple[int, int]] = []
    for trigger in present:
        place = passage.lower.find(trigger)
        while place >= 0:
            start, end = passage.line(place) if lines else passage.sentence(place, place + len(trigger))
            spans.append((start, end))
            place = passage.lower.find(trigger, max(end, place + 1))
    done = 0
    for start, end in sorted(spans):
        if end > done:
            yield from pattern.finditer(passage.lower, max(start, done), end)
            done = end
