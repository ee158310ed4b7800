"""The one pass over a text finds what a look at every word would find, and is no pattern that an officer could make slow."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.normalised import latin, lower_case, normalise_text
from addin_backend.evidence.content.passage import make_passage
from addin_backend.evidence.content.scanner import Scanner
from addin_backend.evidence.content.terms import Terms
from addin_backend.model.evidence import Location
from content_samples import terms
from sizes import size

MAILS = Path(__file__).resolve().parent / "data/mails"
PARTS = ("../mails.jsonl", "train.jsonl", "tune.jsonl", "everyday_tune.jsonl")  # never the test part
WORD = re.compile(r"[^\W\d_]+")
_stems = st.lists(st.text("abæłы", min_size=1, max_size=4), max_size=6)


def _bodies() -> list[str]:
    return [json.loads(line)["body"] for part in PARTS for line in (MAILS / part).read_text(encoding="utf-8").splitlines()]


def _plainly(found: Terms, lower: str) -> list[tuple[str, int, int]]:
    """The places of terms by a look at every word, without idioms."""
    met = []
    for word in sorted(set(WORD.findall(lower))):
        for place in [match.start() for match in WORD.finditer(lower) if match.group() == word]:
            for term in found.met_by(word):
                end = place + len(word)
                rest = term.rest.match(lower, end) if term.rest else None
                if term.rest is None or rest:
                    met.append((term.stem, place, rest.end() if rest else end))
    return met


@settings(max_examples=size(sample=300, full=20_000), deadline=None)
@given(_stems, _stems, st.text("abæłы 1_-\n?é", max_size=60))
def test_every_word_that_holds_a_stem_is_found(inside: list[str], at_start: list[str], text: str) -> None:
    """Each with all its places; of letters that the bytes have not, more may be found, never less."""
    found = Scanner(inside, at_start).words(text, latin(text))
    holds = {word for word in WORD.findall(text) if any(stem in word for stem in inside) or word.startswith(tuple(at_start))}
    for word in holds:
        assert [match.start() for match in WORD.finditer(text) if match.group() == word] == found[word]
    if not re.search("[łы]", "".join([*inside, *at_start, text])):
        assert holds == set(found)
    assert set(found) <= set(WORD.findall(text))


def test_no_stems_find_nothing() -> None:
    """An empty register."""
    assert {} == Scanner((), ()).words("alt muligt", b"alt muligt")


def test_the_labelled_mails_have_the_terms_that_each_word_has() -> None:
    """One pass and a look at every word give the same places of the product's terms, in the same order."""
    known = Terms((), (), terms().lexicon, {})
    known.__dict__.update({**terms().__dict__, "idioms": {}})
    bodies = _bodies()
    for body in bodies[:: max(1, len(bodies) // size(sample=300, full=len(bodies)))]:
        passage = make_passage(body, Location.BODY)
        words = known.scanner.words(passage.lower, passage.raw)
        assert _plainly(known, passage.lower) == [(term.stem, start, end) for term, start, end in known.find(passage.lower, words)]


def test_the_cues_of_a_topic_are_those_of_each_word() -> None:
    """Words that tell a text about a topic are found whether they begin, end or are the cue."""
    passage = make_passage("Nyhedsbrevet om persondatapolitikken: vores policy, kursusdag og Kampagner", Location.BODY)
    assert {"nyheds", "person", "policy", "kursus", "kampag"} == damper._cues(passage, terms().scanner.words(passage.lower, passage.raw))


@pytest.mark.parametrize(
    "text", ["ÆØÅ Éé ßẞ", "ŁÓDŹ og ÅBO", "İstanbul", "STRASSE’S – ĲSSEL", "Ω ΑΣ ΑΣ.", "𝐀𝐁 ﬁ", "".join(map(chr, range(32, 256)))]
)
def test_lower_case_keeps_every_place(text: str) -> None:
    """By bytes where Latin-1 has all letters, by letters elsewhere: the same, with one character for each."""
    assert "".join(low if len(low := char.lower()) == 1 else char for char in text).replace("ς", "σ") == lower_case(text).replace("ς", "σ")


@settings(max_examples=size(sample=300, full=20_000), deadline=None)
@given(st.text(st.characters(max_codepoint=0x2FF), max_size=30))
def test_what_counts_as_itself_is_left_alone(text: str) -> None:
    """Normalising a text twice changes nothing more, and only what counts as something else is changed at all."""
    once = normalise_text(text)
    assert once.text == normalise_text(once.text).text
    assert once.text == text or any(char not in once.text or once.text.count(char) != text.count(char) for char in text)
