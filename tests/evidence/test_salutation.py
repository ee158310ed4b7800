"""The greeting is compared with the recipients: a table of greetings in Danish and English. Every person is invented."""

from __future__ import annotations

import pytest

from addin_backend.evidence.addresses import parse_header
from addin_backend.evidence.salutation import salutation_of
from addin_backend.model.facts import Salutation
from addin_backend.model.message import RecipientKind

BO = "Bo Madsen <bo.madsen@firma.example>"
ANNA = "Anna Lund <anna.lund@partner.example>"
MATCHES = [
    ("Hej Bo\n\nTak for sidst.", BO),
    ("Kære Bo Madsen\n", BO),
    ("Kære hr. Madsen\n", BO),
    ("Kære Hr Madsen,\n", BO),
    ("Dear Mr. Madsen,\n", BO),
    ("hej bo", BO),
    ("HEJ BO!", BO),
    ("Hej Bo, tak for sidst", BO),
    ("Hi Bo - a quick question", BO),
    ("Godmorgen Bo", BO),
    ("God eftermiddag Bo", BO),
    ("Hej igen Bo", BO),
    ("Hello Bo,", "bo@firma.example"),
    ("Hej Bo", "bomadsen@firma.example"),
    ("Kære Madsen", "bmadsen@firma.example"),
    ("Hej Bo", "bm@firma.example"),
    ("Kære Anna og Bo", f"{ANNA}, {BO}"),
    ("Kære Anna, Bo", f"{ANNA}, {BO}"),
    ("Hi Anna & Bo!", f"{ANNA}, {BO}"),
    ("Hej Anna/Bo", f"{ANNA}, {BO}"),
    ("Hej Anna", f"{ANNA}, {BO}"),
    ("Dear Bill", "William Stone <w.stone@firma.example>"),
    ("Hi Bob", "Robert Hill <robert.hill@firma.example>"),
    ("Hej Lasse", "Lars Kjær <lars.kjaer@firma.example>"),
    ("Hej Chris", "Christian Juhl <cju@firma.example>"),
    ("Kære Søren", "soeren.holm@firma.example"),
    ("Kære Åse", "Aase Bang <aase@firma.example>"),
    ("Hej Katrine", "Kathrine Vang <kva@firma.example>"),
    ("Hej René", "Rene Dam <rene.dam@firma.example>"),
    ("Hej Anne-Mette", "Anne-Mette Kold <amk@firma.example>"),
    ("Kære advokat Lund", ANNA),
    ("Kære Dr. Lund", ANNA),
    ("Sag 4471\n\nHej Anna\n", ANNA),
    ("Til Anna Lund", ANNA),
]
NONE = [
    ("Hej alle\n", BO),
    ("Kære alle sammen", BO),
    ("Kære kolleger", BO),
    ("Hi team,", BO),
    ("Hi all", BO),
    ("Dear all,", BO),
    ("Dear Sir or Madam", BO),
    ("Hej begge", f"{ANNA}, {BO}"),
    ("Hej begge to", f"{ANNA}, {BO}"),
    ("Hej alle tre", f"{ANNA}, {BO}"),
    ("Kære kunde", BO),
    ("Hej I to", f"{ANNA}, {BO}"),
    ("Hi there,", BO),
    ("Hi everyone", BO),
    ("Hej", BO),
    ("Hej,\nVedhæftet er aftalen.", BO),
    ("Her er aftalen, som Pernille bad om.", BO),
    ("Hej Pernille", "info@firma.example"),
    ("Hej Pernille", "Firma A/S <kontakt@firma.example>"),
    ("Kære Pernille", "sekretariat@firma.example"),
    ("Kære Pernille", "Pressen <presse.dk@firma.example>"),
    ("Hej Pernille", "4471@firma.example"),
    ("Til orientering sender jeg aftalen", BO),
    ("Hej, vil du sende aftalen til Pernille?", BO),
    ("", BO),
    ("Kære hr./fru", BO),
    ("Hej Teamet bag Nordlys", BO),
]
SOMEONE_ELSE = [
    ("Hej Pernille\n", BO),
    ("Kære Pernille Vang", BO),
    ("Kære fru Vang", BO),
    ("Dear Mr. Stone", BO),
    ("Hi Pernille,", "bo@firma.example"),
    ("Kære Pernille og Bo", BO),
    ("hej pernille", BO),
    ("Hej Bo", ANNA),
    ("Hej Bo Hansen", BO),
    ("Godmorgen Pernille", f"{ANNA}, {BO}"),
    ("Kære Pernille, tak for snakken", BO),
    ("Hello Sarah", "Robert Hill <robert.hill@firma.example>"),
    ("Sag 4471\n\nKære Pernille\n", ANNA),
    ("Hej Jens!", "Henrik Juul <henrik.juul@firma.example>"),
]


@pytest.mark.parametrize(
    ("text", "to", "expected"),
    [
        *((text, to, Salutation.MATCHES) for text, to in MATCHES),
        *((text, to, Salutation.NONE) for text, to in NONE),
        *((text, to, Salutation.NAMES_SOMEONE_ELSE) for text, to in SOMEONE_ELSE),
    ],
)
def test_the_greeting_is_compared_with_the_recipients(text: str, to: str, expected: Salutation) -> None:
    """The table: names, titles, several, nicknames, slips, groups, role mailboxes."""
    assert salutation_of(text, parse_header(to, RecipientKind.TO)) is expected


def test_without_recipients_a_greeting_says_nothing() -> None:
    """A draft without a recipient greets nobody wrongly."""
    assert salutation_of("Hej Bo", ()) is Salutation.NONE
