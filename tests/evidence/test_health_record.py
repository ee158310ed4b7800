"""Numbers of health records are about health when the patient is there; a journal number of an authority is not."""

from __future__ import annotations

import pytest

from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence, text_file


def _found(body: str) -> bool:
    return any(hit.recogniser == "health_record" for hit in evidence(body).hits)


@pytest.mark.parametrize(
    "body",
    [
        "Patientjournal nr. 448812 for Bo Madsen er vedhæftet.",
        "Bo Madsen, patientnummer 99-12345",
        "Patient-ID: 448812, Lise Holm",
        "Lise Holm har patient-id 448812",
        "Journalnummer 2024-11873 på Lise Holm fra Aarhus Universitetshospital",
        "Hendes journalnr. 11873 fra klinikken er sendt videre",
        "Journalnr. 11873, Anders Krog, er indlagt på afdeling B",
        "Lægejournal nr. 55120 for min mor",
        "Sygejournal 55120 vedrører Henrik Bach",
        "Henrik Bachs indlæggelsesnummer er 7781234",
        "Henvisningsnummer 88123-1 for Henrik Bach",
        "Ambulatorienummer 88123 til hendes kontrol",
        "Medical record number 4471234 for John Smith",
        "John Smith, MRN 4471234",
        "MRN: 4471234 belongs to our client Mary Jones",
        "Her NHS number is 943 476 5919",
        "NHS no. 943 476 5919, Mary Jones",
        "Hospital number 12-33-41 for Mary Jones",
        "The patient record no. 33412 of Mary Jones",
        "Patient number 33412: Mary Jones",
    ],
)
def test_a_record_number_of_somebody_is_about_health(body: str) -> None:
    """Each name of such a number, with the person before or behind."""
    assert _found(body)
    assert SensitivityClass.SPECIAL_CATEGORY in evidence(body).classes


@pytest.mark.parametrize(
    "body",
    [
        "Angiv venligst journalnummer 2011-440129 ved betalingen.",
        "Kommunens j.nr. 2024-11873",
        "J.nr. 120470-2221",
        "Journalnr. 2024-1187 om lokalplanen",
        "Styrelsens journalnummer 2024-1187 til Bo Madsen",
        "Vores journalnummer er 2024-1187, Advokat Bo Madsen",
        "Patientjournaler skal slettes efter 10 år",
        "Nyt patientjournalsystem i 2025",
        "Journalen udkommer 12 gange om året",
        "Der er 33412 patienter i regionen",
        "MRN 4471234",
        "Patientnummer 448812",
        "Ordrenummer 448812 til Bo Madsen",
        "Bestil patient-id-armbånd, varenr. 448812",
        "Medlemsnummer 448812, Bo Madsen",
        "Journal of Medicine 2023 112 33-41",
        "Testpatient, patient-id 448812, Bo Madsen",
        "Hvis en patient har patientnummer 12345",
    ],
)
def test_other_numbers_are_not(body: str) -> None:
    """Cases of authorities, systems, counts, numbers without a person, made-up patients."""
    assert not _found(body)


def test_the_number_is_shown_where_it_stands() -> None:
    """The number itself, without its name, also in an attachment."""
    found = evidence("Se", attachments=(text_file("a.txt", "Bo Madsen har patientnummer 99-12345."),))
    assert ("99-12345",) == found.identifier_texts
