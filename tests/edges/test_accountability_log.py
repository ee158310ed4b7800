"""The log in SQLite: durable, append-only, one writer, provable while it runs, and unwilling to go on when it was tampered with."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from addin_backend.accountability import merkle
from addin_backend.accountability.notes import open_checkpoint
from addin_backend.edges.accountability_log.reader import LogReader, checkpoint_file, lock_file
from addin_backend.errors import BadInput, Conflict, LogBroken, NotFound, Unavailable
from addin_backend.flows import verify_log
from log_lab import KEY, NOTARY, filled, open_log, record


def change(database: Path, *statements: str) -> None:
    """Do to the database what an insider would: drop the guards, then change it."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)


def test_a_thousand_entries_verify(tmp_path: Path) -> None:
    """After 1,000 appends the log verifies, gap-free, with every entry under the signature, and again after it was opened again."""
    database = filled(tmp_path, 1_000)
    report = verify_log.verify(LogReader(database), KEY)
    assert (report.problems, report.entries, report.signed, report.actions) == ((), 1_000, 1_000, {"checked": 1_000})
    assert report.checkpoints > 3
    log = open_log(tmp_path)
    assert log.append(record(1_000)) == 1_000
    log.close()
    assert verify_log.verify(LogReader(database), KEY).entries == 1_001


def test_an_empty_log_verifies(tmp_path: Path) -> None:
    """A log that nothing was written to has a signed checkpoint of size 0."""
    report = verify_log.verify(LogReader(filled(tmp_path, 0)), KEY)
    assert (report.problems, report.entries, report.checkpoints) == ((), 0, 1)


def test_many_writers_get_their_own_index(tmp_path: Path) -> None:
    """Concurrent appends give each an index of its own, and what stands there is what was appended."""
    log = open_log(tmp_path, every=50)
    with ThreadPoolExecutor(16) as pool:
        indexes = list(pool.map(lambda number: log.append(record(number)), range(400)))
    assert sorted(indexes) == list(range(400))
    stored = {entry.index: entry.entry for entry in log.entries(0, 400)}
    assert all(stored[index] == NOTARY.entry(record(number)) for number, index in enumerate(indexes))
    assert [entry.index for entry in log.latest(3)] == [397, 398, 399]
    log.close()
    assert verify_log.verify(LogReader(tmp_path / "log.sqlite"), KEY).holds


def test_it_is_verified_beside_a_running_writer(tmp_path: Path) -> None:
    """While one thread appends, every verification by another reader holds, and sees no fewer entries than the one before."""
    log, stop = open_log(tmp_path, every=20), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            log.append(record(number))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    seen = [verify_log.verify(LogReader(tmp_path / "log.sqlite"), KEY) for _ in range(15)]
    stop.set()
    writer.join()
    log.close()
    assert [report.problems for report in seen] == [()] * 15
    assert [report.entries for report in seen] == sorted(report.entries for report in seen)


def test_every_entry_has_a_proof(tmp_path: Path) -> None:
    """The path of every entry, read through stored tiles, leads to the signed root; entries outside the tree have none."""
    log = open_log(tmp_path)
    for number in range(700):
        log.append(record(number))
    checkpoint = log.checkpoint()
    head = open_checkpoint(checkpoint.note, NOTARY.verifier_key)
    assert (head.size, head.root, checkpoint.size, checkpoint.root) == (700, checkpoint.root, 700, head.root)
    for entry in log.entries(0, 700):
        path = log.inclusion_proof(entry.index, 700)
        assert merkle.inclusion_holds(merkle.leaf_hash(entry.entry), entry.index, 700, path, head.root)
    for index, size in ((700, 700), (0, 701), (-1, 700)):
        with pytest.raises(NotFound):
            log.inclusion_proof(index, size)
    log.close()


def test_the_same_event_is_recorded_once(tmp_path: Path) -> None:
    """A step that runs again after a crash gets the index of its first record; another act under that id is a conflict."""
    log = open_log(tmp_path)
    assert log.append(record(1)) == 0
    assert log.append(record(1)) == 0
    with pytest.raises(Conflict):
        log.append(record(1, action="sent"))
    assert log.append(record(2)) == 1
    log.close()


def test_a_record_with_an_address_is_refused_and_the_log_goes_on(tmp_path: Path) -> None:
    """What may not be kept is refused to its caller alone."""
    log = open_log(tmp_path)
    with pytest.raises(BadInput):
        log.append(record(1, who="bo.madsen@postkasse.example"))
    assert log.append(record(2)) == 0
    log.close()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """Two processes never write the same log; after the first is gone the second may."""
    log = open_log(tmp_path)
    with pytest.raises(Unavailable, match="Another process"):
        open_log(tmp_path)
    log.close()
    open_log(tmp_path).close()


@pytest.mark.parametrize("table", ["entry", "tile", "checkpoint"])
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {}", "UPDATE {} SET rowid = rowid + 1", "INSERT OR REPLACE INTO {0} SELECT * FROM {0} LIMIT 1"]
)
def test_the_database_itself_refuses_changes(tmp_path: Path, table: str, statement: str) -> None:
    """Even somebody with the file open cannot update, replace or delete without first removing the guards."""
    database = filled(tmp_path, 300)
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA recursive_triggers=ON")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(statement.format(table))


def test_only_the_service_may_read_the_files(tmp_path: Path) -> None:
    """Whatever the umask: database, write-ahead log, checkpoint, mark and lock are for their owner alone."""
    before = os.umask(0)
    try:
        log = open_log(tmp_path / "made")
        log.append(record(1))
        log.checkpoint()
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "made").iterdir()}
        log.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}, modes
    assert {"log.sqlite", "log.sqlite-wal", "log.checkpoint", "log.size", "log.lock"} <= set(modes)
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700


