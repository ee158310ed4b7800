"""German pension insurance numbers: a shape of its own with a date, a letter and a check digit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.german_pension_id import passes_check
from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence
from numbers_abroad import PENSION
from sizes import size


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("15070649C103", "Rentenversicherungsnummer: 15070649C103"),
        ("15 070649 C 103", "Rentenversicherungsnummer 15 070649 C 103"),
        ("15 07 06 49 C 10 3", "RVNR 15 07 06 49 C 10 3"),
        ("65170839J003", "Versicherungsnummer 65170839J003"),
        ("65 170839 J 003", "Sozialversicherungsnummer: 65 170839 J 003"),
        ("65170839j003", "SV-Nummer 65170839j003"),
        ("65170839J003", "Her German pension number is 65170839J003"),
        ("65170839J003", "German social security number 65170839J003"),
        ("65170839J003", "tysk pensionsnummer 65170839J003"),
        ("65170839J003", "Anna Schmidt, 65170839J003"),
        ("65170839J003", "65170839J003"),
        ("65-170839-J-003", "SVNR 65-170839-J-003"),
        ("15070649C103", "Social insurance number 15070649C103"),
        ("15070649C103", "Se hendes nummer 15070649C103 nedenfor"),
        ("15070649C103", "15070649C103 (Rentenversicherungsnummer)"),
    ],
)
def test_it_is_found_as_it_was_written(written: str, body: str) -> None:
    """With and without separators, with its name and without."""
    found = evidence(body)
    assert (written,) == found.identifier_texts
    assert SensitivityClass.CPR in found.classes


@pytest.mark.parametrize(
    "body",
    [
        "15070649C104",
        "15320649C103",
        "15071349C103",
        "Ordre 15070649C103",
        "Serienummer 15070649C103",
        "Vare 15070649C103",
        "Batch 15070649C103",
        "Lot 65170839J003",
        "SKU 65170839J003",
        "A15070649C103",
        "15070649C1034",
        "15070649103",
        "15070649CC103",
        "https://x.example/15070649C103",
        "Version 15070649C103",
        "Faktura 65170839J003",
        "Stelnummer 65170839J003",
        "testperson 65170839J003",
    ],
)
def test_other_numbers_are_not(body: str) -> None:
    """Wrong digit, no day, called something else, part of something longer."""
    assert () == evidence(body).identifier_texts


@pytest.mark.parametrize(("expected", "number"), [(True, "15070649C103"), (True, "65170839J003"), (False, "15070649D103")])
def test_the_check_digit(expected: bool, number: str) -> None:
    """The letter counts as two digits."""
    assert expected is passes_check(number)


@settings(max_examples=size(sample=60, full=2000), deadline=None)
@given(PENSION, st.sampled_from(["{}{}{}{}", "{} {} {} {}"]))
def test_any_valid_one_is_found(number: str, spelling: str) -> None:
    """In each spelling, within a mail."""
    written = spelling.format(number[:2], number[2:8], number[8], number[9:])
    assert written in evidence(f"Hallo\n\nRentenversicherungsnummer {written}\n\nGruß Bo").identifier_texts
