"""Whose account is it: a company's on an invoice is no personal data; a private person's is confidential (labels rule 6)."""

from __future__ import annotations

import re

from addin_backend.evidence.content.passage import Passage

_PRIVATE = re.compile(
    r"\b(?:min|mit|mine|din|dit|hans|hendes|my|your|his|her|privat\w*|løn(?:konto)?\w*|nemkonto\w*|udbetal\w*|refusion|refunder\w*"
    r"|tilbagebetal\w*|erstatning\w*|pension\w*"
    r"|salary|payroll|wages|refund|reimburs\w*|personal|budgetkonto|børneopsparing\w*|mobilepay|udlæg|medarbejder\w*|employee"
    r"|kontohaver|account holder)\b",
)
_COMPANY = re.compile(
    r"(?:\bfaktura\w*|\binvoice\w*|\bcvr\b|\baps\b|\ba/s\b|\bi/s\b|\bltd\b|\bgmbh\b|\binc\b|\bab\b|\bleverandør\w*|\bsupplier|\bvendor"
    r"|\bbetalingsfrist|\bforfald\w*"
    r"|\bdue date|\bour (?:bank )?account|\bvores (?:bank)?konto|\bbetales til|\bindbetal\w*|\bindsamling\w*|\bdonation\w*"
    r"|\bkontingent\w*|\bklub\w*|\bforening\w*"
    r"|\bpayable|\bbank details|\bbankoplysninger|\bbetalingsoplysninger|\bmoms\b|\bvat\b|\bklientkonto\w*|\boverfør beløbet til)",
)
_REACH = 250


def is_company_account(passage: Passage, start: int, end: int) -> bool:
    """Whether the words around an account number speak of a company and none of a private person. In doubt: no."""
    around = passage.folded[max(0, start - _REACH) : end + _REACH]
    line_start, line_end = passage.sentence(start, end)
    if _PRIVATE.search(passage.folded[max(0, line_start - 60) : line_end]):
        return False
    return _COMPANY.search(around) is not None
