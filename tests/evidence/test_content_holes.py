"""Ways to slip a number past the recognisers, one row each: every one of them once let a mail go out unprotected."""

from __future__ import annotations

import msgspec
import pytest

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.normalised import normalise_text
from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence, mail, terms, text_file
from work import grows_with

CPR = SensitivityClass.CPR


@pytest.mark.parametrize(
    "body",
    [
        "The blood sample from Bo Madsen, CPR 070761-4285, came back today.",
        "Vi mangler bilag på flere kunder, for eksempel CPR 070761-4285, Bo Madsen.",
        "Et eksempel er Bo Madsen, 070761-4285",
        "Formatet er fint for Bo Madsen (070761-4285).",
        "example CPR 070761-4285",
    ],
)
def test_a_word_for_an_example_hides_no_labelled_or_named_number(body: str) -> None:
    """Sample, example, format: only a number without label and name is then an example."""
    assert CPR in evidence(body).classes


@pytest.mark.parametrize(
    "body", ["Fiktiv kunde, CPR 070761-4285", "Test-CPR 070761-4285", "Dummy CPR 070761-4285", "Eksempel: 070761-4285"]
)
def test_made_up_numbers_stay_made_up(body: str) -> None:
    """The words that can only mean test data still say so."""
    assert CPR not in evidence(body).classes


@pytest.mark.parametrize(
    "written",
    [
        "07\u200b07\u206561-4285",
        "0707\U000e006161-4285",
        "0\ufe00707\ufe0161-42\U000e010085",
        "0707\u116461-4285".replace("\u1164", "\u1160"),
        "0707\u316461-42\uffa085",
        "0707\u17b461-42\u17b585",
        "0707\u206a61-42\u206f85",
        "0707\ufff961-42\ufffb85",
        "0707\U0001d17361-4285",
        "0707\x0161-42\x0285",
        "0707\x8561-42\x9a85",
        "0\u0307707\u033861-4285",
        "0\u1ab0707\u20d061-4285",
        "07\u20dd0761-4285",
        "070761\x0b-\x0c4285",
        "٠٧٠٧٦١-٤٢٨٥",
        "०७०७६१-४२८५",
        "０７０７６１-４２８５",
        "𝟎𝟕𝟎𝟕𝟔𝟏-𝟒𝟐𝟖𝟓",
        "⓿❼⓿❼❻❶-❹❷❽❺",
    ],
)
def test_invisible_characters_marks_and_foreign_digits_hide_nothing(written: str) -> None:
    """Whatever shows nothing is dropped, every script's digits are digits, and the place leads back to the text as written."""
    found = evidence(f"Blåbær \u200b på øen. CPR-nummer: {written} slut")
    assert (written,) == found.identifier_texts
    assert CPR in found.classes


def test_letters_that_compose_are_kept() -> None:
    """Marks are dropped only where they make no letter."""
    assert "blåbær Ö ö 00" == normalise_text("bla\u030abær O\u0308 ö 0\u03010").text


@pytest.mark.parametrize(
    "written",
    [
        *("070761:4285", "070761,4285", "070761|4285", "070761--4285", "070761 - - 4285", "070761 (4285", "070761+4285", "070761=4285"),
        *("070761*4285", "070761~4285", "070761•4285", "0 7 0 7 6 1 - 4 2 8 5", "0.7.0.7.6.1.4.2.8.5", "070 761 4285", "070761;4285"),
        *(
            "0\n7\n0\n7\n6\n1\n4\n2\n8\n5",
            "0\t7\t0\t7\t6\t1\t4\t2\t8\t5",
            "070761\t4285",
            "0707\n61-4285",
            "07 / 07 / 61 / 42 / 85",
            "07/07-1961 4285",
        ),
    ],
)
def test_behind_a_cpr_label_any_spelling_is_found(written: str) -> None:
    """The label says what it is: the next ten digits count, whatever stands between them."""
    assert (written,) == evidence(f"CPR-nr.: {written}) Bo").identifier_texts


@pytest.mark.parametrize(
    "body", ["CPR opdateres 24-11-2026 14:30", "CPR 24-11-2026 14:30", "CPR: 2026-04-01 12:00", "CPR: ring 45 12 34 56 78"]
)
def test_dates_and_phones_behind_a_label_are_no_numbers(body: str) -> None:
    """A date with its year and an hour has ten digits too."""
    assert CPR not in evidence(body).classes


def test_two_cells_beside_a_name_are_a_number() -> None:
    """A table with the date of birth and the serial number in two columns."""
    table = text_file("a.csv", "navn;foedt;loebenr\nBo Madsen;070761;4285\n")
    assert CPR in evidence("Se filen", attachments=(table,)).classes


@pytest.mark.parametrize(
    "body",
    ["Sagsnr. 070761-4285 vedr. Bo Madsen", "Patient-id 070761-4285", "Reference: 070761-4285, Bo Madsen", "ID 070761-4285 Bo Madsen"],
)
def test_a_person_and_the_check_digit_outweigh_a_loose_label(body: str) -> None:
    """Cases and references are named after the person's number; an invoice is not."""
    assert CPR in evidence(body).classes
    assert CPR not in evidence("Faktura nr. 070761-4285, Bo Madsen").classes


@pytest.mark.parametrize(
    ("expected", "subject", "defects"),
    [
        ({"unread"}, "Privat: middag", ()),
        ({"unread"}, "Privat", ("bad_base64",)),
        ({"cpr"}, "Privat", ("duplicate_header",)),
        ({"cpr"}, "Privat: CPR 040574-1235", ()),
        ({"cpr", "confidential"}, "Privat: kort 4571 0000 0000 0001", ()),
    ],
)
def test_the_private_mark_is_believed_only_where_it_stands_alone(expected: set[str], subject: str, defects: tuple[str, ...]) -> None:
    """A private mail is not opened, unless its subject holds an identifier or is not its only subject."""
    message = msgspec.structs.replace(mail("CPR 070761-4285", subject), defects=defects)
    found = {item.value for item in classify(message, terms()).classes}
    assert expected == found - ({"confidential"} if "cpr" in expected and len(expected) == 1 else set())  # beside a CPR number no error


@pytest.mark.parametrize(
    ("expected", "unit"),
    [
        ("special_category", "sygdomskræftdiabetes"),
        ("confidential", "løn 45.000 kr. "),
        ("confidential", "gæld 52.000 kr. "),
        ("", "dømt "),
        ("", "0405741235 "),
        ("cpr", "cpr 0 7 0 7 6 1 4 2 8 5 "),
        ("", "\u0315\u0300"),
        ("", "0\u0301"),
    ],
)
def test_the_work_of_repetitive_texts_grows_with_their_length(expected: str, unit: str) -> None:
    """Never with its square (benchmarks/content.py has the seconds); and the class is what a short text of the kind has."""

    def body(length: int) -> str:
        return "a" + (unit * (length // len(unit) + 1))[:length] + " Bo Madsen"

    found = {item.value for item in evidence(body(40_000)).classes}
    assert not expected or expected in found  # what noise sounds like is nobody's promise
    assert grows_with(lambda length: lambda: evidence(body(length)), 5_000) < 6


def test_what_stands_deep_in_a_very_long_word_is_found() -> None:
    """A long run of letters is looked up in pieces, none of which is left out."""
    assert SensitivityClass.SPECIAL_CATEGORY in evidence("Bo Madsen har " + "q" * 5_000 + "brystkræft" + "q" * 5_000).classes
