"""Durable workflows over real crashes: every recorded step runs once, started twice is one run, nothing of the mail is stored."""

from __future__ import annotations

import base64
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from addin_backend.edges.durable import DbosWorkflows, Interrupted, Words, error_of
from addin_backend.errors import Conflict, NotFound, SendSecurelyError, Unavailable
from addin_backend.ports import Steps
from durable_child import SECRET, STEPS

ALL = [f"job {name}" for name in (*STEPS, "end")]


def child(root: Path, folder: Path, crash: str, what: str, *jobs: str) -> subprocess.CompletedProcess[str]:
    """Run the child process to its end, or to its death."""
    script = [sys.executable, str(root / "tests/edges/durable_child.py"), str(folder / "w.sqlite"), str(folder / "journal"), crash, what]
    return subprocess.run([*script, *jobs], capture_output=True, text=True, timeout=60, check=False, env={"PYTHONPATH": str(root)})


def journal(folder: Path) -> list[str]:
    """What the steps noted."""
    return (folder / "journal").read_text().splitlines()


@pytest.mark.parametrize(
    ("crash", "expected"),
    [
        ("before one", ALL),
        ("in two", [*ALL[:2], *ALL[1:]]),
        ("before end", ALL),
    ],
)
def test_kill_9_between_and_in_steps(root: Path, tmp_path: Path, crash: str, expected: list[str]) -> None:
    """After kill -9 and a restart the workflow ends by itself; a recorded step ran once, and only the one cut off ran again."""
    assert child(root, tmp_path, crash, "run", "job").returncode == -signal.SIGKILL
    again = child(root, tmp_path, "", "recover", "job")
    assert (again.returncode, again.stderr) == (0, "")
    assert journal(tmp_path) == expected


def test_what_kills_the_process_in_every_life_is_left_to_a_person(root: Path, tmp_path: Path) -> None:
    """After so many lives the engine does not begin it any more. It is named, so that somebody looks; given up, it is not named again."""
    assert child(root, tmp_path, "in two", "run", "job").returncode == -signal.SIGKILL
    lives = 0
    while child(root, tmp_path, "in two", "recover", "job").returncode == -signal.SIGKILL:
        lives += 1
        assert lives < 10
    assert child(root, tmp_path, "in two", "lying").returncode == 0
    assert journal(tmp_path)[-2:] == ["[('job', True)]", "True []"]


def test_an_error_is_the_same_after_a_crash(root: Path, tmp_path: Path) -> None:
    """A step's error is recorded as its code, ends the workflow, and comes back as the same error: the step does not run again."""
    jobs = ("fails-known", "fails-otherwise")
    for job in jobs:
        assert child(root, tmp_path, "after error", "run", job).returncode == -signal.SIGKILL
    assert child(root, tmp_path, "", "recover", *jobs).returncode == 0
    lines = Counter(journal(tmp_path))
    assert lines == {
        "fails-known one": 1,
        "fails-known two": 1,
        "fails-known NotFound False": 2,
        "fails-otherwise one": 1,
        "fails-otherwise two": 1,
        "fails-otherwise SendSecurelyError False": 2,
    }


def test_nothing_of_the_mail_is_stored_or_logged(root: Path, tmp_path: Path) -> None:
    """What an exception quoted stands neither in the database, as text or base64, nor in what the process printed."""
    done = child(root, tmp_path, "", "run", "fails-known", "fails-otherwise", "job")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("w.sqlite*"))
    with closing(sqlite3.connect(tmp_path / "w.sqlite")) as db:
        kept = [str(row) for row in db.execute("SELECT output, error, serialization FROM operation_outputs")]
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert "error_code" in "".join(kept)
    for piece in (SECRET, "bo.madsen", base64.b64encode(SECRET.encode()).decode()[4:20]):
        assert piece.encode() not in stored
        assert piece not in done.stdout + done.stderr + "".join(kept)
    assert "Traceback" not in done.stderr


def test_twenty_at_once_started_twice_each_run_once(tmp_path: Path) -> None:
    """Twenty jobs started from several threads, each of them twice, run once each; waiting ends for all; an unknown job never ends."""
    runs: Counter[str] = Counter()
    lock = threading.Lock()

    def count(job_id: str) -> str:
        with lock:
            runs[job_id] += 1
        return "ok"

    def workflow(steps: Steps, job_id: str) -> None:
        assert steps.run("count", lambda: count(job_id)) == "ok"

    durable = DbosWorkflows(f"sqlite:///{tmp_path}/w.sqlite", workflow, executor_id="test", version="1")
    jobs = [f"job{number}" for number in range(20)]
    threads = [threading.Thread(target=durable.start, args=(job_id,)) for job_id in jobs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(durable.wait(job_id, 20) for job_id in jobs)
    durable.start("job3")
    assert durable.wait("job3", 20)
    assert not durable.wait("unknown", 0.1)
    with pytest.raises(RuntimeError, match="one durable engine"):
        DbosWorkflows(f"sqlite:///{tmp_path}/x.sqlite", workflow, executor_id="test", version="1")
    durable.close()
    durable.close()
    assert runs == dict.fromkeys(jobs, 1)
    with pytest.raises(Unavailable):
        durable.start("late")


def test_a_fault_outside_the_steps_is_tried_again_at_the_next_start(tmp_path: Path) -> None:
    """A workflow that stumbles over something unforeseen does not count as ended: the next start takes it up where it was."""
    first_life, ran = True, Counter[str]()

    def count(name: str) -> str:
        ran[name] += 1
        return "ok"

    def workflow(steps: Steps, job_id: str) -> None:
        steps.run("one", lambda: count("one"))
        if first_life:
            raise OSError("the disk is full")
        steps.run("two", lambda: count("two"))

    durable = DbosWorkflows(f"sqlite:///{tmp_path}/w.sqlite", workflow, executor_id="test", version="1")
    durable.start("job")
    assert not durable.wait("job", 1)
    durable.close()
    first_life = False
    durable = DbosWorkflows(f"sqlite:///{tmp_path}/w.sqlite", workflow, executor_id="test", version="1")
    assert durable.wait("job", 20)
    durable.close()
    assert ran == {"one": 1, "two": 1}


@pytest.mark.parametrize("value", [b"bytes", object(), {1, 2}, float("nan"), "x" * 5_000, ["x"] * 5_000])
def test_only_words_are_stored(value: object) -> None:
    """Bytes, objects and long texts are refused, so that no mail gets into the engine's database by mistake."""
    with pytest.raises(ValueError, match="words and ids only"):
        Words().serialize(value)


def test_errors_come_back_by_their_code() -> None:
    """The code of an error gives the same kind of error, however deep it is derived; an unknown one is an internal error."""
    words = Words()
    for kind in (NotFound, Conflict, Unavailable):
        back = words.deserialize(words.serialize(kind("bo.madsen@postkasse.example")))
        assert (type(back), back.sentence) == (kind, kind.sentence)
    assert type(error_of("invented")) is SendSecurelyError
    assert words.deserialize(words.serialize({"args": ["job"], "kwargs": {}})) == {"args": ["job"], "kwargs": {}}
    assert not issubclass(Interrupted, Exception)
