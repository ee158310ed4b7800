"""Finds the rule that takes too long: measured on a large question, then by taking rules out one by one."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from addin_backend.decision import metadata
from addin_backend.decision.revision import policy_set
from addin_backend.flows.policy.ask import asked
from addin_backend.flows.policy.cases import BASE_QUESTION
from addin_backend.flows.policy.rule_text import span, without_rule
from addin_backend.model.policy import Diagnostic
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet

BUDGET = 1.0  # seconds for RECIPIENTS; the product's rules take about 0.1
RECIPIENTS = 100
EntryFactory = Callable[[PolicySet, str], PolicyEngine]  # the engine that answers one rule by its full name
_PACKAGE = "data.sendsecurely"
_OWN_CONCERN = "decision"  # waits for all the others
_TRIES = 3  # a machine that is busy with something else is not a slow rule


def large_questions(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """The base question with many recipients, once with ordinary content and once with every class that the schema knows."""
    base = json.loads(files[BASE_QUESTION])
    classes = json.loads(files["schemas/question.json"])["properties"]["message"]["properties"]["classes"]["items"]["enum"]
    for content in (base["message"]["classes"], sorted(classes)):
        question: dict[str, Any] = copy.deepcopy(base)
        question["message"]["classes"] = content
        template = base["recipients"][0]
        question["recipients"] = [{**template, "id": f"r{index}", "domain": f"d{index}.example"} for index in range(RECIPIENTS)]
        yield asked(question)


def _seconds(policies: PolicySet, rule: str, factory: EntryFactory) -> float:
    """How long the slowest of the large questions takes; BUDGET and more stands for: longer than anybody waits."""
    worst = 0.0
    try:
        with closing(factory(policies, rule)) as engine:
            for question in large_questions(dict(policies.files)):
                start = time.monotonic()
                engine.evaluate(policies.revision, question, BUDGET)  # what takes longer is slow, however long
                worst = max(worst, time.monotonic() - start)
    except EngineFailure as failure:
        return 2 * BUDGET if failure.kind in {"timeout", "crash", "eval"} else 0.0
    return worst


def slow_faults(policies: PolicySet, factory: EntryFactory) -> tuple[Diagnostic, ...]:
    """The rules without which the rest is quick again; nothing when all are quick. What does not compile is judged by others."""
    if any(_seconds(policies, f"{_PACKAGE}.decision.answer", factory) < BUDGET for _ in range(_TRIES)):
        return ()
    rules = metadata.read(dict(policies.files)).rules
    by_file: dict[str, list[metadata.Rule]] = {}
    for rule in rules.values():
        by_file.setdefault(rule.file, []).append(rule)
    found = [item for file in sorted(by_file) if file.split("/")[1] != _OWN_CONCERN for item in _slow_in(policies, by_file[file], factory)]
    return tuple(found) or (
        Diagnostic(file="", row=0, col=0, sentence=f"The rules together take more than {BUDGET:g} s for {RECIPIENTS} recipients."),
    )


def _slow_in(policies: PolicySet, rules: list[metadata.Rule], factory: EntryFactory) -> Iterator[Diagnostic]:
    """The slow rules of one file: looked for only when its concern is slow with the file's rules and quick without them."""
    raw = dict(policies.files)[rules[0].file]
    entry = f"{_PACKAGE}.{rules[0].file.split('/')[1]}.findings"
    if _seconds(policies, entry, factory) < BUDGET or _seconds(_less(policies, rules), entry, factory) >= BUDGET:
        return
    for rule in rules:
        if _seconds(_less(policies, [rule]), entry, factory) < BUDGET:
            yield _named(rule, raw)


def _less(policies: PolicySet, rules: list[metadata.Rule]) -> PolicySet:
    """The set without these rules of one file."""
    files = dict(policies.files)
    for rule in sorted(rules, key=lambda item: -item.row):  # from below, so that the rows of the others stay
        files[rule.file] = without_rule(files[rule.file], rule.row)
    return policy_set(files)


def _named(rule: metadata.Rule, raw: bytes) -> Diagnostic:
    sentence = f"{rule.code} takes too long: with it, {RECIPIENTS} recipients take more than {BUDGET:g} s, and without it they do not."
    return Diagnostic(file=rule.file, row=span(raw, rule.row)[0], col=1, sentence=sentence)
