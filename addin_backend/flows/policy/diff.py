"""`policy diff`: what a change of rules changes, in sentences, found by asking both revisions the same questions.

Asked are: every value of every place on top of the base question, with ordinary and with protected content; every case of both; and
generated questions. What differs is shrunk to the least that makes the difference, and told once for all classes that share it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from addin_backend.decision.revision import in_force, policy_set
from addin_backend.decision.schema import misfits
from addin_backend.flows.policy.ask import DEADLINE, EngineFactory, asked
from addin_backend.flows.policy.generate import Stock, overlay, questions, stock
from addin_backend.flows.policy.sentences import (
    CLASSES,
    Assignment,
    Outcome,
    assignment,
    change,
    outcome,
    severity,
    without,
)
from addin_backend.model.decision import Texts
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet

GENERATED = 1500
SEED = 20261123
_MOST_SHRUNK = 120  # differences that are looked into; the rest is counted
_THREADS = 4
_DEEP = 3  # steps to a place that tells of one thing of a recipient: recipients.*.transport.verdict has four


@dataclass(frozen=True, slots=True)
class Difference:
    """``files``: rules and registers that were added, removed or changed. ``changes``: sentences, what became milder first.

    ``asked`` questions were put to both; ``different`` of them are answered otherwise; ``unfit`` could be asked of one only.
    """

    files: tuple[tuple[str, str], ...]
    changes: tuple[Texts, ...]
    asked: int
    different: int
    unfit: int


class _Pair:
    """Both revisions, open."""

    def __init__(self, old: tuple[PolicyEngine, str], new: tuple[PolicyEngine, str]) -> None:
        self._old, self._new = old, new

    def outcomes(self, question: Mapping[str, Any]) -> tuple[Outcome, Outcome]:
        """What each lets happen; no answer is a block."""
        body = asked(question)
        return self._one(self._old, body), self._one(self._new, body)

    @staticmethod
    def _one(side: tuple[PolicyEngine, str], body: bytes) -> Outcome:
        try:
            return outcome(json.loads(side[0].evaluate(side[1], body, DEADLINE)))
        except EngineFailure:
            return "block", ("none",)


def file_changes(old: PolicySet, new: PolicySet) -> Iterator[tuple[str, str]]:
    """(path, added | removed | changed) of everything that decides."""
    first, second = dict(old.files), dict(new.files)
    for path in sorted(set(first) | set(second)):
        if in_force(path) and first.get(path) != second.get(path):
            yield path, "added" if path not in first else "removed" if path not in second else "changed"


def _set(question: dict[str, Any], place: str, value: Any) -> bool:
    """Put a value at a place of the first recipient, or of the message. False when there is no such place."""
    node: Any = question
    steps = place.split(".")
    for step in steps[:-1]:
        if step == "*":
            if not node:
                return False
            node = node[0]
        else:
            node = node.get(step)
            if node is None:
                return False
    node[steps[-1]] = copy.deepcopy(value)
    return True


def _with(base: Mapping[str, Any], said: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    question = copy.deepcopy(dict(base))
    for place, value in said:
        _set(question, place, value)
    return question


def classes_of(made: Stock) -> list[str]:
    """Every class that the schema knows."""
    node = next(place.node for place in made.places if place.name == CLASSES)
    words: list[str] = node["items"]["enum"]
    return words


def grid(made: Stock, protected: str) -> Iterator[dict[str, Any]]:
    """The base question with each class; with each value of each place, for ordinary and for protected content; with pairs of words."""
    base = made.base
    for name in classes_of(made):
        yield _with(base, [(CLASSES, [name])])
    for place in made.places:
        if place.name == CLASSES or place.path[-1] == "id":
            continue
        for value in made.values[place.name]:
            for name in (base["message"]["classes"][0], protected):
                yield _with(base, [(CLASSES, [name]), (place.name, value)])
    for first, second in combinations([place for place in made.places if "enum" in place.node or place.node.get("type") == "boolean"], 2):
        if first.path[:-1] == second.path[:-1] and len(first.path) > _DEEP:  # facts about one thing, such as a domain's transport
            for one in made.values[first.name]:
                for other in made.values[second.name]:
                    yield _with(base, [(CLASSES, [protected]), (first.name, one), (second.name, other)])


def _shrunk(pair: _Pair, question: Mapping[str, Any], base: Mapping[str, Any], wanted: tuple[Outcome, Outcome]) -> Assignment:
    """The least that still makes the same difference: values go back to the base question's one by one."""
    said = list(assignment({**question, "recipients": question["recipients"][:1]}, base))
    if pair.outcomes(_with(base, said)) != wanted:
        return ()
    for item in list(said):
        fewer = [other for other in said if other != item]
        if pair.outcomes(_with(base, fewer)) == wanted:
            said = fewer
    return tuple(said)


