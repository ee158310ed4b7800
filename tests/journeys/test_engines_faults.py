"""An engine that fails, lies or dies: always a block with a code of its own, and the next request works."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from addin_backend.bootstrap.checking import checking, open_engine, rulebook
from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.edges.rego_server import OpaServer
from addin_backend.evidence.mime import parse_message
from addin_backend.evidence.supplied import read_supplied
from addin_backend.flows.check import Ask, Checking, check, with_facts
from addin_backend.model.decision import Action, Decision
from addin_backend.ports import PolicyEngine
from addin_backend.settings import Settings
from command_line import mail, ran, without_traceback, write_json
from policy.engines import own_opa, product_policies
from policy.fake_opa import FakeOpa

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVIDENCE = {"organisation": {"domains": ["firma.example"], "kind": "private"}, "domains": {}, "certificates": []}
HARMLESS, SECRET = mail("bo@postkasse.example"), mail("bo@postkasse.example", "cpr")


@pytest.fixture(scope="module")
def revision() -> str:
    """The product's policy revision."""
    return product_policies().revision


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A harmless mail, one with a CPR number, and the evidence file."""
    (tmp_path / "frokost.eml").write_bytes(HARMLESS)
    (tmp_path / "cpr.eml").write_bytes(SECRET)
    write_json(tmp_path / "evidence.json", EVIDENCE)
    return tmp_path


def _line(fake: FakeOpa, folder: Path, name: str, **settings: str) -> tuple[int, dict[str, Any]]:
    run = ran("check", "--json", "--evidence", "evidence.json", "--engine", "opa", name, folder=folder, opa_url=fake.url, **settings)
    without_traceback(run)
    return run.code, run.lines[0]


def _finding(code: str, effect: str, recipient: str = "r0", **params: Any) -> dict[str, Any]:
    return {"code": code, "effect": effect, "recipient": recipient, "params": params}


def _answer(action: str, protection: str, *findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    codes = sorted({item["code"] for item in findings})
    return {
        "action": action,
        "recipients": [{"id": "r0", "action": action, "protection": protection, "codes": codes}],
        "findings": list(findings),
        **more,
    }


def test_another_answer_is_seen_in_a_check(folder: Path, revision: str) -> None:
    """What OPA says is what is decided: one that blocks a harmless mail is believed, with the words of the rule that it names."""
    with FakeOpa(lambda _: _answer("block", "none", _finding("TF-01", "block")), revision=revision) as fake:
        code, line = _line(fake, folder, "frokost.eml")
    own = ran("check", "--json", "--evidence", "evidence.json", "frokost.eml", folder=folder).lines[0]
    assert (0, "block", "allow") == (code, line["action"], own["action"])
    assert [("TF-01", "GDPR Art. 44-46, 49")] == [(item["code"], item["law"]) for item in line["findings"]]
    assert {"classes": ["ordinary"]}.items() <= fake.questions[0]["message"].items()


CO, TR = _finding("CO-01", "protect", excludes=["plain"]), _finding("TR-01", "protect", excludes=["tls", "smime"], verdict="unknown")
LIES: list[tuple[str, object]] = [
    ("milder than its findings", _answer("allow", "plain", CO)),
    ("a way that a finding rules out", _answer("protect", "tls", CO, TR)),
    ("no line for the recipient", {"action": "allow", "recipients": [], "findings": []}),
    (
        "another recipient",
        {**_answer("allow", "plain"), "recipients": [{"id": "r1", "action": "allow", "protection": "plain", "codes": []}]},
    ),
    ("the recipient twice", {**_answer("allow", "plain"), "recipients": _answer("allow", "plain")["recipients"] * 2}),
    ("an extra key", _answer("allow", "plain", note="x")),
    ("a code that no rule has", _answer("block", "none", _finding("ZZ-99", "block"))),
    ("a block without a reason", _answer("block", "none")),
    ("a question without a reason", _answer("confirm", "plain")),
    (
        "codes of other findings",
        {**_answer("allow", "plain"), "recipients": [{"id": "r0", "action": "allow", "protection": "plain", "codes": ["CO-01"]}]},
    ),
    ("an unknown word", _answer("perhaps", "plain")),
    ("allow for all, block for one", {**_answer("block", "none", _finding("TF-01", "block")), "action": "allow"}),
    ("a block that is sent", _answer("block", "plain", _finding("TF-01", "block"))),
    ("a list", []),
    ("a word", "allow"),
    ("null", None),
    ("true", True),
]


def _parts(engine: PolicyEngine, **settings: Any) -> Checking:
    own = Settings(**settings)
    book = rulebook(own)
    facts = read_supplied(json.dumps(EVIDENCE).encode(), frozenset(book.registers.countries.known))
    return with_facts(checking(own, book, engine, None), facts, facts.organisation)


def with_deadline(parts: Checking, seconds: float) -> Checking:
    """The same parts with another deadline for the engine."""
    return dataclasses.replace(parts, deadline=seconds)


def _decided(parts: Checking, raw: bytes) -> tuple[str, list[str]]:
    decision: Decision = check(parse_message(raw), Ask(at=AT), parts)[0]
    return decision.action.value, [item.code for item in decision.findings]


@pytest.mark.parametrize(("what", "answer"), LIES, ids=[item[0] for item in LIES])
def test_an_answer_that_is_not_exactly_right_is_a_block(what: str, answer: object, revision: str) -> None:
    """Anything missing, extra, of another word or milder than its own findings: block EN-05, and nothing is offered as a way out."""
    with FakeOpa(lambda _: answer, revision=revision) as fake:
        engine = OpaServer(fake.url, product_policies())
        decision, _ = check(parse_message(SECRET), Ask(at=AT), _parts(engine))
        engine.close()
    assert (Action.BLOCK, ["EN-05"], ()) == (decision.action, [item.code for item in decision.findings], decision.ways_out)


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("it takes too long", {"delay": 1.5}, "EN-01"),
    ("it gives no result", {"raw": b"{}"}, "EN-04"),
    ("it is no JSON", {"raw": b"<html>Proxy</html>"}, "EN-05"),
    ("it holds other rules", {"revision": "0" * 64}, "EN-03"),
    ("it says that a rule failed", {"status": 500, "raw": b'{"code": "internal_error"}'}, "EN-06"),
]


@pytest.mark.parametrize(("what", "fault", "code"), FAULTS, ids=[item[0] for item in FAULTS])
def test_a_fault_of_opa_is_a_block_with_its_own_code(what: str, fault: dict[str, Any], code: str, folder: Path, revision: str) -> None:
    """`check` says what is the matter, exits 1 because the file was not decided, and never allows."""
    with FakeOpa(lambda _: _answer("allow", "plain"), **{"revision": revision, **fault}) as fake:
        exit_code, line = _line(fake, folder, "frokost.eml", engine_deadline="0.7")
    assert (1, "block", [code]) == (exit_code, line["action"], [item["code"] for item in line["findings"]])
    assert all(line["findings"][0]["texts"].values())


def test_nobody_at_the_address_is_a_block(folder: Path) -> None:
    """A refused connection is EN-03, for every file."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        files = ("frokost.eml", "cpr.eml")
        run = ran("check", "--json", "--evidence", "evidence.json", "--engine", "opa", *files, folder=folder, opa_url=url)
    without_traceback(run)
    assert (1, [["EN-03"], ["EN-03"]]) == (run.code, [[item["code"] for item in line["findings"]] for line in run.lines])


