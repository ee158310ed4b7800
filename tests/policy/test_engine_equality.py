"""Both engines answer alike, on generated questions that cover every word and boundary."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addin_backend.decision import answer as answers
from addin_backend.decision import metadata
from addin_backend.edges.rego_embedded import RegorusWorker
from policy.engines import PATIENCE, canonical, own_opa, product_files, product_policies
from policy.generate import DISPENSATIONS, histogram, questions
from sizes import size

_OVERLAY = {"registers/dispensations/data.json": json.dumps(DISPENSATIONS).encode()}
_UNREACHED = {"DE-02"}  # only a question that is not of the schema's form asks for it; the cases do


@pytest.mark.slow
def test_both_engines_give_the_same_answer_to_generated_questions() -> None:
    """Byte for byte after sorting keys; every answer passes the strict reader."""
    policies = product_policies(_OVERLAY)
    embedded = RegorusWorker(policies)
    count = size(sample=300, full=2000)
    try:
        with own_opa(policies) as opa:
            for question in questions(count, seed=20261123):
                raw = json.dumps(question).encode()
                ours = embedded.evaluate(policies.revision, raw, PATIENCE)
                assert canonical(ours) == canonical(opa.evaluate(policies.revision, raw, PATIENCE)), raw
                answers.read(ours, [item["id"] for item in question["recipients"]])
    finally:
        embedded.close()


def test_the_generated_questions_reach_every_action_and_every_code() -> None:
    """A comparison over questions that all end alike would prove nothing: each action at least 5 %, each code at least 20 in 2,000."""
    policies = product_policies(_OVERLAY)
    embedded = RegorusWorker(policies)
    given: list[dict[str, Any]] = []
    try:
        for question in questions(2000, seed=20261123):
            given.append(json.loads(embedded.evaluate(policies.revision, json.dumps(question).encode(), PATIENCE)))
    finally:
        embedded.close()
    actions, codes = histogram(given)
    print(dict(sorted(actions.items())), dict(sorted(codes.items())))
    assert {action for action, count in actions.items() if count >= 100} == {"allow", "protect", "confirm", "block"}
    expected = set(metadata.read(product_files()).rules) - _UNREACHED
    assert {code for code in expected if codes[code] < 20} == set()


@pytest.mark.slow
def test_one_flipped_comparison_in_one_engine_is_found() -> None:
    """The comparison is sharp enough: `>=` turned into `>` in OPA's copy alone shows as a difference."""
    path = "sendsecurely/transfer/basis.rego"
    raw = product_files()[path]
    flipped = raw.replace(b"recipient.basis.valid_to >= input.today", b"recipient.basis.valid_to > input.today")
    assert flipped != raw
    policies, other = product_policies(_OVERLAY), product_policies({**_OVERLAY, path: flipped})
    embedded = RegorusWorker(policies)
    try:
        with own_opa(other) as opa:
            different = 0
            for question in questions(300, seed=20261123):
                body = json.dumps(question).encode()
                ours = embedded.evaluate(policies.revision, body, PATIENCE)
                different += canonical(ours) != canonical(opa.evaluate(other.revision, body, PATIENCE))
            assert different > 0
    finally:
        embedded.close()
