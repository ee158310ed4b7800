"""What the model sees is worked out on whole arrays: the same as by the plain way, letter by letter and word by word."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.concepts import Concepts, ConceptTerm
from addin_backend.evidence.content.features import COMPUTED, Sentence, features, fold_all
from content_samples import terms
from sizes import size

FOLDED = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "u", "é": "e", "è": "e", "ß": "ss"}
    | {"Æ": "Ae", "Ø": "Oe", "Å": "Aa", "Ä": "Ae", "Ö": "Oe", "Ü": "U", "É": "E", "È": "E", "\n": " ", "\r": " ", "\u2019": "'"}
)
AMOUNT = re.compile(
    r"(?:kr\.?|dkk|eur|gbp|€|£|\$)\s?\d[\d.,]{1,12}|\d[\d.,]{2,12}\s?(?:,-|kr\b|kroner|dkk|eur\b|euro|t\.?kr|mio)", re.IGNORECASE
)
DATE = re.compile(r"\b\d{1,2}[./-]\s?\d{1,2}\b|\b(?:19|20)\d\d\b")
_bits = st.sampled_from(
    "kr|kr.|KR|DKK|eur|Euro|€|£|$| |\t|1|2|0|9|19|20|.|,|-|/|a|æ|mio|mıo|t.kr|tkr|,-|kroner|²|٣|_|\u212a|har|?|%".split("|")
)
_texts = st.lists(st.text("aæøåÆØÅéÉüß\u2019\n\r\0\1 1€?", max_size=8), max_size=5)


@settings(max_examples=size(sample=200, full=5000), deadline=None)
@given(_texts)
def test_letters_are_folded_as_one_by_one(texts: list[str]) -> None:
    """Also where a text holds the line break or the zero that stands between two texts."""
    assert "\n".join(text.translate(FOLDED) for text in texts) == fold_all(texts)


@settings(max_examples=size(sample=200, full=20_000), deadline=None)
@given(st.lists(_bits, min_size=1, max_size=9).map("".join))
def test_amounts_and_dates_are_those_of_the_plain_patterns(text: str) -> None:
    """The patterns that begin with a digit find an amount or a date exactly where the readable ones do."""
    row = features([Sentence("ord", "body"), Sentence(text, "body")], terms().lexicon).flags[1]
    base = len(terms().lexicon.concepts.names)
    digits = any(char in "0123456789" for char in text)
    assert [digits and bool(AMOUNT.search(text)), digits and bool(DATE.search(text))] == [
        bool(row[base + COMPUTED.index(name)]) for name in ("amount", "date")
    ]


def test_an_expression_is_found_by_its_second_word() -> None:
    """Exact words, a last word that goes on, and a second word of a single letter."""
    entries = [
        ConceptTerm("debt", "dårlig betaler", "prefix"),
        ConceptTerm("debt", "dårlig i alt", "whole"),
        ConceptTerm("debt", "dårlig b", "any"),
    ]
    known = Concepts(entries, ("debt",)).of("daarlig")
    counted = [len(known.begun(["daarlig", *rest.split()], 1)) for rest in ("betaleren", "i alt", "i alting", "b", "mave", "")]
    assert [2, 1, 0, 1, 0, 0] == counted