def test_a_verifier_that_looks_whether_anybody_writes_does_not_keep_a_server_out(tmp_path: Path) -> None:
    """The shared lock of a verification lasts a moment, and a starting server waits that long."""
    database = filled(tmp_path, 1)
    descriptor = os.open(lock_file(database), os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    threading.Timer(0.08, os.close, (descriptor,)).start()
    assert not LogReader(database).written()
    log = open_log(tmp_path)
    assert LogReader(database).written()
    log.close()


def test_nothing_is_appended_after_close(tmp_path: Path) -> None:
    """A closed log answers that it is not there; closing twice is one closing."""
    log = open_log(tmp_path)
    log.close()
    log.close()
    with pytest.raises(Unavailable):
        log.append(record(1))


def test_a_checkpoint_comes_by_itself(tmp_path: Path) -> None:
    """Entries do not stay unsigned: after the set time they stand under a checkpoint, although nothing more is appended."""
    log = open_log(tmp_path, seconds=0.05)
    log.append(record(0))
    signed, waited = 0, threading.Event()
    for _ in range(100):
        signed = open_checkpoint(checkpoint_file(tmp_path / "log.sqlite").read_text(), NOTARY.verifier_key).size
        if signed:
            break
        waited.wait(0.05)
    log.close()
    assert signed == 1


def cut_back(database: Path) -> None:
    """Remove the last entries with their checkpoints, as if they had never been."""
    change(database, "DELETE FROM entry WHERE idx >= 40", "DELETE FROM checkpoint WHERE size > 40")


def remove_all(database: Path) -> None:
    """Take the database away, and leave the checkpoint."""
    for path in database.parent.glob("log.sqlite*"):
        path.unlink()


@pytest.mark.parametrize(
    "tamper",
    [
        lambda database: change(database, "UPDATE entry SET entry = CAST(replace(entry, 'checked', 'decided') AS BLOB) WHERE idx = 290"),
        lambda database: change(database, "UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 3"),
        lambda database: change(database, "UPDATE tile SET hash = zeroblob(32)"),
        lambda database: change(database, "DELETE FROM entry WHERE idx = 5"),
        lambda database: change(database, "DELETE FROM entry WHERE idx = 299"),
        lambda database: checkpoint_file(database).unlink(),
        lambda database: checkpoint_file(database).write_text("no note"),
        lambda database: checkpoint_file(database).write_bytes(b"\xff\xff"),
        lambda database: database.write_bytes(b"x" * 10_000),
        lambda database: change(database, "PRAGMA user_version=9"),
        cut_back,
        remove_all,
    ],
)
def test_a_tampered_log_is_not_opened(tmp_path: Path, tamper: Callable[[Path], None]) -> None:
    """The server refuses to write on to a log that is not what was signed, and leaves it as it found it."""
    database = filled(tmp_path, 300, every=20)
    tamper(database)
    with pytest.raises(LogBroken):
        open_log(tmp_path)
    with pytest.raises(LogBroken):
        open_log(tmp_path)


def test_a_change_under_a_running_server_stops_it(tmp_path: Path) -> None:
    """When the end of the log is not what the writer left there, appends are refused from then on."""
    log = open_log(tmp_path)
    for number in range(10):
        log.append(record(number))
    change(tmp_path / "log.sqlite", "DELETE FROM entry WHERE idx = 9")
    for number in (10, 11):
        with pytest.raises(LogBroken):
            log.append(record(number))
    log.close()


def test_what_was_answered_survives_kill_9(tmp_path: Path, root: Path) -> None:
    """Every append that returned before the process was killed is there afterwards, and the log verifies and goes on."""
    child = f"""
        import sys
        from concurrent.futures import ThreadPoolExecutor
        from pathlib import Path
        sys.path[:0] = [{str(root)!r}, {str(root / "tests" / "edges")!r}]
        from log_lab import open_log, record
        log = open_log(Path({str(tmp_path)!r}), every=30)
        def one(number):
            index = log.append(record(number))
            sys.stdout.write(f"{{number}} {{index}}\\n")
            sys.stdout.flush()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(one, range(100_000)))
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(child)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(500)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    answered = [tuple(map(int, line.split())) for line in lines if line.endswith("\n")]
    report = verify_log.verify(LogReader(tmp_path / "log.sqlite"), KEY)
    assert report.problems == ()
    log = open_log(tmp_path)
    stored = {entry.index: entry.entry for entry in log.entries(0, 10**9)}
    assert all(stored[index] == NOTARY.entry(record(number)) for number, index in answered)
    assert log.append(record(10**6)) == len(stored) >= len(answered) >= 500
    log.close()
    after = verify_log.verify(LogReader(tmp_path / "log.sqlite"), KEY)
    assert (after.problems, after.signed) == ((), len(stored) + 1)


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """When the disk refuses (here: a file-size limit that SQLite meets), the caller is told that nothing was recorded."""
    log = open_log(tmp_path)
    log.append(record(0))
    log._db.execute("PRAGMA max_page_count=1")
    with pytest.raises(Unavailable):
        [log.append(record(number, filler="x" * 500)) for number in range(1, 2_000)]
    log._db.execute("PRAGMA max_page_count=100000")
    size = len(log.entries(0, 10**6))
    assert log.append(record(9_999)) == size
    log.close()
    assert verify_log.verify(LogReader(tmp_path / "log.sqlite"), KEY).holds
