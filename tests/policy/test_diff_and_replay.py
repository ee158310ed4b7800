"""What a change of rules changes: in sentences, over recorded questions with exact counts, and which rules are in doubt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from addin_backend.decision import answer as answers
from addin_backend.decision.revision import policy_set
from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.errors import NotFound
from addin_backend.flows.policy.ask import asked
from addin_backend.flows.policy.diff import diff
from addin_backend.flows.policy.doubts import doubts
from addin_backend.flows.policy.generate import questions, stock
from addin_backend.flows.policy.replay import replay, replay_then, table
from addin_backend.model.policy import RecordedQuestion
from addin_backend.ports import PolicyEngine, PolicySet
from policy.engines import base_question, product_files, product_policies
from sizes import size

PARAMETERS = "registers/parameters/data.json"
CONTENT = "sendsecurely/content/content.rego"
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def two_workers(policies: PolicySet) -> PolicyEngine:
    """The embedded engine on both cores."""
    return RegorusWorker(policies, workers=2)


def changed(path: str, old: bytes, new: bytes) -> PolicySet:
    """The product's rules with one text replaced."""
    raw = product_files()[path]
    assert old in raw
    return product_policies({path: raw.replace(old, new, 1)})


@pytest.fixture(scope="module")
def without_cpr() -> PolicySet:
    """Rules that no longer know a CPR number."""
    return changed(CONTENT, b'"cpr" in data.sendsecurely.lib.counted', b'"cprx" in data.sendsecurely.lib.counted')


def test_a_rule_that_vanishes_shows_as_a_sentence(without_cpr: PolicySet) -> None:
    """The least that shows the change, in both languages; nothing is said of what stays."""
    found = diff(product_policies(), without_cpr, two_workers, generated=50, every=size(sample=3, full=1))
    assert found.files == ((CONTENT, "changed"),)
    assert found.different > 0
    danish = [texts.da for texts in found.changes]
    assert "CPR-nummer: beskyt via sikker side → tillad" in danish
    assert "CPR number: protect by portal → allow" in [texts.en for texts in found.changes]
    assert not [sentence for sentence in danish if "trafbare" in sentence or sentence.startswith("Almindelige")]


def test_a_promise_that_begins_to_count_shows_with_its_condition() -> None:
    """A verdict that becomes sufficient: told for the domains it is about, with the condition under which it counts."""
    before = b'"cpr": ["register", "dane", "mta_sts_enforce"'
    looser = changed(PARAMETERS, before, before + b', "authenticated_now"')
    found = diff(product_policies(), looser, two_workers, generated=0)
    told = [texts for texts in found.changes if "authenticated-only domains" in texts.en]
    assert told, found.changes
    assert "protect by portal → protect by secure connection" in told[0].en
    assert "beskyt via sikker side → beskyt med sikker forbindelse" in told[0].da


def test_the_same_rules_differ_in_nothing() -> None:
    """Nor does a change of words alone: the revision is another, the answers are not."""
    words = changed(CONTENT, b"Mailen indeholder et CPR-nummer", b"Et CPR-nummer")
    found = diff(product_policies(), words, two_workers, generated=50, every=size(sample=4, full=1))
    assert (found.files, found.different, found.changes) == (((CONTENT, "changed"),), 0, ())
    assert found.asked > 500


def recorded(policies: PolicySet, asked_of: list[dict[str, Any]]) -> Iterator[RecordedQuestion]:
    """The questions as the server records them, with the answers of ``policies``."""
    engine = RegorusWorker(policies, workers=2)
    try:
        for number, question in enumerate(asked_of):
            raw = engine.evaluate(policies.revision, asked(question), 5.0)
            read = answers.read(raw, [item["id"] for item in question["recipients"]])
            yield RecordedQuestion(
                event_id=f"e{number}",
                at=AT + timedelta(seconds=number),
                revision=policies.revision,
                question=asked(question),
                answer=msgspec.json.encode(read, order="sorted"),
            )
    finally:
        engine.close()


@pytest.fixture(scope="module")
def record() -> list[RecordedQuestion]:
    """Recorded questions of all kinds."""
    return list(recorded(product_policies(), list(questions(stock(product_files()), size(sample=300, full=3000), seed=3))))


def test_recorded_decisions_are_given_again_to_the_letter(record: list[RecordedQuestion], without_cpr: PolicySet) -> None:
    """After the rules changed, each decision replays on the rules of its own time to the identical answer."""
    kept = {product_policies().revision: product_policies(), without_cpr.revision: without_cpr}
    later = list(recorded(without_cpr, [json.loads(item.question) for item in record[:20]]))
    found = replay_then([*record, *later], kept.__getitem__, two_workers)
    assert (found.asked, found.identical, found.different, found.without_rules) == (len(record) + 20, len(record) + 20, (), ())


