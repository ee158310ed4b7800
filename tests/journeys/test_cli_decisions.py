"""`check --json --evidence`: what is decided about a mail of a certain class to a certain recipient, as of a certain day."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from command_line import WORDS, mail, ran, raw_mail, without_traceback, write_json

DAY = "2026-11-23"
ALL = ["ordinary", "confidential", "cpr", "criminal", "special_category", "unread", "unknown"]


def _basis(**changes: Any) -> dict[str, Any]:
    good = {"basis": "standard_contractual_clauses", "module": "1", "guarantees_met": True, "valid_to": "2026-12-31", "classes": ALL}
    return {**good, **changes}


def _abroad(country: str, **changes: Any) -> dict[str, Any]:
    return {"transport": "register", "country": country, "country_strength": "registered", **changes}


def _home(verdict: str, **changes: Any) -> dict[str, Any]:
    return {"transport": verdict, "country": "DK", "country_strength": "registered", **changes}


DOMAINS: dict[str, dict[str, Any]] = {
    **{f"{verdict.replace('_', '-')}.example": _home(verdict) for verdict in (
        "register", "dane", "mta_sts_enforce", "dane_partial", "authenticated_now", "encrypted_now", "legacy_tls", "plaintext",
        "refuses", "contradicted", "unknown",
    )},
    "person.example": {"transport": "unknown", "role": "private_person"},
    "rejse.example": _abroad("CN", role="own_employee"),
    "presumed.example": _home("register", country_strength="presumed"),
    "flagged.example": _home("register", country_strength="flagged"),
    "landlos.example": {"transport": "register"},
    "indien.example": _abroad("IN"),
    "indien-ukendt.example": _abroad("IN", role="unknown"),
    "indien-flag.example": _abroad("IN", country_strength="flagged"),
    "indien-scc.example": _abroad("IN", transfer_basis=_basis()),
    "indien-scc-uden-modul.example": _abroad("IN", transfer_basis=_basis(module=None)),
    "indien-scc-uden-garanti.example": _abroad("IN", transfer_basis=_basis(guarantees_met=False)),
    "indien-scc-almindelig.example": _abroad("IN", transfer_basis=_basis(classes=["ordinary"])),
    "indien-udlobet.example": _abroad("IN", transfer_basis=_basis(valid_to="2026-11-22")),
    "indien-uden-dato.example": _abroad("IN", transfer_basis=_basis(valid_to=None)),
    "indien-samtykke.example": _abroad("IN", transfer_basis=_basis(basis="derogation_a", module=None)),
    "indien-retskrav.example": _abroad("IN", transfer_basis=_basis(basis="derogation_e", module=None)),
    "storbritannien.example": _abroad("GB"),
    "storbritannien-flag.example": _abroad("GB", country_strength="flagged"),
    "usa.example": _abroad("US"),
    "usa-dpf.example": _abroad("US", transfer_basis=_basis(basis="adequacy", module=None, guarantees_met=False)),
    "gronland.example": _abroad("GL"),
    "faeroerne.example": _abroad("FO"),
    "norge.example": _abroad("NO"),
    "blåbær.example": _home("register"),
}  # fmt: skip
EVIDENCE = {
    "organisation": {"domains": ["firma.example", "ærø.example"], "kind": "private"},
    "domains": DOMAINS,
    "certificates": ["anna@plaintext.example", "ANNA@ukendt.example", "anna@contradicted.example", "anna@rødgrød.example"],
}

# (class, recipient, action, protection, codes)
PRIVATE: list[tuple[str, str, str, str, list[str]]] = [
    # transport, protected content
    ("cpr", "anna@register.example", "protect", "tls", ["CO-01"]),
    ("cpr", "anna@dane.example", "protect", "tls", ["CO-01"]),
    ("cpr", "anna@mta-sts-enforce.example", "protect", "tls", ["CO-01"]),
    ("cpr", "bo@dane-partial.example", "protect", "portal", ["CO-01", "TR-01", "TR-05"]),
    ("cpr", "bo@authenticated-now.example", "protect", "portal", ["CO-01", "TR-01", "TR-05"]),
    ("cpr", "bo@encrypted-now.example", "protect", "portal", ["CO-01", "TR-01", "TR-05"]),
    ("cpr", "bo@legacy-tls.example", "protect", "portal", ["CO-01", "TR-01", "TR-05"]),
    ("cpr", "bo@plaintext.example", "protect", "portal", ["CO-01", "TR-01", "TR-05"]),
    ("cpr", "anna@plaintext.example", "protect", "smime", ["CO-01", "TR-01"]),
    ("cpr", "anna@contradicted.example", "protect", "smime", ["CO-01", "TR-03"]),
    ("cpr", "bo@unknown.example", "protect", "portal", ["CO-01", "TR-01", "TR-05"]),
    # classes
    ("ordinary", "bo@unknown.example", "allow", "plain", []),
    ("ordinary", "bo@plaintext.example", "allow", "plain", []),
    ("criminal", "anna@register.example", "confirm", "tls", ["CO-02", "CO-04", "CO-10"]),
    ("special_category", "anna@register.example", "protect", "tls", ["CO-03", "CO-04"]),
    ("confidential", "anna@register.example", "protect", "tls", ["CO-04"]),
    ("unknown", "anna@register.example", "protect", "tls", ["CO-05"]),
    ("unknown", "bo@plaintext.example", "protect", "portal", ["CO-05", "TR-01", "TR-05"]),
    ("unread", "bo@unknown.example", "allow", "plain", ["CO-06"]),
    # internal, unnamed, spelled otherwise
    ("cpr", "karin@firma.example", "allow", "plain", []),
    ("cpr", "karin@FIRMA.example", "allow", "plain", []),
    ("cpr", "karin@ærø.example", "allow", "plain", []),
    ("cpr", "karin@sub.firma.example", "confirm", "portal", ["CO-01", "TF-03", "TR-01", "TR-05"]),
    ("cpr", "anna@blåbær.example", "protect", "tls", ["CO-01"]),
    ("cpr", "anna@xn--blbr-roah.example", "protect", "tls", ["CO-01"]),
    ("cpr", "anna@rødgrød.example", "confirm", "smime", ["CO-01", "TF-03", "TR-01"]),
    ("cpr", "anna@ukendt.example", "confirm", "smime", ["CO-01", "TF-03", "TR-01"]),
    ("ordinary", "bo@ukendt.example", "allow", "plain", []),
    # roles and countries
    ("cpr", "bo@person.example", "protect", "portal", ["CO-01", "TR-01", "TR-05"]),
    ("cpr", "karin@rejse.example", "protect", "tls", ["CO-01"]),
    ("cpr", "anna@presumed.example", "protect", "tls", ["CO-01"]),
    ("cpr", "anna@flagged.example", "confirm", "tls", ["CO-01", "TF-03"]),
    ("ordinary", "anna@flagged.example", "allow", "plain", []),
    ("cpr", "anna@landlos.example", "confirm", "tls", ["CO-01", "TF-03"]),
    ("cpr", "ravi@indien.example", "block", "none", ["CO-01", "TF-01"]),
    ("unknown", "ravi@indien.example", "block", "none", ["CO-05", "TF-01"]),
    ("ordinary", "ravi@indien.example", "confirm", "plain", ["TF-02"]),
    ("unread", "anna@register.example", "confirm", "plain", ["CO-06", "CO-11"]),
    ("unread", "ravi@indien.example", "confirm", "plain", ["CO-06", "CO-11", "TF-02"]),
    ("cpr", "ravi@indien-ukendt.example", "block", "none", ["CO-01", "TF-01", "TF-11"]),
    ("cpr", "ravi@indien-flag.example", "block", "none", ["CO-01", "TF-01"]),
    ("cpr", "ravi@indien-scc.example", "protect", "tls", ["CO-01"]),
    ("cpr", "ravi@indien-scc-uden-modul.example", "block", "none", ["CO-01", "TF-04"]),
    ("cpr", "ravi@indien-scc-uden-garanti.example", "block", "none", ["CO-01", "TF-04"]),
    ("cpr", "ravi@indien-scc-almindelig.example", "block", "none", ["CO-01", "TF-04"]),
    ("ordinary", "ravi@indien-scc-almindelig.example", "allow", "plain", []),
    ("cpr", "ravi@indien-udlobet.example", "block", "none", ["CO-01", "TF-04"]),
    ("ordinary", "ravi@indien-udlobet.example", "confirm", "plain", ["TF-05"]),
    ("cpr", "ravi@indien-uden-dato.example", "block", "none", ["CO-01", "TF-04"]),
    ("cpr", "ravi@indien-samtykke.example", "protect", "tls", ["CO-01"]),
    ("cpr", "tom@storbritannien.example", "protect", "tls", ["CO-01"]),
    ("cpr", "tom@storbritannien-flag.example", "confirm", "tls", ["CO-01", "TF-03"]),
    ("cpr", "tom@usa.example", "block", "none", ["CO-01", "TF-01"]),
    ("cpr", "tom@usa-dpf.example", "protect", "tls", ["CO-01", "TF-09"]),
    ("cpr", "nuka@gronland.example", "block", "none", ["CO-01", "TF-01", "TF-10"]),
    ("cpr", "jon@faeroerne.example", "protect", "tls", ["CO-01", "TF-10"]),
    ("cpr", "kari@norge.example", "protect", "tls", ["CO-01"]),
    # refuses, literals, no address
    ("ordinary", "bo@refuses.example", "block", "none", ["TR-02"]),
    ("ordinary", "bo@[192.0.2.1]", "confirm", "plain", ["RC-04"]),
    ("ordinary", "bo", "block", "none", ["RC-02"]),
]  # fmt: skip
PUBLIC: list[tuple[str, str, str, str, list[str]]] = [
    ("cpr", "ravi@indien-samtykke.example", "block", "none", ["CO-01", "TF-04"]),
    ("ordinary", "ravi@indien-samtykke.example", "confirm", "plain", ["TF-05"]),
    ("cpr", "ravi@indien-retskrav.example", "protect", "tls", ["CO-01"]),
    ("cpr", "ravi@indien-scc.example", "protect", "tls", ["CO-01"]),
]


def _decided(folder: Path, mails: list[bytes], evidence: dict[str, Any], *more: str) -> list[dict[str, Any]]:
    """The lines for ``mails``, in order, from one run."""
    names = [f"{number:03}.eml" for number in range(len(mails))]
    for name, content in zip(names, mails, strict=True):
        (folder / name).write_bytes(content)
    run = ran("check", "--json", "--evidence", write_json(folder / "evidence.json", evidence), *more, *names, folder=folder)
    without_traceback(run)
    assert run.code == 0, run.err
    assert [line["file"] for line in run.lines] == names
    return run.lines


def _outcome(line: dict[str, Any]) -> tuple[str, str, list[str]]:
    (recipient,) = line["recipients"]
    return line["action"], recipient["protection"], recipient["codes"]


@cache
def _table(kind: str, folder: Path) -> list[tuple[str, str, list[str]]]:
    cases = PRIVATE if kind == "private" else PUBLIC
    evidence = {**EVIDENCE, "organisation": {"domains": ["firma.example", "ærø.example"], "kind": kind}}
    mails = [raw_mail(to, WORDS[name]) if to == "bo" or "[" in to or not to.isascii() else mail(to, name) for name, to, *_ in cases]
    return [_outcome(line) for line in _decided(folder, mails, evidence, "--at", DAY)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the two runs that answer the tables."""
    return tmp_path_factory.mktemp("decisions")


