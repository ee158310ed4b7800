"""The shadow: a sample is answered by another engine too, a difference is an alarm and a count, and no mail ever waits for it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping

import pytest

from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.flows.policy.sample import sample_question
from addin_backend.flows.policy.shadow import WAITING, Counts, ShadowedEngine
from addin_backend.ports import EngineFailure, PolicyEngine
from policy.engines import own_opa, product_policies


class Fixed:
    """An engine that gives one answer, once it is let."""

    def __init__(self, name: str, answer: bytes, gate: threading.Event | None = None, failing: str = "") -> None:
        self.name, self._answer, self._gate, self._failing, self.closed = name, answer, gate, failing, False

    def evaluate(self, revision: str, question: bytes, deadline: float) -> bytes:
        """The answer, or the failure."""
        if self._gate is not None:
            self._gate.wait(10)
        if self._failing:
            raise EngineFailure(self._failing)
        return self._answer

    def close(self) -> None:
        """Closed."""
        self.closed = True


def shadowed(main: object, shadow: object, share: float, told: list[str]) -> tuple[ShadowedEngine, Counts]:
    """The pair; every other question is drawn at a share of a half."""
    counts, draws = Counts(), itertools.cycle((0.25, 0.75))

    def report(event: str, fields: Mapping[str, object]) -> None:
        told.append(event)

    return ShadowedEngine(main, shadow, share, lambda: next(draws), counts, report), counts  # type: ignore[arg-type]  # engines by form


@pytest.mark.parametrize(
    ("answer", "failing", "counted", "told"),
    [
        (b'{"b": 1, "a": 2}', "", {"asked": 2, "different": 0, "unanswered": 0, "dropped": 0}, []),
        (b'{"a":2,"b":9}', "", {"asked": 2, "different": 2, "unanswered": 0, "dropped": 0}, ["engines_disagree_failed"] * 2),
        (b"", "unavailable", {"asked": 0, "different": 0, "unanswered": 2, "dropped": 0}, ["shadow_unanswered"] * 2),
    ],
)
def test_a_sample_is_compared_and_a_difference_is_an_alarm(answer: bytes, failing: str, counted: dict[str, int], told: list[str]) -> None:
    """Half of four questions; spelling is no difference; a shadow that is away is counted, and the first engine's answer stands."""
    said: list[str] = []
    main, shadow = Fixed("embedded", b'{"a":2,"b":1}'), Fixed("opa", answer, failing=failing)
    engine, counts = shadowed(main, shadow, 0.5, said)
    assert [engine.evaluate("r", b"{}", 1) for _ in range(4)] == [b'{"a":2,"b":1}'] * 4
    engine.close()
    engine.close()
    assert (counts.all(), said) == (counted, told)
    assert main.closed
    assert shadow.closed


def test_a_slow_shadow_holds_nothing_up() -> None:
    """What does not fit in the queue is counted as dropped; every answer came at once."""
    gate = threading.Event()
    engine, counts = shadowed(Fixed("embedded", b"{}"), Fixed("opa", b"{}", gate), 1.0, [])
    for _ in range(WAITING + 20):
        engine.evaluate("r", b"{}", 1)
    assert counts.all()["dropped"] >= 19
    gate.set()
    engine.close()


class Claiming:
    """An OPA that is asked under the revision that it really holds, whatever the caller names."""

    name = "opa"

    def __init__(self, engine: PolicyEngine, revision: str) -> None:
        self._engine, self._revision = engine, revision

    def evaluate(self, revision: str, question: bytes, deadline: float) -> bytes:
        """As if it held the other rules."""
        return self._engine.evaluate(self._revision, question, deadline)

    def close(self) -> None:
        """Nothing: the test closes the engine."""


@pytest.mark.slow
def test_the_two_real_engines_agree_and_a_flipped_copy_is_an_alarm() -> None:
    """regorus in front of a real OPA: no alarm for the same rules; an OPA whose copy says otherwise is found."""
    rules, said = product_policies(), list[str]()
    path = "sendsecurely/content/content.rego"
    raw = dict(rules.files)[path].replace(b'"cpr" in data.sendsecurely.lib.counted', b'"cprx" in data.sendsecurely.lib.counted')
    flipped = product_policies({path: raw})
    with own_opa(rules) as same, own_opa(flipped) as other:
        for shadow, expected in ((same, []), (Claiming(other, flipped.revision), ["engines_disagree_failed"])):
            engine, counts = shadowed(RegorusWorker(rules), shadow, 1.0, said)
            assert b"CO-01" in engine.evaluate(rules.revision, sample_question(), 5)
            engine.close()
            assert (counts.all()["asked"], said) == (1, expected)
