"""Weighs a sensitive term: how strong it is, whether a person is near, whether the text is about a topic. In doubt it counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import SENTENCE_CHARS, Passage
from addin_backend.evidence.content.person import Link, link_in, words_in
from addin_backend.evidence.content.scanner import Marked
from addin_backend.evidence.content.terms import Term, Terms
from addin_backend.model.evidence import Location, SensitivityClass

ACCEPT = 55
TRIED = 5_000  # places of one term in one passage that are weighed and found too light; the next one counts (in doubt, encrypt)
PER_TERM = 3  # hits kept for one term in one passage
DOUBT = 75  # the certainty of a statement behind ``TRIED`` others that were found too light: it holds in a text about a topic too
SAID = 5  # for a verb that says what somebody has or is
_STRENGTH = {1: 20, 2: 35, 3: 45}
_HERE = {Link.NONE: 0, Link.SELF: 20, Link.PERSON: 35}
_NEXT = {Link.NONE: 0, Link.SELF: 10, Link.PERSON: 25}
_HEADER_ROW = re.compile(r"[;,\t|]")
_SAYS = frozenset(
    """
    konstateret diagnosticeret lider ramt indlagt diagnose får fik fået har er blev blevet døjer suffer suffers diagnosed has had was is
    got been with
    """.split()
)
_LIST_NAME = re.compile(
    r"skabelon|template|politik|policy|vejledning|guide|blanket|prisliste|tilbud|brochure|folder|nyhed|kursus|retningslinj|statisti",
    re.IGNORECASE,
)

EXPLANATIONS = {
    SensitivityClass.SPECIAL_CATEGORY: "words of a special category about a person",
    SensitivityClass.CRIMINAL: "words of a criminal matter about a person",
    SensitivityClass.CONFIDENTIAL: "words of a confidential matter about a person",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for the whole mail: how much of a topic it is, whether it names a person somewhere, its subject in lower case."""

    damping: int = 0
    person: bool = False
    subject: str = ""


class _Page:
    """A passage whose sentences are judged once each."""

    def __init__(self, passage: Passage, around: Surroundings) -> None:
        self.passage = passage
        self.around = around
        self.links: dict[int, Link] = {}
        self.words: dict[int, frozenset[str]] = {}
        self.said: dict[str, tuple[Link, frozenset[str]]] = {}  # quoted mails and tables say the same again and again
        self.near: dict[int, tuple[int, bool]] = {}

    def link(self, number: int) -> Link:
        link = self.links.get(number)
        if link is None:
            start, end = self.passage.numbered_sentence(number)
            text = self.passage.text[start : min(end, start + 2 * SENTENCE_CHARS)]
            if text not in self.said:
                words = words_in(text)
                self.said[text] = link_in(text, words), words
            link, self.words[number] = self.said[text]
            self.links[number] = link
        return link

    def says(self, place: int) -> bool:
        """Whether the sentence at ``place``, whose link was asked for before, has a verb that says what somebody has or is."""
        return not self.words[self.passage.sentence_number(place)].isdisjoint(_SAYS)

    def nearest(self, start: int, end: int) -> tuple[int, bool]:
        """(points for the nearest person, whether a person stands in the same sentence)."""
        number = self.passage.sentence_number(start)
        if end - start <= SENTENCE_CHARS:
            if number not in self.near:
                self.near[number] = self._weigh_persons(number, self.link(number))
            return self.near[number]
        here = self.link(number)
        if here is not Link.PERSON:
            begin, stop = self.passage.sentence(start, end)
            here = max(here, link_in(self.passage.text[begin:stop]))
        return self._weigh_persons(number, here)

    def _weigh_persons(self, number: int, here: Link) -> tuple[int, bool]:
        if here is Link.PERSON:
            return _HERE[here], True
        near = max(self.link(number - 1), self.link(number + 1))
        return max(_HERE[here], _NEXT[near], 15 if self.around.person else 0), False


def _weigh(page: _Page, term: Term, begin: int, stop: int) -> int:
    passage, around, text = page.passage, page.around, page.passage.text
    location = passage.location_at(begin)
    if location is Location.ATTACHMENT_NAME:
        return 0 if _LIST_NAME.search(text) or term.weight < 2 else _STRENGTH[term.weight] + (35 if link_in(text) is Link.PERSON else 20)
    if location is Location.SIGNATURE:
        return 0
    points, same = page.nearest(begin, stop)
    if _STRENGTH[term.weight] + points + SAID - (around.damping // 2 if same else around.damping) < ACCEPT:
        return 0
    start, end = passage.sentence(begin, stop)
    if not same and term.sensitivity is not SensitivityClass.CRIMINAL and damper.denies_content(passage.folded[start:begin]):
        return 0
    score = _STRENGTH[term.weight] + points + (SAID if points and page.says(begin) else 0)
    sentence = passage.folded[start:end]
    if damper.is_made_up(sentence):
        return 0
    general = damper.is_general(sentence)
    return score - (20 if general else 0) - (around.damping // 2 if same and not general else around.damping)


def _table_score(passage: Passage, term: Term, begin: int) -> int:
    """A column of a table is about the persons in its rows."""
    if passage.location is not Location.ATTACHMENT:
        return 0
    text = passage.text
    start, line_end = passage.line(begin)
    if not _HEADER_ROW.search(text, start, line_end) or text[line_end : line_end + 1] != "\n":
        return 0
    rows = text[line_end : line_end + 1000]
    return _STRENGTH[term.weight] + 40 if link_in(rows) is Link.PERSON and _HEADER_ROW.search(rows) else 0


def weigh_terms(passage: Passage, terms: Terms, around: Surroundings, words: Marked) -> Iterator[Hit]:
    """Every term in the passage that weighs enough. ``words`` are those of it that may hold one."""
    page = _Page(passage, around)
    kept: dict[Term, int] = {}
    tried: dict[Term, int] = {}
    for term, start, end in terms.find(passage.lower, words):
        if kept.get(term, 0) >= PER_TERM:
            continue
        doubt = tried.get(term, 0) >= TRIED
        score = ACCEPT if doubt else max(_weigh(page, term, start, end), _table_score(passage, term, start))
        if score >= ACCEPT:
            kept[term] = kept.get(term, 0) + 1
            yield Hit("terms", term.sensitivity, term.category, start, end, min(score, 100), EXPLANATIONS[term.sensitivity])
        else:
            tried[term] = tried.get(term, 0) + 1
