"""Danish accounts: registration and account number with a word that says so; a company's is none."""

from __future__ import annotations

import pytest

from content_samples import evidence


def _found(body: str) -> bool:
    return any(hit.recogniser == "danish_account" for hit in evidence(body).hits)


@pytest.mark.parametrize(
    "body",
    [
        "Min konto: reg. 9570 konto 0012345678",
        "løn til konto 9570 0012345678",
        "reg.nr. 9570 kontonr. 0012345678",
        "Reg nr 9570 Konto nr 0012345678",
        "Registreringsnummer 9570, kontonummer 12345678",
        "Hendes lønkonto er 9570 12345678",
        "Konto: 9570-0012345678",
        "kontonummer 9570 0012345678",
        "Kontonr.: 9570 12345678",
        "NemKonto 9570 0012345678",
        "nemkonto: 9570 / 0012345678",
        "bankkonto 9570 0012345678",
        "Udbetal til reg. nr. 9570, konto 12 34 56 78",
        "my account 9570 0012345678",
        "account no 9570 12345678",
        "Budgetkonto 9570 0012345678",
        "Reg: 9570 Kto: 0012345678",
        "Overfør til hans konto: 9570 0012345678",
        "Min konto er 9570 0012345678",
        "Konto er 9570.0012345678",
    ],
)
def test_account_is_found(body: str) -> None:
    """Of persons, spelled as people do."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "Faktura 12 betales til reg. 9570 konto 0012345678",
        "Leverandørens konto 9570 0012345678",
        "Vores konto, Nordlys ApS: 9570 0012345678",
        "reg. 957 konto 12",
        "Konto 1234",
        "Kontoplan 1000 200000",
        "Kontingent til klubben: reg. 9570 konto 0012345678",
        "Budget 2026 1200000",
        "Konto 9570",
        "Regning 9570 af 0012",
        "Registreret 9570 stk.",
        "konto 957 0012345678",
        "Account manager 9570",
        "Indsamling: reg. 9570 konto 0012345678",
    ],
)
def test_account_is_told_from_others(body: str) -> None:
    """Companies, other numbers, too few or too many digits."""
    assert not _found(body)
