"""`transport check` and `transport report`: what an administrator sees, and what the next check makes of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from command_line import Ran, ran, without_traceback

ROOT = Path(__file__).resolve().parent.parent.parent
PARTNER = {
    "domain": "fynskpension.example",
    "connector": "Til Fynsk Pension",
    "verified_on": "2026-10-12",
    "verified_by": "it-drift",
    "valid_from": "2025-01-01",
    "valid_to": "2035-12-31",
    "review_on": "2035-06-01",
}
TICKET = {"Name": "Tvungen TLS", "Enabled": True, "TlsSettings": "CertificateValidation", "IsTransportRuleScoped": True, "TestMode": False}
PARTNERS = {**TICKET, "Name": "Til Fynsk Pension", "IsTransportRuleScoped": False, "RecipientDomains": ["fynskpension.example"]}
RULE = {
    "Name": "Billet",
    "State": "Enabled",
    "Mode": "Enforce",
    "Priority": 0,
    "HeaderContainsMessageHeader": "X-SendSecurely-Ticket",
    "HeaderContainsWords": ["v1."],
    "RouteMessageOutboundConnector": "Tvungen TLS",
    "StopRuleProcessing": False,
}
REPORT = "Date,Recipient Domain,Message Count\n2026-11-20,fynskpension.example,3\n2026-11-20,andre.example,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation with one partner in its register."""
    registers = tmp_path / "registers"
    (registers / "partners").mkdir(parents=True)
    (registers / "partners" / "data.json").write_text(json.dumps({"checked": "2026-11-01", "entries": [PARTNER]}), encoding="utf-8")
    return tmp_path


def _ran(folder: Path, *words: str) -> Ran:
    run = ran("transport", *words, "--at", "2026-11-23", folder=folder, registers_dir=str(folder / "registers"))
    without_traceback(run)
    return run


def _exports(folder: Path, connectors: Any, rules: Any) -> tuple[str, str]:
    for name, content in (("connectors.json", connectors), ("rules.json", rules)):
        (folder / name).write_text(json.dumps(content), encoding="utf-8-sig")
    return "connectors.json", "rules.json"


def test_an_exchange_that_keeps_its_promises(folder: Path) -> None:
    """0, and both languages say so."""
    run = _ran(folder, "check", *_exports(folder, [TICKET, PARTNERS], RULE))
    assert (0, True, True) == (run.code, "Partnere: 1" in run.out, "Partners: 1" in run.out)


def test_a_missing_rule_is_found_before_a_mail_shows_it(folder: Path) -> None:
    """1, with the word, the header and a sentence; as JSON for a scheduled task."""
    exports = _exports(folder, [TICKET, PARTNERS], [RULE | {"State": "Disabled"}])
    run = _ran(folder, "check", *exports)
    assert (1, True) == (run.code, "rule_disabled" in run.out)
    found = json.loads(_ran(folder, "check", *exports, "--json").out)
    assert [("rule_disabled", "Billet", True)] == [(item["code"], item["subject"], item["breaks"]) for item in found]


def test_mail_without_tls_to_a_partner_is_an_alarm_and_ends_the_promise(folder: Path) -> None:
    """The report is taken in once, the partner is named, and the register says what was seen; a faulty one changes nothing."""
    (folder / "report.csv").write_text(REPORT, encoding="utf-8")
    run = _ran(folder, "report", "report.csv")
    assert (1, True, False) == (run.code, "✗ fynskpension.example" in run.out, "✗ andre.example" in run.out)
    written = folder / "registers" / "observations" / "data.json"
    before = written.read_bytes()
    assert ["andre.example", "fynskpension.example"] == [item["domain"] for item in json.loads(before)["entries"]]
    (folder / "broken.csv").write_text(REPORT + "2026-11-20,fynskpension.example,mange\n", encoding="utf-8")
    broken = _ran(folder, "report", "broken.csv")
    assert (2, True, before) == (broken.code, "line 4" in broken.err, written.read_bytes())
    shutil.rmtree(folder / "registers" / "observations")
    assert 1 == _ran(folder, "report", "report.csv").code
