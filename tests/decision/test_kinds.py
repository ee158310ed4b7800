"""What was found, in the sender's words: kinds, counts and places; no value, and no inference about a person."""

from __future__ import annotations

import pytest

from addin_backend.decision.kinds import PRIVATE, kinds
from addin_backend.model.evidence import ContentEvidence, ContentHit, Location, SensitivityClass

FILES = ("løn.xlsx", "sag.pdf", "c.txt", "d.txt")


def _hit(sensitivity: str, category: str, location: Location = Location.BODY, part: int = -1, start: int = 0) -> ContentHit:
    return ContentHit(
        recogniser="r",
        sensitivity=SensitivityClass(sensitivity),
        category=category,
        location=location,
        part=part,
        start=start,
        end=start + 1,
        certainty=90,
        explanation="e",
    )


def _said(*hits: ContentHit, language: str = "da") -> list[str]:
    found = kinds(ContentEvidence(classes=frozenset(), hits=hits), FILES)
    return [item.texts.da if language == "da" else item.texts.en for item in found]


CPR, ATTACHED = _hit("cpr", "cpr"), _hit("cpr", "cpr", Location.ATTACHMENT, 0)
CASES: list[tuple[tuple[ContentHit, ...], list[str], list[str]]] = [
    ((), [], []),
    ((CPR,), ["1 CPR-nummer i teksten"], ["1 CPR number in the text"]),
    ((CPR, ATTACHED), ["2 CPR-numre i teksten og i løn.xlsx"], ["2 CPR numbers in the text and in løn.xlsx"]),
    (
        (_hit("confidential", "income", Location.ATTACHMENT, 0), CPR),
        ["1 CPR-nummer i teksten", "oplysninger om løn eller indkomst i løn.xlsx"],
        ["1 CPR number in the text", "information on pay or income in løn.xlsx"],
    ),
    (
        (_hit("special_category", "health", Location.QUOTED),),
        ["oplysninger om helbred i de tidligere mails nedenfor"],
        ["information on health in the earlier mails below"],
    ),
    (
        tuple(_hit("criminal", "criminal", Location.ATTACHMENT, part) for part in range(4)),
        ["oplysninger om strafbare forhold i løn.xlsx, sag.pdf, c.txt …"],
        ["information on criminal matters in løn.xlsx, sag.pdf, c.txt …"],
    ),
    ((_hit("confidential", "something_new"),), ["fortrolige oplysninger i teksten"], ["confidential information in the text"]),
    ((_hit("ordinary", "name"),), [], []),
]


@pytest.mark.parametrize(("hits", "danish", "english"), CASES)
def test_what_is_said(hits: tuple[ContentHit, ...], danish: list[str], english: list[str]) -> None:
    """The most protected kind first; a number is counted, and every place is named once."""
    assert danish == _said(*hits)
    assert english == _said(*hits, language="en")


@pytest.mark.parametrize("category", sorted(PRIVATE))
def test_nobody_is_told_what_was_inferred_about_a_person(category: str) -> None:
    """Belief, origin, union, politics and love are all called private matters, and their own names appear nowhere."""
    (found,) = kinds(ContentEvidence(classes=frozenset(), hits=(_hit("special_category", category),)), FILES)
    assert ("private", "private forhold i teksten", "private matters in the text") == (found.kind, found.texts.da, found.texts.en)
