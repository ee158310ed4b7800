"""IBANs: country, length and modulus 97; a company's on an invoice is none."""

from __future__ import annotations

import pytest

from content_samples import evidence


def _found(body: str) -> bool:
    return any(hit.recogniser == "iban" for hit in evidence(body).hits)


@pytest.mark.parametrize(
    "body",
    [
        "Udbetal til min konto DK50 0040 0440 1162 43",
        "her salary goes to GB29NWBK60161331926819",
        "Mit IBAN: DK5000400440116243",
        "dk50 0040 0440 1162 43 er min lønkonto",
        "IBAN DE89 3704 0044 0532 0130 00 (privat)",
        "Hans konto FR14 2004 1010 0505 0001 3M02 606",
        "NO93 8601 1117 947 er hendes lønkonto",
        "SE45 5000 0000 0583 9825 7466, min konto",
        "Refusion til NL91 ABNA 0417 1643 00",
        "ES91 2100 0418 4502 0005 1332 tilhører Bo Madsen",
        "FI21 1234 5600 0007 85",
        "BE68 5390 0754 7034",
        "AT61 1904 3002 3457 3201",
        "CH93 0076 2011 6238 5295 7",
        "PL61 1090 1014 0000 0712 1981 2874",
        "IE29AIBK93115212345678",
        "IS14 0159 2600 7654 5510 7303 39",
        "FO62 6460 0001 6316 34",
    ],
)
def test_iban_is_found(body: str) -> None:
    """Of persons, in several countries and spellings."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "Faktura: betal til IBAN DK50 0040 0440 1162 43, CVR 12345678",
        "min konto DK51 0040 0440 1162 43",
        "DK50 0040 0440 1162 4",
        "Invoice from Nordlys Ltd, our account GB29NWBK60161331926819",
        "Kontingent betales til klubben: DK50 0040 0440 1162 43",
        "XX50 0040 0440 1162 43",
        "DK00 0000 0000 0000 00",
        "IBAN mangler",
        "ADK5000400440116243",
        "DE88 3704 0044 0532 0130 00",
        "Leverandør: Bager ApS, IBAN DK50 0040 0440 1162 43",
        "Vores konto DK50 0040 0440 1162 43, Nordlys A/S",
        "Donation til foreningen: DK50 0040 0440 1162 43",
        "GB29 NWBK 6016 1331 9268 18",
        "LX28 0019 4006 4475 0000",
        "Bank details for payment, Nordlys Inc: DK50 0040 0440 1162 43",
    ],
)
def test_iban_is_told_from_others(body: str) -> None:
    """Wrong check digits, companies, other numbers."""
    assert not _found(body)
