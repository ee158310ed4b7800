"""Payment card numbers: issuer range, length and the Luhn check (ISO/IEC 7812-1), told from orders, parcels and payment slips."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.person import has_name
from addin_backend.model.evidence import SensitivityClass

FEWEST_DIGITS = 13
MOST_HITS = 500  # in one text; what the mail is has long been settled
_NUMBER = re.compile(r"(?<![\d+<-])\d(?:[ -]?\d){12,18}(?!\d|<)")
_RUN = re.compile(r"\d[\d -]{11,}\d")
_GROUPED = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{4,5}")
_KEYWORD = re.compile(r"kort|card|visa|dankort|master|amex|american express|cvc|cvv|udløb|expir|\bexp\b")
_CALLED = re.compile(  # a number that is called a card counts with a mistyped digit, too
    r"(?:kredit|debet|betalings|visa|firma|master)?kort(?:et|nr\.?|nummer)?\b"
    r"|\b(?:credit|debit|payment)?[ ]?card\b|\bvisa\b|\bdankort\b|\bmastercard\b"
)
_OTHER = re.compile(
    r"(?:ordre\w*|order\w*|faktura\w*|invoice|track\w*|pakke\w*|parcel|forsendelse\w*|ean|gtin|stregkode|imei|serie\w*|serial"
    r"|reference\w*|ref|betalings-?id"
    r"|sags?\w*|konto\w*|iban|sscc|token|ticket|uuid|licens\w*|license\w*|key|nøgle\w*|id)[^\d\n]{0,15}$",
)
_TEST_NUMBERS = frozenset(
    {
        "4111111111111111",
        "4242424242424242",
        "5555555555554444",
        "4012888888881881",
        "378282246310005",
        "5105105105105100",
        "4000000000000002",
    }
)
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"5019|4571"), (16,)),
    (re.compile(r"50|5[6-8]|63|67|6304"), (16, 17, 18, 19)),
    (re.compile(r"30[0-5]|36|38|39"), (14,)),
    (re.compile(r"35|6011|65|62|81"), (16,)),
)
_DOUBLED = str.maketrans("0123456789", "0246813579")  # twice the digit, less nine when that has two digits


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    western = digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)
    return (sum(map(int, western[::-2])) + sum(map(int, western[-2::-2].translate(_DOUBLED)))) % 10 == 0


def _is_issued(digits: str) -> bool:
    return any(pattern.match(digits) and len(digits) in lengths for pattern, lengths in _ISSUERS)


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every card number in the passage."""
    text, folded, kept = passage.text, passage.folded, 0
    runs = (run for start, end in passage.digit_runs if end - start >= FEWEST_DIGITS for run in _RUN.finditer(text, start, end))
    for match in (found for run in runs for found in _NUMBER.finditer(text, run.start(), run.end())):
        digits = re.sub(r"\D", "", match.group())
        if not _is_issued(digits) or digits in _TEST_NUMBERS or len(set(digits)) < 4:
            continue
        right = passes_luhn(digits)
        if not right and not (
            _GROUPED.fullmatch(match.group())
            and _CALLED.search(folded, max(0, match.start() - 40), match.start())
            and not _OTHER.search(folded[max(0, match.start() - 40) : match.start()])
        ):
            continue
        keyword = _KEYWORD.search(folded, max(0, match.start() - 80), match.end() + 60) is not None
        if not keyword and (len(digits) in {13, 14, 19} or _OTHER.search(folded[max(0, match.start() - 40) : match.start()])):
            continue
        start, end = passage.sentence(match.start(), match.end())
        sentence = folded[start:end]
        if damper.is_test_data(sentence) or (damper.is_example(sentence) and not keyword and not has_name(text[start:end])):
            continue
        score = (60 if right else 40) + (25 if keyword else 0) + (10 if _GROUPED.fullmatch(match.group()) else 0)
        yield Hit(
            "payment_card",
            SensitivityClass.CONFIDENTIAL,
            "payment_card",
            match.start(),
            match.end(),
            score,
            "card number with valid check digit" if right else "number that is called a card",
            True,
        )
        kept += 1
        if kept >= MOST_HITS:
            return
