"""Records and logs for the tests of the accountability log."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from addin_backend.accountability.notary import Notary, origin_of
from addin_backend.accountability.records import event_id
from addin_backend.edges.accountability_log.writer import SqliteLog
from addin_backend.model.record import Record

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOTARY = Notary(origin_of("nordlys"), b"k" * 32)
KEY = str(NOTARY.verifier_key)


def record(number: int, action: str = "checked", **body: Any) -> Record:
    """The record with this number: its event id follows from it."""
    at = START + timedelta(milliseconds=number)
    return Record(
        event_id=event_id(at, number.to_bytes(10, "big")),
        occurred_at=at,
        action=action,
        actor="system",
        request_id=f"r{number}",
        body={"number": number, **body},
    )


def clock() -> Callable[[], datetime]:
    """A clock that goes on by a second each time."""
    ticks = itertools.count()
    return lambda: START + timedelta(seconds=next(ticks))


def open_log(folder: Path, **settings: Any) -> SqliteLog:
    """The log in a folder."""
    return SqliteLog(folder / "log.sqlite", NOTARY, clock(), **settings)


def filled(folder: Path, count: int, **settings: Any) -> Path:
    """The database of a closed log with ``count`` entries."""
    log = open_log(folder, **settings)
    for number in range(count):
        log.append(record(number))
    log.close()
    return folder / "log.sqlite"
