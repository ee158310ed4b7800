"""The store: one job per key however often it is asked for, sealed, crash-safe, and nobody's address in the file."""

from __future__ import annotations

import hashlib
import hmac
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from addin_backend.edges.database import sqlite_url
from addin_backend.edges.store import SqlStore
from addin_backend.errors import BadRegister, Conflict, NotFound, Unavailable
from addin_backend.model.decision import Protection
from addin_backend.model.sending import Draft, Group, PortalPackage, SendJob, SendState

KEY = b"k" * 32
AT = datetime(2026, 11, 23, 12, 30, 0, 123456, tzinfo=UTC)
MAILBOX = "mette.holm@nordlys.example"
OUTSIDER = "bo.madsen@postkasse.example"


def seal(plain: bytes, aad: bytes) -> bytes:
    """AES-256-GCM with a random nonce before it."""
    nonce = os.urandom(12)
    return nonce + AESGCM(KEY).encrypt(nonce, plain, aad)


def unseal(sealed: bytes, aad: bytes) -> bytes:
    """The reverse."""
    return AESGCM(KEY).decrypt(sealed[:12], sealed[12:], aad)


def keyed(kind: str, value: str) -> str:
    """A keyed digest."""
    return hmac.new(KEY, f"{kind}\n{value}".encode(), hashlib.sha256).hexdigest()


def open_store(folder: Path) -> SqlStore:
    """The store in a folder."""
    return SqlStore(sqlite_url(folder / "store.sqlite"), seal, unseal, keyed)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store."""
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def job(number: int = 1, **changes: object) -> SendJob:
    """A job with this number and one recipient."""
    group = Group(
        group_id="portal0",
        protection=Protection.PORTAL,
        addresses=(OUTSIDER,),
        message_id=f"<{number}.portal0@nordlys.example>",
        state=SendState.DECIDED,
    )
    made = SendJob(
        job_id=f"job{number}",
        idempotency_key=f"window of {OUTSIDER} {number}",
        mailbox=MAILBOX,
        digest="d" * 64,
        draft=Draft(item_id=f"AAMk{number}", change_key="CQ"),
        policy_revision="r",
        state=SendState.DECIDED,
        groups=(group,),
        created_at=AT + timedelta(seconds=number),
    )
    return msgspec.structs.replace(made, **changes)


def test_a_job_comes_back_as_it_was(store: SqlStore) -> None:
    """By id and by key, with its content; the mailbox is found in whatever case it is written."""
    assert store.create(job(), b"sealed content") == job()
    assert store.job("job1") == store.find(MAILBOX.upper(), job().idempotency_key) == job()
    assert store.get_bytes("job1", "content") == b"sealed content"
    assert store.find(MAILBOX, "another") is None
    assert store.find(OUTSIDER, job().idempotency_key) is None
    with pytest.raises(NotFound):
        store.job("job2")


def test_the_same_key_is_the_same_job(store: SqlStore) -> None:
    """Asked again with the same content the first job is the answer, and stays as it was; other content is a conflict."""
    store.create(job(), b"first")
    assert store.create(job(job_id="job2"), b"second") == job()
    assert store.get_bytes("job1", "content") == b"first"
    with pytest.raises(NotFound):
        store.get_bytes("job2", "content")
    with pytest.raises(Conflict) as refused:
        store.create(job(job_id="job3", digest="e" * 64), b"third")
    assert refused.value.field == "idempotency_key"
    assert store.create(job(job_id="job4", mailbox="karin.bach@nordlys.example"), b"fourth").job_id == "job4"


def test_many_at_once_make_one_job(store: SqlStore) -> None:
    """Sixteen threads with one key: one job, and all sixteen get it; with keys of their own: sixteen jobs."""
    with ThreadPoolExecutor(16) as pool:
        same = list(pool.map(lambda number: store.create(job(1, job_id=f"try{number}"), b"x").job_id, range(16)))
        own = list(pool.map(lambda number: store.create(job(100 + number), b"x").job_id, range(16)))
    assert len(set(same)) == 1
    assert len(set(own)) == 16
    assert len(store.jobs(MAILBOX, 100)) == 17


def test_one_draft_is_sent_by_one_job_at_a_time(store: SqlStore) -> None:
    """Sixteen windows with a key each and the same draft: one job. The draft is free again when that job has ended for certain."""
    draft = Draft(item_id="AAMk one draft", change_key="CQ")

    def press(number: int) -> str:
        try:
            return store.create(job(number, draft=draft), b"x").job_id
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(press, range(1, 17)))
    (winner,) = [answer for answer in answers if answer != "refused"]
    number = int(winner.removeprefix("job"))
    store.save(job(number, draft=draft, state=SendState.UNCERTAIN))
    assert press(98) == "refused"
    store.save(job(number, draft=draft, state=SendState.NOT_SENT))
    assert press(99) == "job99"


def test_states_decide_what_is_unfinished(store: SqlStore) -> None:
    """Exactly decided, sealed and sending jobs may need their workflow; the list of a mailbox is newest first."""
    for number, state in enumerate(SendState, 1):
        store.create(job(number), b"x")
        store.save(job(number, state=state, error_code="unavailable"))
    assert [store.job(job_id).state for job_id in store.unfinished()] == [SendState.DECIDED, SendState.SEALED, SendState.SENDING]
    assert [item.job_id for item in store.jobs(MAILBOX, 2)] == ["job7", "job6"]
    assert store.jobs(OUTSIDER, 2) == []
    with pytest.raises(NotFound):
        store.save(job(99))


def test_bytes_are_replaced_and_forgotten(store: SqlStore) -> None:
    """A step that runs again replaces its bytes; forgetting takes all of one job and nothing of another."""
    store.create(job(1), b"content")
    for name in ("content", "smime"):
        store.put_bytes("job1", name, b"old")
        store.put_bytes("job1", name, b"new")
    store.put_bytes("job2", "content", b"other")
    assert store.get_bytes("job1", "smime") == b"new"
    store.save(job(1), forget=True)
    store.save(job(1), forget=True)
    assert store.get_bytes("job2", "content") == b"other"
    for name in ("content", "smime"):
        with pytest.raises(NotFound):
            store.get_bytes("job1", name)


def test_a_package_stays_as_it_was_first(store: SqlStore) -> None:
    """A package that is put again does not change: its link may have been sent."""
    package = PortalPackage(package_id="p1", job_id="job1", envelope=b"sealed", created_at=AT, expires_at=AT + timedelta(days=30))
    store.put_package(package)
    store.put_package(msgspec.structs.replace(package, envelope=b"other"))
    assert store.package("p1") == package
    with pytest.raises(NotFound):
        store.package("p2")


def test_no_address_in_the_file(tmp_path: Path) -> None:
    """Neither mailbox, recipients, Message-ID nor the client's key stand in the database, its log or its index files in clear."""
    store = open_store(tmp_path)
    store.create(job(), seal(f"Kære {OUTSIDER}".encode(), b"job1"))
    store.save(job(state=SendState.SENT))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    for planted in (MAILBOX, OUTSIDER, "mette.holm", "bo.madsen", "window of", "portal0@nordlys", "AAMk"):
        assert planted.encode() not in stored, planted
    assert b"job1" in stored


