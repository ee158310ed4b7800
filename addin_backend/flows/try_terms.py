"""Tries a register of terms out on labelled examples before it counts: what would be found that was not, and what no longer.

The examples are mails whose answer is known: the product's own, and false positives and misses that employees reported. The mails
themselves stay where they are; what comes out is counts and ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import read_terms
from addin_backend.model.evidence import PROTECTED_CLASSES, SensitivityClass
from addin_backend.model.message import Message


@dataclass(frozen=True, slots=True)
class KnownMail:
    """An example: ``classes`` is what the mail is, by whoever reported or labelled it."""

    id: str
    message: Message
    classes: frozenset[SensitivityClass]


@dataclass(slots=True)
class TermTrial:
    """Ids of the examples whose answer changes with the new register; ``tried`` is the number of all."""

    tried: int = 0
    newly_right: list[str] = field(default_factory=list)
    newly_alarmed: list[str] = field(default_factory=list)  # ordinary, and would be protected
    newly_missed: list[str] = field(default_factory=list)  # protected, and would go out in clear


def try_terms(in_force: bytes, proposed: bytes, examples: Iterable[KnownMail]) -> TermTrial:
    """Judge each example with both registers. Raises BadRegister when the proposed one cannot be read."""
    before, after = read_terms(in_force), read_terms(proposed)
    trial = TermTrial()
    for example in examples:
        trial.tried += 1
        was, would = (bool(classify(example.message, terms).classes & PROTECTED_CLASSES) for terms in (before, after))
        wanted = bool(example.classes & PROTECTED_CLASSES)
        if was == would:
            continue
        if would == wanted:
            trial.newly_right.append(example.id)
        else:
            (trial.newly_alarmed if would else trial.newly_missed).append(example.id)
    return trial
