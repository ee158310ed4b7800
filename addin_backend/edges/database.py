"""How every store of ours opens its database: SQLite (WAL, synchronous=FULL) or PostgreSQL, by SQLAlchemy Core.

The one file of this room that other edges import (tests/house/test_import_table.py): it is no border to a third party of its own but
the way to open one, and five stores that each set it up would differ one day in what a crash may take.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from addin_backend.errors import Unavailable

BUSY_SECONDS = 10.0  # how long a writer waits for another one
_MAKING = 0x53656E64  # the lock under which PostgreSQL's tables are made; any number that is ours alone
_PRAGMAS = (
    "journal_mode=WAL",  # readers do not wait for the writer
    "synchronous=FULL",  # what was committed is there after a power cut
    "secure_delete=ON",  # what is deleted is overwritten
)


def sqlite_url(path: Path) -> str:
    """The URL of a database file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def settle(connection: Any, _record: object = None) -> None:
    """Give a new SQLite connection (of the standard library's driver) the settings that every store has."""
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def engine(url: str, *, busy_seconds: float = BUSY_SECONDS) -> sa.Engine:
    """The engine of a database URL. ``busy_seconds`` is how long SQLite waits for a lock. Nothing is connected yet."""
    hidden: dict[str, Any] = {"hide_parameters": True}  # an error must not quote what was being stored
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, **hidden)
    made = sa.create_engine(url, connect_args={"timeout": busy_seconds}, **hidden)
    sa.event.listen(made, "connect", settle)
    return made


@contextmanager
def transaction(database: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction. Raises Unavailable when the database does not answer; a row that is there already stays an IntegrityError."""
    try:
        with database.begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except SQLAlchemyError:
        raise Unavailable from None


def make_tables(database: sa.Engine, tables: sa.MetaData) -> None:
    """Make what is not there; processes that do so at once wait for one another. Raises Unavailable."""
    alone = "BEGIN IMMEDIATE" if database.dialect.name == "sqlite" else f"SELECT pg_advisory_xact_lock({_MAKING})"
    with transaction(database) as connection:
        connection.exec_driver_sql(alone)
        tables.create_all(connection)


def instant(at: datetime) -> str:
    """A time as it is stored: UTC with microseconds, so that it sorts as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
