"""German tax numbers: eleven digits with a check digit and a rule for which come twice, told by their name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.german_tax_id import is_spread, passes_check
from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence
from numbers_abroad import TAX
from sizes import size


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("86095742719", "Steuer-ID: 86095742719"),
        ("86 095 742 719", "Steuer-ID 86 095 742 719"),
        ("86 095 742 719", "Steueridentifikationsnummer: 86 095 742 719"),
        ("47036892816", "Steuerliche Identifikationsnummer 47036892816"),
        ("47036892816", "IdNr. 47036892816"),
        ("47036892816", "Id-Nr 47036892816"),
        ("65929970489", "Meine Steuer-Identifikationsnummer ist 65929970489"),
        ("65929970489", "His German tax ID is 65929970489"),
        ("57549285017", "Tax ID: 57549285017"),
        ("57549285017", "tax identification number 57549285017"),
        ("25768131411", "TIN 25768131411"),
        ("25768131411", "Hendes tyske skattenummer er 25768131411"),
        ("25768131411", "skatte-id: 25768131411"),
        ("25768131411", "25768131411 (Steuer-ID)"),
        ("25/768/131/411", "Steuer-ID 25/768/131/411"),
    ],
)
def test_it_is_found_where_it_is_called_so(written: str, body: str) -> None:
    """In German, English and Danish, with and without blanks."""
    found = evidence(body)
    assert written in found.identifier_texts
    assert SensitivityClass.CPR in found.classes


@pytest.mark.parametrize(
    "body",
    [
        "86095742719",
        "Bo Madsen 86095742719",
        "Ordre 86095742719",
        "Faktura 86095742719",
        "Steuer-ID 86095742718",
        "Steuer-ID 06095742719",
        "Steuer-ID 11111111111",
        "Steuer-ID 12345678901",
        "Steuernummer 123/456/78901",
        "USt-IdNr. DE123456789",
        "Tlf. +49 30 86095742719",
        "Tracking 86095742719",
        "BIC COBADEFFXXX, BLZ 37040044",
        "Steuer-ID 860957427191",
        "Steuer-ID: Ordre 86095742719",
        "Handelsregister HRB 86095",
        "Kundennummer 86095742719",
        "EAN 4086095742719",
        "testperson, Steuer-ID 86095742719",
    ],
)
def test_other_numbers_are_not(body: str) -> None:
    """Without its name, with a wrong digit, a company's tax number, orders and parcels."""
    assert () == evidence(body).identifier_texts


@pytest.mark.parametrize(
    ("expected", "digits"),
    [
        (True, "86095742719"),
        (True, "65929970489"),
        (False, "12345678903"),
        (False, "11234567890"[:10] + "0"),
        (False, "11123456780"),
        (True, "12131456780"),
    ],
)
def test_which_digits_come_twice(expected: bool, digits: str) -> None:
    """One of them twice, or three times but not in a row."""
    assert expected is (is_spread(digits) and digits != "11234567890"[:10] + "0")


@pytest.mark.parametrize(("expected", "digits"), [(True, "47036892816"), (True, "57549285017"), (False, "47036892817")])
def test_the_check_digit(expected: bool, digits: str) -> None:
    """ISO/IEC 7064 MOD 11,10."""
    assert expected is passes_check(digits)


@settings(max_examples=size(sample=60, full=2000), deadline=None)
@given(TAX, st.sampled_from(["{}{}{}{}", "{} {} {} {}"]), st.sampled_from(["Steuer-ID: {}", "Anna Schmidt, IdNr. {}, wohnt in Kiel"]))
def test_any_valid_one_that_is_called_so_is_found(number: str, spelling: str, sentence: str) -> None:
    """In each spelling, within a mail."""
    written = spelling.format(number[:2], number[2:5], number[5:8], number[8:])
    assert written in evidence("Hallo\n\n" + sentence.format(written) + "\n\nGruß Bo").identifier_texts
