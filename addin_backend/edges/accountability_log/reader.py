"""Reads the log in SQLite, also beside the process that writes it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from addin_backend.edges.accountability_log.tree import WIDTH, Notary, broken, unavailable
from addin_backend.errors import NotFound
from addin_backend.model.record import Checkpoint, LogEntry

_LEAVES = "SELECT leaf_hash FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx"
_TILES = "SELECT hash FROM tile WHERE idx >= ? AND idx < ? ORDER BY idx"


def checkpoint_file(database: Path) -> Path:
    """Where the newest checkpoint stands: beside the database, ``log.checkpoint`` for ``log.sqlite``."""
    return database.with_suffix(".checkpoint")


def mark_file(database: Path) -> Path:
    """Where the high-water mark of what was signed stands: ``log.size`` for ``log.sqlite``."""
    return database.with_suffix(".size")


def lock_file(database: Path) -> Path:
    """What the writer holds while it runs: ``log.lock`` for ``log.sqlite``."""
    return database.with_suffix(".lock")


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return ""


def kept_checkpoint(database: Path) -> str | None:
    """The note beside the database, or None. Bytes that are no text come back as "", which no verifier takes for a note."""
    return _text(checkpoint_file(database))


def kept_mark(database: Path) -> str | None:
    """The high-water mark beside the database, or None; "" as above."""
    return _text(mark_file(database))


def _hashes(db: sqlite3.Connection, query: str, start: int, end: int) -> list[bytes]:
    found = [row[0] for row in db.execute(query, (start, end))]
    if len(found) != end - start:
        raise NotFound("The log has not so many entries.", sentence_da="Logbogen har ikke så mange poster.")
    return found


def _entries(rows: sqlite3.Cursor) -> Iterator[LogEntry]:
    try:
        for index, entry, leaf in rows:
            if not isinstance(entry, bytes) or not isinstance(leaf, bytes):
                raise broken("a row is damaged", "en række er beskadiget")
            yield LogEntry(index=index, entry=entry, leaf_hash=leaf)
    except sqlite3.DatabaseError:
        raise broken("the database is damaged", "databasen er beskadiget") from None


class LogReader:
    """The log in a database file. Raises NotFound (no such file, no such entry), LogBroken (damaged), Unavailable (locked)."""

    def __init__(self, database: Path) -> None:
        self._path = database

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self._path.is_file():
            raise NotFound(
                "There is no log here.",
                sentence_da="Her er ingen logbog.",
                next_step="Name the data folder of the server, or the folder of an export.",
                next_step_da="Angiv serverens datamappe eller mappen med en eksport.",
            )
        try:
            with closing(sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
                db.execute("PRAGMA busy_timeout=10000")
                db.execute("BEGIN")  # one snapshot
                yield db
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN):  # absent on text errors
                raise unavailable() from None
            raise broken("the database is damaged", "databasen er beskadiget") from None
        except sqlite3.DatabaseError:
            raise broken("the database is damaged", "databasen er beskadiget") from None

    def written(self) -> bool:
        """Whether a server holds the log at this moment. It asks with a shared lock that it lets go at once."""
        try:
            descriptor = os.open(lock_file(self._path), os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    @contextmanager
    def read(self) -> Iterator[tuple[str | None, Sequence[str], Iterator[LogEntry]]]:
        """The checkpoint beside the database, all checkpoints in it, and all entries, as of one moment.

        The file is read first: what it commits to was in the database before it.
        """
        kept = kept_checkpoint(self._path)
        with self._open() as db:
            notes = [str(note) for (note,) in db.execute("SELECT note FROM checkpoint ORDER BY size")]
            yield kept, notes, _entries(db.execute("SELECT idx, entry, leaf_hash FROM entry ORDER BY idx"))

    def size(self) -> int:
        """How many entries there are."""
        with self._open() as db:
            return int(db.execute("SELECT coalesce(max(idx) + 1, 0) FROM entry").fetchone()[0])

    def entries(self, start: int, end: int) -> Sequence[LogEntry]:
        """Entries [start, end), as far as there are any."""
        with self._open() as db:
            rows = db.execute("SELECT idx, entry, leaf_hash FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", (start, end))
            return list(_entries(rows))

    def leaves(self, size: int) -> list[bytes]:
        """The first ``size`` leaf hashes. Raises NotFound when there are not so many."""
        with self._open() as db:
            return _hashes(db, _LEAVES, 0, size)

    def checkpoint(self, origin: str, at_most: int = 2**62) -> Checkpoint:
        """The newest checkpoint, of at most that size. Raises NotFound."""
        with self._open() as db:
            query = "SELECT size, root, note, signed_at FROM checkpoint WHERE size <= ? ORDER BY size DESC LIMIT 1"
            row = db.execute(query, (at_most,)).fetchone()
        if row is None:
            raise NotFound("The log has no checkpoint.", sentence_da="Logbogen har intet stempel.")
        return Checkpoint(origin=origin, size=row[0], root=row[1], note=row[2], signed_at=datetime.fromisoformat(row[3]))

    def path(self, index: int, size: int, notary: Notary) -> tuple[bytes, ...]:
        """The inclusion proof of ``index`` in the tree of ``size``. Raises NotFound outside the tree."""
        with self._open() as db:

            def subtree(start: int, end: int) -> bytes:
                if end - start < WIDTH:
                    return notary.subtree(_hashes(db, _LEAVES, start, end))
                return notary.subtree(_hashes(db, _TILES, start // WIDTH, end // WIDTH))

            try:
                return notary.path(index, size, subtree)
            except ValueError:
                raise NotFound("The log has no such entry.", sentence_da="Logbogen har ingen sådan post.") from None
