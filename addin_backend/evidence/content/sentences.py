"""The sentences of a mail, each with the place where it stands: what the statistical model reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from addin_backend.evidence.content.features import Sentence
from addin_backend.evidence.content.passage import Passage

LONGEST = 400  # characters; a longer sentence is read in pieces
ALL_READ = 400  # sentences; of those that follow, each is read once


@dataclass(frozen=True, slots=True)
class Placed:
    """A sentence of ``passage`` from ``start`` to ``end``."""

    passage: Passage
    start: int
    end: int


def sentences_of(passages: Sequence[Passage]) -> tuple[list[Sentence], list[Placed]]:
    """Every sentence of every passage, in order, and where it stands. In a long mail what is said again is read once."""
    sentences: list[Sentence] = []
    places: list[Placed] = []
    said: set[tuple[str, str]] = set()
    for passage in passages:
        start = 0
        for end in (*passage.sentence_ends, len(passage.text)):
            location = passage.location_at(start).value
            for begin in range(start, end, LONGEST):
                stop = min(end, begin + LONGEST)
                text = passage.text[begin:stop]
                if len(sentences) >= ALL_READ:
                    if (text, location) in said:
                        continue
                    said.add((text, location))
                if not text.isspace():
                    sentences.append(Sentence(text, location))
                    places.append(Placed(passage, begin, stop))
            start = end
    return sentences, places
