"""*My record*: a person's own entries of the log, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addin_backend.accountability import records
from addin_backend.accountability.notary import Notary, origin_of
from addin_backend.accountability.records import Act
from addin_backend.edges.accountability_log.writer import SqliteLog
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.pseudonyms import KeyedPseudonyms
from addin_backend.flows.own_record import own_record
from addin_backend.model.record import Record

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = KeyedPseudonyms("nordlys", b"s" * 32)
METTE, JONAS = "mette.holm@nordlys.example", "jonas.friis@nordlys.example"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    """An empty log."""
    keys = KeyFile.load_or_create(tmp_path / "keys.json")
    made = SqliteLog(tmp_path / "log.sqlite", Notary(origin_of("nordlys"), keys.log_signing_key), lambda: NOW)
    yield made
    made.close()


def _act(actor: str, at: datetime, number: int) -> Act:
    return Act(records.event_id(at, number.to_bytes(10, "big")), at, actor, actor, f"r{number}")


def _record(actor: str, action: str, at: datetime, number: int) -> Record:
    record = records.simple("started", _act(actor, at, number), NAMES)
    decided = {"decision": {"action": "protect"}, "mail": {"classes": ["cpr"]}} if action in ("checked", "decided") else {}
    return Record(
        event_id=record.event_id, occurred_at=at, action=action, actor=record.actor, request_id=record.request_id, body={**decided}
    )


def test_only_ones_own_and_the_newest_first(log: SqliteLog) -> None:
    """Also from before the turn of a quarter, when the pseudonym was another; what the system or a colleague did stays out."""
    log.append(_record(METTE, "checked", NOW - timedelta(days=80), 1))
    log.append(_record(JONAS, "checked", NOW - timedelta(days=2), 2))
    log.append(_record(METTE.upper(), "decided", NOW - timedelta(days=1), 3))
    log.append(_record(METTE, "sent", NOW - timedelta(hours=1), 4))
    log.append(_record(METTE, "log_read", NOW - timedelta(minutes=1), 5))
    found = own_record(_act(METTE, NOW, 6), 10, log, NAMES)
    assert [("sent", ""), ("decided", "protect"), ("checked", "protect")] == [(item.event, item.action) for item in found]
    assert ("cpr",) == found[1].classes
    assert ["sent"] == [item.event for item in own_record(_act(METTE, NOW, 7), 1, log, NAMES)]
    assert () == own_record(_act("karin.bach@nordlys.example", NOW, 8), 10, log, NAMES)


def test_reading_it_is_recorded(log: SqliteLog) -> None:
    """As every reading of the log is."""
    own_record(_act(METTE, NOW, 1), 10, log, NAMES)
    (entry,) = log.entries(0, log.checkpoint().size)
    assert b'"action":"log_read"' in entry.entry


def test_a_long_log_is_looked_through_in_steps(log: SqliteLog) -> None:
    """The one entry of hers lies behind many of others."""
    log.append(_record(METTE, "sent", NOW, 0))
    for number in range(1, 1200):
        log.append(_record(JONAS, "sent", NOW, number))
    assert ["sent"] == [item.event for item in own_record(_act(METTE, NOW, 5000), 5, log, NAMES)]