@pytest.mark.parametrize(("index", "case"), list(enumerate(PRIVATE)), ids=[f"{case[0]} to {case[1]}" for case in PRIVATE])
def test_a_private_organisation_gets_this_answer(index: int, case: tuple[str, str, str, str, list[str]], folder: Path) -> None:
    """Action, protection and codes for one class and one recipient."""
    assert case[2:] == _table("private", folder)[index]


@pytest.mark.parametrize(("index", "case"), list(enumerate(PUBLIC)), ids=[f"{case[0]} to {case[1]}" for case in PUBLIC])
def test_a_public_body_has_fewer_grounds(index: int, case: tuple[str, str, str, str, list[str]], folder: Path) -> None:
    """GDPR Art. 49(3): consent and contract do not carry a public body's transfer; legal claims and clauses do."""
    assert case[2:] == _table("public", folder)[index]


def test_protected_content_to_a_literal_is_blocked(tmp_path: Path) -> None:
    """An address that names a machine is never sufficient, whatever the evidence file says of it."""
    evidence = {"domains": {"[192.0.2.1]": _home("register"), "": _home("register")}, "organisation": {"domains": ["", "[192.0.2.1]"]}}
    (line,) = _decided(tmp_path, [raw_mail("bo@[192.0.2.1]", WORDS["cpr"])], evidence)
    assert ("block", "none") == _outcome(line)[:2]
    assert "RC-03" in _outcome(line)[2]


