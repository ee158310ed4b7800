"""`policy check`, `policy test` and `settings`: what is wrong is named with its place, and secrets stay hidden."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import ran, ran_anew, without_traceback
from program import ROOT

CONTENT = "sendsecurely/content/content.rego"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the product's rules."""
    return Path(shutil.copytree(ROOT / "policies" / "rego", tmp_path / "rego"))


def _swap(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_products_rules_are_sound(tmp_path: Path, tool: Callable[[str], str]) -> None:
    """`policy check` exits 0 and names the revision and both engines."""
    run = ran_anew("policy", "check", folder=tmp_path, opa_binary=tool("opa"))
    assert (0, "") == (run.code, run.err), run.out
    assert "Sound." in run.out
    assert "regorus, OPA" in run.out


BROKEN = [
    ("a brace too few", CONTENT, "findings contains finding if {", "findings contains finding if ", True),
    (
        "a function that is not listed",
        CONTENT,
        '"cpr" in data.sendsecurely.lib.counted',
        'http.send({"url": "http://127.0.0.1/"}).status_code == 200',
        True,
    ),
    ("a code without its number", CONTENT, "code: CO-01", "code: CO", False),
    ("a text in one language only", CONTENT, ', en: "The mail contains a CPR number"}', "}", False),
    ("a register with a day that is none", "registers/countries/data.json", "2026-11-23", "2026-13-01", False),
    ("cases that are no JSON", "sendsecurely/content/content_cases.json", "[", "", False),
]


@pytest.mark.parametrize(("what", "file", "old", "new", "placed"), BROKEN, ids=[item[0] for item in BROKEN])
def test_a_broken_rule_is_named_with_its_place(what: str, file: str, old: str, new: str, placed: bool, rules: Path) -> None:
    """`policy check` exits 1 and names the file, and where there is one the row and column."""
    _swap(rules / file, old, new)
    run = ran("policy", "check", folder=rules, policies_dir=str(rules), opa_binary="nowhere/opa")
    without_traceback(run)
    assert run.code == 1, run.out
    said = run.out + run.err
    assert file in said
    if placed:
        row, column = said.split(f"{file}:", 1)[1].split(":")[:2]
        assert int(row) > 1
        assert int(column) >= 0


def test_every_case_holds_on_both_engines(tmp_path: Path, tool: Callable[[str], str]) -> None:
    """`policy test` exits 0 and shows each rule with its cases."""
    run = ran("policy", "test", "--generated", "100", folder=tmp_path, opa_binary=tool("opa"))
    assert (0, "") == (run.code, run.err), run.out[-2000:]
    assert "embedded, opa: 0 failed" in run.out
    assert "CO-01 " in run.out


def test_a_rule_that_does_not_do_what_its_cases_say_fails(rules: Path) -> None:
    """`policy test` exits 1 and names the case, in the officer's words."""
    _swap(rules / CONTENT, '"cpr" in data.sendsecurely.lib.counted', '"cprx" in data.sendsecurely.lib.counted')
    run = ran("policy", "test", "--generated", "0", folder=rules, policies_dir=str(rules), opa_binary="nowhere/opa")
    without_traceback(run)
    assert run.code == 1
    assert "FAILED on embedded" in run.out
    assert "content_cases.json" in run.out


@pytest.mark.parametrize("command", [("check", "--json", "a.eml"), ("serve",), ("policy", "test")])
def test_rules_that_do_not_compile_stop_everything(command: tuple[str, ...], rules: Path) -> None:
    """No answer, no server, no traceback: the file and the place in it are named."""
    _swap(rules / CONTENT, "findings contains finding if {", "findings contains finding if ")
    settings = {
        "policies_dir": str(rules),
        "ews_url": "http://127.0.0.1:1/",
        "entra_tenant": "t",
        "entra_audience": "a",
        "ews_auth": "basic",
    }
    run = ran(*command, folder=rules, opa_binary="nowhere/opa", **settings)
    without_traceback(run)
    assert run.code in {1, 2}
    assert f"{CONTENT}:" in run.out + run.err
    assert not run.out.startswith("{")


def test_settings_are_shown_without_their_secrets(tmp_path: Path) -> None:
    """Every setting with its value and meaning; what is secret appears neither as value nor in part."""
    run = ran("settings", folder=tmp_path, ews_password="hunter2-hemmelig", tenant="nordlys", signing_key="mappe/privat.pem")
    assert (0, "") == (run.code, run.err)
    assert "tenant = nordlys" in run.out
    for secret in ("hunter2", "hemmelig", "mappe/privat.pem"):
        assert secret not in run.out
    assert "ews_password = ••••••" in run.out
    assert "entra_key = \n" in run.out


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    """Defaults, then the file, then the environment."""
    (tmp_path / "s.toml").write_text('tenant = "fil"\nport = 9000\n', encoding="utf-8")
    run = ran("settings", folder=tmp_path, settings=str(tmp_path / "s.toml"), tenant="miljø")
    assert "tenant = miljø" in run.out
    assert "port = 9000" in run.out
    assert "engine = embedded" in run.out


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"tennant": "x"}, "tennant"),
    ({"port": "otte"}, "port"),
    ({"port": "70000"}, "port"),
    ({"engine": "prolog"}, "engine"),
    ({"engine": "opa"}, "opa_url"),
    ({"ews_auth": "ntlm"}, "ews_auth"),
    ({"engine_deadline": "0"}, "engine_deadline"),
    ({"engine_deadline": "nan"}, "engine_deadline"),
    ({"message_limit_mb": "-1"}, "message_limit_mb"),
    ({"log_format": "xml"}, "log_format"),
    ({"settings": "findes-ikke.toml"}, "findes-ikke.toml"),
]


@pytest.mark.parametrize(("given", "named"), MISTAKES, ids=[json.dumps(item[0]) for item in MISTAKES])
def test_a_setting_that_cannot_be_used_is_named(given: dict[str, str], named: str, tmp_path: Path) -> None:
    """Exit 2 with the setting's name: a typing error is never silently a default."""
    run = ran("settings", folder=tmp_path, **given)
    without_traceback(run)
    assert (2, "") == (run.code, run.out)
    assert named in run.err
