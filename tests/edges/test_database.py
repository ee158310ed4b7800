"""How every store opens its database: settings that survive a power cut, tables made once, errors that quote nothing."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.edges.contact_history import SqlContactHistory
from addin_backend.edges.question_store import QuestionStore
from addin_backend.edges.store import SqlStore
from addin_backend.edges.transport_store import SqliteTransportStore
from addin_backend.errors import Unavailable

TABLES = sa.MetaData()
NAMES = sa.Table("names", TABLES, sa.Column("name", sa.String(10), primary_key=True))
SETTINGS = ("journal_mode", "synchronous", "secure_delete")
SURVIVES = ["wal", 2, 1]


def _same(plain: bytes, _name: object) -> bytes:
    return plain


def _keyed(kind: str, value: str) -> str:
    return f"{kind}{value}"[:64]


@pytest.mark.parametrize(
    "store", [lambda url: SqlStore(url, _same, _same, _keyed), lambda url: QuestionStore(url, _same, _same),
              lambda url: SqlContactHistory(url, _keyed, _same, _same)], ids=["jobs", "questions", "history"],
)  # fmt: skip
def test_settings_that_survive_a_power_cut(store: Callable[[str], SqlStore | QuestionStore | SqlContactHistory], tmp_path: Path) -> None:
    """Every connection of every store writes ahead, waits for the disk and overwrites what it deletes."""
    made = store(database.sqlite_url(tmp_path / "new" / "store.sqlite"))
    with made._begin() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in SETTINGS]
    made.close()
    assert found == SURVIVES


def test_the_evidence_has_the_same_settings(tmp_path: Path) -> None:
    """Also the store that speaks to the driver itself."""
    store = SqliteTransportStore(tmp_path / "transport.sqlite")
    found = [[item.execute(f"PRAGMA {name}").fetchone()[0] for name in SETTINGS] for item in store._connections]
    store.close()
    assert found == [SURVIVES] * 2


def test_a_failure_is_unavailable_and_a_second_row_is_not(tmp_path: Path) -> None:
    """A row that is there is the caller's business; all else says that the database is away, and quotes nothing."""
    made = database.engine(database.sqlite_url(tmp_path / "a.sqlite"))
    database.make_tables(made, TABLES)
    with database.transaction(made) as connection:
        connection.execute(NAMES.insert().values(name="Bo"))
    with pytest.raises(IntegrityError) as twice, database.transaction(made) as connection:
        connection.execute(NAMES.insert().values(name="Bo"))
    assert "Bo" not in str(twice.value)
    with pytest.raises(Unavailable) as away, database.transaction(made) as connection:
        connection.execute(sa.text("insert into nowhere values ('Bo')"))
    assert "Bo" not in str(away.value)
    made.dispose()


def test_processes_that_start_at_once_make_the_tables_once(tmp_path: Path) -> None:
    """None of three falls over the others."""
    child = f"""
        import sys
        import sqlalchemy as sa
        from addin_backend.edges import database
        tables = sa.MetaData()
        [sa.Table(f"t{{number}}", tables, sa.Column("name", sa.String(10), primary_key=True)) for number in range(20)]
        print("ready", flush=True)
        sys.stdin.readline()
        database.make_tables(database.engine("sqlite:///{tmp_path / "b.sqlite"}"), tables)
    """
    command = [sys.executable, "-c", textwrap.dedent(child)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        process.communicate(timeout=60)
    assert [process.returncode for process in started] == [0, 0, 0]


def test_times_sort_as_text() -> None:
    """Whatever zone a time came in."""
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert database.instant(noon.astimezone(timezone(timedelta(hours=2)))) == "2026-11-25T12:00:00.000000Z"
    assert database.instant(noon - timedelta(microseconds=1)) < database.instant(noon)