@pytest.fixture
def worker() -> Iterator[RegorusWorker]:
    """The embedded engine with the product's rules."""
    engine = RegorusWorker(product_policies())
    yield engine
    engine.close()


def _after(seconds: float, act: Callable[[], None]) -> threading.Thread:
    thread = threading.Timer(seconds, act)
    thread.start()
    return thread


def test_a_worker_killed_in_the_middle_is_a_block_and_the_next_request_works(worker: RegorusWorker) -> None:
    """The process is held in the middle of its work and killed: EN-02, and a new process answers the next question."""
    parts = with_deadline(_parts(worker), 10.0)
    (pid,) = worker.pids()
    assert _decided(parts, HARMLESS) == ("allow", [])
    os.kill(pid, signal.SIGSTOP)
    killer = _after(0.3, lambda: os.kill(pid, signal.SIGKILL))
    assert _decided(parts, HARMLESS) == ("block", ["EN-02"])
    killer.join()
    assert _decided(parts, HARMLESS) == ("allow", [])
    assert pid not in worker.pids()


def test_a_worker_that_hangs_is_a_block_and_the_next_request_works(worker: RegorusWorker) -> None:
    """The process stops answering: EN-01 at the deadline, and a new process answers the next question."""
    (pid,) = worker.pids()
    os.kill(pid, signal.SIGSTOP)
    assert _decided(with_deadline(_parts(worker), 0.3), HARMLESS) == ("block", ["EN-01"])
    assert _decided(with_deadline(_parts(worker), 10.0), HARMLESS) == ("allow", [])
    assert pid not in worker.pids()


def test_a_killed_opa_is_a_block_and_a_new_one_works() -> None:
    """OPA is killed in the middle of a request: a block; while it is gone: a block; started again: answers as before."""
    policies = product_policies()
    with own_opa(policies) as engine:
        parts = with_deadline(_parts(engine), 10.0)
        assert _decided(parts, HARMLESS) == ("allow", [])
        os.kill(engine.process.pid, signal.SIGSTOP)
        killer = _after(0.3, lambda: os.kill(engine.process.pid, signal.SIGKILL))
        assert _decided(parts, HARMLESS) == ("block", ["EN-03"])
        killer.join()
        assert _decided(parts, HARMLESS) == ("block", ["EN-03"])
    with own_opa(policies) as engine:
        assert _decided(_parts(engine), HARMLESS) == ("allow", [])


def test_the_engine_of_the_settings_is_closed_again() -> None:
    """`open_engine` leaves no process behind."""
    settings = Settings()
    with open_engine(settings, rulebook(settings).policies) as engine:
        assert isinstance(engine, RegorusWorker)
        pids = engine.pids()
    assert [] == [pid for pid in pids if Path(f"/proc/{pid}").exists()]
