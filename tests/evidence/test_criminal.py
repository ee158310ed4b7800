"""Criminal matters of a person: judgments, charges, prison, records; figures of speech are none."""

from __future__ import annotations

import pytest

from content_samples import evidence


def _found(body: str) -> bool:
    return any(hit.recogniser == "criminal" for hit in evidence(body).hits)


@pytest.mark.parametrize(
    "body",
    [
        "Bo Madsen er dømt for vold",
        "Lise blev idømt 60 dages fængsel",
        "Han er sigtet for tyveri",
        "Hun er tiltalt for bedrageri",
        "Jens blev anholdt i går",
        "Min søn er varetægtsfængslet for røveri",
        "Bo har en ren straffeattest",
        "Hendes straffeattest: blank straffeattest",
        "Han har en plettet straffeattest",
        "Bo sidder i Vestre Fængsel til maj",
        "Hendes adresse er Enner Mark Fængsel 1",
        "He was convicted of fraud",
        "She has been charged with theft",
        "John was arrested for assault",
        "He has a criminal record",
        "Mary has no convictions",
        "Bo er frakendt kørekortet",
        "Han har fået fodlænke",
        "Kunden blev taget for spirituskørsel",
        "He was caught drunk driving",
        "Straffelovens § 276, sigtede Bo Madsen",
        "John was sentenced to two years in prison",
        "Hun er mistænkt for hærværk",
        "Ansøger: Bo Madsen\nStraffeattest: blank",
        "Candidate: Mary Holm\nCriminal record check: clear",
        "Thank you for the certificate. It shows no convictions, so you may start.",
        "Attesten viser en dom, så vi kan ikke ansætte ham.",
    ],
)
def test_matter_is_found(body: str) -> None:
    """With a person, in Danish and English."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "Opgaven er dømt til at lykkes, siger Lars",
        "The project is doomed, says John",
        "He was charged for the shipping",
        "Batteriet er opladet, siger Bo",
        "Vejen ligger ved fængslet",
        "Vi dømmer kampen på lørdag",
        "Straffespark til Bo",
        "Free of charge for Mary",
        "The card is charged per month",
        "Kørsel til Odense med Bo",
        "Straffeattest: skal afleveres af alle trænere",
        "In 1874 the miller was convicted of theft, he got six months",
        "Kender du loven?",
        "Der er domstole i Danmark",
    ],
)
def test_matter_is_told_from_others(body: str) -> None:
    """Idioms, general talk, no person."""
    assert not _found(body)
