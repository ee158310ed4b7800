"""The store of jobs: atomic on the key, durable, and unreadable without the key ring."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from addin_backend.edges.keys import KeyFile
from addin_backend.edges.store import SqlStore
from addin_backend.errors import Conflict, NotFound, Unavailable
from addin_backend.model.decision import Protection
from addin_backend.model.sending import Group, PortalPackage, SendJob, SendState
from addin_backend.sealing import envelope

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MAILBOX = "mette.holm@nordlys.example"
RECIPIENT = "bo.madsen@postkasse.example"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with a real key ring."""
    ring = KeyFile.load_or_create(tmp_path / "keys.json")
    made = SqlStore(
        f"sqlite:///{tmp_path}/store.sqlite",
        seal=lambda content, name: envelope.seal_bytes(content, name.decode(), ring),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name.decode(), ring),
        keyed=lambda kind, value: ring.secret(f"store/{kind}/{value}").hex(),
    )
    yield made
    made.close()


def job(job_id: str = "j1", key: str = "k1", digest: str = "0" * 64) -> SendJob:
    """A job with one group."""
    group = Group(group_id="clear", protection=Protection.TLS, addresses=(RECIPIENT,), message_id="<x@y>", state=SendState.DECIDED)
    return SendJob(
        job_id=job_id,
        idempotency_key=key,
        mailbox=MAILBOX,
        digest=digest,
        draft=None,
        policy_revision="r",
        state=SendState.DECIDED,
        groups=(group,),
        created_at=NOW,
    )


def test_a_job_comes_back_as_it_was(store: SqlStore) -> None:
    """Create, read, change, read."""
    assert store.create(job(), b"sealed") == job()
    changed = msgspec.structs.replace(job(), state=SendState.SENT)
    store.save(changed)
    assert (store.job("j1"), store.find(MAILBOX.upper(), "k1"), store.get_bytes("j1", "content")) == (changed, changed, b"sealed")


def test_the_same_key_gives_the_same_job_and_another_digest_is_refused(store: SqlStore) -> None:
    """A repeated request is the same send; the same key with other content is an error."""
    store.create(job(), b"first")
    assert store.create(job(job_id="j2"), b"second").job_id == "j1"
    with pytest.raises(Conflict):
        store.create(job(job_id="j3", digest="1" * 64), b"third")


def test_twenty_presses_at_once_make_one_job(store: SqlStore) -> None:
    """The database decides who was first."""
    with ThreadPoolExecutor(10) as pool:
        ids = set(pool.map(lambda n: store.create(job(job_id=f"j{n}"), b"x").job_id, range(20)))
    assert len(ids) == 1
    assert list(store.unfinished()) == list(ids)


def test_what_is_not_there_is_not_found(store: SqlStore) -> None:
    """Nothing is made up."""
    for look in (lambda: store.job("x"), lambda: store.get_bytes("x", "content"), lambda: store.package("x"), lambda: store.save(job())):
        with pytest.raises(NotFound):
            look()


def test_forgotten_bytes_are_gone_from_the_file(store: SqlStore, tmp_path: Path) -> None:
    """Sealed content leaves the database file itself once the job is done."""
    store.create(job(), b"0123456789 sealed content that must go" * 200)
    store.save(job(), forget=True)
    store.close()
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"sealed content that must go" not in (tmp_path / "store.sqlite").read_bytes()


def test_a_package_stays_as_it_was_first_put(store: SqlStore) -> None:
    """Sealing again after a crash changes nothing."""
    package = PortalPackage(package_id="p", job_id="j1", envelope=b"one", created_at=NOW, expires_at=NOW + timedelta(days=30))
    store.put_package(package)
    store.put_package(msgspec.structs.replace(package, envelope=b"two"))
    assert store.package("p") == package


def test_no_address_can_be_read_in_the_database(store: SqlStore, tmp_path: Path) -> None:
    """A stolen file tells neither who sent nor to whom."""
    store.create(job(), b"")
    store.close()
    for path in tmp_path.glob("store.sqlite*"):
        content = path.read_bytes()
        assert not any(word.encode() in content for word in (MAILBOX, RECIPIENT, "postkasse", "nordlys")), path.name


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    """A folder that is not there is an error for a person, and quotes nothing."""
    with pytest.raises(Unavailable) as caught:
        SqlStore(f"sqlite:///{tmp_path}/no/such/store.sqlite", seal=lambda c, n: c, unseal=lambda c, n: c, keyed=lambda k, v: v)
    assert str(tmp_path) not in str(caught.value)
