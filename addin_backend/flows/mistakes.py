"""*Tjekket tog fejl*: an employee's report becomes an example for the next training, and can be taken back.

Nothing of a mail is kept without its sender's consent (GDPR Art. 6(1)(a), 7(3)), and then one sentence without names and numbers. Nothing
of it goes into the log.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from addin_backend.errors import BadInput
from addin_backend.model.evidence import PROTECTED_CLASSES, SensitivityClass
from addin_backend.model.mistake import Mistake, MistakeKind, Reported
from addin_backend.model.policy import RecordedQuestion

KEPT = timedelta(days=2 * 366)  # an example that no training has used by then is not used any more


class MistakeStore(Protocol):
    """Reports, at most one for an event."""

    def keep(self, mistake: Mistake) -> None:
        """In place of what was reported of the same event."""
        ...

    def forget_before(self, at: datetime) -> None:
        """Delete what is older."""
        ...


@dataclass(frozen=True, slots=True)
class Reporting:
    """What a report needs. ``question`` gives what was asked at an event (NotFound); ``neutral`` a sentence without identity."""

    question: Callable[[str], RecordedQuestion]
    neutral: Callable[[str], str]
    store: MistakeStore


def _found(recorded: RecordedQuestion) -> tuple[SensitivityClass, ...]:
    """The protected classes that the check had found."""
    asked: dict[str, Any] = msgspec.json.decode(recorded.question) if recorded.question else {}
    said = set(asked.get("message", {}).get("classes", ()))
    return tuple(item for item in SensitivityClass if item in PROTECTED_CLASSES and item.value in said)


def _checked(given: Reported, found: tuple[SensitivityClass, ...]) -> None:
    if given.sentence and not given.consent:
        raise BadInput(
            "A sentence of the mail is kept only when its sender agrees.",
            sentence_da="En sætning fra mailen bliver kun gemt, når afsenderen siger ja til det.",
            next_step="Report without the sentence, or ask the sender.",
            next_step_da="Meld fejlen uden sætningen, eller spørg afsenderen.",
            field="consent",
        )
    if (given.kind is MistakeKind.FALSE_ALARM) == bool(given.classes) or not PROTECTED_CLASSES.issuperset(given.classes):
        raise BadInput(
            "A false alarm has no class; the other mistakes need the class that is right.",
            sentence_da="En falsk alarm har ingen klasse; de andre fejl skal have den klasse, der er den rigtige.",
            field="classes",
        )
    if given.kind is MistakeKind.FALSE_ALARM and not found:
        raise BadInput(
            "The check had found nothing in that mail.",
            sentence_da="Tjekket havde ikke fundet noget i den mail.",
            next_step="Give the event of the mail that was held back; the log shows it.",
            next_step_da="Angiv hændelsen for den mail, der blev holdt tilbage; den står i logbogen.",
            field="event_id",
        )


def report_mistake(given: Reported, at: datetime, parts: Reporting) -> Mistake:
    """Keep a report; the same event again replaces the first one. Raises NotFound (no such decision), BadInput, Unavailable."""
    found = _found(parts.question(given.event_id))
    _checked(given, found)
    sentence = parts.neutral(given.sentence.strip()) if given.sentence.strip() else ""
    kept = Mistake(
        event_id=given.event_id, at=at, kind=given.kind, found=found, classes=tuple(sorted(set(given.classes))), sentence=sentence
    )
    parts.store.forget_before(at - KEPT)
    parts.store.keep(kept)
    return kept


def counted(mistakes: Iterable[Mistake]) -> dict[str, Counter[str]]:
    """Per kind of mistake: how many of each class (what was found for a false alarm, else what is right), and under "" all of them."""
    counts: dict[str, Counter[str]] = {kind.value: Counter() for kind in MistakeKind}
    for item in mistakes:
        of_kind = counts[item.kind.value]
        of_kind[""] += 1
        of_kind.update(name.value for name in (item.found if item.kind is MistakeKind.FALSE_ALARM else item.classes))
    return counts


def examples(mistakes: Iterable[Mistake]) -> Iterator[dict[str, Any]]:
    """Labelled sentences as tools/train_content_model.py reads them; reports without a sentence teach nothing. No event, no time."""
    for item in mistakes:
        if item.sentence:
            name = hashlib.sha256(item.event_id.encode()).hexdigest()[:12]
            yield {"id": f"report-{name}", "text": item.sentence, "classes": list(item.classes)}
