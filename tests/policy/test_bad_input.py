"""What cannot be used is refused with its place and reason; a value of another type never makes an answer milder."""

from __future__ import annotations

import copy
import functools
import json
from typing import Any

import pytest

from addin_backend.bootstrap.policies import Workshop
from addin_backend.decision import answer as answers
from addin_backend.decision.schema import misfits, schema_faults
from addin_backend.edges.opa_process import compile_opa
from addin_backend.edges.rego_embedded import RegorusWorker, compile_embedded
from addin_backend.edges.rego_study import syntax_trees
from addin_backend.flows.policy.ask import asked
from addin_backend.flows.policy.check import Compiler, check_policy
from addin_backend.flows.policy.register_faults import MOST_ENTRIES, register_faults
from addin_backend.flows.policy.sample import sample_question
from addin_backend.flows.policy.slow import slow_faults
from addin_backend.model.policy import Diagnostic
from addin_backend.ports import EngineFailure, PolicySet
from policy.engines import PATIENCE, POLICIES, base_question, product_files, product_policies, tool
from policy.test_policy_mutation import milder, paths, without
from sizes import size

RULES = "sendsecurely/recipients/recipients.rego"
SCHEMA = json.loads((POLICIES / "schemas" / "question.json").read_text())


def node_of(document: Any, path: tuple[str | int, ...]) -> Any:
    """The object that holds the last step of the path."""
    for step in path[:-1]:
        document = document[step]
    return document


def place(path: tuple[str | int, ...]) -> str:
    """As misfits() writes it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def test_a_missing_key_an_extra_key_and_another_type_are_named_with_their_place() -> None:
    """For every key of the question."""
    question = base_question()
    assert list(misfits(SCHEMA, question)) == []
    for path in paths(question):
        found = {item.path for item in misfits(SCHEMA, without(question, path))}
        assert place(path) in found
        for other in (None, 17.5, {"x": 1}, ["x", "x"], "Xx æ"):
            changed = copy.deepcopy(question)
            node_of(changed, path)[path[-1]] = other
            assert any(item.path.startswith(place(path)) for item in misfits(SCHEMA, changed)), (path, other)
        if isinstance(node_of(question, path)[path[-1]], dict):
            changed = copy.deepcopy(question)
            node_of(changed, path)[path[-1]]["extra"] = 1
            assert f"{place(path)}.extra" in {item.path for item in misfits(SCHEMA, changed)}


@pytest.mark.parametrize("text", ["DK\n", "dk", "DKK", ""])
def test_a_line_break_at_the_end_is_no_fit(text: str) -> None:
    """Python's `$` would take it; JSON Schema's does not."""
    question = base_question()
    question["recipients"][0]["country"] = text
    assert [item.path for item in misfits(SCHEMA, question)] == ["recipients[0].country"]


def test_an_open_schema_and_a_word_that_is_not_read_are_faults() -> None:
    """A schema that lets unknown keys through, or says something that nobody checks, is refused."""
    assert list(schema_faults(SCHEMA)) == []
    changes: list[dict[str, Any]] = [{"additionalProperties": True}, {"required": []}, {"oneOf": []}]
    changes.append({"properties": {"a": {"$ref": "#/nowhere"}}})
    for change in changes:
        assert list(schema_faults({**SCHEMA, **change}))


def test_another_type_in_any_place_never_makes_the_answer_milder() -> None:
    """Every value of a CPR mail's question replaced by null, a number, a list and an object, on the raw engine."""
    policies = product_policies()
    question = base_question()
    question["message"]["classes"] = ["cpr"]
    engine = RegorusWorker(policies)
    try:
        before = json.loads(engine.evaluate(policies.revision, asked(question), PATIENCE))
        assert before["action"] == "protect"
        found = list(paths(question))
        for path in found[:: size(sample=3, full=1)]:
            others: tuple[Any, ...] = (None, 17, [], {})
            for other in others:
                changed = copy.deepcopy(question)
                node_of(changed, path)[path[-1]] = other
                try:
                    raw = engine.evaluate(policies.revision, asked(changed), PATIENCE)
                    answers.read(raw, ["r0"])
                    after = json.loads(raw)
                except EngineFailure:
                    continue  # no answer, or one that cannot be read, is a block
                assert milder(before, after) == "", (path, other)
    finally:
        engine.close()


