"""Whoever changes the log is found out: random tampering with the database and with the export, by one who knows how it is built."""

from __future__ import annotations

import importlib.util
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from addin_backend.accountability.merkle import leaf_hash, root
from addin_backend.accountability.notary import Notary
from addin_backend.accountability.proof import verify_proof
from addin_backend.edges.accountability_log.folder import LogFolder
from addin_backend.edges.accountability_log.reader import LogReader, checkpoint_file
from addin_backend.errors import BadInput, LogBroken, NotFound
from addin_backend.flows import verify_log
from log_lab import KEY, NOTARY, filled, record
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
    for path in (database, checkpoint_file(database)):
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
