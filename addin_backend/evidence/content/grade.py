"""How certain each class is, how often it was found, and whether only the quoted mail holds it: what a threshold of the policy weighs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from addin_backend.model.evidence import PROTECTED_CLASSES, ContentHit, Location, SensitivityClass
from addin_backend.model.facts import Answered, Confidence

CERTAIN, LIKELY = 85, 60  # of 100: from here a hit is certain, or likely; below, possible
_OF_EMPLOYEES = frozenset({"employment", "income"})  # categories about people in their work


@dataclass(frozen=True, slots=True)
class Grades:
    """Per protected class that was found: its confidence and its number of hits; and the classes of the quoted mail alone."""

    confidence: dict[SensitivityClass, Confidence]
    counts: dict[SensitivityClass, int]
    quoted_only: frozenset[SensitivityClass]
    employment: Answered


def _word(certainty: int) -> Confidence:
    if certainty >= CERTAIN:
        return Confidence.CERTAIN
    return Confidence.LIKELY if certainty >= LIKELY else Confidence.POSSIBLE


def _employment(hits: Iterable[ContentHit], unread: bool) -> Answered:
    if any(hit.category in _OF_EMPLOYEES for hit in hits):
        return Answered.YES
    return Answered.UNKNOWN if unread else Answered.NO


def grade(hits: Sequence[ContentHit], *, unread: bool) -> Grades:
    """The grades of ``hits``. ``unread``: something could not be read, so what it is about is not known."""
    graded = [hit for hit in hits if hit.sensitivity in PROTECTED_CLASSES]
    best: dict[SensitivityClass, int] = {}
    for hit in graded:
        best[hit.sensitivity] = max(hit.certainty, best.get(hit.sensitivity, 0))
    counts = Counter(hit.sensitivity for hit in graded)
    outside = {hit.sensitivity for hit in graded if hit.location is not Location.QUOTED}
    return Grades(
        confidence={item: _word(best[item]) for item in counts},
        counts=dict(counts),
        quoted_only=frozenset(counts) - outside,
        employment=_employment(graded, unread),
    )
