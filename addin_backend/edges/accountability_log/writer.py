"""The accountability log in SQLite: append-only, one writer with group commit, and a signed checkpoint kept beside the database.

Write-ahead log with synchronous=FULL: ``append`` answers when its entry is on the disk. Nothing is signed before it is committed. The
newest checkpoint also stands in a file of its own, so that a database that was cut back or put back is noticed.
"""

from __future__ import annotations

import fcntl
import json
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from addin_backend.edges.accountability_log.folder import write_whole
from addin_backend.edges.accountability_log.reader import LogReader, checkpoint_file, lock_file, mark_file
from addin_backend.edges.accountability_log.recovery import recover
from addin_backend.edges.accountability_log.tree import WIDTH, Notary, Tree, broken, unavailable
from addin_backend.errors import Conflict, LogBroken, SendSecurelyError, Unavailable
from addin_backend.model.record import Checkpoint, LogEntry, Record

GROUP = 512  # entries in one commit at most
EVERY = 256  # entries between two checkpoints
SECONDS = 1.0  # after which entries without a checkpoint get one
PATIENCE = 30.0  # seconds that an append waits for its commit
LOCK_TRIES, LOCK_PAUSE = 5, 0.05  # a verifier holds the lock for a moment to see whether anybody writes
PRIVATE = 0o600
VERSION = 1

_TABLES = """
BEGIN IMMEDIATE;
CREATE TABLE entry (
  idx INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, leaf_hash BLOB NOT NULL, entry BLOB NOT NULL) STRICT;
CREATE TABLE tile (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL, signed_at TEXT NOT NULL) STRICT;
CREATE TRIGGER entry_in_order BEFORE INSERT ON entry WHEN NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM entry)
  BEGIN SELECT raise(ABORT, 'entry is append-only'); END;
{frozen}
PRAGMA user_version={version};
COMMIT;
"""
_FROZEN = "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT raise(ABORT, '{table} is append-only'); END;"


class _Wish(NamedTuple):
    """What a caller waits for: an entry to be stored (its index) or, without one, a checkpoint over all there is (its size)."""

    entry: bytes
    event_id: str
    done: Future[int]


def _lock(database: Path) -> int:
    """The descriptor that keeps others from writing. Raises Unavailable when another process has it."""
    descriptor = os.open(lock_file(database), os.O_RDWR | os.O_CREAT, PRIVATE)
    for attempt in range(LOCK_TRIES):
        time.sleep(LOCK_PAUSE if attempt else 0)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return descriptor
    os.close(descriptor)
    raise Unavailable(
        "Another process writes to this log.",
        sentence_da="En anden proces skriver i denne logbog.",
        next_step="Stop the other server, or give this one a data folder of its own.",
        next_step_da="Stop den anden server, eller giv denne sin egen datamappe.",
    )


def _make_private(database: Path) -> None:
    """An empty database that only we may read, whatever the umask; SQLite gives its -wal and -shm the same mode."""
    try:
        descriptor = os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        return
    os.fchmod(descriptor, PRIVATE)
    os.close(descriptor)


def _connect(database: Path) -> sqlite3.Connection:
    _make_private(database)
    db = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "recursive_triggers=ON"):
        db.execute(f"PRAGMA {pragma}")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        frozen = [_FROZEN.format(table=table, verb=verb) for table in ("entry", "tile", "checkpoint") for verb in ("UPDATE", "DELETE")]
        db.executescript(_TABLES.format(frozen="\n".join(frozen), version=VERSION))
    elif version != VERSION:
        raise broken(f"it has version {version}, and this program knows {VERSION}", f"den har udgave {version}")
    return db


def _same_act(stored: bytes, entry: bytes) -> bool:
    """Whether two entries tell of the same act; a step that ran again after a crash differs in time and request only."""
    first, second = json.loads(stored), json.loads(entry)
    return all(first[key] == second[key] for key in ("schema", "event_id", "action", "actor", "body"))


