"""A sentence that is kept for training holds nobody's name, number or address, and teaches the model the same."""

from __future__ import annotations

import numpy as np
import pytest

from addin_backend.evidence.content.anonymous import LONGEST, without_identity
from addin_backend.evidence.content.features import Sentence, features
from content_samples import terms

CASES = [
    ("Birthe Thorvig er sygemeldt med stress.", ("Birthe", "Thorvig")),
    ("Jeg talte med Anders' læge om knæet, cpr 010190-1233.", ("Anders", "010190", "1233")),
    ("Skriv til lone@klinik.example eller ring på 40 11 22 33 om Lones operation.", ("lone@", "klinik", "40 11", "Lones")),
    ("Please ask Deborah whether Mr Hensley has paid his debt of £4,250.", ("Deborah", "Hensley", "4,250")),
    ("Han har ADHD og bor i Ballerup, kl. 15 ringer Fatima.", ("Ballerup", "Fatima", "15")),
]


@pytest.mark.parametrize(("sentence", "gone"), CASES)
def test_nothing_that_points_at_somebody_is_left(sentence: str, gone: tuple[str, ...]) -> None:
    """Names, numbers, addresses."""
    kept = without_identity(sentence, terms())
    assert [] == [item for item in gone if item in kept]


def test_the_model_learns_the_same() -> None:
    """Names are one word to it and digits are alike: the copy has the features of the original, to the last one."""
    sentence = "Birthe er sygemeldt med stress, og Anders' læge har skrevet til hende 3 gange."
    kept = without_identity(sentence, terms())
    assert "Karen er sygemeldt med stress, og Peter' læge har skrevet til hende 0 gange." == kept
    first, second = (features([Sentence(text, "body")], terms().lexicon) for text in (sentence, kept))
    assert np.array_equal(first.words[0], second.words[0])
    assert np.array_equal(first.flags, second.flags)


def test_what_says_something_stays() -> None:
    """Short capitals and the words of the register are no names; the sentence is bounded."""
    assert "Han har ADHD og får SU." == without_identity("Han har ADHD og får SU.", terms())
    assert LONGEST >= len(without_identity("ord " * 1_000, terms()))
