"""`policy replay`: recorded questions put to other rules, with exact counts; or to the rules of their own time, to the letter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from addin_backend.decision import answer as answers
from addin_backend.decision.schema import misfits
from addin_backend.errors import NotFound
from addin_backend.flows.policy.ask import DEADLINE, EngineFactory
from addin_backend.flows.policy.cases import BASE_QUESTION
from addin_backend.flows.policy.sentences import CLASSES, Outcome, assignment, change, outcome, without
from addin_backend.model.decision import Texts
from addin_backend.model.policy import RecordedQuestion
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet

EXAMPLES = 3  # of each kind of change
_CHUNK = 500
_NO_ANSWER = "EN-"
_PRIVATE = ("recipients.*.domain",)  # a domain may name a person: it stays out of what is shown


@dataclass(frozen=True, slots=True)
class Example:
    """One recorded event whose answer would be another."""

    event_id: str
    texts: Texts


@dataclass(slots=True)
class Replay:
    """Counts over all recorded questions. ``before`` and ``after``: in how many answers each code stands.

    ``changed``: (action before, action after) of answers that differ in action or protection. ``other_codes``: same outcome, other
    findings. ``unanswered``: no engine answered then, so there is nothing to compare. ``misfits``: asked in a form that these rules do
    not know. ``failed``: the new rules gave no answer.
    """

    asked: int = 0
    same: int = 0
    other_codes: int = 0
    unanswered: int = 0
    misfits: int = 0
    failed: int = 0
    changed: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    examples: dict[tuple[Outcome, Outcome], list[Example]] = field(default_factory=dict)


def _codes(answer: Mapping[str, Any]) -> set[str]:
    return {item["code"] for item in answer["findings"]}


def _evaluated(engine: PolicyEngine, revision: str, question: bytes) -> bytes:
    """The answer as the backend would act on it: read strictly, in canonical form. Raises EngineFailure."""
    ids = [item["id"] for item in json.loads(question)["recipients"]]
    return msgspec.json.encode(answers.read(engine.evaluate(revision, question, DEADLINE), ids), order="sorted")


def _take(found: Replay, item: RecordedQuestion, new: bytes | None, base: Mapping[str, Any]) -> None:
    """Count one recorded question with its new answer (None: no answer)."""
    old_answer = json.loads(item.answer)
    old_codes = _codes(old_answer)
    found.asked += 1
    if any(code.startswith(_NO_ANSWER) for code in old_codes):
        found.unanswered += 1
        return
    if new is None:
        found.failed += 1
        return
    new_answer = json.loads(new)
    new_codes = _codes(new_answer)
    found.before.update(old_codes)
    found.after.update(new_codes)
    found.gained.update(new_codes - old_codes)
    found.lost.update(old_codes - new_codes)
    before, after = outcome(old_answer), outcome(new_answer)
    if before != after:
        found.changed[(before, after)] += 1
        examples = found.examples.setdefault((before, after), [])
        if len(examples) < EXAMPLES:
            question = json.loads(item.question)
            said = without(assignment(question, base), (CLASSES, "today", *_PRIVATE))
            examples.append(Example(item.event_id, change(question["message"]["classes"], said, before, after)))
    elif new_codes != old_codes:
        found.other_codes += 1
    else:
        found.same += 1


def replay(recorded: Iterable[RecordedQuestion], policies: PolicySet, factory: EngineFactory, threads: int) -> Replay:
    """Every recorded question on ``policies``. Raises EngineFailure when the engine cannot be started."""
    files = dict(policies.files)
    schema, base = json.loads(files["schemas/question.json"]), json.loads(files[BASE_QUESTION])
    found = Replay()
    with closing(factory(policies)) as engine, ThreadPoolExecutor(threads) as pool:
        fitting: dict[str, bool] = {}  # by recorded revision: its schema was part of it, so all its questions have one form

        def ask(item: RecordedQuestion) -> tuple[RecordedQuestion, bytes | None, bool]:
            if item.revision not in fitting:
                fitting[item.revision] = not any(misfits(schema, json.loads(item.question)))
            if not fitting[item.revision]:
                return item, None, False
            try:
                return item, _evaluated(engine, policies.revision, item.question), True
            except EngineFailure:
                return item, None, True

        waiting = iter(recorded)
        while chunk := list(islice(waiting, _CHUNK)):
            for item, new, fits in pool.map(ask, chunk):
                if fits:
                    _take(found, item, new, base)
                else:
                    found.asked += 1
                    found.misfits += 1
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """Recorded decisions on the rules of their own time. ``different`` and ``without_rules`` are event ids."""

    asked: int
    identical: int
    unanswered: int
    different: tuple[str, ...]
    without_rules: tuple[str, ...]


def replay_then(recorded: Iterable[RecordedQuestion], load: Callable[[str], PolicySet], factory: EngineFactory) -> Verdict:
    """Each question on the revision that its record names: the answer must be the same bytes. Raises EngineFailure (not started)."""
    by_revision: dict[str, list[RecordedQuestion]] = {}
    for item in recorded:
        by_revision.setdefault(item.revision, []).append(item)
    identical, unanswered = 0, 0
    different: list[str] = []
    without_rules: list[str] = []
    for revision, items in by_revision.items():
        try:
            policies = load(revision)
        except NotFound:
            without_rules += [item.event_id for item in items]
            continue
        with closing(factory(policies)) as engine:
            for item in items:
                if any(code.startswith(_NO_ANSWER) for code in _codes(json.loads(item.answer))):
                    unanswered += 1
                elif _same(engine, policies.revision, item):
                    identical += 1
                else:
                    different.append(item.event_id)
    asked = sum(map(len, by_revision.values()))
    return Verdict(asked, identical, unanswered, tuple(different), tuple(without_rules))


def _same(engine: PolicyEngine, revision: str, item: RecordedQuestion) -> bool:
    try:
        return _evaluated(engine, revision, item.question) == item.answer
    except EngineFailure:
        return False


def table(found: Replay) -> Sequence[str]:
    """The counts per rule as lines: code, before, after, gained, lost."""
    codes = sorted(set(found.before) | set(found.after))
    return [f"{code}  {found.before[code]:7} → {found.after[code]:7}  (+{found.gained[code]} −{found.lost[code]})" for code in codes]
