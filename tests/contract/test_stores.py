"""What the stores of sends, questions and contacts must do, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from addin_backend.edges.contact_history import SqlContactHistory
from addin_backend.edges.durable import DbosWorkflows
from addin_backend.edges.executor_lock import ExecutorLock
from addin_backend.edges.question_store import QuestionStore
from addin_backend.edges.send_rounds import SqlRounds
from addin_backend.edges.store import SqlStore
from addin_backend.edges.wait_store import SqlWaits
from addin_backend.errors import Conflict, NotFound, Unavailable
from addin_backend.model.decision import Protection
from addin_backend.model.facts import ThreadProtection
from addin_backend.model.past import DealtWith, Departed, PastQuestion
from addin_backend.model.policy import RecordedQuestion
from addin_backend.model.sending import Act, Draft, Group, PortalPackage, Round, SendJob, SendState
from addin_backend.model.waiting import Heard, Teller, Waiting, Wish, after_hearing, asked
from addin_backend.ports import Fenced, Steps

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
METTE, BO = "mette.holm@nordlys.example", "bo.madsen@postkasse.example"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.sqlite"
    return str(request.getfixturevalue("cluster").fresh())


def _keyed(kind: str, value: str) -> str:
    return f"{kind} {value}".encode().hex()[-60:]


def _same(content: bytes, _name: object) -> bytes:
    return content


@contextmanager
def store_at(url: str) -> Iterator[SqlStore]:
    """The store of jobs."""
    store = SqlStore(url, _same, _same, _keyed)
    yield store
    store.close()


def job(number: int = 1, **changes: Any) -> SendJob:
    """A job with a draft and one group."""
    group = Group(group_id="clear", protection=Protection.TLS, addresses=(BO,), message_id=f"<{number}@x>", state=SendState.DECIDED)
    made = SendJob(
        job_id=f"job{number}", idempotency_key=f"key{number}", mailbox=METTE, digest="d" * 64,
        draft=Draft(item_id=f"d{number}", change_key="c"),
        policy_revision="r", state=SendState.DECIDED, groups=(group,), created_at=NOW + timedelta(seconds=number),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def test_a_job_its_bytes_and_its_end(url: str) -> None:
    """Created, found, changed, listed, forgotten; what is not there is not found."""
    with store_at(url) as store:
        assert store.create(job(), b"content") == job()
        assert (store.find(METTE.upper(), "key1"), store.get_bytes("job1", "content")) == (job(), b"content")
        copy = Draft(item_id="x", change_key="y")
        changed = msgspec.structs.replace(
            job(), state=SendState.UNCERTAIN, groups=(msgspec.structs.replace(job().groups[0], state=SendState.UNCERTAIN, copy=copy),)
        )
        store.save(changed)
        store.put_bytes("job1", "clear", b"one")
        store.put_bytes("job1", "clear", b"two")
        assert (store.job("job1"), store.get_bytes("job1", "clear"), store.newest(5)) == (changed, b"two", [changed])
        store.save(changed, forget=True)
        for look in (lambda: store.get_bytes("job1", "clear"), lambda: store.job("none"), lambda: store.package("none")):
            with pytest.raises(NotFound):
                look()


def test_twenty_presses_at_once_make_one_job_and_one_draft_one_send(url: str) -> None:
    """The database decides who was first, under one key and for one draft."""
    with store_at(url) as store, ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(lambda number: store.create(job(1, job_id=f"try{number}"), b"x").job_id, range(20)))) == 1
        draft = Draft(item_id="one", change_key="c")

        def press(number: int) -> str:
            try:
                return store.create(job(number, draft=draft), b"x").job_id
            except Conflict:
                return ""

        (winner,) = filter(None, pool.map(press, range(100, 120)))
        held = store.job(winner)
        with pytest.raises(Conflict):
            store.claim_draft(job(200, draft=draft))
        store.claim_draft(held)
        store.save(msgspec.structs.replace(held, state=SendState.PARTLY_SENT))
        store.claim_draft(held)
        with pytest.raises(Conflict):
            store.create(job(201, draft=draft), b"x")


def test_a_package_stays_as_it_was_first_put(url: str) -> None:
    """Its link may have been sent."""
    first = PortalPackage(package_id="p", job_id="j", envelope=b"one", created_at=NOW, expires_at=NOW + timedelta(days=30))
    with store_at(url) as store:
        store.put_package(first)
        store.put_package(msgspec.structs.replace(first, envelope=b"two"))
        assert store.package("p") == first


def test_rounds_begin_one_at_a_time(url: str) -> None:
    """Of twenty who begin the same round one may; it is due when it was put on for, and a stopped job stays stopped."""
    rounds = SqlRounds(url)
    assert rounds.round("j") == Round()
    rounds.end("j", 1, NOW, waits=True)
    assert ([("j", 1)], [], ["j"]) == (rounds.due(NOW), rounds.due(NOW - timedelta(seconds=1)), rounds.waiting(5))
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(lambda _: rounds.begin("j", 2, Act.SEND_AGAIN), range(20))) == 1
        assert sum(pool.map(lambda _: rounds.begin("new", 2, None), range(20))) == 1
    assert (Round(number=2, act=Act.SEND_AGAIN, running=True), [("j", 2), ("new", 2)]) == (rounds.round("j"), sorted(rounds.running()))
    assert not rounds.begin("j", 3, None)
    rounds.end("j", 2, None, waits=False)
    rounds.stop("j")
    rounds.stop("other")
    assert (True, True, []) == (rounds.round("j").stop, rounds.round("other").stop, rounds.due(NOW + timedelta(days=9)))
    rounds.close()


def test_a_lock_that_ran_out_is_taken_and_the_stale_one_refused(url: str) -> None:
    """While it is renewed nobody can take it; stopped, it runs out, its token grows, and the first process finds itself refused."""
    first, second = ExecutorLock(url, "first", life=0.9), ExecutorLock(url, "second", life=60)
    first.take("job")
    time.sleep(1.5)
    first.check("job")
    assert second.expired() == []
    _stop_renewing(first)
    eventually(lambda: second.expired() == ["first"])
    for refused in (first.check, first.take):
        with pytest.raises(Fenced):
            refused("job")
    second.take("job")
    second.check("job")
    second.taken_over("first")
    assert second.expired() == []
    second.close()
    first._engine.dispose()


def test_a_process_that_starts_again_gets_a_new_token(url: str) -> None:
    """What it had begun under the old one it must take again."""
    first = ExecutorLock(url, "one")
    first.take("job")
    again = ExecutorLock(url, "one")
    assert again.token == first.token + 1
    for lock in (first, again):
        with pytest.raises(Fenced):
            lock.check("job")
    again.take("job")
    again.check("job")
    first.close()
    again.close()


def _stop_renewing(lock: ExecutorLock) -> None:
    """As a process that was stopped."""
    lock._closing.set()
    lock._renewing.join()


def eventually(holds: Callable[[], bool]) -> None:
    """Within ten seconds."""
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_questions_are_kept_once(url: str) -> None:
    """The same event again changes nothing; the newest first; forgotten is gone."""
    questions = QuestionStore(url, _same, _same)
    times = [NOW + timedelta(hours=number) for number in range(3)]
    kept = [RecordedQuestion(event_id=f"e{at.hour}", at=at, revision="r", question=b"q", answer=b"a") for at in times]
    for item in (*kept, msgspec.structs.replace(kept[0], question=b"other")):
        questions.keep(item)
    assert (questions.question("e12"), list(questions.newest(2))) == (kept[0], [kept[2], kept[1]])
    questions.forget("e13")
    assert questions.forget_before(NOW + timedelta(minutes=1)) == 1
    assert list(questions.newest(9)) == [kept[2]]
    questions.close()


def test_contacts_are_remembered(url: str) -> None:
    """Written by many threads at once, and read back."""
    history = SqlContactHistory(url, _keyed, _same, _same)
    dealt = DealtWith(address=BO, named_domain="postkasse.example", protection=ThreadProtection.TLS, told=frozenset({"RC-09"}))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: history.remember(Departed(mail=f"m{number}", sender=METTE, at=NOW, recipients=(dealt,))), range(16)))
    question = PastQuestion(sender=METTE, at=NOW, since=NOW - timedelta(days=1), addresses=(BO, "new@postkasse.example"))
    past = history.past(question, 10.0)
    assert past is not None
    assert (frozenset({BO}), {BO: frozenset({"RC-09"})}) == (past.written_to, past.told)
    history.close()


def test_the_engine_runs_each_work_once(url: str) -> None:
    """Started twice it runs once; closed and made again it is known as ended."""
    ran: list[str] = []
    lock = threading.Lock()

    def workflow(steps: Steps, work: str) -> None:
        with lock:
            ran.append(work)
        assert steps.run("one", lambda: "ok") == "ok"

    for _ in range(2):
        durable = DbosWorkflows(url, workflow, executor_id="x", version="1")
        for number in range(5):
            durable.start(f"work{number}")
            durable.start(f"work{number}")
        assert all(durable.wait(f"work{number}", 20) for number in range(5))
        durable.close()
    assert sorted(ran) == [f"work{number}" for number in range(5)]


def test_a_database_that_is_away_is_said_to_be() -> None:
    """PostgreSQL does not answer: Unavailable, and nothing of the address in it."""
    with pytest.raises(Unavailable) as away:
        SqlStore("postgresql+psycopg://name:secret@127.0.0.1:9/base?connect_timeout=2", _same, _same, _keyed)
    assert "secret" not in str(away.value)


def _waiting(address: str) -> Waiting:
    return Waiting(
        mail="job", job_id="job", mailbox=METTE, address=address, message_id="<job.clear@nordlys.example>", left_at=NOW, first_seen=NOW,
        last_seen=NOW, teller=Teller.LOG,
    )  # fmt: skip


def test_what_waits_is_changed_by_one_at_a_time(url: str) -> None:
    """Four who press at the same time make one wish; a row that is over is not looked at; content is sealed, and goes."""
    sealed: list[bytes] = []

    def seal(content: bytes, name: str) -> bytes:
        sealed.append(bytes(one ^ 255 for one in content))
        return sealed[-1]

    store = SqlWaits(url, seal, lambda content, _name: bytes(one ^ 255 for one in content), _keyed)
    try:
        assert store.change("job", BO, lambda known: known) is None
        store.change("job", BO, lambda known: known or _waiting(BO))

        def press(number: int) -> None:
            def act(known: Waiting | None) -> Waiting | None:
                return asked(known, NOW, METTE, str(number), "da") if known is not None and known.wish is Wish.NONE else known

            store.change("job", BO.upper(), act, b"the mail")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(press, range(4)))
        (row,) = store.of("job")
        assert (1, b"the mail", [row]) == (row.asks, store.content("job", BO), list(store.open()))
        store.drop_content("job", BO)
        with pytest.raises(NotFound):
            store.content("job", BO)
        ended = store.change("job", BO, lambda known: after_hearing(known or _waiting(BO), Heard.DELIVERED, NOW, Teller.LOG))
        assert ended is not None
        assert [] == list(store.handed_over())
        done = msgspec.structs.replace(ended, recorded=("deferred", "asked", "delivered"), told=("void 1",))
        store.change("job", BO, lambda _known: done)
        assert ([], [done]) == (list(store.open()), list(store.latest(5)))
        store.forget_before(NOW + timedelta(days=1))
        assert [] == list(store.of("job"))
        assert sealed
    finally:
        store.close()
