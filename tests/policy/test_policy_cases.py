"""The cases that stand beside the rules, on both engines."""

from __future__ import annotations

import subprocess

import pytest

from addin_backend.bootstrap.policies import reached
from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.flows.policy.trial import try_policy
from addin_backend.model.policy import PolicyReport
from policy.engines import POLICIES, PROJECT, OwnOpa, product_files, product_policies, tool


@pytest.fixture(scope="module")
def report() -> PolicyReport:
    """The whole report of both engines."""
    return try_policy(product_policies(), [RegorusWorker, OwnOpa], reached)


def test_every_case_gets_the_expected_answer(report: PolicyReport) -> None:
    """Action, codes and protections are as the officer wrote them, for every case."""
    assert [f"{item.file}: {item.name}: {item.difference}" for item in report.outcomes if not item.passed] == []
    assert len(report.outcomes) >= 2 * len(report.rules)


def test_every_rule_has_a_case_in_which_it_fires_and_one_in_which_it_must_not(report: PolicyReport) -> None:
    """No code is without both kinds of case."""
    assert report.without_must_fire == ()
    assert report.without_must_not_fire == ()
    assert report.passed


def test_cases_reach_every_line_and_miss_every_rule(report: PolicyReport) -> None:
    """No line of any rule is unreached, and for each rule some case fails when the rule is taken out: no case is there for show."""
    assert report.unreached == ()
    assert report.unnoticed == ()
    assert set(report.engines) == {"embedded", "opa"}


def test_a_line_that_no_case_reaches_and_a_rule_that_none_misses_are_named() -> None:
    """The judge of the test above: without its own cases, a rule is unnoticed and its helper's lines are unreached."""
    path = "sendsecurely/recipients/recipients.rego"
    never = "\n_never if {\n\tinput.schema == 99\n\tinput.schema == 98\n}\n"
    idle = product_files()[path].decode().replace("not _someone\n", "not _someone\n\tnot _never\n") + never
    cases = b"[]"
    changed = product_policies({path: idle.encode(), path.replace(".rego", "_cases.json"): cases})
    found = try_policy(changed, [RegorusWorker], reached)
    assert {"RC-01", "RC-03", "RC-04"} <= set(found.unnoticed)
    assert any(place.startswith(f"{path}:") for place in found.unreached)


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