def _sentences(pair: _Pair, made: Stock, found: Sequence[tuple[Mapping[str, Any], tuple[Outcome, Outcome]]]) -> tuple[Texts, ...]:
    told: dict[tuple[Assignment, tuple[Outcome, Outcome]], list[str]] = {}
    for question, wanted in found[:_MOST_SHRUNK]:
        said = _shrunk(pair, question, made.base, wanted)
        rest = without(said, [CLASSES])
        key = (tuple((place, json.dumps(value)) for place, value in rest), wanted)
        if key in told or not (said or pair.outcomes(made.base) == wanted):
            continue
        told[key] = [name for name in classes_of(made) if pair.outcomes(_with(made.base, [*rest, (CLASSES, [name])])) == wanted]
    covered = [
        (set(said), wanted, names)
        for (said, wanted), names in told.items()
        if names and not any(set(other) < set(said) and same == wanted and set(names) <= set(more) for (other, same), more in told.items())
    ]
    covered.sort(key=lambda item: (severity(item[1][1]) - severity(item[1][0]), len(item[0])))
    return tuple(
        change(names, tuple(sorted((place, json.loads(value)) for place, value in said)), *wanted) for said, wanted, names in covered
    )


def diff(old: PolicySet, new: PolicySet, factory: EngineFactory, *, generated: int = GENERATED, every: int = 1) -> Difference:
    """What ``new`` does otherwise, by every ``every``-th question of the grid. Raises EngineFailure when one cannot be started."""
    made = stock(dict(new.files))
    both = [policy_set({**dict(side.files), **_registers_of_cases(new, side)}) for side in (old, new)]
    old_schema = json.loads(dict(old.files)["schemas/question.json"])
    with closing(factory(both[0])) as first, closing(factory(both[1])) as second:
        pair = _Pair((first, both[0].revision), (second, both[1].revision))
        everything: list[Mapping[str, Any]] = [*list(grid(made, _protected(pair, made)))[::every], *(seed.question for seed in made.seeds)]
        everything += list(questions(made, generated, SEED))
        fitting = [question for question in everything if not any(misfits(old_schema, question))]
        with ThreadPoolExecutor(_THREADS) as threads:
            results = list(threads.map(pair.outcomes, fitting))
        found = [(question, result) for question, result in zip(fitting, results, strict=True) if result[0] != result[1]]
        return Difference(
            files=tuple(file_changes(old, new)),
            changes=_sentences(pair, made, found),
            asked=len(fitting),
            different=len(found),
            unfit=len(everything) - len(fitting),
        )


def _protected(pair: _Pair, made: Stock) -> str:
    """A class that the base question is protected for: the strictest outcome of those that somebody read."""
    read = [name for name in classes_of(made) if name not in {"unknown", "unread"}]
    return max(read, key=lambda name: severity(pair.outcomes(_with(made.base, [(CLASSES, [name])]))[1]))


def _registers_of_cases(new: PolicySet, side: PolicySet) -> dict[str, bytes]:
    """The side's registers with the entries that the new cases speak of."""
    joined = overlay({**dict(new.files), **{path: raw for path, raw in side.files if path.startswith("registers/")}})
    return {path: raw for path, raw in joined.items() if path.startswith("registers/")}
