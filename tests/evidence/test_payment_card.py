"""Payment cards: issuer, length and Luhn, told from orders, parcels and payment slips."""

from __future__ import annotations

import pytest

from content_samples import evidence


def _found(body: str) -> bool:
    return any(hit.recogniser == "payment_card" for hit in evidence(body).hits)


@pytest.mark.parametrize(
    "body",
    [
        "Mit kort er 4539 1488 0343 6467, udløb 09/28",
        "4539148803436467",
        "4539-1488-0343-6467 er kortnummeret",
        "Visa 4539 1488 0343 6467",
        "Amex 3714-496353-98431",
        "3714 496353 98431 american express",
        "5019 7654 3210 9870 dankort",
        "Mastercard 5425 2334 3010 9903",
        "5425233430109903 exp 04/27",
        "Card number: 2223 0031 2200 3222",
        "visa/dankort 4571 0000 0000 0001",
        "Kortet 4571 0000 0000 0001, cvc 123",
        "Diners 3056 930902 5904 kort",
        "Træk beløbet på 4539 1488 0343 6467",
        "JCB-kort 3530 1113 3330 0000",
        "kortnr.: 4539\xa01488\xa00343\xa06467",
        "Kort ４５３９１４８８０３４３６４６７",
        "Credit card 6011 0009 9013 9424",
    ],
)
def test_card_is_found(body: str) -> None:
    """Each issuer, spelled as people do."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "4539 1488 0343 6468 kort",
        "Ordre 4539148803436467",
        "testkort 4111 1111 1111 1111",
        "+71<453914880343646+12345678<",
        "Licensnøgle 4539-1488-0343-6467",
        "Track 4539148803436467",
        "Pakkenr. 4539148803436467",
        "EAN 5790001398552",
        "IMEI 490154203237518",
        "Faktura 4539148803436467",
        "Ref. 4539148803436467",
        "Token 4539148803436467",
        "1234 5678 9012 3456",
        "0000 0000 0000 0000 kort",
        "14539148803436467",
        "Serienummer 4539148803436467",
        "Kort 4242 4242 4242 4242",
        "Et eksempel: 4539148803436467",
        "Konto 4539148803436467",
        "9539 1488 0343 6467 kort",
    ],
)
def test_card_is_told_from_others(body: str) -> None:
    """Wrong digit, other labels, test cards, payment slips, longer numbers."""
    assert not _found(body)
