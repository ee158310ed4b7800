"""The cases that stand beside the rules, on both engines."""

from __future__ import annotations

import subprocess

import pytest

from addin_backend.decision import metadata
from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.flows.edit_policy import test_policy as run_policy_test
from addin_backend.model.policy import PolicyReport
from policy.engines import POLICIES, PROJECT, OwnOpa, product_files, product_policies, tool
from sizes import size


@pytest.fixture(scope="module", params=["embedded", "opa"])
def report(request: pytest.FixtureRequest) -> PolicyReport:
    """The whole report of one engine."""
    if request.param == "opa":
        tool("opa")
    return run_policy_test(product_policies(), [RegorusWorker if request.param == "embedded" else OwnOpa])


def test_every_case_gets_the_expected_answer(report: PolicyReport) -> None:
    """Action, codes and protections are as the officer wrote them, for every case."""
    assert [f"{item.file}: {item.name}: {item.difference}" for item in report.outcomes if not item.passed] == []
    assert len(report.outcomes) >= 2 * len(report.rules)


def test_every_rule_has_a_case_in_which_it_fires_and_one_in_which_it_must_not(report: PolicyReport) -> None:
    """No code is without both kinds of case."""
    assert report.without_must_fire == ()
    assert report.without_must_not_fire == ()
    assert report.passed


def silenced(raw: bytes, code: str) -> bytes:
    """The rule file with the body of the findings rule for ``code`` made false."""
    head = raw.index(b"\nfindings contains", raw.index(f"code: {code}\n".encode()))
    body = raw.index(b"if {\n", head) + len(b"if {\n")
    return raw[:body] + b"\tinput.schema == 0\n" + raw[body:]


def test_cases_notice_when_a_rule_vanishes() -> None:
    """Each rule made silent in turn: some case that expects its code fails, so no case is there for show."""
    files = product_files()
    rules = sorted(metadata.read(files).rules.values(), key=lambda rule: rule.code)
    count = size(sample=5, full=len(rules))
    for rule in rules[:: max(1, len(rules) // count)]:
        result = run_policy_test(product_policies({rule.file: silenced(files[rule.file], rule.code)}), [RegorusWorker])
        assert result.faults == ()
        assert any(rule.code in item.codes for item in result.outcomes if not item.passed), rule.code


def test_the_rules_are_formatted_and_strict() -> None:
    """opa fmt changes nothing and opa check --strict, with the schema of the question, finds nothing."""
    opa = str(tool("opa"))
    formatted = subprocess.run([opa, "fmt", "--fail", "--list", str(POLICIES)], capture_output=True, text=True, check=False)
    assert (formatted.stdout, formatted.returncode) == ("", 0)
    checked = subprocess.run(
        [opa, "check", "--strict", "--schema", str(POLICIES / "schemas" / "question.json"), "--bundle", str(POLICIES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.stderr, checked.returncode) == ("", 0)


def test_regal_finds_nothing() -> None:
    """The linter is silent under the project's configuration."""
    done = subprocess.run([str(tool("regal")), "lint", "policies/rego"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
