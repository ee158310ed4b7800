"""A stretch of text as the recognisers see it: normalised, with its sentences, its long numbers and its parts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from addin_backend.evidence.content.normalised import Normalised, latin, lower_case, normalise_text
from addin_backend.model.evidence import Location

_SENTENCE_END = re.compile(  # begins with one set of characters, which the engine looks for fast; abbreviations and dates end nothing
    r"[.!?\n\t](?:(?<=[\n\t])"
    r"|(?=\s)(?<!\d.)(?<![Nn]r.)(?<![Rr]eg.)(?<!kl.)(?<!ca.)(?<!eks.)(?<![Tt]lf.)(?<!edr.)(?<! no.)(?<!Dr.)"
    r"(?<!Mr.)(?<!Mrs.)(?<!Ms.)(?<!Hr.)(?<!pr.)(?<!kr.)"
    r"(?<!bl.a.)(?<!evt.))"
)
_RUN = re.compile(rb"0[0 ]{7,}0")  # begins with one character, which the engine looks for fastest
_AS_RUN = bytes(ord("0" if chr(code) in "0123456789" else " " if chr(code) in " \t\r\n./_-\u00b7" else "x") for code in range(256))
SENTENCE_CHARS = 300  # how far from a word its sentence may reach


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the body: the new text, the quoted mail or the signature."""

    start: int
    end: int
    location: Location


def digit_runs(raw: bytes) -> tuple[tuple[int, int], ...]:
    """The (start, end) of every stretch of at least nine digits and separators in the Latin-1 of normalised text."""
    return tuple([found.span() for found in _RUN.finditer(raw.translate(_AS_RUN))])


@dataclass(frozen=True)  # no slots: the sentence ends are found on first use
class Passage:
    """One text of the mail. ``part`` is the attachment's index, -1 for subject and body. ``lower`` has the same length as ``text``;
    ``vocabulary`` is what stands between its blanks (in ``lower``, each once, one a line), to ask quickly whether the text can hold
    some letters at all.
    """

    normalised: Normalised
    location: Location
    part: int = -1
    segments: tuple[Segment, ...] = ()
    lower: str = field(default="")
    vocabulary: str = field(default="")

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
    def folded(self) -> str:
        """``lower`` with every letter that counts as an i when case is ignored as an i: a pattern in lower case reads it several times
        as fast as it reads ``text`` ignoring case, with the same result.
        """
        return self.lower.replace("\u0131", "i").replace("\u0130", "i")

    @cached_property
    def digit_runs(self) -> tuple[tuple[int, int], ...]:
        """Where all long numbers stand."""
        return digit_runs(self.raw)

    @cached_property
    def raw(self) -> bytes:
        """``lower`` in Latin-1, a byte for each character."""
        return latin(self.lower)

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
    lower = lower_case(normalised.text)
    vocabulary = "\n".join(set(lower.split()))  # a letter is no blank: its search is shorter by all that is said twice
    return Passage(normalised, location, part, lower=lower, vocabulary=vocabulary)


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