def test_a_row_put_in_anothers_place_is_not_opened(tmp_path: Path) -> None:
    """A sealed job belongs to its id: moved to another row it does not open."""
    store = open_store(tmp_path)
    store.create(job(1), b"x")
    store.create(job(2), b"x")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as db, db:
        db.execute("UPDATE jobs SET sealed = (SELECT sealed FROM jobs WHERE job_id = 'job1') WHERE job_id = 'job2'")
    with pytest.raises(InvalidTag):
        store.job("job2")
    store.close()


def test_opened_twice_and_never_by_another_version(tmp_path: Path) -> None:
    """Opening again changes nothing; a database of another version is refused with both numbers."""
    for _ in range(2):
        open_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as db, db:
        assert db.execute("SELECT number FROM store_version").fetchall() == [(1,)]
        db.execute("UPDATE store_version SET number = 7")
    with pytest.raises(BadRegister, match="version 7"):
        open_store(tmp_path)


def test_a_database_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    """When the file cannot be used the error says that nothing was sent, and quotes nothing."""
    (tmp_path / "store.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(Unavailable) as away:
        open_store(tmp_path)
    assert "sqlite" not in str(away.value).lower()


def test_a_created_job_survives_kill_9(tmp_path: Path, root: Path) -> None:
    """Every job that ``create`` answered for is there after kill -9, with its content: never one without the other."""
    child = f"""
        import sys
        from pathlib import Path
        sys.path[:0] = [{str(root)!r}, {str(root / "tests" / "edges")!r}]
        from test_store import job, open_store
        store = open_store(Path({str(tmp_path)!r}))
        for number in range(100_000):
            print(store.create(job(number), b"content").job_id, flush=True)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(child)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    store = open_store(tmp_path)
    answered = [line.strip() for line in lines if line.endswith("\n")]
    assert len(answered) >= 50
    unfinished = store.unfinished()
    assert set(answered) <= set(unfinished)
    assert all(store.get_bytes(job_id, "content") == b"content" for job_id in unfinished)
    store.close()
