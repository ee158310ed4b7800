"""Statements of an Art. 9 category about a person."""

from __future__ import annotations

import pytest

from content_samples import evidence


def _found(body: str) -> bool:
    return any(hit.recogniser == "special_category" for hit in evidence(body).hits)


@pytest.mark.parametrize(
    "body",
    [
        "Bo har fået konstateret sukkersyge",
        "Lise er diagnosticeret med ADHD",
        "Hun lider af migræne",
        "Han er i behandling for angst",
        "Min mor har fået en blodprop",
        "Jens skal opereres i morgen, han er indlagt på Riget",
        "Anna er indlagt med lungebetændelse",
        "Bo er sygemeldt med stress",
        "Hun er fraværende på grund af en operation",
        "John is off sick with flu",
        "She is signed off due to anxiety",
        "Bo har brækket benet",
        "Han har forstuvet sin ankel",
        "Mary has broken her wrist",
        "Hun har ondt i ryggen",
        "He has pain in his shoulder",
        "Lise er gravid med komplikationer",
        "Hendes abort var i marts",
        "Bo er i kemo",
        "Hun tager insulin",
        "He takes sertraline and prozac",
        "Hun er tillidsrepræsentant for HK",
        "Bo er medlem af 3F",
        "He is a member of Unite",
        "Anna er medlem af Venstre",
        "Hans er kandidat for Enhedslisten",
        "Mary votes for Labour",
        "Henrik og hans mand kommer",
        "Hendes kone hedder Lise",
        "John and his husband",
        "Ses torsdag\n\nJacob\nNæstformand i Venstres vælgerforening og kandidat for Venstre",
        "See you Friday.\n\nMary\nTeacher, branch secretary of the NASUWT",
    ],
)
def test_statement_is_found(body: str) -> None:
    """Of health, union, politics and sex life."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "Opgaven lider af dårlig planlægning",
        "Vi er medlem af Dansk Industri",
        "Hospitalet søger en kok",
        "Kemohandel er dyrt",
        "Insulinpriserne falder",
        "Bil har brækket aksel",
        "Der er smerter i kodebasen",
        "Fagforeninger i Danmark",
        "En fiktiv person lider af astma",
    ],
)
def test_statement_is_told_from_others(body: str) -> None:
    """Words with another sense, no person, made up."""
    assert not _found(body)
