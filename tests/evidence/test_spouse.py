"""A spouse of the same sex is told in passing: by the greeting, the signature or the sentence. Everything else says nothing."""

from __future__ import annotations

import pytest

from addin_backend.evidence.content import spouse
from addin_backend.evidence.content.classify import classify, ruled
from addin_backend.evidence.extraction.reader import read_here
from addin_backend.model.evidence import SensitivityClass
from content_samples import mail, terms

TOLD = [
    "Kære Bo\n\nDu og din mand Emil er begge registreret som forældre til Sofie.\n\nVenlig hilsen\nMette",
    "Kære Lise\n\nRejsen gælder for dig og din kone Hanne.\n\nMvh Mæglerne",
    "Dear Mr Eastwood, we confirm that your husband Luis is included in the policy.",
    "Dear Ms Hill, your wife has been added as a driver.",
    "Hi Peter, is your husband coming too?",
    "Hej Anders\n\nTag endelig din ægtemand med.\n\nHilsen Karen",
    "Hej. Min mand skal med på policen.\n\nHilsen\nJens Madsen",
    "Hej alle\nMin kone og jeg kommer begge to.\n\nMvh\nPernille",
    "Hello, my husband will collect the keys.\n\nKind regards\nThomas Reed",
    "My wife can't come on Friday.\n\nBest wishes\nSusan",
    "Hej, skal vi mødes? min kone skal føde i marts. hilsen Josefine",
    "Hej alle, I'm Henrik, bor på 2. sal med min mand Thomas. Kom endelig forbi.",
    "Henrik Kjeldsen kommer tirsdag sammen med sin mand. De vil have et testamente.",
    "Mette har fået orlov og rejser med sin kone til Spanien.",
    "Peter Lund would like his husband, Antonio, inserted as beneficiary.",
    "Vibeke tager sin hustru med til jubilæet.",
    "Bryllupsparret er Kasper og Jonas, og begges mødre sidder ved hovedbordet.",
    "Brudeparret Anne og Maria ankommer kl. 14.",
    "Min kæreste og jeg vil have fælles indboforsikring. Vi er to kvinder uden børn.",
    "Pårørende: Karl er Villys registrerede partner gennem 22 år.",
    "Emma har to mødre, og begge henter hende om torsdagen.",
    "Oliver has got two dads and would like to make two cards.",
]
SAYS_NOTHING = [
    "Dækningen gælder forsikredes registrerede partner og børn.",
    "Kære Lise\n\nDu og din mand er velkomne.\n\nVenlig hilsen\nMette",
    "Kære Bo\n\nHils din kone.\n\nMvh Karen",
    "Dear Mrs Eastwood, we confirm that your husband Luis is included.",
    "Dear Mr Hill, your wife has been added.",
    "Hej. Min mand skal med på policen.\n\nHilsen\nKaren Madsen",
    "Min kone og jeg kommer begge to.\n\nMvh\nJens",
    "My husband will collect the keys.\n\nKind regards\nSusan Reed",
    "Hej Sofie og Mads\n\nTag din mand med, Sofie.\n\nHilsen Karen",
    "Vores mand kommer mandag kl. 8 og skifter ruden.\n\nHilsen Jens",
    "Der er fire mand på holdet. Hilsen Peter",
    "Mandag passer min mandskabsvogn bedst.\n\nHilsen\nJens",
    "Karen kommer sammen med sin mand.",
    "Henrik tager sin kone med.",
    "Anne og Henrik er brudepar på lørdag, siger Bo.",
    "Peter og Karen tager børnene; sin mand har hun ikke hørt fra.",
    "Hej Kim\n\nTag din mand med.\n\nHilsen Robin",
    "Firmaet har to mødre og tre fædre på barsel.",
    "Klaus og Bo mødes til frokost. De skal tale om ægteparret Holm.",
]


def _found(body: str) -> list[str]:
    _, found = ruled(mail(body), terms(), read_here)
    return [hit.recogniser for _, hit in found if hit.recogniser == "spouse" or hit.category == "sex_life"]


@pytest.mark.parametrize("body", TOLD)
def test_it_is_found(body: str) -> None:
    """By this rule, or by the one that reads "hans mand"; the mail counts as of a special category."""
    assert _found(body)
    assert SensitivityClass.SPECIAL_CATEGORY in classify(mail(body), terms()).classes


@pytest.mark.parametrize("body", SAYS_NOTHING)
def test_other_spouses_say_nothing(body: str) -> None:
    """A husband of a woman, a wife of a man, a colleague, a weekday, a name that either may have."""
    assert [] == _found(body)


def test_a_quoted_signature_is_not_the_senders() -> None:
    """Whose husband it is stands in the new text."""
    body = "Tak, min mand henter nøglen.\n\nHilsen\nKaren\n\nDen 3. maj skrev Jens:\n> Hvem henter?\n> Hilsen Jens"
    assert [] == _found(body)
    assert spouse.CERTAINTY < 100