def faults_of(changes: dict[str, bytes]) -> list[Diagnostic]:
    """What the whole check says of changed files, with both engines."""
    compilers: list[Compiler] = [compile_embedded, functools.partial(compile_opa, tool("opa"))]
    return list(check_policy(product_policies(changes), compilers, syntax_trees, sample_question()))


def in_rules(new: str) -> dict[str, bytes]:
    """The recipients' rules with something added."""
    return {RULES: product_files()[RULES] + b"\n" + new.encode()}


@pytest.mark.parametrize(
    ("what", "added", "sentence"),
    [
        ("v0 syntax", "deny[x] { x := 1 }", "`if` keyword is required"),
        ("v0 syntax without a body's if", "_old = 1 { input.schema == 2 }", "`if` keyword is required"),
        ("a loop", "_a if _b\n\n_b if _a", "recursi"),
        ("a loop through its own package", "_a if data.sendsecurely.recipients._a", "recursi"),
        ("a forbidden function", 'findings contains x if x := http.send({"url": "http://a.example"})', "http.send"),
        ("an import", "import data.sendsecurely.lib as l", "import"),
        (
            "a negation of what may be missing",
            "_a if not startswith(input.message.missing, `x`)",
            "the two engines answer this differently",
        ),
        ("a comprehension in a head", "_a[id] := [x | some x in input.y] if some id in input.ids", "comprehension in the head"),
        ("a member that may be missing", "_a contains item.name if some item in input.recipients", "drops the whole set"),
        ("a member by a call", "_a contains upper(item) if some item in input.ids", "drops the whole set"),
        ("a key that may be missing", "_a[item.name] := true if some item in input.recipients", "drops the whole set"),
        ("a fraction", "_a := 1.5", "fractions"),
        ("division", "_a := input.message.size_bytes / 2", "divi"),
        ("a rule that is not there", "_a if data.sendsecurely.lib.nothing_of_the_kind", "There is no rule called"),
    ],
)
def test_a_rule_that_may_not_count_is_refused_with_its_place(what: str, added: str, sentence: str) -> None:
    """File, row and column, and a sentence."""
    found = [item for item in faults_of(in_rules(added)) if sentence in item.sentence]
    assert found, faults_of(in_rules(added))
    first_row = product_files()[RULES].count(b"\n")
    assert any(item.file == RULES and item.row >= first_row and item.col > 0 for item in found), found


def test_a_placeholder_that_nothing_fills_is_refused() -> None:
    """In either language; those of the recipient are always filled."""
    raw = product_files()[RULES].decode().replace("Adressen {recipient} er", "Adressen {recipient} {vejr} er", 1)
    assert "{vejr}" in raw
    told = [item.sentence for item in faults_of({RULES: raw.encode()})]
    assert any("Nothing fills {vejr}" in sentence for sentence in told)
    assert any("do not have the same placeholders" in sentence for sentence in told)


SLOW = """# METADATA
# title: Langsom
# description: Slow.
# related_resources:
#   - ref: https://example.com
# custom:
#   code: XX-01
#   effect: note
#   title: {da: "Langsom", en: "Slow"}
#   explanation: {da: "Langsom.", en: "Slow."}
#   way_out: {da: "Intet.", en: "Nothing."}
#   law: "GDPR Art. 32"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some a in input.recipients
	some b in input.recipients
	some c in input.recipients
	some d in input.recipients
	a.id == b.id
	c.id != d.id
	a.domain == "nowhere.example"
	finding := {"code": "XX-01", "effect": "note", "recipient": a.id, "params": {}}
}
"""


def entry(policies: PolicySet, rule: str) -> RegorusWorker:
    """The engine that answers one rule."""
    return RegorusWorker(policies, rule=rule, start_seconds=5.0)


def test_a_rule_that_explodes_is_named() -> None:
    """Four loops over a hundred recipients: cut off, and named with file and row; the product's own rules are quick enough."""
    found = slow_faults(product_policies(in_rules(SLOW)), entry)
    assert [(item.file, "XX-01" in item.sentence) for item in found] == [(RULES, True)]
    assert found[0].row > product_files()[RULES].count(b"\n")


