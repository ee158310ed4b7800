"""Identity papers: numbers of passports and licences beside their word, copies; one that was merely issued is ordinary."""

from __future__ import annotations

import pytest

from addin_backend.evidence.content.passage import make_passage
from addin_backend.evidence.content.passport_licence import recognise
from addin_backend.model.evidence import Location


def _found(body: str) -> bool:
    return any(recognise(make_passage(body, Location.BODY)))


@pytest.mark.parametrize(
    "body",
    [
        "Hendes pasnummer er 209876543",
        "Kørekort nr. 12345678 tilhører Bo",
        "Passport number: AB1234567",
        "Pas nr. 209876543",
        "pasnr 209876543",
        "Pas: 209876543",
        "Passport no 209876543",
        "Driving licence number 12345678",
        "driver's license 12345678",
        "Kørekortnummer 12345678",
        "kørekortnr. 12345678",
        "Opholdskort 123456789",
        "identity card no 123456789",
        "kopi af pas vedlagt",
        "Billede af mit kørekort",
        "Copy of her passport",
        "scan af sundhedskort",
        "Paskopi vedhæftet",
        "photo of the driving licence",
        "pas_scan",
        "Kopi af sygesikringskortet",
        "Kørekortet har nummer 12345678",
        "Passport: P1234567",
    ],
)
def test_paper_is_found(body: str) -> None:
    """Numbers and copies, in Danish and English."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "Passet er udstedt i 2021",
        "Passet blev fornyet i 2022",
        "Det passer med 12345678 stk.",
        "Kørekortet er fra 2019",
        "Passage 12345678",
        "Passiv 12345678",
        "Compass 12345678",
        "Hun har fået pas",
        "Kørekort til bil kræves",
        "Bring your passport",
        "Passwords 12345678",
        "Pas på 12345678 ting",
        "Kortet 12345678",
        "Rejsepas skal fornyes",
        "Driving licence required",
    ],
)
def test_paper_is_told_from_others(body: str) -> None:
    """Issued ones, words that begin so, other numbers."""
    assert not _found(body)
