"""Whose account is it: a company's on an invoice is no personal data; a private person's is confidential (labels rule 6)."""

from __future__ import annotations

import re

from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.person import has_name

_PRIVATE = re.compile(
    r"\b(?:min|mit|mine|(?:din|dit|your)(?! (?:invoice|faktura\w*|order|ordre\w*|reference|cvr))"
    r"|hans|hendes|my|his|her|privat\w*|løn(?:konto)?\w*|nemkonto\w*|udbetal\w*|refusion|refunder\w*"
    r"|tilbagebetal\w*|erstatning\w*|pension\w*"
    r"|salary|payroll|wages|refund|reimburs\w*|personal|budgetkonto|børneopsparing\w*|mobilepay|udlæg|medarbejder\w*|employee"
    r"|kontohaver|account holder|(?:de|du|you) (?:har )?(?:skrev|skrevet|oplyste|oplyst|gave|wrote|provided)"
    r"|(?:ind)?sætter vi|vi (?:ind)?sætter|tilbageført)\b",
)
_COMPANY = re.compile(
    r"(?:\bfaktura\w*|\binvoice\w*|\bcvr\b|\baps\b|\ba/s\b|\bi/s\b|\bltd\b|\bgmbh\b|\binc\b|\bab\b|\bleverandør\w*|\bsupplier|\bvendor"
    r"|\bbetalingsfrist|\bforfald\w*"
    r"|\bdue date|\bour (?:bank )?account|\bvores (?:bank)?konto|\bbetales til|\bindbetal\w*|\bindsamling\w*|\bdonation\w*"
    r"|\bkontingent\w*|\bklub\w*|\bforening\w*"
    r"|\bfees?\b|\w*gebyr\w*|\bdeposit\b|\bdepositum|\bsubscription|\bsponsor\w*"
    r"|\btilmelding\w*|\bentr[eé]\b|\bhusleje\w*|\bpayable"
    r"|\bbank details|\bbankoplysninger|\bbetalingsoplysninger|\bmoms\b|\bvat\b|\bklientkonto\w*|\boverfør beløbet til)",
)
_FIRM = re.compile(  # beside the number itself: whose account it is
    r"\b(?:aps|a/s|ivs|i/s|k/s|ltd|limited|plc|llp|gmbh|inc)\b|\bfirmaets\b|\bpensionskassen\w*|\w*fonds?\b|\w*forbund\b|\badvokatfirma\w*"
    r"|\b(?:skolens|klubbens|foreningens|forbundets|kommunens|bankens|selskabets|virksomhedens|afdelingens|menighedsrådets)\b|\bstøttebeløb\w*"
    r"|\b(?:company|clients?'?|club(?:'s)?|firm(?:'s)?|school(?:'s)?|business|trust|escrow|charity(?:'s)?|association(?:'s)?|parish|society(?:'s)?"
    r"|union(?:'s)?|church(?:'s)?|fund(?:'s)?|corporate) (?:bank )?account|\b(?:klient|firma|drifts|forenings|erhvervs|deponerings)konto\w*"
    r"|\b(?:ab|ag|oy|asa|srl)\b|\bkun betaling fra\b"
    r"|\btilhører (?:selskab|firma|forening|virksomhed|klub)\w*",
)
_OWN = re.compile(
    r"\b(?:min|mit|mine|(?:din|dit|your)(?! (?:invoice|faktura\w*|order|ordre\w*|reference|cvr))"
    r"|hans|hendes|my|his|her|privat\w*|løn(?:konto)?\w*|nemkonto|kontohaver|account holder|medarbejder\w*)\b"
)
_NEXT = re.compile(r"\.\s+[A-ZÆØÅ]")
_REACH = 250


def is_company_account(passage: Passage, start: int, end: int) -> bool:
    """Whether the words around an account number speak of a company and none of a private person. In doubt: no."""
    around = passage.folded[max(0, start - _REACH) : end + _REACH]
    line_start, line_end = passage.sentence(start, end)
    following = _NEXT.search(passage.text, end, line_end)  # a full stop behind a number ends a sentence, too
    line_end = following.start() if following else line_end
    sentence = passage.folded[line_start:line_end]
    if _FIRM.search(sentence) and not _OWN.search(sentence):
        return True
    if _PRIVATE.search(passage.folded[max(0, line_start - 60) : line_end]) or has_name(" " + passage.text[line_start:start]):
        return False
    return _COMPANY.search(around) is not None
