"""The ledger's store: a note explains one item, a line stands once, and nothing in the file names anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addin_backend.edges.database import sqlite_url
from addin_backend.edges.ledger_store import SqlLedger
from addin_backend.model.ledger import How, LedgerLine, Note, Place

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
METTE = "mette.holm@nordlys.example"


def flipped(content: bytes, name: str) -> bytes:
    """Stands in for the key ring, which has tests of its own: reversible, bound to the name."""
    pad = hashlib.sha256(name.encode()).digest()
    return bytes(byte ^ pad[at % 32] for at, byte in enumerate(content))


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLedger]:
    """A new one, on each database."""
    on_sqlite = request.param == "sqlite"
    made = SqlLedger(
        sqlite_url(tmp_path / "ledger.sqlite") if on_sqlite else str(request.getfixturevalue("cluster").fresh()),
        flipped,
        flipped,
        lambda kind, value: hashlib.sha256(f"{kind}\n{value}".encode()).hexdigest(),
    )
    yield made
    made.close()


def line(key: str, how: How = How.CASE) -> LedgerLine:
    """A line about Mette."""
    return LedgerLine(key=key, mailbox=METTE, how=how, sent_at=AT, seen_at=AT, event_id=f"e-{key}", action="block", codes=("CO-01",))


def test_a_note_is_used_by_one_item_and_says_so_afterwards(ledger: SqlLedger) -> None:
    """Noted once however often it is told; what is settled as used is read as used, also a ticket that was never noted."""
    ledger.note("mail", "event", AT)
    ledger.note("mail", "event", AT)
    (note,) = ledger.notes(["mail", "other"])
    assert ("mail", "event", AT, "") == (note.name, note.event_id, note.at, note.used_by)
    item = ledger.user(METTE, "<a@nordlys.example>")
    used = [Note(name="mail", event_id="event", at=AT, used_by=item), Note(name="ticket", event_id="t-1", at=AT, used_by=item)]
    place = Place(state="s", since=AT, read_at=AT)
    ledger.settle(METTE, [], place, used)
    ledger.settle(METTE, [], place, used)
    assert [("mail", item), ("ticket", item)] == [(one.name, one.used_by) for one in ledger.notes(["mail", "ticket"])]
    assert item != ledger.user("jonas@nordlys.example", "<a@nordlys.example>")


def test_lines_and_place_are_settled_together_and_once(ledger: SqlLedger) -> None:
    """A page that is settled again changes nothing but the place."""
    place = Place(state="s1", since=AT, read_at=AT)
    ledger.settle(METTE, [line("a"), line("b", How.OURS)], place)
    ledger.settle(METTE, [line("a", How.CHECKED), line("c", How.UNCHECKED)], Place(state="s2", since=AT, read_at=AT + HOUR))
    assert {How.OURS: 1, How.TICKET: 0, How.CHECKED: 0, How.UNCHECKED: 1, How.CASE: 1} == ledger.counts()
    found = ledger.place(METTE)
    assert ("s2", None) == (found.state if found else "", ledger.place("jonas@nordlys.example"))
    assert frozenset({"a", "c"}) == ledger.known(METTE, ["a", "c", "d"])
    assert {"e-a", "e-c"} == {item.event_id for item in ledger.lines((How.CASE, How.UNCHECKED), 10)}


def test_old_notes_and_lines_go_and_cases_stay(ledger: SqlLedger) -> None:
    """A case stays until it is closed by a person."""
    ledger.note("mail", "event", AT)
    ledger.settle(METTE, [line("a"), line("b", How.OURS)], Place(state="s", since=AT, read_at=AT))
    ledger.forget_before(notes=AT + HOUR, lines=AT + HOUR)
    assert [] == ledger.notes(["mail"])
    assert (1, 0) == (ledger.counts()[How.CASE], ledger.counts()[How.OURS])


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
def test_the_file_names_nobody(ledger: SqlLedger, tmp_path: Path) -> None:
    """Neither an address nor a Message-ID can be read from it."""
    ledger.note("fingerprint", "event", AT)
    ledger.settle(METTE, [line("<secret@nordlys.example>")], Place(state="s", since=AT, read_at=AT))
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(raw) > 1000
    assert [] == [word for word in (b"mette", b"nordlys", b"secret", b"fingerprint") if word in raw]