class SqliteLog:
    """``AccountabilityLog`` in the file ``database``. Opening it recomputes the tree and raises LogBroken when it is not what was signed.

    ``every`` entries or ``seconds`` after the last one there is a new checkpoint. A second writer is refused with Unavailable.
    """

    def __init__(
        self, database: Path, notary: Notary, clock: Callable[[], datetime], *, every: int = EVERY, seconds: float = SECONDS
    ) -> None:
        if not database.parent.is_dir():
            database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path, self._notary, self._clock, self._every, self._seconds = database, notary, clock, every, seconds
        self._reader = LogReader(database)
        self._wishes: queue.SimpleQueue[_Wish | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._fault: LogBroken | None = None
        self._signed, self._signed_at = 0, time.monotonic()
        self._unsigned_at_most = 2 * every + GROUP
        self._locked = _lock(database)
        try:
            self._db = _connect(database)
            self._tree = recover(self._db, database, notary, self._unsigned_at_most)
            self._sign()
        except sqlite3.DatabaseError:
            os.close(self._locked)
            raise broken("the database cannot be read", "databasen kan ikke læses") from None
        except BaseException:  # whatever it was, the lock must not outlive it
            os.close(self._locked)
            raise
        self._writer = threading.Thread(target=self._run, name="accountability-log", daemon=True)
        self._writer.start()

    # --- what callers use -----------------------------------------------------------------------------------------------

    def append(self, record: Record) -> int:
        """The index of ``record``, once it is on the disk. The same event again gives the same index.

        Raises BadInput for a record that may not be kept, Conflict for another act under a known event id, Unavailable, LogBroken.
        """
        return self._ask(_Wish(self._notary.entry(record), record.event_id, Future()))

    def checkpoint(self) -> Checkpoint:
        """A signed checkpoint over everything appended so far."""
        return self._reader.checkpoint(self._notary.origin, self._ask(_Wish(b"", "", Future())))

    def entries(self, start: int, end: int) -> Sequence[LogEntry]:
        """Entries [start, end)."""
        return self._reader.entries(start, end)

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """The path of entry ``index`` in the tree of ``size``. Raises NotFound."""
        return self._reader.path(index, size, self._notary)

    def latest(self, count: int) -> Sequence[LogEntry]:
        """The newest entries, oldest first."""
        size = self._reader.size()
        return self._reader.entries(max(0, size - count), size)

    def close(self) -> None:
        """Write what waits, sign it, and let the file go. Idempotent."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._wishes.put(None)
        self._writer.join()
        self._db.close()
        os.close(self._locked)

    def _ask(self, wish: _Wish) -> int:
        with self._gate:
            if self._closed:
                raise unavailable()
            self._wishes.put(wish)
        try:
            return wish.done.result(PATIENCE)
        except FutureTimeout:
            raise unavailable() from None

    # --- the writer's thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._gather()
            try:
                self._serve(batch, last=not going)
            except SendSecurelyError as error:
                self._refuse(batch, error)
            except Exception:  # noqa: BLE001 whatever it was (a full disk): nobody may wait for ever, and nothing goes on unrecorded
                self._refuse(batch, unavailable())

    def _gather(self) -> tuple[list[_Wish], bool]:
        """The wishes that wait, at most a group; none when a checkpoint is due. False: the log is closing."""
        batch: list[_Wish] = []
        try:
            wish = self._wishes.get(timeout=self._until_due())
            while wish is not None and len(batch) < GROUP - 1:
                batch.append(wish)
                wish = self._wishes.get_nowait()
        except queue.Empty:
            return batch, True
        return ([*batch, wish], True) if wish is not None else (batch, False)

    def _until_due(self) -> float | None:
        """Seconds until entries without a checkpoint must get one; None: there are none."""
        if self._tree.size == self._signed or self._fault is not None:
            return None
        return max(0.0, self._signed_at + self._seconds - time.monotonic())

    @staticmethod
    def _refuse(batch: list[_Wish], error: SendSecurelyError) -> None:
        for wish in batch:
            if not wish.done.done():
                wish.done.set_exception(error)

    def _serve(self, batch: list[_Wish], *, last: bool) -> None:
        if self._fault is not None:
            raise self._fault
        appending = [wish for wish in batch if wish.entry]
        if self._tree.size - self._signed + len(appending) > self._unsigned_at_most:
            self._sign()  # earlier attempts failed: take nothing more on until what there is can be signed
        if appending:
            self._commit(appending)
        wanted = [wish for wish in batch if not wish.entry]
        if wanted or last or self._tree.size - self._signed >= self._every or self._until_due() == 0.0:
            self._signed_at = time.monotonic()  # also when signing fails, so that it is tried again only after a while
            self._sign()
        for wish in wanted:
            wish.done.set_result(self._tree.size)

    def _commit(self, batch: list[_Wish]) -> None:
        """Store the batch in one transaction; answer only after the commit."""
        tree, answers = self._tree, []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._check_end()
            for wish in batch:
                tree, answer = self._insert(tree, wish)
                answers.append(answer)
            self._db.execute("COMMIT")
        except BaseException:  # whatever it was, half a batch must not stay
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        if self._tree.size == self._signed:
            self._signed_at = time.monotonic()  # the first entry that waits for a checkpoint sets the clock
        self._tree = tree
        for wish, answer in zip(batch, answers, strict=True):
            if isinstance(answer, int):
                wish.done.set_result(answer)
            else:
                wish.done.set_exception(answer)

    def _check_end(self) -> None:
        """Nobody else may have written since: from then on nothing is appended until somebody has looked."""
        row = self._db.execute("SELECT idx, leaf_hash FROM entry ORDER BY idx DESC LIMIT 1").fetchone()
        ours = (self._tree.size - 1, self._tree.tile[-1]) if self._tree.tile else None
        if (row[0] + 1 if row else 0) != self._tree.size or (ours is not None and tuple(row) != ours):
            self._fault = broken("it was changed while the server ran", "den er ændret, mens serveren kørte")
            raise self._fault

    def _insert(self, tree: Tree, wish: _Wish) -> tuple[Tree, int | SendSecurelyError]:
        leaf = self._notary.leaf(wish.entry)
        try:
            self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (tree.size, wish.event_id, leaf, wish.entry))
        except sqlite3.IntegrityError:
            row = self._db.execute("SELECT idx, entry FROM entry WHERE event_id = ?", (wish.event_id,)).fetchone()
            if row is None:
                raise
            return tree, int(row[0]) if _same_act(row[1], wish.entry) else Conflict("An event was recorded otherwise before.")
        grown, filled = tree.after(leaf, self._notary)
        if filled is not None:
            self._db.execute("INSERT INTO tile VALUES (?, ?)", (grown.size // WIDTH - 1, filled))
        return grown, tree.size

    def _sign(self) -> None:
        """Sign what is committed, store the checkpoint, and put it and the mark beside the database. Nothing when nothing is new."""
        if self._tree.size == self._signed and self._signed:
            return
        root = self._notary.root(self._tree.frontier)
        note = self._notary.sign(self._tree.size, root)
        row = (self._tree.size, root, note, self._clock().isoformat())
        self._db.execute("INSERT INTO checkpoint VALUES (?, ?, ?, ?) ON CONFLICT (size) DO NOTHING", row)
        write_whole(checkpoint_file(self._path), note.encode(), PRIVATE)
        write_whole(mark_file(self._path), self._notary.mark(self._tree.size, root).encode(), PRIVATE)  # last: never ahead of the others
        self._signed = self._tree.size
