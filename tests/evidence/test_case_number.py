"""Numbers of criminal cases against somebody; a case number alone, or that of a stolen bicycle, tells of nobody's crime."""

from __future__ import annotations

import pytest

from addin_backend.evidence.content.case_number import recognise
from addin_backend.evidence.content.passage import make_passage
from addin_backend.model.evidence import Location, SensitivityClass
from content_samples import evidence


def _found(body: str) -> bool:
    return any(recognise(make_passage(body, Location.BODY)))


@pytest.mark.parametrize(
    "body",
    [
        "Retten i Odense, SS-1234/2024-ODE, Bo Madsen",
        "SS 1-1234/2024 mod Bo Madsen",
        "Sagen SS 3-4512/2023 mod vores kollega Jens",
        "Bo Madsen skal møde i SS-991/2024",
        "SS-12345/2022-KBH vedrører Lise Holm",
        "Hendes sag har nummer SS 2-887/2024",
        "Court case SS-1234/2024 against John Smith",
        "He appears in SS-77/2024-AAR",
        "Bo Madsen er sigtet, j.nr. 0100-83986-00123-23",
        "Bo Madsen, tiltalt i 0700-83986-00123-23",
        "Politiet har mistænkt ham, 1900-73241-00077-24",
        "Han skal afhøres, 1900-73241-00077-24",
        "John Smith was charged, police no. 0100-83986-00123-23",
        "She was arrested, 0100-83986-00123-23",
        "Anklagemyndigheden mod Bo Madsen, 0100-83986-00123-23, tiltalt",
    ],
)
def test_a_criminal_case_against_somebody(body: str) -> None:
    """Of a court, or of the police beside a word of suspicion."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "SS-1234/2024-ODE",
        "Retsmøde i SS 1-1234/2024 er flyttet",
        "BS-1234/2024-ODE mod Bo Madsen",
        "Bo Madsens cykel er stjålet, politiets j.nr. 0100-83986-00123-23",
        "Anmeldelse af indbrud hos Lise Holm, 0100-73121-00123-23",
        "Skadelidte Bo Madsen, 0100-83986-00123-23",
        "Bo Madsen, 0100-83986-00123-23",
        "0100-83986-00123-23",
        "Sag 2024-1234 om Bo Madsen",
        "Bo Madsens sagsnummer er 2024-55123",
        "Skibet SS Nordlys 12/2024 med kaptajn Bo Madsen",
        "Case no. 2024/1234 for John Smith",
        "Class 12/2024, Bo Madsen",
        "Pass 1234/2024 til Bo Madsen",
        "Ordre 0100-83986-00123-2",
        "Licens 10100-83986-00123-23 til Bo Madsen, sigtet",
        "Stolen bike of John Smith, police number 0100-83986-00123-23",
    ],
)
def test_other_case_numbers_are_not(body: str) -> None:
    """Civil cases, no person, the injured party, other cases, ships and words that end so."""
    assert not _found(body)


def test_it_counts_as_a_criminal_matter() -> None:
    """In a whole mail."""
    assert SensitivityClass.CRIMINAL in evidence("Bo Madsen er tiltalt i SS-1234/2024-ODE og skal møde i retten.").classes
