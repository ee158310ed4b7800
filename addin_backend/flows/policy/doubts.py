"""Rules to have second thoughts about: they never fire, change nothing, or leave no way together; each with a question that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from addin_backend.decision import metadata
from addin_backend.decision.revision import policy_set
from addin_backend.flows.policy.ask import DEADLINE, EngineFactory, asked
from addin_backend.flows.policy.generate import overlay, questions, stock
from addin_backend.flows.policy.rule_text import without_rule
from addin_backend.flows.policy.sentences import CLASSES, assignment, subject, without
from addin_backend.model.decision import Texts
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet

TRIED = 3000
SEED = 7
_LOOKED_AT = 40  # questions in which a rule fires, on which its absence is tried
_WAYS = frozenset({"plain", "tls", "smime", "portal"})
_OWN_CONCERN = "decision"  # its rules say what follows from the others'


@dataclass(frozen=True, slots=True)
class Doubt:
    """``kind``: dead (never fires), idle (changes no answer), contradiction (together no way is left). ``question`` is the witness."""

    kind: str
    codes: tuple[str, ...]
    texts: Texts
    question: bytes


def _outcomes(answer: Mapping[str, Any]) -> Any:
    return answer["action"], [(item["id"], item["action"], item["protection"]) for item in answer["recipients"]]


def _said(question: Mapping[str, Any], base: Mapping[str, Any]) -> Texts:
    return subject(question["message"]["classes"], without(assignment(question, base), [CLASSES]))


class _Asked:
    """Every question with its answer, and what is read out of them."""

    def __init__(self, base: Mapping[str, Any], rules: Mapping[str, metadata.Rule]) -> None:
        self.base, self.rules = base, rules
        self.fired: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = {code: [] for code in rules}
        self.clashes: dict[tuple[str, ...], Mapping[str, Any]] = {}
        self.count = 0

    def take(self, question: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """One question."""
        self.count += 1
        for code in {item["code"] for item in answer["findings"]} & self.fired.keys():
            if len(self.fired[code]) < _LOOKED_AT:
                self.fired[code].append((question, answer))
        if all(question["channels"].get(name, True) for name in ("tls", "smime", "portal")):
            for line in answer["recipients"]:
                self._clash(question, answer, line)

    def _clash(self, question: Mapping[str, Any], answer: Mapping[str, Any], line: Mapping[str, Any]) -> None:
        """Two rules that each leave a way to this recipient, and together leave none."""
        mine = [item for item in answer["findings"] if item["recipient"] in {"", line["id"]}]
        excluded = {item["code"]: frozenset(item["params"].get("excludes", _WAYS)) for item in mine if item["effect"] == "protect"}
        for first, second in combinations(sorted(excluded), 2):
            both = excluded[first] | excluded[second]
            if both >= _WAYS and not (excluded[first] >= _WAYS or excluded[second] >= _WAYS):
                self.clashes.setdefault((first, second), question)


def _dead(found: _Asked) -> Iterator[Doubt]:
    for code, seen in sorted(found.fired.items()):
        if not seen:
            da, en = f"{code} slog aldrig til i {found.count} spørgsmål.", f"{code} never fired in {found.count} questions."
            yield Doubt("dead", (code,), Texts(da=da, en=en), b"")


def _idle(found: _Asked, policies: PolicySet, factory: EngineFactory) -> Iterator[Doubt]:
    """Rules that ask for something, and without which every answer lets the same happen."""
    files = dict(policies.files)
    for code, seen in sorted(found.fired.items()):
        rule = found.rules[code]
        if not seen or rule.effect.value == "note" or rule.file.split("/")[1] == _OWN_CONCERN:
            continue
        less = policy_set({**files, rule.file: without_rule(files[rule.file], rule.row)})
        with closing(factory(less)) as engine:
            if any(_changes(engine, less.revision, question, answer) for question, answer in seen):
                continue
        question, answer = seen[0]
        others = sorted({item["code"] for item in answer["findings"]} - {code})
        said = _said(question, found.base)
        da = f"{code} ændrer intet svar: {said.da} bliver afgjort af {', '.join(others) or 'andre regler'}."
        en = f"{code} changes no answer: {said.en} is decided by {', '.join(others) or 'other rules'}."
        yield Doubt("idle", (code,), Texts(da=da, en=en), asked(question))


def _changes(engine: PolicyEngine, revision: str, question: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    try:
        return bool(_outcomes(json.loads(engine.evaluate(revision, asked(question), DEADLINE))) != _outcomes(answer))
    except EngineFailure:
        return True


def _contradictions(found: _Asked) -> Iterator[Doubt]:
    for (first, second), question in sorted(found.clashes.items()):
        said = _said(question, found.base)
        da = f"{first} og {second} lader hver for sig en vej åben og tilsammen ingen: {said.da}."
        en = f"{first} and {second} each leave a way open and together none: {said.en}."
        yield Doubt("contradiction", (first, second), Texts(da=da, en=en), asked(question))


def doubts(policies: PolicySet, factory: EngineFactory, tried: int = TRIED) -> Sequence[Doubt]:
    """Everything doubtful. Raises EngineFailure when the engine cannot be started."""
    files = dict(policies.files)
    made = stock(files)
    own = policy_set(overlay(files))
    found = _Asked(made.base, metadata.read(files).rules)
    with closing(factory(own)) as engine:
        for question in [*(seed.question for seed in made.seeds), *questions(made, tried, SEED)]:
            try:
                found.take(question, json.loads(engine.evaluate(own.revision, asked(question), DEADLINE)))
            except EngineFailure:
                continue  # a question without an answer says nothing about a rule; the comparison reports it
    return [*_dead(found), *_idle(found, own, factory), *_contradictions(found)]