REGISTERS = [
    (
        "overlapping dates",
        "partners",
        [("a.example", "2026-01-01", "2026-12-31"), ("a.example", "2026-12-31", "2027-06-01")],
        "both hold from",
    ),
    ("dates that follow", "partners", [("a.example", "2026-01-01", "2026-12-30"), ("a.example", "2026-12-31", "2027-06-01")], ""),
]


@pytest.mark.parametrize(("what", "name", "entries", "told"), REGISTERS, ids=[item[0] for item in REGISTERS])
def test_entries_about_the_same_may_not_overlap(what: str, name: str, entries: list[tuple[str, str, str]], told: str) -> None:
    """One after the other is fine; both on one day is not."""
    written = [{"domain": domain, "valid_from": start, "valid_to": end} for domain, start, end in entries]
    files = {f"registers/{name}/data.json": json.dumps({"checked": "2026-11-23", "entries": written}).encode()}
    found = [item.sentence for item in register_faults(files, frozenset())]
    assert (not found) if not told else any(told in sentence for sentence in found)


def test_unknown_codes_keys_written_twice_and_doubles_are_named() -> None:
    """With the register, the entry, and for a key its row."""
    path = "registers/dispensations/data.json"
    unknown = {path: json.dumps({"entries": [{"id": "D-1", "code": "QQ-99"}]}).encode()}
    assert [item.sentence for item in register_faults(unknown, frozenset({"CO-01"}))] == ["entries[0]: no rule has the code QQ-99."]
    twice = {path: b'{"entries": [\n{"id": "D-1",\n "id": "D-2"}]}'}
    assert [(item.row, item.sentence) for item in register_faults(twice, frozenset())] == [(3, "The key “id” stands twice in one entry.")]
    double = {"registers/free_mail/data.json": b'{"domains": ["a.example", "b.example", "a.example"]}'}
    assert [item.sentence for item in register_faults(double, frozenset())] == ["domains: a.example stands there twice."]


def test_a_hundred_thousand_entries_are_refused_at_once() -> None:
    """Named with the count and the bound, before any engine has to hold them."""
    path = "registers/domains/data.json"
    many = [{"domain": f"d{number}.example"} for number in range(100_000)]
    found = list(register_faults({path: json.dumps({"entries": many}).encode()}, frozenset()))
    assert [(item.file, item.sentence) for item in found] == [(path, f"entries has 100000 entries; at most {MOST_ENTRIES} can be held.")]


def test_the_workshop_names_its_programs() -> None:
    """What judged the rules is said."""
    assert Workshop(tool("opa"), None).engines == "regorus, OPA"
    assert "no OPA" in Workshop(None, None).engines


@pytest.mark.parametrize(
    ("name", "key", "entry"),
    [
        ("connections", "risk_assessments", {"domain": "a.example", "decided_on": "2026-01-01"}),
        ("connections", "end_to_end", {"domain": "A.example", "reason": "aftale", "agreed_on": "2026-01-01", "valid_to": "2027-01-01"}),
        ("connections", "end_to_end", {"domain": "a.example", "reason": "aftale", "agreed_on": "2026-01-01", "valid_to": "2025-01-01"}),
        ("observations", "entries", {"domain": "a.example", "seen": "no_tls", "day": "2026-11-20", "count": 0}),
        ("observations", "entries", {"domain": "a.example", "seen": "perhaps", "day": "2026-11-20", "count": 1}),
    ],
)
def test_the_registers_on_connections_are_read_before_they_count(name: str, key: str, entry: dict[str, Any]) -> None:
    """A fault in what we decided or saw of a domain is named with its file by `policy check`, not by a server that does not start."""
    path = f"registers/{name}/data.json"
    written = json.loads(product_files()[path])
    written[key] = [entry]
    found = check_policy(
        product_policies({path: json.dumps(written).encode()}), (), lambda texts: dict.fromkeys(texts, EngineFailure("compile", ""))
    )
    assert [item.file for item in found] == [path]
