"""Passwords and codes that stand in the text."""

from __future__ import annotations

import pytest

from content_samples import evidence


def _found(body: str) -> bool:
    return any(hit.recogniser == "credentials" for hit in evidence(body).hits)


@pytest.mark.parametrize(
    "body",
    [
        "Password: Kastanje77",
        "adgangskoden til portalen er Hund-Kat-9",
        "Kodeord: sommer2024",
        "kodeordet er Bil!234",
        "pin: 4821",
        "PIN-kode: 4821",
        "pinkoden er 4821",
        "Adgangskode = Xy7!kk",
        "passphrase: correct-horse",
        "password for the portal: Blue42!",
        "passwordet er Rød7bil",
        "Løsen: elg77",
        "pin code: 9911",
        'adgangskode: "Kage123"',
        "cvv: 123",
        "CVC: 987",
        "Password til wifi: Gaest2024",
    ],
)
def test_password_is_found(body: str) -> None:
    """After each word for it."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "Dit password er udløbet",
        "Adgangskode: ********",
        "Password:",
        "Skift din adgangskode",
        "Your password is not set",
        "Password is required",
        "Kodeordet er blevet ændret",
        "Adgangskode: xxxx",
        "pin er vigtig",
        "The password is the same",
        "opinion: fine",
        "Shopping: list",
        "Adgangskoden er personlig",
        "kodeord: https://x.example/reset",
        "Password reset link",
        "Pinsen er i maj",
    ],
)
def test_password_is_told_from_others(body: str) -> None:
    """What is said about passwords, blanks and stars."""
    assert not _found(body)
