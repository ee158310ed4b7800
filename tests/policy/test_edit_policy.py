"""What `policy check` refuses, with file, row and a sentence, and how the words of the rules are read."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping

import pytest

from addin_backend.decision import builtins, metadata
from addin_backend.edges.opa_process import compile_opa
from addin_backend.edges.rego_embedded import RegorusWorker, compile_embedded
from addin_backend.edges.rego_study import syntax_tree, syntax_trees
from addin_backend.errors import BadRegister
from addin_backend.flows.policy.cases import case_question
from addin_backend.flows.policy.check import check_policy
from addin_backend.flows.policy.sample import sample_question
from addin_backend.flows.policy.trial import try_policy
from addin_backend.model.policy import Diagnostic
from policy.engines import POLICIES, base_question, product_files, product_policies, tool

RULES = "sendsecurely/recipients/recipients.rego"


def check(changes: Mapping[str, bytes]) -> tuple[Diagnostic, ...]:
    """check_policy with the embedded engine."""
    return check_policy(product_policies(changes), [compile_embedded], syntax_trees, sample_question())


def changed(old: str, new: str, path: str = RULES) -> dict[str, bytes]:
    """A product file in which one text is replaced."""
    text = product_files()[path].decode()
    assert old in text
    return {path: text.replace(old, new, 1).encode()}


def test_the_products_rules_are_sound() -> None:
    """No diagnostics from either engine, the texts, the schemas, the registers or the cases."""
    assert (
        check_policy(product_policies(), [compile_embedded, functools.partial(compile_opa, tool("opa"))], syntax_trees, sample_question())
        == ()
    )


@pytest.mark.parametrize(
    ("sentence", "changes"),
    [
        (
            "custom.explanation.en is missing",
            changed('    en: "The mail has not been sent. {recipient} is not a valid mail address."\n', "    \n"),
        ),
        ("The code RC-01 is already used", changed("code: RC-02", "code: RC-01")),
        ("custom.code is not of the form", changed("code: RC-02", "code: EN-01")),
        ("custom.effect is none of", changed("effect: confirm", "effect: ask")),
        ("custom.effective_on is not a date", changed("2026-11-01", "2026-02-30")),
        ("The METADATA block is not YAML", changed("# title: Ugyldig adresse", "# title: Ugyldig: adresse: [")),
        ("related_resources names no source", changed("#   - ref: https://www.rfc-editor.org/rfc/rfc5322\n", "#   - see: rfc5322\n")),
        ("Every findings rule needs a METADATA block", changed("# METADATA\n# title: Ugyldig adresse", "# title: Ugyldig adresse")),
        ("expecting expression", changed("recipient.valid == true", "recipient.valid == = true")),
        ("`time.now_ns` is not on the list", changed("recipient.valid == true", "time.now_ns() > 3")),
        ("`http.send` is not on the list", changed("recipient.valid == true", 'http.send({"url": "http://other.example"})')),
        ("`regex.match` is not on the list", changed("recipient.valid == true", "regex.match(`a`, recipient.domain)")),
        ("`with` changes the question", changed("not _someone", "not _someone with input as {}")),
        (
            "instead of an import",
            changed("package sendsecurely.recipients\n", "package sendsecurely.recipients\n\nimport data.sendsecurely.lib\n"),
        ),
        ("The file is not JSON", {"schemas/question.json": b"{"}),
        ("does not describe an object", {"schemas/answer.json": b"[]"}),
        ("valid_to", {"registers/partners/data.json": b'{"checked": "2026-11-23", "entries": [{"domain": "a.example"}]}'}),
        ("not JSON", {"sendsecurely/recipients/recipients_cases.json": b"[{]"}),
        ("needs name, given and expect", {"sendsecurely/recipients/recipients_cases.json": b'[{"name": "x"}]'}),
    ],
)
def test_a_faulty_rule_text_schema_register_or_case_is_named(sentence: str, changes: dict[str, bytes]) -> None:
    """Each fault is found in its file, and the sound files stay unmentioned."""
    if "valid_to" in sentence:
        sentence = "registers/partners/data.json"
    found = [item for item in check(changes) if sentence in item.sentence]
    assert found, check(changes)
    assert {item.file for item in found} == set(changes)
    assert all(item.row > 0 for item in found if item.file.endswith(".rego"))


def test_metadata_with_a_fault_stops_the_start_and_names_its_line() -> None:
    """texts() gives no half dictionary: BadRegister names file and line."""
    broken = {**product_files(), **changed("code: RC-02", "code: RC-01")}
    with pytest.raises(BadRegister, match=r"recipients\.rego, line \d+"):
        metadata.texts(broken)


def test_every_code_has_words_in_both_languages_and_known_placeholders() -> None:
    """Short, without an exclamation mark, without blame, and with placeholders that the finding can fill."""
    rules = metadata.read(product_files()).rules
    assert len(rules) >= 27
    for rule in rules.values():
        texts = (rule.text.title, rule.text.explanation, rule.text.way_out)
        for sentence in [words for text in texts for words in (text.da, text.en)]:
            assert set(re.findall(r"\{([a-z_]+)\}", sentence)) <= {
                "recipient",
                "domain",
                "id",
                "lifts",
                "confirm_by",
                "domains",
                "count",
            }, rule.code
            assert "!" not in sentence
            assert "forsøgt" not in sentence
            assert "attempted" not in sentence
        for text in texts:
            assert re.findall(r"\{[a-z_]+\}", text.da).sort() == re.findall(r"\{[a-z_]+\}", text.en).sort()
            assert text.da != text.en


def test_a_mistaken_expectation_is_reported_per_engine() -> None:
    """policy test says which case failed, on which engine, and how."""
    path = "sendsecurely/evidence/evidence_cases.json"
    cases = json.loads(product_files()[path])
    cases[0]["expect"]["action"] = "allow"
    report = try_policy(product_policies({path: json.dumps(cases).encode()}), [RegorusWorker])
    assert not report.passed
    assert [(item.name, item.engine, item.difference) for item in report.outcomes if not item.passed] == [
        (cases[0]["name"], "embedded", "action: expected allow, got block")
    ]


def test_a_rule_without_a_case_is_reported() -> None:
    """A new rule counts only with a case in which it fires and one in which it must not."""
    report = try_policy(product_policies({"sendsecurely/recipients/recipients_cases.json": b"[]"}), [RegorusWorker])
    assert {"RC-01", "RC-03", "RC-04"} <= set(report.without_must_fire)
    assert "RC-04" in report.without_must_not_fire
    assert not report.passed


def test_a_cases_difference_is_a_merge_patch_on_the_base_question() -> None:
    """null leaves a key out, recipients are differences from the base recipient with ids in order."""
    question = case_question(base_question(), {"message": {"readable": None}, "recipients": [{}, {"role": "unknown", "country": None}]})
    assert "readable" not in question["message"]
    assert [item["id"] for item in question["recipients"]] == ["r0", "r1"]
    assert question["recipients"][1]["role"] == "unknown"
    assert "country" not in question["recipients"][1]


def test_a_name_in_a_comment_or_text_is_no_call() -> None:
    """Only calls count, and a function that the file defines is its own."""
    source = 'package x\n\n# http.send(1)\na := "http.send(1)"\n\nb if _own(1)\n\n_own(x) if x == 1\n'
    assert builtins.faults("x.rego", syntax_tree("x.rego", source)) == ()


def test_the_schema_folder_is_where_the_rules_are() -> None:
    """The base question fits its place beside the schemas."""
    assert (POLICIES / "schemas" / "base_question.json").is_file()
