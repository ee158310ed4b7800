"""Registers are read strictly: what is wrong stops the start and names file and entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from addin_backend.errors import BadRegister
from addin_backend.evidence.registers import read_registers

PRODUCT = Path(__file__).parents[2] / "policies" / "rego" / "registers"
SAMPLE = Path(__file__).parents[2] / "addin_backend" / "sandbox" / "organisation" / "registers"


def _files() -> dict[str, bytes]:
    files = {f"registers/{path.parent.name}/data.json": path.read_bytes() for path in PRODUCT.glob("*/data.json")}
    files |= {f"registers/{path.parent.name}/data.json": path.read_bytes() for path in SAMPLE.glob("*/data.json")}
    return files


def _with(name: str, change: Mapping[str, Any]) -> dict[str, bytes]:
    files = _files()
    path = f"registers/{name}/data.json"
    files[path] = json.dumps({**json.loads(files[path]), **change}).encode()
    return files


PARTNER = {
    "domain": "a.example",
    "connector": "c",
    "verified_on": "2026-01-01",
    "verified_by": "x",
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
    "review_on": "2026-06-01",
}
DISPENSATION = {
    "id": "D-1",
    "code": "TR-01",
    "domain": "a.example",
    "classes": ["cpr"],
    "reason": "r",
    "compensating_measure": "m",
    "asked_by": "a",
    "approved_by": "b",
    "valid_from": "2026-01-01",
    "valid_to": "2026-02-01",
}
BASIS = {
    "domain": "a.example",
    "country": "IN",
    "basis": "standard_contractual_clauses",
    "module": "1",
    "guarantees_met": True,
    "guarantees_owner": "dpo",
    "guarantees_on": "2026-01-01",
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
    "classes": ["cpr"],
}
FACT = {"domain": "a.example", "role": "organisation", "country": "DK", "source": "s", "checked": "2026-01-01"}


def test_the_registers_of_the_product_and_the_sample_organisation_can_be_read() -> None:
    """What is shipped is usable."""
    registers = read_registers(_files())
    assert "nordlys.example" in registers.own_domains
    assert len(registers.countries.eea) == 30


@pytest.mark.parametrize(
    ("name", "change", "place"),
    [
        ("partners", {"entries": [{**PARTNER, "valid_to": "2026-13-01"}]}, "entries[0].valid_to"),
        ("partners", {"entries": [{**PARTNER, "valid_to": "2025-01-01"}]}, "entries[0]"),
        ("partners", {"entries": [{**PARTNER, "domain": "Ærø.example"}]}, "entries[0]"),
        ("partners", {"entries": [{**PARTNER, "extra": 1}]}, "entries[0]"),
        ("domains", {"entries": [{**FACT, "country": "XX"}]}, "entries[0]"),
        ("domains", {"entries": [FACT, FACT]}, "entries[1]"),
        ("domains", {"entries": [{**FACT, "role": "friend"}]}, "entries[0].role"),
        ("countries", {"eea": ["DK", "QQ"]}, "eea[1]"),
        ("dispensations", {"entries": [{**DISPENSATION, "approved_by": "a"}]}, "entries[0] (D-1)"),
        ("dispensations", {"entries": [DISPENSATION, DISPENSATION]}, "entries[1] (D-1)"),
        ("organisation", {"checked": "yesterday"}, "checked"),
        ("partners", {"entries": [PARTNER, {**PARTNER, "valid_from": "2027-01-01", "valid_to": "2028-01-01"}]}, "entries[1].valid_from"),
        ("transfer_bases", {"entries": [BASIS, BASIS]}, "entries[1].valid_from"),
        ("transfer_bases", {"entries": [{**BASIS, "module": "5"}]}, "entries[0].module"),
        ("transfer_bases", {"entries": [{**BASIS, "scope_met": "maybe"}]}, "entries[0].scope_met"),
        ("domains", {"entries": [{**FACT, "remote_access": {"by": "own_staff", "country": "XX"}}]}, "entries[0].remote_access.country"),
        ("countries", {"special": ["GL", "QQ"]}, "special[1]"),
        ("dispensations", {"entries": [{**DISPENSATION, "code": "XX-99"}]}, "entries[0] (D-1).code"),
        ("dispensations", {"entries": [{**DISPENSATION, "approved_by": ""}]}, "entries[0] (D-1).approved_by"),
        ("dispensations", {"entries": [{**DISPENSATION, "approved_by": "", "emergency": True}]}, "entries[0] (D-1).confirm_by"),
        ("parameters", {"answers": [{"code": "XX-99", "override": True, "reason": "optional"}]}, "answers[0].code"),
        ("parameters", {"answers": [{"code": "TR-01", "override": True, "reason": "never"}]}, "answers[0].reason"),
        ("free_mail", {"domains": [f"d{number}.example" for number in range(100_000)]}, "entries"),
        ("free_mail", {"domains": [7]}, "domains[0]"),
    ],
)
def test_a_bad_entry_is_named(name: str, change: Mapping[str, Any], place: str) -> None:
    """The sentence holds the file and the entry, so that the officer finds it."""
    with pytest.raises(BadRegister) as caught:
        read_registers(_with(name, change), {"TR-01", "CO-10", "DP-01"})
    assert f"registers/{name}/data.json, {place}" in caught.value.sentence
    assert f"registers/{name}/data.json, {place}" in caught.value.sentence_da


@pytest.mark.parametrize("name", ["organisation", "partners", "countries", "content_terms"])
def test_a_missing_register_is_named(name: str) -> None:
    """A register that is not there is not an empty one."""
    files = _files()
    del files[f"registers/{name}/data.json"]
    with pytest.raises(BadRegister, match=f"registers/{name}/data.json"):
        read_registers(files)


def test_a_register_that_is_not_json_is_named() -> None:
    """Half a file is refused."""
    with pytest.raises(BadRegister, match=r"registers/partners/data\.json"):
        read_registers({**_files(), "registers/partners/data.json": b'{"checked":'})


def test_a_name_that_stands_twice_in_one_entry_is_named() -> None:
    """Readers differ about which of the two counts, so neither does."""
    doubled = json.dumps({"checked": "2026-01-01", "entries": [PARTNER]}).replace('"connector": "c"', '"connector": "c", "connector": "d"')
    with pytest.raises(BadRegister, match=r"registers/partners/data\.json.*“connector” stands twice"):
        read_registers({**_files(), "registers/partners/data.json": doubled.encode()})


def test_periods_that_follow_each_other_do_not_overlap() -> None:
    """The day after the last is the next one's first."""
    following = {**PARTNER, "valid_from": "2027-01-02", "valid_to": "2028-01-01"}
    assert len(read_registers(_with("partners", {"entries": [PARTNER, following]})).partner_by_domain["a.example"]) == 2
