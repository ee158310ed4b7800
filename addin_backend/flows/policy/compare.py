"""The same questions to several engines: whether each answer is the same to the letter, and what was reached."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from addin_backend.decision import answer as answers
from addin_backend.decision.revision import policy_set
from addin_backend.flows.policy.ask import DEADLINE, EngineFactory, asked
from addin_backend.flows.policy.generate import histogram, overlay, questions, shortfalls, stock
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet

SHOWN = 5  # differences that are kept with their question
_THREADS = 4  # an engine in a process of its own and one behind HTTP wait in turns
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A question that two engines answer differently, and both answers (or the failure's kind) as text."""

    question: bytes
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of asking: ``different`` counts, ``examples`` shows some; ``short`` names what was reached too seldom to prove anything."""

    engines: tuple[str, ...]
    asked: int
    different: int
    unreadable: int
    examples: tuple[Disagreement, ...]
    actions: Mapping[str, int]
    codes: Mapping[str, int]
    short: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Every answer is the same, can be read, and everything was reached."""
        return bool(self.asked) and not (self.different or self.unreadable or self.short)


def canonical(raw: bytes) -> str:
    """One spelling per answer. Lists keep their order: engines must sort alike."""
    return json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _answer(engine: PolicyEngine, revision: str, question: bytes) -> str:
    try:
        return canonical(engine.evaluate(revision, question, DEADLINE))
    except EngineFailure as failure:
        return f"no answer: {failure.kind} {failure.detail}".strip()


def _readable(answer: str, question: Mapping[str, Any]) -> bool:
    try:
        answers.read(answer.encode(), [item["id"] for item in question["recipients"]])
    except EngineFailure:
        return False
    return True


class _Tally:
    """What is counted over all questions. Used by one thread."""

    def __init__(self) -> None:
        self.asked = self.different = self.unreadable = 0
        self.examples: list[Disagreement] = []
        self.actions: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()

    def take(self, question: Mapping[str, Any], given: Sequence[tuple[str, str]]) -> None:
        """One question with each engine's answer."""
        self.asked += 1
        if len({text for _, text in given}) > 1:
            self.different += 1
            if len(self.examples) < SHOWN:
                self.examples.append(Disagreement(asked(question), tuple(given)))
        elif not _readable(given[0][1], question):
            self.unreadable += 1
            if len(self.examples) < SHOWN:
                self.examples.append(Disagreement(asked(question), (given[0],)))
        else:
            actions, codes = histogram([json.loads(given[0][1])])
            self.actions += actions
            self.codes += codes


def compare_on(engines: Sequence[tuple[PolicyEngine, str]], made: Iterable[Mapping[str, Any]], tally: _Tally) -> None:
    """Ask every engine (with the revision it holds) every question."""

    def ask(question: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[tuple[str, str]]]:
        body = asked(question)
        return question, [(engine.name, _answer(engine, revision, body)) for engine, revision in engines]

    waiting: list[Mapping[str, Any]] = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for question in made:
            waiting.append(question)
            if len(waiting) == _CHUNK:
                for found in threads.map(ask, waiting):
                    tally.take(*found)
                waiting = []
        for found in threads.map(ask, waiting):
            tally.take(*found)


def compare(policies: PolicySet, factories: Sequence[EngineFactory], count: int, seed: int) -> Comparison:
    """Ask ``count`` generated questions of the rules on every engine. Raises EngineFailure when an engine cannot be started."""
    return compare_sets([(factory, policies) for factory in factories], count, seed)


def compare_sets(sides: Sequence[tuple[EngineFactory, PolicySet]], count: int, seed: int) -> Comparison:
    """The same with a set of rules for each engine: a copy that is not the same must show. The questions are the first one's."""
    made = stock(dict(sides[0][1].files))
    with ExitStack() as open_engines:
        engines = []
        for factory, policies in sides:
            own = policy_set(overlay(dict(policies.files)))
            engines.append((open_engines.enter_context(closing(factory(own))), own.revision))
        tally = _Tally()
        compare_on(engines, questions(made, count, seed), tally)
    return Comparison(
        engines=tuple(engine.name for engine, _ in engines),
        asked=tally.asked,
        different=tally.different,
        unreadable=tally.unreadable,
        examples=tuple(tally.examples),
        actions=dict(sorted(tally.actions.items())),
        codes=dict(sorted(tally.codes.items())),
        short=tuple(shortfalls(made, tally.actions, tally.codes)),
    )
