"""The OPA engine: real OPA where it can be had, a real HTTP server where OPA would not misbehave on demand."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from typing import Any

import pytest

from addin_backend.edges.opa_process import OpaProcess, compile_opa
from addin_backend.edges.rego_server import OpaServer
from addin_backend.ports import EngineFailure
from policy.engines import PATIENCE, base_question, own_opa, product_policies, tool
from policy.fake_opa import FakeOpa
from policy.test_rego_embedded import LONG, QUICK, only

SLOW = b"""package sendsecurely.decision

_many := numbers.range(1, 20000)

default answer := {"action": "block", "recipients": [], "findings": []}

answer := {"n": n} if {
	input.slow
	n := count([x | some x in _many; some y in _many; x == y + 1])
}
"""
OK = {"action": "block", "recipients": [], "findings": []}


def failure(engine: OpaServer, question: bytes = QUICK, deadline: float = PATIENCE) -> str:
    """The kind of the EngineFailure that a question ends in."""
    with pytest.raises(EngineFailure) as caught:
        engine.evaluate("r1", question, deadline)
    return caught.value.kind


def server(fake: FakeOpa, timeout: float = 1.0) -> OpaServer:
    """An OpaServer that asks the fake."""
    return OpaServer(fake.url, only(b""), timeout=timeout)


def undefined(_: dict[str, Any]) -> Any:
    """Gives no result."""
    raise LookupError


def test_the_answer_of_the_named_rule_is_given_back_unread() -> None:
    """The question goes to data.sendsecurely.decision.answer with strict built-in errors, and the result comes back."""
    with FakeOpa(lambda question: {"asked": question["n"]}, revision="r1") as fake:
        engine = server(fake)
        assert json.loads(engine.evaluate("r1", b'{"n": 7}', PATIENCE)) == {"asked": 7}
        engine.close()
    assert fake.paths == ["/v1/data/sendsecurely/decision/answer?strict-builtin-errors=true&provenance=true"]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("undefined", {"respond": undefined}),
        ("eval", {"status": 500}),
        ("eval", {"status": 400}),
        ("malformed", {"raw": b"<html>proxy</html>"}),
        ("malformed", {"raw": b"[]"}),
        ("malformed", {"raw": b'{"result": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"}),
        ("malformed", {"raw": b'{"result": ' + b"9" * 10_000 + b"}"}),
        ("unavailable", {"revision": "r0"}),
        ("unavailable", {"raw": b'{"result": {"action": "allow"}}'}),
        ("timeout", {"delay": 1.0}),
    ],
)
def test_whatever_is_no_answer_is_a_failure_of_its_own_kind(kind: str, settings: dict[str, Any]) -> None:
    """Undefined, an error, nonsense, another revision, none at all, and silence: each its own word, asked once, never retried."""
    with FakeOpa(**{"respond": lambda _: OK, "revision": "r1", **settings}) as fake:
        engine = server(fake)
        assert failure(engine, deadline=0.3) == kind
        engine.close()
    assert len(fake.questions) == 1


def test_nobody_there_is_unavailable() -> None:
    """A refused connection, at once and without a retry."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        engine = OpaServer(f"http://127.0.0.1:{probe.getsockname()[1]}", only(b""))
        assert failure(engine) == "unavailable"
        engine.close()


def test_another_revision_is_not_even_asked() -> None:
    """A question meant for other rules never reaches the server."""
    with FakeOpa(lambda _: OK, revision="r1") as fake:
        engine = server(fake)
        with pytest.raises(EngineFailure, match="another revision"):
            engine.evaluate("r2", QUICK, PATIENCE)
        engine.close()
    assert fake.questions == []


def test_a_killed_opa_is_unavailable_and_a_restarted_one_answers() -> None:
    """SIGKILL in the middle of a question ends it as unavailable; another OPA with the same rules answers the next one."""
    policies = only(SLOW)
    with OpaProcess(tool("opa"), policies) as process:
        engine = OpaServer(process.url, policies, timeout=PATIENCE)
        killer = threading.Timer(0.3, os.kill, (process.pid, signal.SIGKILL))
        killer.start()
        assert failure(engine, LONG) == "unavailable"
        killer.join()
        assert failure(engine) == "unavailable"
        engine.close()
    with OpaProcess(tool("opa"), policies) as process:
        engine = OpaServer(process.url, policies)
        assert json.loads(engine.evaluate("r1", QUICK, PATIENCE)) == OK
        engine.close()


def test_a_slow_rule_in_opa_ends_at_the_deadline() -> None:
    """The same rule that the embedded engine is killed for: timeout, and OPA answers the next question."""
    policies = only(SLOW)
    with OpaProcess(tool("opa"), policies) as process:
        engine = OpaServer(process.url, policies, timeout=PATIENCE)
        assert failure(engine, LONG, deadline=0.3) == "timeout"
        assert json.loads(engine.evaluate("r1", QUICK, PATIENCE)) == OK
        engine.close()


def test_opa_answers_only_for_the_revision_that_it_holds() -> None:
    """An OPA with other rules than ours is unavailable to us."""
    with own_opa(product_policies()) as other:
        engine = OpaServer(other.process.url, only(b""), timeout=PATIENCE)
        assert failure(engine, json.dumps(base_question()).encode()) == "unavailable"
        engine.close()


def test_opa_refuses_rules_that_do_not_compile_with_their_place() -> None:
    """Starting says compile, and compile_opa names file and row."""
    broken = only(b"package sendsecurely.decision\n\nanswer if { input.x = = 1 }\n")
    with pytest.raises(EngineFailure, match="compile"):
        OpaProcess(tool("opa"), broken).start()
    found = compile_opa(tool("opa"), broken)
    assert [(item.file, item.row) for item in found] == [("sendsecurely/decision/decision.rego", 3)]
    assert compile_opa(tool("opa"), product_policies()) == ()


def test_a_stopped_opa_leaves_no_process_and_no_folder() -> None:
    """stop() is idempotent and takes the bundle's folder with it."""
    process = OpaProcess(tool("opa"), only(SLOW))
    process.start()
    pid = process.pid
    process.stop()
    process.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_program_that_is_no_opa_is_unavailable() -> None:
    """A wrong path says so instead of waiting."""
    with pytest.raises(EngineFailure, match="unavailable"):
        OpaProcess(tool("opa").with_name("no-such-opa"), only(SLOW)).start()
