"""Questions behind decisions: kept sealed, found again by their event, and gone when they are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addin_backend.edges.database import sqlite_url
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.question_store import QuestionStore
from addin_backend.errors import NotFound, SendSecurelyError, Unavailable
from addin_backend.model.policy import RecordedQuestion
from addin_backend.sealing import envelope

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def recorded(number: int) -> RecordedQuestion:
    """The question of event ``number``."""
    return RecordedQuestion(
        event_id=f"event-{number}",
        at=AT + timedelta(minutes=number),
        revision="ab" * 32,
        question=b'{"domain":"familien-jensen.example"}',
        answer=b'{"n":%d}' % number,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "questions.sqlite"


@pytest.fixture
def store(path: Path, tmp_path: Path) -> Iterator[QuestionStore]:
    """A store with the product's own sealing."""
    keys = KeyFile.load_or_create(tmp_path / "keys.json")
    opened = QuestionStore(
        sqlite_url(path),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
    )
    yield opened
    opened.close()


def test_questions_come_back_newest_first_and_the_first_of_an_event_stays(store: QuestionStore) -> None:
    """Also over several pages, up to a limit and back to a time."""
    for number in range(1200):
        store.keep(recorded(number))
    store.keep(RecordedQuestion(event_id="event-3", at=AT, revision="", question=b"", answer=b"later"))
    assert store.question("event-3") == recorded(3)
    assert [item.event_id for item in store.newest(1100)] == [f"event-{number}" for number in range(1199, 99, -1)]
    assert len(list(store.newest(5000, since=AT + timedelta(minutes=1000)))) == 200


def test_no_domain_lies_readable_on_the_disk(store: QuestionStore, path: Path) -> None:
    """A domain may name a person: it is encrypted, and nothing is left of it when it is forgotten."""
    store.keep(recorded(1))
    store.forget("event-1")
    store.keep(recorded(2))
    with pytest.raises(NotFound):
        store.question("event-1")
    store.close()
    raw = b"".join(file.read_bytes() for file in path.parent.glob("questions.sqlite*"))
    assert b"familien-jensen" not in raw
    assert b"event-2" in raw


def test_what_is_older_than_a_time_can_be_forgotten(store: QuestionStore) -> None:
    """And the rest stays."""
    for number in range(10):
        store.keep(recorded(number))
    assert store.forget_before(AT + timedelta(minutes=6)) == 6
    assert [item.event_id for item in store.newest(99)] == ["event-9", "event-8", "event-7", "event-6"]


def test_a_row_put_under_another_event_does_not_open(store: QuestionStore, path: Path) -> None:
    """A question is bound to its event: rows cannot be exchanged."""
    import sqlite3  # here, because only this test goes round the store

    store.keep(recorded(1))
    store.keep(recorded(2))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE questions SET sealed = (SELECT sealed FROM questions WHERE event_id = 'event-1') WHERE event_id = 'event-2'")
    with pytest.raises(SendSecurelyError):
        store.question("event-2")


def test_without_a_database_nothing_is_kept_and_it_is_said(store: QuestionStore, path: Path) -> None:
    """Unavailable: without its question a decision is not recorded."""
    store.close()
    path.unlink()
    path.mkdir()
    for beside in path.parent.glob("questions.sqlite-*"):
        beside.unlink()
    with pytest.raises(Unavailable):
        store.keep(recorded(1))
