"""`policy test`: every case on every engine, what the cases reach, which would notice if a rule vanished, and generated questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

from addin_backend.decision import metadata, placeholders
from addin_backend.decision.revision import policy_set
from addin_backend.flows.policy.ask import DEADLINE, EngineFactory, asked
from addin_backend.flows.policy.cases import BASE_QUESTION, by_registers, case_question, cases, difference, with_case_registers
from addin_backend.flows.policy.check import case_file_faults, schema_file_faults
from addin_backend.flows.policy.compare import Comparison
from addin_backend.flows.policy.rule_text import without_rule
from addin_backend.model.policy import CaseOutcome, PolicyReport, RuleReport
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet

Group = tuple[Mapping[str, Any], list[tuple[str, dict[str, Any]]]]
Reached = Callable[[PolicySet, Sequence[bytes]], Mapping[str, tuple[frozenset[int], frozenset[int]]]]
Compare = Callable[[PolicySet], Comparison]


def _answer(engine: PolicyEngine, policies: PolicySet, base: Mapping[str, Any], case: Mapping[str, Any]) -> Any:
    return json.loads(engine.evaluate(policies.revision, asked(case_question(base, case["given"])), DEADLINE))


def _unfilled(answer: Mapping[str, Any], rules: Mapping[str, metadata.Rule]) -> str:
    """A placeholder that this very answer leaves open, as a sentence; "" when none."""
    for finding in answer["findings"]:
        rule = rules.get(finding["code"])
        if rule is None:
            return f"{finding['code']} has no words"
        closed = {"block"} if finding["params"].get("override") == "never" else set()  # a question that nobody may answer
        if finding["effect"] not in {rule.effect.value, "note"} | closed:
            return f"{rule.code} asks for {finding['effect']}, and its words say {rule.effect.value}"
        open_ones = placeholders.used(rule) - placeholders.ALWAYS_FILLED - set(finding["params"])
        if open_ones:
            return f"nothing fills {{{min(open_ones)}}} in the words of {rule.code}"
    return ""


def _outcome(
    engine: PolicyEngine,
    policies: PolicySet,
    base: Mapping[str, Any],
    item: tuple[str, Mapping[str, Any]],
    rules: Mapping[str, metadata.Rule],
) -> CaseOutcome:
    path, case = item
    try:
        answer = _answer(engine, policies, base, case)
        told = difference(case["expect"], answer) or _unfilled(answer, rules)
    except EngineFailure as failure:
        told = f"no answer: {failure.kind} {failure.detail}".strip()
    except (ValueError, KeyError, TypeError):
        told = "the answer does not have the form of an answer"
    codes = tuple(sorted(case["expect"]["codes"]))
    return CaseOutcome(file=path, name=case["name"], codes=codes, engine=engine.name, passed=not told, difference=told)


def run_cases(policies: PolicySet, factories: Sequence[EngineFactory]) -> list[CaseOutcome]:
    """Every case on every engine. An engine is started once per set of registers that cases bring along."""
    files = dict(policies.files)
    base, rules = json.loads(files[BASE_QUESTION]), metadata.read(files).rules
    outcomes = []
    for registers, group in by_registers(cases(files)):
        own = with_case_registers(policies, registers)
        for factory in factories:
            with closing(factory(own)) as engine:
                outcomes += [_outcome(engine, own, base, item, rules) for item in group]
    return outcomes


def _notices(policies: PolicySet, rule: metadata.Rule, groups: Iterable[Group], factory: EngineFactory) -> tuple[str, ...]:
    """The cases whose answer changes when the rule is gone: looked for among those that expect its code, in one set of registers."""
    files = dict(policies.files)
    base = json.loads(files[BASE_QUESTION])
    less = policy_set({**files, rule.file: without_rule(files[rule.file], rule.row)})
    for registers, group in groups:
        expecting = [case for _, case in group if rule.code in case["expect"]["codes"]]
        if not expecting:
            continue
        own = with_case_registers(less, registers)
        with closing(factory(own)) as engine:
            found = [case["name"] for case in expecting if _fails(engine, own, base, case)]
        if found:
            return tuple(found)
    return ()


def _fails(engine: PolicyEngine, policies: PolicySet, base: Mapping[str, Any], case: Mapping[str, Any]) -> bool:
    try:
        return bool(difference(case["expect"], _answer(engine, policies, base, case)))
    except EngineFailure:
        return True


def _rule_reports(policies: PolicySet, factory: EngineFactory) -> tuple[RuleReport, ...]:
    files = dict(policies.files)
    every = cases(files)
    groups = by_registers(every)
    found = []
    for code, rule in sorted(metadata.read(files).rules.items()):
        fires = tuple(case["name"] for _, case in every if code in case["expect"]["codes"])
        silent = tuple(case["name"] for _, case in every if code in case["expect"].get("not", []) and code not in case["expect"]["codes"])
        noticed = _notices(policies, rule, groups, factory) if fires else ()
        found.append(
            RuleReport(code=code, file=rule.file, row=rule.row, title=rule.text.title.da, fires=fires, silent=silent, noticed_by=noticed)
        )
    return tuple(found)


def _unreached(policies: PolicySet, reached: Reached) -> tuple[str, ...]:
    """Lines of rules that no case reaches, as file:row."""
    files = dict(policies.files)
    base = json.loads(files[BASE_QUESTION])
    covered: dict[str, set[int]] = {}
    missed: dict[str, set[int]] = {}
    for registers, group in by_registers(cases(files)):
        questions = [asked(case_question(base, case["given"])) for _, case in group]
        for path, (yes, no) in reached(with_case_registers(policies, registers), questions).items():
            covered.setdefault(path, set()).update(yes)
            missed.setdefault(path, set()).update(no)
    return tuple(f"{path}:{row}" for path in sorted(missed) for row in sorted(missed[path] - covered.get(path, set())))


def try_policy(
    policies: PolicySet, factories: Sequence[EngineFactory], reached: Reached | None = None, compare: Compare | None = None
) -> PolicyReport:
    """Every rule with its cases, and every case on every engine. Faulty case files are reported and nothing is run.

    A case names the codes that must not fire under ``expect.not``. The first of ``factories`` is the one that rules are taken out of.
    ``reached`` tells which lines a set of questions reaches, ``compare`` asks generated questions on all engines; without them that part
    is left out. Raises EngineFailure when an engine cannot be started.
    """
    files = dict(policies.files)
    reading = metadata.read(files)
    faults = (*reading.faults, *schema_file_faults(files), *case_file_faults(files, frozenset(reading.rules)))
    outcomes = () if faults else tuple(run_cases(policies, factories))
    rules = () if faults else _rule_reports(policies, factories[0])
    comparison = None if faults or compare is None else compare(policies)
    return PolicyReport(
        revision=policies.revision,
        engines=tuple(sorted({item.engine for item in outcomes})),
        rules=rules,
        outcomes=outcomes,
        without_must_fire=tuple(rule.code for rule in rules if not rule.fires),
        without_must_not_fire=tuple(rule.code for rule in rules if not rule.silent),
        unnoticed=tuple(rule.code for rule in rules if not rule.noticed_by),
        unreached=() if faults or reached is None else _unreached(policies, reached),
        disagreements="" if comparison is None else _told(comparison),
        faults=faults,
    )


def _told(comparison: Comparison) -> str:
    """What does not hold in the comparison, in a sentence; "" when all does."""
    if comparison.holds:
        return ""
    counted = f"{comparison.different} of {comparison.asked} generated questions are answered differently"
    unread = f"{comparison.unreadable} answers cannot be read" if comparison.unreadable else ""
    return "; ".join([*([counted] if comparison.different else []), *([unread] if unread else []), *comparison.short])
