"""The embedded engine: what happens when it is slow, killed, wrong or asked by many at once."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from addin_backend.edges.rego_embedded import RegorusWorker, compile_embedded
from addin_backend.edges.rego_study import syntax_tree
from addin_backend.ports import EngineFailure, PolicySet
from policy.engines import PATIENCE, base_question, product_policies

SLOW = b"""package sendsecurely.decision

_many := numbers.range(1, 4000)

default answer := {"action": "block", "recipients": [], "findings": []}

answer := {"action": "block", "recipients": [], "findings": [], "n": n} if {
	input.slow
	n := count([x | some x in _many; some y in _many; x == y])
}
"""
QUICK = json.dumps({}).encode()
LONG = json.dumps({"slow": True}).encode()


def only(source: bytes, revision: str = "r1") -> PolicySet:
    """A policy set of one rule file."""
    return PolicySet(revision=revision, files=(("sendsecurely/decision/decision.rego", source),))


@pytest.fixture
def slow() -> RegorusWorker:
    """An engine whose rule runs for seconds when asked to."""
    return RegorusWorker(only(SLOW))


def failure(engine: RegorusWorker, question: bytes, deadline: float = PATIENCE, revision: str = "r1") -> EngineFailure:
    """The EngineFailure that a question ends in."""
    with pytest.raises(EngineFailure) as caught:
        engine.evaluate(revision, question, deadline)
    return caught.value


def test_the_deadline_kills_the_worker_and_the_next_question_is_answered(slow: RegorusWorker) -> None:
    """An evaluation that cannot be interrupted ends at the deadline as timeout; another process answers the next one."""
    before = slow.pids()
    started = time.monotonic()
    assert failure(slow, LONG, deadline=0.3).kind == "timeout"
    assert time.monotonic() - started < 2.0
    assert json.loads(slow.evaluate("r1", QUICK, PATIENCE))["action"] == "block"
    assert slow.pids() != before
    slow.close()


def test_a_worker_killed_in_the_middle_of_a_question_is_a_crash_and_the_next_question_is_answered(slow: RegorusWorker) -> None:
    """SIGKILL while it evaluates: EngineFailure("crash"), and then an answer from a new worker."""
    (pid,) = slow.pids()
    killer = threading.Timer(0.3, os.kill, (pid, signal.SIGKILL))
    killer.start()
    assert failure(slow, LONG).kind == "crash"
    killer.join()
    assert json.loads(slow.evaluate("r1", QUICK, PATIENCE))["action"] == "block"
    slow.close()


def test_a_worker_killed_between_questions_fails_one_question_at_most(slow: RegorusWorker) -> None:
    """A dead worker is a crash, never an answer, and it is replaced."""
    os.kill(slow.pids()[0], signal.SIGKILL)
    time.sleep(0.1)
    assert failure(slow, QUICK).kind == "crash"
    assert slow.evaluate("r1", QUICK, PATIENCE)
    slow.close()


def test_a_worker_that_cannot_be_started_is_started_when_the_machine_can_again(
    slow: RegorusWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No memory for a process: every question fails as crash or unavailable, none raises anything else, and then it answers again."""

    def refuse(*arguments: object, **settings: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with monkeypatch.context() as machine:
        machine.setattr(subprocess, "Popen", refuse)
        os.kill(slow.pids()[0], signal.SIGKILL)
        time.sleep(0.1)
        assert [failure(slow, QUICK).kind for _ in range(4)] == ["crash", "unavailable", "unavailable", "unavailable"]
        assert len(list(Path("/proc/self/fd").iterdir())) < descriptors
        with pytest.raises(EngineFailure, match="unavailable"):
            RegorusWorker(only(SLOW))
    assert slow.evaluate("r1", QUICK, PATIENCE)
    slow.close()


def test_deadlines_shorter_than_a_start_do_not_keep_a_worker_from_starting(slow: RegorusWorker) -> None:
    """While a new worker compiles, questions time out without killing it; the same process then answers."""
    os.kill(slow.pids()[0], signal.SIGKILL)
    time.sleep(0.1)
    assert failure(slow, QUICK).kind == "crash"
    (starting,) = slow.pids()
    os.kill(starting, signal.SIGSTOP)
    assert [failure(slow, QUICK, deadline=0.01).kind for _ in range(20)] == ["timeout"] * 20
    os.kill(starting, signal.SIGCONT)
    assert json.loads(slow.evaluate("r1", QUICK, PATIENCE))["action"] == "block"
    assert slow.pids() == (starting,)
    slow.close()


def test_a_worker_that_never_gets_ready_is_replaced_after_its_start_limit(slow: RegorusWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that hangs does not hold its place for ever."""
    monkeypatch.setattr("addin_backend.edges.rego_embedded._START_SECONDS", 0.3)
    os.kill(slow.pids()[0], signal.SIGKILL)
    time.sleep(0.1)
    assert failure(slow, QUICK).kind == "crash"
    monkeypatch.undo()
    (hanging,) = slow.pids()
    os.kill(hanging, signal.SIGSTOP)
    assert failure(slow, QUICK, deadline=PATIENCE).kind == "timeout"
    assert slow.evaluate("r1", QUICK, PATIENCE)
    assert hanging not in slow.pids()
    slow.close()


def test_waiting_for_a_busy_worker_counts_in_the_deadline(slow: RegorusWorker) -> None:
    """While one thread holds the only worker, another gets its timeout in time."""
    holder = threading.Thread(target=lambda: failure(slow, LONG, deadline=1.5))
    holder.start()
    time.sleep(0.2)
    started = time.monotonic()
    assert failure(slow, QUICK, deadline=0.2).kind == "timeout"
    assert time.monotonic() - started < 1.0
    holder.join()
    slow.close()


def test_many_threads_get_the_answer_to_their_own_question() -> None:
    """400 questions from 8 threads over 2 workers: every answer carries the number of its question."""
    source = b'package sendsecurely.decision\n\nanswer := {"n": input.n}\n'
    engine = RegorusWorker(only(source), workers=2)

    def ask(number: int) -> bool:
        return bool(json.loads(engine.evaluate("r1", json.dumps({"n": number}).encode(), PATIENCE)) == {"n": number})

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(400)))
    engine.close()


def test_another_revision_is_not_answered(slow: RegorusWorker) -> None:
    """A question meant for other rules is refused before it is asked."""
    assert failure(slow, QUICK, revision="r2").kind == "unavailable"
    slow.close()


@pytest.mark.parametrize(
    ("kind", "source", "question"),
    [
        ("undefined", b"package sendsecurely.decision\n\nanswer := 1 if input.never\n", b"{}"),
        ("eval", b"package sendsecurely.decision\n\nanswer := count(input.n)\n", b'{"n": 7}'),
        ("eval", b"package sendsecurely.decision\n\nanswer := 1\n", b"not json: 010203-1234"),
    ],
)
def test_no_answer_is_a_failure_of_its_own_kind(kind: str, source: bytes, question: bytes) -> None:
    """Undefined and errors are told apart, nothing of the question is in the error, and the engine goes on."""
    engine = RegorusWorker(only(source))
    found = failure(engine, question)
    assert found.kind == kind
    assert "010203" not in str(found)
    assert "Stack" not in str(found)
    engine.close()


def test_rules_that_do_not_compile_are_refused_with_their_place() -> None:
    """File, row, column and a sentence; no stack trace."""
    broken = only(b"package sendsecurely.decision\n\nanswer if { input.x = = 1 }\n")
    with pytest.raises(EngineFailure) as caught:
        RegorusWorker(broken)
    assert caught.value.kind == "compile"
    assert "Stack" not in caught.value.detail
    (found,) = compile_embedded(broken)
    assert (found.file, found.row) == ("sendsecurely/decision/decision.rego", 3)
    assert found.sentence == "expecting expression"
    with pytest.raises(EngineFailure, match="compile"):
        syntax_tree("x.rego", "package x\n\nallow if { = }\n")


def test_a_closed_engine_gives_no_answer_and_leaves_no_process() -> None:
    """close() is idempotent, ends the workers, and what is asked afterwards is unavailable."""
    engine = RegorusWorker(only(SLOW), workers=2)
    pids = engine.pids()
    engine.close()
    engine.close()
    assert failure(engine, QUICK).kind == "unavailable"
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def test_closing_in_the_middle_of_a_question_is_a_failure(slow: RegorusWorker) -> None:
    """A question that runs while the engine is closed ends as a failure, never as an answer."""
    closer = threading.Timer(0.2, slow.close)
    closer.start()
    assert failure(slow, LONG).kind in {"crash", "unavailable"}
    closer.join()
    assert slow.pids() == ()


def test_the_worker_sees_no_environment() -> None:
    """The process that evaluates rules has an empty environment and no way to write a core dump or a file."""
    engine = RegorusWorker(product_policies())
    (pid,) = engine.pids()
    assert Path(f"/proc/{pid}/environ").read_bytes() == b""
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert [line.split()[-3:-1] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
    assert engine.evaluate(product_policies().revision, json.dumps(base_question()).encode(), PATIENCE)
    engine.close()
