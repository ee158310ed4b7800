"""Numbers and sums that count by what they are called: cards, licences, salaries, memberships; and whose account it is."""

from __future__ import annotations

import pytest

from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence

CONFIDENTIAL, SPECIAL = SensitivityClass.CONFIDENTIAL, SensitivityClass.SPECIAL_CATEGORY


@pytest.mark.parametrize(
    ("identifier", "body"),
    [
        ("5588 1144 3300 9087", "Rejse til bestilling: kreditkort 5588 1144 3300 9087, privat, refunderes."),
        ("4571 1029 3847 5566", "Kortet er 4571 1029 3847 5566, bare brug det til hotellet."),
        ("5413 3390 7714 8812", "Dit nye kort ender på 1122, og det gamle, dankort 5413 3390 7714 8812, spærres i dag."),
        ("PIKEX 805126 N99AB", "Driver: Noel Pike. Licence PIKEX 805126 N99AB, issued by DVLA."),
        ("FARTH 708144 J99KP", "We have recorded Mrs Farthing's driving licence FARTH 708144 J99KP."),
        ("205661943", "Vi har fundet et pas på stue 3, nummer 205661943, lyder på Arvid Tønnesen."),
        ("K0088214", "Rejsedokument nr. K0088214 er udstedt til Salim Warsame."),
        ("Falcon-Teapot-77", "Hi Gwen, user gwen.parry, temporary password Falcon-Teapot-77. Expires Friday."),
        ("Winter!2026", "User: jsmith / pass: Winter!2026, change it on first use."),
    ],
)
def test_what_it_is_called_tells(identifier: str, body: str) -> None:
    """The number itself is pointed at."""
    found = evidence(body)
    assert CONFIDENTIAL in found.classes
    assert identifier in found.identifier_texts


@pytest.mark.parametrize(
    "body",
    [
        "Ordre 5588 1144 3300 9087 er sendt i dag.",
        "Betalings-id 4571 1029 3847 5566 står på kvitteringen.",
        "Sporingsnummeret er 5413 3390 7714 8812, og pakken kommer torsdag.",
        "Vi har udstedt licence til software, batch FARTH 70814.",
        "Dit pas er udstedt i 2021, og nr. 4 i køen er dig.",
        "Your password must have 8 characters and expire every 90 days.",
        "Beløbet indbetales på reg. 3201 konto 0011774420, som tilhører selskabet.",
        "Købesummen deponeres på reg. 6160, konto 0004433221, tilhørende Advokatfirmaet Stenbro.",
        "Pay to Quillfeather Brokers Ltd, IBAN GB33BUKB20201555555555, reference your invoice number.",
        "Prisen er 120 kr. på konto 6690 3344817 (skolens fond).",
    ],
)
def test_other_numbers_are_no_identifier(body: str) -> None:
    """Orders, payments, parcels, rules about passwords; and an account that is a company's."""
    assert () == evidence(body).identifier_texts


@pytest.mark.parametrize(
    "body",
    [
        "Between us, Joanna is on 54k and Tim is on 61k for the same job.",
        "Nikoline stiger til 47.000 plus pension fra 1. september, da hun er headhuntet.",
        "Directors: CEO Alison Peake 285k base, CFO Hamid Rao 210k base, both with 40% bonus.",
    ],
)
def test_a_salary_without_the_word(body: str) -> None:
    """ "is on 54k", "stiger til 47.000"."""
    assert CONFIDENTIAL in evidence(body).classes


@pytest.mark.parametrize(
    "body",
    [
        "Hej. Jeg er medlem af Dansk Sygeplejeråd og kan få det billigere gennem dem.",
        "Karen har meldt sig ind i HK og vil have sin tillidsmand med.",
        "Jens er tillidsrepræsentant for 3F på lageret.",
        "Bente Krogh, som er valgt ind for SF i byrådet, har skrevet et brev.",
        "He joined the Labour Party last year, Peter told me.",
        "Vi hilser på Farid Amiri, som er blevet døbt i Sankt Pauls.",
        "Khalid vil gerne bytte to dage, så han kan holde Eid med familien.",
        "Please note that Peter goes to mass every Sunday.",
    ],
)
def test_what_somebody_belongs_to(body: str) -> None:
    """Union, party, faith of a named person: the model does not overrule it."""
    assert SPECIAL in evidence(body).classes
