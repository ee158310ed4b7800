"""Whatever is missing from a question, the answer never becomes milder."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.flows.policy.cases import case_question, cases, with_case_registers
from addin_backend.flows.policy.compare import canonical
from addin_backend.flows.policy.generate import questions, stock
from addin_backend.ports import PolicyEngine, PolicySet
from policy.engines import PATIENCE, base_question, own_opa, product_files, product_policies
from sizes import size

SEVERITY = {"allow": 0, "protect": 1, "confirm": 2, "block": 3}
STRENGTH = {"plain": 0, "tls": 1, "smime": 2, "portal": 3, "none": 4}


def paths(value: Any, here: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every key of every object in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*here, key)
            yield from paths(inner, (*here, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*here, index))


def without(document: Any, path: tuple[str | int, ...]) -> Any:
    """A copy in which the key at ``path`` is missing."""
    result = copy.deepcopy(document)
    node = result
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]
    return result


def milder(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What became milder, or "". An overall block lets nothing through, so its lines need no comparison."""
    if SEVERITY[after["action"]] < SEVERITY[before["action"]]:
        return f"{before['action']} became {after['action']}"
    if after["action"] == "block" and not after["recipients"]:
        return ""
    lines = {item["id"]: item for item in after["recipients"]}
    for line in before["recipients"]:
        now = lines.get(line["id"])
        if now is None:
            return f"{line['id']} is missing"
        if SEVERITY[now["action"]] < SEVERITY[line["action"]] or STRENGTH[now["protection"]] < STRENGTH[line["protection"]]:
            return f"{line} became {now}"
    return ""


def ask(engine: PolicyEngine, policies: PolicySet, question: Any) -> dict[str, Any]:
    """The answer of the raw engine, before any reader."""
    answer: dict[str, Any] = json.loads(engine.evaluate(policies.revision, json.dumps(question).encode(), PATIENCE))
    return answer


def assert_never_milder(engine: PolicyEngine, policies: PolicySet, question: dict[str, Any]) -> int:
    """Delete each key in turn. Gives the number of deletions."""
    before = ask(engine, policies, question)
    count = 0
    for path in paths(question):
        count += 1
        worse = milder(before, ask(engine, policies, without(question, path)))
        assert worse == "", f"without {path}: {worse}"
    return count


def test_the_comparison_notices_what_is_milder() -> None:
    """The judge of this file: a lower action, a weaker protection or a lost recipient is found; the same answer is not."""
    line = {"id": "r0", "action": "protect", "protection": "portal", "codes": []}
    answer = {"action": "protect", "recipients": [line], "findings": []}
    assert milder(answer, answer) == ""
    assert milder(answer, {**answer, "action": "allow"}) != ""
    assert milder(answer, {**answer, "recipients": [{**line, "protection": "tls"}]}) != ""
    assert milder(answer, {**answer, "recipients": []}) != ""


def test_no_case_becomes_milder_without_a_key() -> None:
    """Each key of each case is deleted in turn, on the raw embedded engine with the case's own registers."""
    policies = product_policies()
    groups: dict[str, list[dict[str, Any]]] = {}
    for _, case in cases(product_files()):
        groups.setdefault(json.dumps(case.get("registers", {}), sort_keys=True), []).append(case)
    chosen = size(sample=30, full=200)
    deleted = 0
    for registers, group in groups.items():
        own = with_case_registers(policies, json.loads(registers))
        engine = RegorusWorker(own)
        try:
            step = max(1, len(group) // chosen)
            for case in group[::step]:
                deleted += assert_never_milder(engine, own, case_question(base_question(), case["given"]))
        finally:
            engine.close()
    assert deleted > 1000


@pytest.mark.slow
def test_no_generated_question_becomes_milder_without_a_key() -> None:
    """The same on generated questions, on OPA too, and both engines agree on every question with a hole."""
    policies = product_policies()
    count = size(sample=6, full=120)
    embedded = RegorusWorker(policies)
    try:
        with own_opa(policies) as opa:
            for question in questions(stock(product_files()), count, seed=71):
                assert_never_milder(embedded, policies, question)
                for path in list(paths(question))[::5]:
                    raw = json.dumps(without(question, path)).encode()
                    ours = embedded.evaluate(policies.revision, raw, PATIENCE)
                    assert canonical(ours) == canonical(opa.evaluate(policies.revision, raw, PATIENCE)), path
    finally:
        embedded.close()
