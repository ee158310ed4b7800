"""Numbers that senders gave: sealed, known to their own mailbox until they are proven, and forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addin_backend.edges.database import sqlite_url
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.phone_book import SqlPhoneBook
from addin_backend.errors import Unavailable
from addin_backend.model.access import Phone, SaidBy, Source
from addin_backend.sealing import envelope

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
METTE, JONAS, BO = "mette@firma.example", "jonas@firma.example", "bo@postkasse.example"


class Clock:
    """Goes on when it is told."""

    at = AT

    def __call__(self) -> datetime:
        """The time."""
        return self.at


@pytest.fixture
def clock() -> Clock:
    """The book's."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "history.sqlite"


@pytest.fixture
def book(path: Path, tmp_path: Path, clock: Clock) -> Iterator[SqlPhoneBook]:
    """A book with the product's own sealing."""
    keys = KeyFile.load_or_create(tmp_path / "keys.json")
    opened = SqlPhoneBook(
        sqlite_url(path),
        keyed=lambda kind, value: hashlib.sha256(f"{kind}\n{value}".encode()).hexdigest(),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
        clock=clock,
    )
    yield opened
    opened.close()


def typed(number: str) -> Phone:
    """As a sender gives it."""
    return Phone(number=number, source=Source.TYPED, said_by=SaidBy.RECIPIENT, at=AT)


def test_a_number_that_nobody_has_proven_is_known_to_its_own_mailbox_alone(book: SqlPhoneBook) -> None:
    """One employee's mistake, or worse, is nobody else's default; once its owner has used it everybody knows it."""
    book.remember(METTE, BO.upper(), typed("+4520000078"))
    (known,) = book.known(METTE, [BO]).values()
    assert (known.number, known.source, known.said_by, known.at, known.proven) == (
        "+4520000078",
        Source.HISTORY,
        SaidBy.RECIPIENT,
        AT,
        False,
    )
    assert book.known(JONAS, [BO]) == {}
    assert book.prove(BO, "+4520000099") == 0
    assert book.prove(BO, "+4520000078") == 1
    assert book.known(JONAS, [BO])[BO].proven


def test_a_new_number_takes_the_place_of_the_mailboxes_own_and_not_of_a_proven_one(book: SqlPhoneBook, clock: Clock) -> None:
    """What somebody has proven stays the default, whatever is typed later."""
    book.remember(METTE, BO, typed("+4520000078"))
    book.remember(METTE, BO, typed("+4520000079"))
    assert book.known(METTE, [BO])[BO].number == "+4520000079"
    book.prove(BO, "+4520000079")
    clock.at += timedelta(days=1)
    book.remember(JONAS, BO, typed("+4520000080"))
    assert book.known(JONAS, [BO])[BO].number == "+4520000079"


def test_no_number_and_no_address_lies_readable_on_the_disk_and_what_is_old_goes(book: SqlPhoneBook, path: Path, clock: Clock) -> None:
    """Sealed, and deleted after its last use."""
    book.remember(METTE, BO, typed("+4520000078"))
    clock.at += timedelta(days=10)
    book.remember(METTE, "eva@postkasse.example", typed("+4520000081"))
    assert book.forget_before(AT + timedelta(days=1)) == 1
    assert list(book.known(METTE, [BO, "eva@postkasse.example"])) == ["eva@postkasse.example"]
    book.close()
    raw = b"".join(file.read_bytes() for file in path.parent.glob("history.sqlite*"))
    assert b"20000081" not in raw
    assert b"postkasse" not in raw


def test_without_a_database_nothing_is_known_and_it_is_said(book: SqlPhoneBook, path: Path) -> None:
    """Unavailable."""
    book.close()
    path.unlink()
    path.mkdir()
    for beside in path.parent.glob("history.sqlite-*"):
        beside.unlink()
    with pytest.raises(Unavailable):
        book.known(METTE, [BO])
