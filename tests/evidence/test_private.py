"""The mark that a mail is private, in every spelling that counts, and the subjects that only look like it (labels rule 9)."""

from __future__ import annotations

import pytest

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.private import is_private
from addin_backend.model.evidence import ContentEvidence, SensitivityClass
from addin_backend.model.message import Message
from content_samples import evidence, mail, terms

MARKED = (
    "Privat|privat|PRIVAT|Private|PRIVATE|  Privat  |Privat:|Privat: hej|privat:hej|PRIVAT : hej|Private: lunch|Private : lunch"
    "|Privat - hej|Privat -hej|Privat- hej|Private - lunch|Privat – søndag|Privat—søndag|Privat–søndag|Private — dinner"
    "|Privat (søndag)|Privat [2]"
    "|Privat(hej)|Private [no rush]|[Privat]|[privat] hej|(Privat) hej|(private) lunch|Hej [Privat]|Middag (privat)|[ Privat ]|{Privat} hej"
    "|<Privat> hej|[Privat:] hej|[PRIVATE] lunch|Re: Privat|RE: Privat: hej|Re: SV: Privat: hej|SV: privat|VS: Private:|Fwd: privat"
    "|FW: Private: x|Re[2]: Private: x|Re(3): Privat: x|AW: Privat|WG: Privat: x|Antw: Privat|Svar: Privat - hej|Vb: Privat: hej"
    "|Videresendt: Privat: hej|Re: [Privat] hej|Re: Privat (søndag)|[EKSTERN] Privat: hej|[EXTERNAL] Re: Private: lunch"
    "|Re: [ekstern] Privat|Privat\u00a0: hej|Pri\u200bvat: hej|\u200ePrivat: hej|Privat\uff1a hej|Privat: sag 1234|Privat: police"
    "|Privat\u2003- hej"
).split("|")
READ = (
    "|Privatforsikring|Privat forsikring|Privat pension|Privatpension|Private equity|Private Equity - Q3|Privatkunde|Privatkunde: Bo"
    "|Privatkunder - nye priser|Privat kunde|Privat- og erhverv|Privat- og erhvervskunder|Private and business|Private & confidential"
    "|Private and confidential: merger|Privat/fortroligt|Privathospital|Privatskole: indmeldelse|Privatleje|Privat vej|Private banking"
    "|Privatlivspolitik|Privacy policy|Private key|Private cloud: pris|Privatist|Privatøkonomi|privatperson|Ikke privat|Vedr. Privat: sag"
    "|Hej privat|Om privat: hej|Det er privat|Semi-privat|Uprivat: x|Privat, hej|Privat; hej|Privat! hej|Privat. Hej|Privat hej"
    "|Privat - ulykkesforsikring|Privat - police 1234|Privat - kunde Bo|Privat – tilbud|Privat - skadesag|Private - claim 1234"
    "|Private - insurance|[Privatkunde] Bo|(privatforsikring)|[Privat pension]|Re: Privatforsikring|SV: Privat pension|FW: Private equity"
    "|Re Privat|Priv: hej|Prívat: hej|Fortroligt: hej|Personligt: hej|Konfidentiel|Private-equity|Privat-kunde|Privat-/erhvervsbil"
    "|Privats: x"
).split("|")


@pytest.mark.parametrize("subject", MARKED)
def test_it_is_a_mark(subject: str) -> None:
    """Alone or at the beginning before a colon, dash or bracket, or in brackets anywhere; behind reply marks and a gateway's tag."""
    assert is_private(subject)
    assert ContentEvidence(classes=frozenset({SensitivityClass.UNREAD})) == evidence("Bo Madsen har brystkræft", subject)


@pytest.mark.parametrize("subject", READ)
def test_it_is_no_mark(subject: str) -> None:
    """Words that begin so, businesses, a mark in the middle, other words."""
    assert not is_private(subject)


@pytest.mark.parametrize(
    ("expected", "sensitivity"), [(True, "Private"), (True, " private "), (False, "Personal"), (False, "Normal"), (False, "")]
)
def test_the_sensitivity_of_outlook_is_a_mark_too(expected: bool, sensitivity: str) -> None:
    """RFC 4021: Personal, Private, Company-Confidential."""
    given = mail("Bo Madsen har brystkræft", "Hej")
    marked = Message(
        sender="", recipients=(), subject=given.subject, body=given.body, body_format=given.body_format, sensitivity=sensitivity
    )
    assert expected is (classify(marked, terms()).classes == frozenset({SensitivityClass.UNREAD}))
