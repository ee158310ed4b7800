"""Danish account numbers: a registration number of four digits and an account of six to ten, with a word that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content.account_owner import is_company_account
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, matches
from addin_backend.model.evidence import SensitivityClass

_ACCOUNT = re.compile(
    r"(?:\breg(?:istrerings)?\.?[ ]?-?(?:nr|nummer|no)?\.?[ :]{0,3}(\d{4})[^\d\n]{1,30}(\d[\d ]{4,11}\d)"
    r"|\b(?:løn|nem|bank|budget|privat|opsparings|giro|bank )?(?:konto(?:nummer|nr)?|account)(?:[ ]?(?:no|number"
    r"|nr))?\b[^\d\n]{0,20}(\d{4})[ ./-]{1,3}(\d[\d ]{4,11}\d))(?!\d)",
)


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every Danish account of a person in the passage."""
    for match in matches(passage, ("konto", "reg", "account"), _ACCOUNT, lines=True):
        group = 1 if match[1] else 3
        start, end = match.start(group), match.end(group + 1)
        if 6 <= len(re.sub(r"\D", "", match[group + 1])) <= 10 and not is_company_account(passage, start, end):
            yield Hit(
                "danish_account",
                SensitivityClass.CONFIDENTIAL,
                "bank_account",
                start,
                end,
                75,
                "registration and account number",
                identifier=True,
            )
