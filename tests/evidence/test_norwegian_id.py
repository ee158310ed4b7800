"""Norwegian personal numbers: told by their date and two check digits, unless they are called something else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.norwegian_id import is_dated, passes_checks
from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence, text_file
from numbers_abroad import NORWEGIAN
from sizes import size


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("13097248022", "Fødselsnummer: 13097248022"),
        ("130972 48022", "Fødselsnr. 130972 48022"),
        ("130972-48022", "Kari Nordmann, 130972-48022"),
        ("13.09.72 48022", "f.nr. 13.09.72 48022"),
        ("13 09 72 48022", "fnr 13 09 72 48022"),
        ("130972 480 22", "personnummer 130972 480 22"),
        ("13097248022", "Norwegian ID 13097248022"),
        ("13097248022", "Her national identity number is 13097248022."),
        ("13097248022", "Hennes birth number: 13097248022"),
        ("53097248016", "D-nummer 53097248016"),
        ("15108695088", "Vår medarbejder Ola Berg har 15108695088 som nummer"),
        ("15108695088", "Ola Berg 15108695088"),
        ("151086 95088", "Han er født i Bergen, 151086 95088"),
        ("15108695088", "15108695088 er fødselsnummeret"),
        ("130972\u200b48022", "Fødselsnummer 130972\u200b48022"),
        ("１３０９７２４８０２２", "Fødselsnummer １３０９７２４８０２２"),
        ("13097248023", "fødselsnummer 13097248023"),
    ],
)
def test_it_is_found_as_it_was_written(written: str, body: str) -> None:
    """With and without separators, as D-number, named before or behind, beside a person, and mistyped where it is called so."""
    found = evidence(body)
    assert (written,) == found.identifier_texts
    assert SensitivityClass.CPR in found.classes


@pytest.mark.parametrize(
    "body",
    [
        "Kontonummer 13097248022",
        "Kto.nr. 13097248022",
        "Ordre 13097248022 er sendt",
        "Faktura nr. 13097248022",
        "Sendingsnummer 13097248022",
        "Tracking: 13097248022",
        "Ref. 13097248022",
        "Sag 13097248022",
        "Serienummer 13097248022",
        "13097248023",
        "13137248022",
        "00097248022",
        "Tlf. 004712345678",
        "+47 123 45 678",
        "Org.nr. 974 760 673",
        "Et eksempel: testperson 13097248022",
        "Måler 13097248022",
        "113097248022",
        "130972480221",
        "https://butikk.example/v/13097248022",
        "Kundenummer 13097248022",
        "Version 13097248022",
        "Parti 13097248022",
        "KID 130972480228",
    ],
)
def test_other_numbers_are_not(body: str) -> None:
    """Accounts (whose last digit is checked in the same way), orders, parcels, wrong checks, wrong days, longer numbers."""
    assert () == evidence(body).identifier_texts


@pytest.mark.parametrize(
    ("expected", "digits"), [(True, "13097248022"), (True, "15108695088"), (False, "13097248023"), (False, "31097248022")]
)
def test_the_check_digits(expected: bool, digits: str) -> None:
    """Weights 3 7 6 1 8 9 4 5 2 and 5 4 3 2 7 6 5 4 3 2, modulus 11."""
    assert expected is passes_checks(digits)


@pytest.mark.parametrize(
    ("expected", "digits"), [(True, "290204"), (False, "290203"), (True, "530972"), (True, "134972"), (False, "720972")]
)
def test_the_day(expected: bool, digits: str) -> None:
    """Leap years, 40 added to the day or to the month."""
    assert expected is is_dated(digits)


def test_it_is_found_in_an_attachment() -> None:
    """A line of a text file."""
    assert ("15108695088",) == evidence("Se", attachments=(text_file("a.txt", "Navn: Ola Berg\nfnr: 15108695088"),)).identifier_texts


@settings(max_examples=size(sample=60, full=2000), deadline=None)
@given(NORWEGIAN, st.sampled_from(["{}{}", "{} {}", "{}-{}"]), st.sampled_from(["fødselsnummer {}", "Ola Berg, fnr. {}, Bergen"]))
def test_any_valid_one_that_is_called_so_is_found(number: str, spelling: str, sentence: str) -> None:
    """In each spelling, within a mail."""
    written = spelling.format(number[:6], number[6:])
    assert written in evidence("Hej\n\n" + sentence.format(written) + "\n\nHilsen Bo").identifier_texts
