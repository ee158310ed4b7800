"""IBANs: country, length and modulus 97 (ISO 13616), unless the account is a company's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content.account_owner import is_company_account
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.model.evidence import SensitivityClass

MOST_HITS = 500  # in one text; what the mail is has long been settled
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[ ]?(?:[A-Za-z0-9]{4}[ ]?){2,7}[A-Za-z0-9]{1,4}(?![A-Za-z0-9])")
_CHECK_DIGITS = re.compile(r"\d\d(?<=[A-Za-z]{2}\d\d)(?<![A-Za-z0-9]....)")  # digits first: fast
_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GL": 18, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22,
    "SA": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26, "UA": 29,
}  # fmt: skip
_VALUES = {ord(letter): str(value) for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=10)}


def is_iban(text: str) -> bool:
    """Whether ``text`` (blanks allowed) is an IBAN of a known country with a valid checksum."""
    bare = "".join(text.split()).upper()
    if _LENGTHS.get(bare[:2]) != len(bare):
        return False
    return int((bare[4:] + bare[:4]).translate(_VALUES)) % 97 == 1


def _end_of(match: re.Match[str]) -> int:
    """Where the number ends by the length of its country (a word behind it may look like its last group), or 0."""
    run = match.group()
    wanted = _LENGTHS.get(run[:2].upper(), 0)
    length = wanted
    while length <= len(run):
        blanks = run.count(" ", 0, length)
        if length - blanks == wanted:
            return match.start() + length if wanted else 0
        length = wanted + blanks
    return 0


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every IBAN of a person in the passage."""
    kept = 0
    for check in _CHECK_DIGITS.finditer(passage.text):
        match = _IBAN.match(passage.text, check.start() - 2)
        if match is None:
            continue
        end = _end_of(match)
        if end and is_iban(passage.text[match.start() : end]) and not is_company_account(passage, match.start(), end):
            yield Hit(
                "iban", SensitivityClass.CONFIDENTIAL, "bank_account", match.start(), end, 80, "IBAN with valid checksum", identifier=True
            )
            kept += 1
            if kept >= MOST_HITS:
                return
