"""CPR numbers in every grouping that people write, with a person or a label in other words beside them; and things that carry numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.cpr import passes_modulus_11
from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence
from sizes import size

GROUPED = ["{}{}{}-{}", "{}{}{} {}", "{}{}{}{}", "{}{}{}/{}", "{} {} {} {}", "{} {} {}-{}", "{}{} {} {}", "{}{} {}-{}", "{}{} {} / {}"]
GROUPED += ["{}.{}.{}-{}", "{}.{}.{} {}", "{}-{}-{}-{}", "{}{}{} – {}", "{}.{}.19{}-{}", "{}{}{}\n{}", "{}{} {}\n{}"]
IN_PAIRS = ["{}{}{} {} {}", "{}{} {} {} {}", "{} {} {} {} {}", "{}{}{}-{} {}"]
PERSONS = [
    "Opret venligst Bo Madsen, {}, fra mandag.",
    "Bo Madsen ({}) flytter.",
    "Patienten er født {}.",
    "Ny kollega: Bo Madsen\n{}\nstarter mandag",
]
PERSONS += ["Please add Mary Holm, {}, to the list.", "Mit CPR er {}", "Her civil registration number is {}."]
LABELS = [
    "We registered you with personal no. {}.",
    "DK personal no. {} (I have no CVR yet)",
    "Hennes danska personnummer är {}.",
    "Meine dänische Personennummer lautet {}.",
    "Fødselsnummer: {}",
    "Du bad om de ti cifre: {}",
    "Hun har fået et administrativt nummer: {}",
    "Pers. nr. {}",
    "My personal ID is {}",
]
THINGS = [
    *(
        "handlen",
        "valutahandel",
        "fonden",
        "afhentning",
        "filen",
        "kuverten",
        "brevet",
        "lottet",
        "annoncen",
        "sædet",
        "madrassen",
        "kørestolen",
        "flasken",
    ),
    *(
        "trade",
        "fund",
        "FX forward",
        "pick-up",
        "crate",
        "envelope",
        "letter",
        "pallet",
        "raffle",
        "seat",
        "wheelchair",
        "bottle",
        "laptop",
        "auction",
    ),
    *("tåg", "Sendung", "Lieferung", "låda", "nyckel", "Zug", "paket", "skåp"),
]

_dates = st.builds(
    lambda day, month, year: (f"{day:02}", f"{month:02}", f"{year:02}"), st.integers(1, 28), st.integers(1, 12), st.integers(37, 99)
)
_tails = st.integers(1, 3998).map("{:04}".format).filter(lambda tail: len(set(tail)) > 1)


def _write(form: str, date: tuple[str, str, str], tail: str) -> str:
    return form.format(*date, tail) if form.count("{}") == 4 else form.format(*date, tail[:2], tail[2:])


def _is_found(text: str) -> bool:
    return SensitivityClass.CPR in evidence(text).classes


@settings(max_examples=size(sample=150, full=3000), deadline=None)
@given(_dates, _tails, st.sampled_from(GROUPED), st.sampled_from(PERSONS))
def test_a_number_in_any_grouping_beside_a_person_is_found(date: tuple[str, str, str], tail: str, form: str, sentence: str) -> None:
    """Blanks, dots, hyphens, strokes and line breaks, wherever people put them."""
    assert _is_found("Hej Anna\n\n" + sentence.format(_write(form, date, tail)) + "\n")


@settings(max_examples=size(sample=100, full=2000), deadline=None)
@given(_dates, _tails, st.sampled_from([*GROUPED, *IN_PAIRS]), st.sampled_from(LABELS))
def test_a_number_behind_a_label_in_other_words_is_found(date: tuple[str, str, str], tail: str, form: str, sentence: str) -> None:
    """In Danish, English, Swedish, Norwegian and German."""
    assert _is_found(sentence.format(_write(form, date, tail)))


@settings(max_examples=size(sample=60, full=1000), deadline=None)
@given(_dates, _tails, st.sampled_from(IN_PAIRS))
def test_pairs_beside_a_name_count_with_modulus_11(date: tuple[str, str, str], tail: str, form: str) -> None:
    """Ten digits in pairs may be a telephone abroad: beside a name they are a CPR number when the check fits, and only then."""
    checked = passes_modulus_11("".join(date) + tail)
    assert checked is _is_found(f"Opret venligst Bo Madsen, {_write(form, date, tail)}, fra mandag.")


@settings(max_examples=size(sample=100, full=2000), deadline=None)
@given(_dates, _tails, st.sampled_from(["{}{}{}-{}", "{}{}{}{}", "{}{}{} {}"]), st.sampled_from(THINGS))
def test_a_number_that_a_thing_is_named_by_is_nobodys(date: tuple[str, str, str], tail: str, form: str, thing: str) -> None:
    """Even where the date and modulus 11 fit."""
    assert not _is_found(f"Hej Lone. Vi mangler {thing} {_write(form, date, tail)} til i morgen.")


@pytest.mark.parametrize(
    "body",
    [
        "ny mand på lageret, skal med på policen\n2103 85 / 3195\nhan er 41",
        "Tak for hjælpen.\n\nMed venlig hilsen\n\nHenny Mogensen\nBakkevej 71, Hvidbjerg\nMobil 40 88 12 36\n2508 75-1071",
        "Vi har 29-01 1962, 0344 på dig, altså fødselsdato og fire cifre.",
        "Bo Madsen, 29. januar 1962-0344, flytter.",
        "member=Bo Madsen;id=081055-0399;value=712.334,10",
        "Han har et administrativt nummer, 723012-1721, indtil videre.",
        "<p>personal no. <b>0310 78</b> <b>1148</b></p>",
    ],
)
def test_groupings_from_letters(body: str) -> None:
    """As they stood in mails, with other people and numbers."""
    assert SensitivityClass.CPR in evidence(body, html=body.startswith("<")).classes


@pytest.mark.parametrize(
    "body",
    [
        "Confirming FX forward 080283-3296, sell USD 2m.",
        "Handel 2709911212 afregnet. Reference 280254-2138. Modpart: Østkraft A/S.",
        "Each of you gets two crates with numbers such as 260281-1368.",
        "De vindende numre: 1508541321, 0712831170 og 1810890726.",
        "Tåg 2111 88 3184 ankommer til spor 3.",
        "Jira-sag 1005910788 er testet. Den gamle, 210767-3566, må også lukkes.",
        "Ticket 100591-0788 is closed. The other one, 210767-3566, stays open.",
        "120683-4417 er nummeret på printeren hos Lise.",
        "120683-4417 is the asset tag of Peter's screen.",
        "Kuverterne 210767-3566 og 100591-0788 mangler.",
    ],
)
def test_things_from_letters(body: str) -> None:
    """Trades, crates, lottery tickets, trains; and "the old one" is of the same kind as what stands before it."""
    assert SensitivityClass.CPR not in evidence(body).classes
