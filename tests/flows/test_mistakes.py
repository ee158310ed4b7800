"""A report of a wrong answer: with the sender's consent an example for the training, without it nothing of the mail; taken back at will."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addin_backend.edges.database import sqlite_url
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.mistake_store import SqlMistakeStore
from addin_backend.errors import BadInput, NotFound
from addin_backend.flows.mistakes import KEPT, Reporting, counted, examples, report_mistake
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.mistake import MistakeKind, Reported
from addin_backend.model.policy import RecordedQuestion
from addin_backend.sealing import envelope

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
SENTENCE = "Foredraget handler om stress i haven."
HEALTH = SensitivityClass.SPECIAL_CATEGORY


def _question(event_id: str) -> RecordedQuestion:
    """Event "held" was judged to be of health, "passed" ordinary; there is no other."""
    classes = {"held": ["special_category"], "passed": ["ordinary"]}.get(event_id)
    if classes is None:
        raise NotFound
    question = json.dumps({"message": {"classes": classes}}).encode()
    return RecordedQuestion(event_id=event_id, at=AT, revision="", question=question, answer=b"")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlMistakeStore]:
    """The product's own store and sealing."""
    keys = KeyFile.load_or_create(tmp_path / "keys.json")
    opened = SqlMistakeStore(
        sqlite_url(tmp_path / "mistakes.sqlite"),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
    )
    yield opened
    opened.close()


@pytest.fixture
def parts(store: SqlMistakeStore) -> Reporting:
    """A neutral sentence is one in capitals here, so that a test sees that it was asked for."""
    return Reporting(question=_question, neutral=str.upper, store=store)


def _alarm(sentence: str = "", *, consent: bool = False, event_id: str = "held") -> Reported:
    return Reported(event_id=event_id, kind=MistakeKind.FALSE_ALARM, consent=consent, sentence=sentence)


def test_a_false_alarm_becomes_an_example(parts: Reporting, store: SqlMistakeStore) -> None:
    """With what the check had said; the example names no event and no time, and has no class."""
    kept = report_mistake(_alarm(SENTENCE, consent=True), AT, parts)
    assert (HEALTH,) == kept.found
    assert [kept] == store.all()
    (example,) = examples(store.all())
    assert {"text": SENTENCE.upper(), "classes": []} == {key: value for key, value in example.items() if key != "id"}
    assert "held" not in json.dumps(example)


def test_without_consent_nothing_of_the_mail_is_taken(parts: Reporting, store: SqlMistakeStore) -> None:
    """A sentence without consent is refused; without a sentence the report counts and teaches nothing."""
    with pytest.raises(BadInput):
        report_mistake(_alarm(SENTENCE), AT, parts)
    assert [] == store.all()
    report_mistake(_alarm(), AT, parts)
    assert [] == list(examples(store.all()))
    assert {"": 1, "special_category": 1} == counted(store.all())["false_alarm"]


def test_a_missed_mail_says_what_it_is(parts: Reporting, store: SqlMistakeStore) -> None:
    """Its class is the reporter's; the same event again replaces the first report."""
    for classes in ((SensitivityClass.CONFIDENTIAL,), (HEALTH,)):
        given = Reported(event_id="passed", kind=MistakeKind.MISSED, classes=classes, consent=True, sentence=SENTENCE)
        report_mistake(given, AT, parts)
    (example,) = examples(store.all())
    assert ["special_category"] == example["classes"]


@pytest.mark.parametrize(
    "given",
    [
        Reported(event_id="held", kind=MistakeKind.FALSE_ALARM, classes=(HEALTH,)),
        Reported(event_id="passed", kind=MistakeKind.FALSE_ALARM),
        Reported(event_id="passed", kind=MistakeKind.MISSED),
        Reported(event_id="passed", kind=MistakeKind.MISSED, classes=(SensitivityClass.UNREAD,)),
    ],
)
def test_a_report_that_does_not_add_up_is_refused(given: Reported, parts: Reporting, store: SqlMistakeStore) -> None:
    """An alarm with a class, an alarm where there was none, a miss without a class, a class that is none."""
    with pytest.raises(BadInput):
        report_mistake(given, AT, parts)
    assert [] == store.all()


def test_only_decisions_of_ours_are_reported(parts: Reporting) -> None:
    """Nobody fills the training with what never was."""
    with pytest.raises(NotFound):
        report_mistake(_alarm(event_id="elsewhere"), AT, parts)


def test_consent_is_taken_back(parts: Reporting, store: SqlMistakeStore, tmp_path: Path) -> None:
    """What was kept lies encrypted, and is gone when it is withdrawn, or old."""
    report_mistake(_alarm(SENTENCE, consent=True), AT, parts)
    files = b"".join(path.read_bytes() for path in tmp_path.glob("mistakes.sqlite*"))
    assert SENTENCE.upper().encode() not in files
    store.withdraw("held")
    assert [] == store.all()
    with pytest.raises(NotFound):
        store.withdraw("held")
    report_mistake(_alarm(SENTENCE, consent=True), AT, parts)
    report_mistake(Reported(event_id="passed", kind=MistakeKind.MISSED, classes=(HEALTH,)), AT + KEPT + timedelta(days=1), parts)
    assert ["passed"] == [item.event_id for item in store.all()]
