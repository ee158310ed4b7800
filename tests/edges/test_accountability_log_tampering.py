"""Whoever changes the log is found out: random tampering with the database and with the export, by one who knows how it is built."""

from __future__ import annotations

import importlib.util
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from addin_backend.accountability.merkle import leaf_hash, root
from addin_backend.accountability.notary import Notary
from addin_backend.accountability.proof import verify_proof
from addin_backend.accountability.verify import UNSIGNED_AT_MOST
from addin_backend.edges.accountability_log.folder import LogFolder
from addin_backend.edges.accountability_log.reader import LogReader, checkpoint_file, kept_checkpoint, kept_mark, mark_file
from addin_backend.edges.accountability_log.writer import EVERY, GROUP
from addin_backend.errors import BadInput, LogBroken, NotFound
from addin_backend.flows import verify_log
from log_lab import KEY, NOTARY, START, filled, open_log, record
from sizes import size

ENTRIES = 300
Rows = list[tuple[str, bytes]]  # (event id, entry), in order
STRANGER = Notary(NOTARY.origin, b"x" * 32)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of an honest log with a checkpoint every 25 entries."""
    return filled(tmp_path_factory.mktemp("honest"), ENTRIES, every=25)


@pytest.fixture(scope="module")
def tool(root: Path) -> ModuleType:
    """The auditor's stand-alone file, as a module."""
    spec = importlib.util.spec_from_file_location("auditors_tool", root / "tools" / "verify_log.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copied(database: Path, folder: Path) -> Path:
    """A copy of the log to tamper with."""
    folder.mkdir(exist_ok=True)
    for path in (database, checkpoint_file(database), mark_file(database)):
        shutil.copy(path, folder)
    return folder / database.name


def rows_of(database: Path) -> Rows:
    """What stands in the database."""
    with closing(sqlite3.connect(database)) as db:
        return db.execute("SELECT event_id, entry FROM entry ORDER BY idx").fetchall()


def put(database: Path, rows: Rows, numbers: list[int] | None = None) -> None:
    """Write these entries in place of those there, with the hashes that they should have: an insider knows how it is done."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("BEGIN")
        db.execute("DELETE FROM entry")
        for index, (event, entry) in zip(numbers or range(len(rows)), rows, strict=True):
            db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (index, event, leaf_hash(entry), entry))
        db.execute("COMMIT")


def run(database: Path, statement: str, *values: object) -> None:
    """One statement, after the guards are gone."""
    put(database, rows_of(database))
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute(statement, values)


def notes_of(database: Path) -> list[str]:
    """The checkpoints in the database."""
    with closing(sqlite3.connect(database)) as db:
        return [note for (note,) in db.execute("SELECT note FROM checkpoint ORDER BY size")]


def flip(content: bytes, rng: random.Random) -> bytes:
    """``content`` with one bit changed."""
    at = rng.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


def change_a_bit(database: Path, rng: random.Random) -> None:
    """One bit of one entry, hash made to fit."""
    rows = rows_of(database)
    at = rng.randrange(len(rows))
    rows[at] = (rows[at][0], flip(rows[at][1], rng))
    put(database, rows)


def change_the_story(database: Path, rng: random.Random) -> None:
    """Another well-formed record in the place of one."""
    rows = rows_of(database)
    at = rng.randrange(len(rows))
    rows[at] = (rows[at][0], NOTARY.entry(record(at, action="sent")))
    put(database, rows)


def change_the_hash_only(database: Path, rng: random.Random) -> None:
    """A stored leaf hash."""
    run(database, "UPDATE entry SET leaf_hash = ? WHERE idx = ?", rng.randbytes(32), rng.randrange(ENTRIES))


def drop(database: Path, rng: random.Random) -> None:
    """An entry is gone, and the later ones moved up."""
    rows = rows_of(database)
    del rows[rng.randrange(len(rows))]
    put(database, rows)


def drop_with_a_gap(database: Path, rng: random.Random) -> None:
    """An entry is gone, and the numbers of the others stayed."""
    rows, numbers = rows_of(database), list(range(ENTRIES))
    at = rng.randrange(ENTRIES)
    del rows[at], numbers[at]
    put(database, rows, numbers)


def swap(database: Path, rng: random.Random) -> None:
    """Two entries changed places."""
    rows = rows_of(database)
    first, second = rng.sample(range(len(rows)), 2)
    rows[first], rows[second] = rows[second], rows[first]
    put(database, rows)


def insert(database: Path, rng: random.Random) -> None:
    """An entry that was never there, before the end."""
    rows = rows_of(database)
    forged = record(10_000)
    rows.insert(rng.randrange(len(rows)), (forged.event_id, NOTARY.entry(forged)))
    put(database, rows)


def truncate(database: Path, rng: random.Random) -> None:
    """The end is gone."""
    put(database, rows_of(database)[: rng.randrange(ENTRIES)])


def truncate_to_a_checkpoint(database: Path, rng: random.Random) -> None:
    """The database as it was at an earlier checkpoint."""
    keep = 25 * rng.randrange(1, ENTRIES // 25)
    put(database, rows_of(database)[:keep])
    run(database, "DELETE FROM checkpoint WHERE size > ?", keep)


def sign_it_anew(database: Path, rng: random.Random) -> None:
    """A changed log, whole in itself, signed with another key."""
    change_the_story(database, rng)
    note = STRANGER.sign(ENTRIES, root(leaf_hash(entry) for _, entry in rows_of(database)))
    run(database, "DELETE FROM checkpoint")
    run(database, "INSERT INTO checkpoint VALUES (?, ?, ?, ?)", ENTRIES, b"", note, "2026-11-23T12:00:00+00:00")
    checkpoint_file(database).write_text(note)


def change_a_checkpoint(database: Path, rng: random.Random) -> None:
    """One character of a checkpoint."""
    notes = notes_of(database)
    note = rng.choice(notes[1:])
    digit = note.split("\n")[1]
    run(database, "UPDATE checkpoint SET note = ? WHERE note = ?", note.replace(digit, str(int(digit) + 1), 1), note)


def lose_the_checkpoint(database: Path, rng: random.Random) -> None:
    """The file beside the database."""
    checkpoint_file(database).unlink()


TAMPERING: list[Callable[[Path, random.Random], None]] = [
    change_a_bit,
    change_the_story,
    change_the_hash_only,
    drop,
    drop_with_a_gap,
    swap,
    insert,
    truncate,
    truncate_to_a_checkpoint,
    sign_it_anew,
    change_a_checkpoint,
    lose_the_checkpoint,
]


def test_the_honest_log_and_its_copy_verify(honest: Path, tmp_path: Path) -> None:
    """Copying and rewriting the same entries is no tampering, so the tests below refuse for the right reason."""
    database = copied(honest, tmp_path)
    put(database, rows_of(database))
    assert verify_log.verify(LogReader(database), KEY, notes_of(honest)).problems == ()


def test_tampering_is_refused(honest: Path, tmp_path: Path) -> None:
    """However an entry is changed, dropped, swapped, inserted or cut off, with hashes made to fit, the log no longer verifies."""
    unnoticed = []
    for number in range(size(sample=48, full=480)):
        rng = random.Random(number)
        tamper = TAMPERING[number % len(TAMPERING)]
        database = copied(honest, tmp_path / str(number))
        tamper(database, rng)
        if verify_log.verify(LogReader(database), KEY).holds:
            unnoticed.append((number, tamper.__name__))
    assert unnoticed == []


def test_a_log_put_back_whole_is_refused_by_who_kept_a_checkpoint(honest: Path, tmp_path: Path) -> None:
    """Cut back with its checkpoint file the log hangs together; ``--since`` a newer checkpoint shows that it is not the log."""
    database, notes = copied(honest, tmp_path), notes_of(honest)
    truncate_to_a_checkpoint(database, random.Random(1))
    checkpoint_file(database).write_text(notes_of(database)[-1])
    assert verify_log.verify(LogReader(database), KEY).holds
    report = verify_log.verify(LogReader(database), KEY, [notes[-1]])
    assert [problem.code for problem in report.problems] == ["truncated"]


def rewrite_after_an_older_checkpoint(database: Path, rng: random.Random) -> None:
    """Another story in an entry, and the checkpoints that stand for it taken away, so that the newest left is true of what is before it."""
    keep = rng.choice([275, 250, 225])
    rows = rows_of(database)
    at = rng.randrange(275, ENTRIES)  # above the only stored tile, which would tell as well
    rows[at] = (rows[at][0], NOTARY.entry(record(at, action="sent")))
    put(database, rows[: rng.choice([ENTRIES, at + 1])])
    run(database, "DELETE FROM checkpoint WHERE size > ?", keep)
    checkpoint_file(database).write_text(notes_of(database)[-1])


def codes(database: Path, *, minutes: float = 0, key_is_here: bool = False) -> set[str]:
    """What verification says so long after the entries were written, with or without the log's secret key."""
    holder = verify_log.KeyHolder(NOTARY, kept_mark(database)) if key_is_here else None
    report = verify_log.verify(LogReader(database), KEY, at=START + timedelta(minutes=minutes), holder=holder)
    return {problem.code for problem in report.problems}


@pytest.mark.parametrize("number", range(4))
def test_entries_rewritten_after_an_older_checkpoint_are_found_and_never_signed(honest: Path, tmp_path: Path, number: int) -> None:
    """The key's holder sees it at once, everybody after a minute, and a server refuses to start on it and signs nothing, also when the
    high-water mark is taken away, another key's, or a checkpoint instead.
    """
    database = copied(honest, tmp_path)
    assert (set(), set()) == (codes(database, minutes=9), codes(database, minutes=9, key_is_here=True))
    rewrite_after_an_older_checkpoint(database, random.Random(number))
    assert "rolled_back" in codes(database, key_is_here=True)
    assert codes(database, minutes=2) == {"unsigned_tail"}
    note = kept_checkpoint(database)
    for mark in (mark_file(database).read_text(), None, "", note, STRANGER.mark(25, b"r" * 32), NOTARY.mark(10**6, b"r" * 32)):
        mark_file(database).unlink(missing_ok=True)
        if mark is not None:
            mark_file(database).write_text(mark)
        with pytest.raises(LogBroken):
            open_log(database.parent)
        assert note == kept_checkpoint(database)
        assert "unsigned_tail" in codes(database, minutes=2)
        assert codes(database, key_is_here=True)


def test_a_log_cut_back_to_a_checkpoint_is_found_by_the_high_water_mark(honest: Path, tmp_path: Path) -> None:
    """Entries, checkpoints and the file beside them all from before: the mark alone tells, to the key's holder and at the start."""
    database = copied(honest, tmp_path)
    truncate_to_a_checkpoint(database, random.Random(1))
    checkpoint_file(database).write_text(notes_of(database)[-1])
    assert codes(database, minutes=9) == set()
    assert codes(database, key_is_here=True) == {"rolled_back", "truncated"}
    with pytest.raises(LogBroken):
        open_log(tmp_path)


@pytest.mark.parametrize(
    ("numbers", "opens"),
    [
        ([10, 11, 12], True),  # what kill -9 leaves
        ([9_000_000, 9_000_001], True),  # a quiet server for hours, then entries, then kill -9
        ([10, 120_000], False),  # two minutes under no checkpoint
        ([10, 11, 50, 120_000, 12], False),
        (range(10, 10 + 516), True),  # 2 * every + GROUP
        (range(10, 10 + 517), False),
    ],
)
def test_only_what_a_crash_leaves_is_signed_at_the_start(tmp_path: Path, numbers: Sequence[int], opens: bool) -> None:
    """Entries under no checkpoint are taken over when they are few and close together; others are refused, and stay unsigned."""
    database = filled(tmp_path, 10)
    events = [record(number) for number in numbers]
    put(database, [*rows_of(database), *((event.event_id, NOTARY.entry(event)) for event in events)])
    with closing(sqlite3.connect(database)) as db:  # the tiles that the writer would have stored
        hashes = [leaf_hash(entry) for _, entry in rows_of(database)]
        tiles = [(index, root(hashes[index * 256 : index * 256 + 256])) for index in range(len(hashes) // 256)]
        db.executemany("INSERT INTO tile VALUES (?, ?)", tiles)
        db.commit()
    if opens:
        log = open_log(tmp_path, every=2)
        assert len(log.entries(0, 10_000)) == log.checkpoint().size == 10 + len(events)
        log.close()
    else:
        note = kept_checkpoint(database)
        with pytest.raises(LogBroken, match="under no checkpoint"):
            open_log(tmp_path, every=2)
        assert note == kept_checkpoint(database)


def test_unsigned_entries_are_a_problem_when_no_server_writes_and_they_are_old(tmp_path: Path) -> None:
    """Beside a server, and in the minute after a crash, unsigned entries are in order; later they are told, and so are too many."""
    (tmp_path / "crashed").mkdir()
    log = open_log(tmp_path, every=1_000, seconds=1_000)
    for number in range(5):
        log.append(record(number))
    for path in tmp_path.glob("log.*"):
        if path.suffix not in (".lock", ".sqlite-shm"):
            shutil.copy(path, tmp_path / "crashed")
    running, crashed = tmp_path / "log.sqlite", tmp_path / "crashed" / "log.sqlite"
    assert (set(), set(), {"unsigned_tail"}) == (codes(running, minutes=2), codes(crashed, minutes=0.5), codes(crashed, minutes=2))
    log.close()
    assert codes(running, minutes=2) == set()
    events = [record(number) for number in range(5, 5 + UNSIGNED_AT_MOST + 1)]
    put(running, [*rows_of(running), *((event.event_id, NOTARY.entry(event)) for event in events)])
    assert [problem.code for problem in verify_log.verify(LogReader(running), KEY).problems] == ["unsigned_tail"]
    assert UNSIGNED_AT_MOST == 2 * EVERY + GROUP, "the writer keeps to what the verifier allows"


def test_random_bits_of_the_file(honest: Path, tmp_path: Path) -> None:
    """Wherever in the database file a bit is changed: the log is refused, or every entry is still what it was."""
    expected, unnoticed = rows_of(honest), []
    whole = honest.read_bytes()
    for number in range(size(sample=40, full=400)):
        database = copied(honest, tmp_path / str(number))
        database.write_bytes(flip(whole, random.Random(number)))
        if verify_log.verify(LogReader(database), KEY).holds:
            with LogReader(database).read() as (_, _, entries):
                if [item.entry for item in entries] != [entry for _, entry in expected]:
                    unnoticed.append(number)
    assert unnoticed == []


def test_another_logs_key_is_refused(honest: Path) -> None:
    """The right name with another key proves nothing; a key that is none is an error of the caller."""
    assert not verify_log.verify(LogReader(honest), str(STRANGER.verifier_key)).holds
    with pytest.raises(BadInput):
        verify_log.verify(LogReader(honest), "key")
    with pytest.raises(NotFound):
        verify_log.verify(LogReader(honest.parent / "none.sqlite"), KEY)


def exported(honest: Path, folder: Path) -> LogFolder:
    """The export of the honest log."""
    target = LogFolder(folder)
    target.check_empty()
    assert verify_log.export(LogReader(honest), KEY, target.write) == ENTRIES
    return target


def test_the_export_verifies_in_the_product_and_with_the_auditors_file(honest: Path, tmp_path: Path, root: Path) -> None:
    """The auditor's file, run by itself, accepts the export and an old checkpoint, and says what it saw."""
    folder = exported(honest, tmp_path / "export")
    assert verify_log.verify_export(folder.read, KEY, notes_of(honest)).problems == ()
    assert (tmp_path / "export/tile/0/000").stat().st_size == 256 * 32
    assert (tmp_path / f"export/tile/0/001.p/{ENTRIES - 256}").stat().st_size == (ENTRIES - 256) * 32
    old = tmp_path / "old.checkpoint"
    old.write_text(notes_of(honest)[3])
    command = [sys.executable, "-I", str(root / "tools/verify_log.py"), str(tmp_path / "export"), "--key", KEY, "--since", str(old)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "verified: 300 entries, no gap, signed root reached, 1 older checkpoints consistent",
    ), done.stderr
    with pytest.raises(BadInput):
        folder.check_empty()


@pytest.mark.parametrize(("arguments", "expected"), [(["--key", "x"], 2), ([], 2), (["--key", str(STRANGER.verifier_key)], 1)])
def test_the_auditors_file_has_exit_codes(honest: Path, tmp_path: Path, root: Path, arguments: list[str], expected: int) -> None:
    """1 when the log does not hold for that key, 2 when it was called wrongly."""
    exported(honest, tmp_path / "export")
    command = [sys.executable, "-I", str(root / "tools/verify_log.py"), str(tmp_path / "export"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (expected, "", False)


def test_a_tampered_export_is_refused_by_both(honest: Path, tmp_path: Path, tool: ModuleType) -> None:
    """A changed bit in any file of the export, or a missing file, is refused by the product and by the auditor's file."""
    exported(honest, tmp_path / "export")
    files = sorted(path for path in (tmp_path / "export").rglob("*") if path.is_file())
    unnoticed = []
    for number in range(size(sample=40, full=400)):
        rng = random.Random(number)
        path = files[number % len(files)]
        before = path.read_bytes()
        path.unlink()
        if number % 5:
            path.write_bytes(flip(before, rng))
        ours = verify_log.verify_export(LogFolder(tmp_path / "export").read, KEY).holds
        try:
            tool.verify(tmp_path / "export", tool.read_key(KEY), [])
            theirs = True
        except tool.Refused:
            theirs = False
        path.write_bytes(before)
        if ours or theirs:
            unnoticed.append((number, path.name, ours, theirs))
    assert unnoticed == []
    assert tool.verify(tmp_path / "export", tool.read_key(KEY), [])[0] == ENTRIES


def test_one_entry_is_proven(honest: Path) -> None:
    """The proof of an entry holds for that entry, by itself, and for no other entry."""
    proven = verify_log.prove(LogReader(honest), 123, KEY)
    other = verify_log.prove(LogReader(honest), 124, KEY)
    assert proven.proof.startswith("c2sp.org/tlog-proof@v1\nindex 123\n")
    assert verify_proof(proven.proof, proven.entry, NOTARY.verifier_key) == 123
    for text, entry in (
        (proven.proof, other.entry),
        (proven.proof.replace("index 123", "index 122"), proven.entry),
        (proven.proof.replace("tlog-proof@v1", "tlog-proof@v2"), proven.entry),
        (proven.proof[:-20] + "\n", proven.entry),
        ("", proven.entry),
    ):
        with pytest.raises(LogBroken):
            verify_proof(text, entry, NOTARY.verifier_key)
    with pytest.raises(NotFound):
        verify_log.prove(LogReader(honest), ENTRIES, KEY)