def test_no_recipients_is_a_block_about_the_message(tmp_path: Path) -> None:
    """A mail to nobody, or to an empty group, is blocked with one finding about the whole mail."""
    for line in _decided(tmp_path, [mail(""), raw_mail("undisclosed-recipients:;")], EVIDENCE):
        assert ("block", [], [("RC-01", "")]) == (
            line["action"],
            line["recipients"],
            [(item["code"], item["recipient"]) for item in line["findings"]],
        )


@pytest.mark.parametrize("field", ["To", "Cc", "Bcc", "Resent-Bcc"])
def test_every_recipient_counts_wherever_it_stands(field: str, tmp_path: Path) -> None:
    """A blocked recipient is blocked in To, Cc and Bcc alike, and decides for the mail."""
    raw = mail("ravi@indien.example", "cpr", field=field)
    if field != "To":
        raw = b"To: karin@firma.example\n" + raw
    (line,) = _decided(tmp_path, [raw], EVIDENCE)
    assert line["action"] == "block"
    assert ("ravi@indien.example", "none") in [(item["address"], item["protection"]) for item in line["recipients"]]


def test_three_recipients_three_protections(tmp_path: Path) -> None:
    """Each recipient gets the mildest way that is safe for that one; a group and display names are taken apart."""
    to = "Anna <anna@register.example>, Advokater: anna@plaintext.example, bo@plaintext.example;, karin@firma.example"
    (line,) = _decided(tmp_path, [mail(to, "cpr")], EVIDENCE)
    assert ["tls", "smime", "portal", "plain"] == [item["protection"] for item in line["recipients"]]
    assert line["action"] == "protect"


@pytest.mark.parametrize(
    ("to", "day", "expected"),
    [
        ("ravi@indien-scc.example", "2026-12-31", "protect"),
        ("ravi@indien-scc.example", "2027-01-01", "block"),
        ("tom@storbritannien.example", "2031-12-27", "protect"),
        ("tom@storbritannien.example", "2031-12-28", "block"),
    ],
)
def test_a_ground_counts_to_its_last_day(to: str, day: str, expected: str, tmp_path: Path) -> None:
    """Expired means absent, and the last day is part of the period: `--at` moves both registers and given facts."""
    (line,) = _decided(tmp_path, [mail(to, "cpr")], EVIDENCE, "--at", day)
    assert expected == line["action"]


def test_send_securely_never_goes_plain(tmp_path: Path) -> None:
    """--secure: ordinary content to an outsider is protected, to a colleague it is not."""
    lines = _decided(tmp_path, [mail("bo@plaintext.example"), mail("karin@firma.example")], EVIDENCE, "--secure")
    assert [("protect", "portal"), ("allow", "plain")] == [_outcome(line)[:2] for line in lines]