def test_an_answer_that_was_changed_and_rules_that_are_gone_are_found(record: list[RecordedQuestion]) -> None:
    """One letter of an answer; a revision that nobody kept; a block that stood in for an engine's answer is no comparison."""

    def load(revision: str) -> PolicySet:
        if revision != product_policies().revision:
            raise NotFound
        return product_policies()

    other = msgspec.structs.replace(
        record[0], answer=record[0].answer.replace(b'"effect":"', b'"effect":"x', 1).replace(b"allow", b"block")
    )
    gone = msgspec.structs.replace(record[1], revision="0" * 64)
    cut = msgspec.structs.replace(record[2], answer=msgspec.json.encode(answers.blocked("EN-01", ["r0"]), order="sorted"))
    found = replay_then([other, gone, cut, record[3]], load, two_workers)
    assert (found.different, found.without_rules, found.unanswered, found.identical) == (("e0",), ("e1",), 1, 1)


def test_replaying_counts_exactly_what_a_change_would_do(record: list[RecordedQuestion], without_cpr: PolicySet) -> None:
    """Per rule before and after, per kind of change, with examples that show no domain; counted again here by other means."""
    same = replay(record, product_policies(), two_workers, 4)
    assert (same.asked, same.same, same.changed, same.failed) == (len(record), len(record), {}, 0)
    found = replay(record, without_cpr, two_workers, 4)
    with_cpr = sum(b'"CO-01"' in item.answer for item in record)
    assert (found.before["CO-01"], found.after["CO-01"], found.lost["CO-01"]) == (with_cpr, 0, with_cpr)
    assert found.asked == found.same + found.other_codes + sum(found.changed.values())
    assert sum(found.changed.values()) > 0
    assert any(line.startswith("CO-01") for line in table(found))
    shown = [example.texts.da for examples in found.examples.values() for example in examples]
    assert shown
    assert not [text for text in shown if ".example" in text]


def test_a_question_of_another_form_is_counted_apart(record: list[RecordedQuestion]) -> None:
    """A recorded question that these rules cannot be asked is neither the same nor changed."""
    question = json.loads(record[0].question)
    del question["channels"]
    old = msgspec.structs.replace(record[0], question=asked(question), revision="0" * 64)
    found = replay([old, record[1]], product_policies(), two_workers, 2)
    assert (found.asked, found.misfits, found.same) == (2, 1, 1)


DEAD = """
# METADATA
# title: Aldrig
# description: Never.
# related_resources:
#   - ref: https://example.com
# custom:
#   code: XX-01
#   effect: block
#   title: {da: "Aldrig", en: "Never"}
#   explanation: {da: "Aldrig.", en: "Never."}
#   way_out: {da: "Intet.", en: "Nothing."}
#   law: "GDPR Art. 32"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	input.message.size_bytes < 0
	finding := {"code": "XX-01", "effect": "block", "recipient": "", "params": {}}
}
"""


def test_dead_idle_and_contradictory_rules_are_found_with_a_witness() -> None:
    """A rule that cannot fire, one that repeats another's work, and two that together leave no way."""
    files = product_files()
    again = DEAD.replace("XX-01", "XX-02").replace("input.message.size_bytes < 0", "input.message.readable == false")
    first = DEAD.replace("XX-01", "XX-03").replace("effect: block", "effect: protect").replace('"effect": "block"', '"effect": "protect"')
    first = first.replace("input.message.size_bytes < 0", 'input.organisation.kind == "public"')
    second = first.replace("XX-03", "XX-04")
    ways = (first, '["plain", "tls"]'), (second, '["smime", "portal"]')
    pair = "".join(text.replace('"params": {}', f'"params": {{"excludes": {excluded}}}') for text, excluded in ways)
    path = "sendsecurely/recipients/recipients.rego"
    evidence = "sendsecurely/evidence/evidence.rego"
    rules = policy_set({**files, path: files[path] + DEAD.encode() + pair.encode(), evidence: files[evidence] + again.encode()})
    found = {(doubt.kind, doubt.codes): doubt for doubt in doubts(rules, RegorusWorker, tried=600)}
    assert ("dead", ("XX-01",)) in found
    assert ("idle", ("XX-02",)) in found
    clash = found[("contradiction", ("XX-03", "XX-04"))]
    assert json.loads(clash.question)["organisation"]["kind"] == "public"
    assert "XX-03" in clash.texts.da
    engine = RegorusWorker(rules)
    witness = json.loads(engine.evaluate(rules.revision, clash.question, 5.0))
    engine.close()
    assert witness["action"] == "block"
    assert {"XX-03", "XX-04"} <= {item["code"] for item in witness["findings"]}
    assert base_question()["organisation"]["kind"] == "private"
