"""Swedish personal numbers: with the century told by date and check digit, with ten digits by what they are called."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.swedish_id import is_valid
from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence
from numbers_abroad import SWEDISH
from sizes import size


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("811228-9874", "Personnummer: 811228-9874"),
        ("19811228-9874", "Anna Svensson 19811228-9874"),
        ("198112289874", "pnr 198112289874"),
        ("198112289874", "Anna Svensson, 198112289874"),
        ("8112289874", "Hennes personnummer är 8112289874"),
        ("811228-9874", "Swedish ID 811228-9874"),
        ("811228-9874", "svenskt personnummer 811228-9874"),
        ("670919-9530", "Personnr 670919-9530"),
        ("701063-2391", "Samordningsnummer 701063-2391"),
        ("19701063-2391", "samordningsnr 19701063-2391"),
        ("191212+1212", "personnummer 191212+1212"),
        ("20121212-1212", "Elsa Berg, 20121212-1212"),
        ("201212121212", "personnummer 201212121212"),
        ("19670919-9530", "Our colleague Erik, 19670919-9530, moves to Malmö"),
        ("811228–9874", "personnummer 811228–9874"),
        ("811228-9874", "811228-9874 er hendes svenske personnummer"),
        ("811228-9874", "Her Swedish personal number is 811228-9874."),
        ("811228-\u200b9874", "Personnummer: 811228-\u200b9874"),
    ],
)
def test_it_is_found_as_it_was_written(written: str, body: str) -> None:
    """Ten and twelve digits, hyphen and plus, coordination numbers."""
    found = evidence(body)
    assert (written,) == found.identifier_texts
    assert SensitivityClass.CPR in found.classes


@pytest.mark.parametrize(
    "body",
    [
        "Organisationsnummer 556036-0793",
        "Org.nr 556036-0793",
        "Tidspunkt 202403151230",
        "Kørsel 202403151230 fejlede",
        "log 198112289874 skrevet",
        "Ordre 19811228-9874",
        "Faktura 19811228-9874",
        "Ref: 19811228-9874",
        "Bankgiro 811-2289",
        "19811228-9875",
        "811328-9874",
        "1981-12-28",
        "Serienummer 198112289874",
        "Tracking 198112289874",
        "Sag 19811228-9874",
        "2019811228-9874",
        "19811228-98741",
        "Batch 20121212-1212",
        "testperson 19811228-9874",
        "https://x.example/19811228-9874",
        "Version 19811228-9874",
        "Tlf 0701-06 32 391",
        "EAN 7311981122898",
        "Vare 201212121212",
    ],
)
def test_other_numbers_are_not(body: str) -> None:
    """Companies (third digit above 1), times, orders, wrong checks and days, longer numbers."""
    assert () == evidence(body).identifier_texts


@pytest.mark.parametrize(
    ("expected", "digits"),
    [(True, "8112289874"), (True, "6709199530"), (True, "7010632391"), (False, "8112289875"), (False, "8113289874"), (False, "7010922391")],
)
def test_day_and_check_digit(expected: bool, digits: str) -> None:
    """Luhn over ten digits; 60 may be added to the day."""
    assert expected is is_valid(digits)


@settings(max_examples=size(sample=60, full=2000), deadline=None)
@given(SWEDISH, st.sampled_from(["19{}-{}", "{}-{}", "{}+{}", "19{}{}"]))
def test_any_valid_one_that_is_called_so_is_found(number: str, spelling: str) -> None:
    """In each spelling, within a mail."""
    written = spelling.format(number[:6], number[6:])
    assert written in evidence(f"Hej\n\nAnna Svensson har personnummer {written} nu.\n\nHälsningar Bo").identifier_texts
