"""What we have decided ourselves about the connection to a domain: dated risk assessments, and agreements on encryption all the way.

``registers/connections/data.json``. A risk assessment lets an encrypted but unauthenticated connection count for confidential content where
the parameters accept it (the Danish authority accepted that in 2019 for one that was written down and looked at per recipient); the
record names it. Expired means absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

import msgspec

from addin_backend.errors import BadRegister
from addin_backend.evidence.transport.names import a_label
from addin_backend.model.evidence import TransportEvidence, TransportVerdict

PATH = "registers/connections/data.json"
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class RiskAssessment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``reference`` is the name under which it is filed; it stands in the record of every mail that relies on it. ``connector`` is the one
    of ours that always uses TLS to the domain, without asking for a certificate that leads to a known authority.
    """

    domain: str
    connector: Words
    reference: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,64}$")]
    reason: Words
    decided_by: Words
    decided_on: date
    valid_to: date


class EndToEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An agreement that mail to the domain is encrypted from sender to reader."""

    domain: str
    reason: Words
    agreed_on: date
    valid_to: date


class Connections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The register."""

    checked: date
    risk_assessments: list[RiskAssessment]
    end_to_end: list[EndToEnd]


EMPTY = Connections(checked=date(2026, 11, 23), risk_assessments=[], end_to_end=[])


def _bad(entry: str, what: str, da: str) -> BadRegister:
    place = f"{PATH}{', ' + entry if entry else ''}"
    return BadRegister(f"The register {place} cannot be used: {what}", sentence_da=f"Registret {place} kan ikke bruges: {da}", field=place)


def _check(entry: str, domain: str, start: date, end: date) -> None:
    if a_label(domain) != domain:
        raise _bad(entry, f"'{domain}' is not a domain in lower-case A-labels.", f"'{domain}' er ikke et domæne med små bogstaver.")
    if end < start:
        raise _bad(entry, f"valid_to {end} is before {start}.", f"valid_to {end} ligger før {start}.")


def read_connections(files: Mapping[str, bytes]) -> Connections:
    """The register; empty when there is none. Raises BadRegister with the entry."""
    raw = files.get(PATH)
    if raw is None:
        return EMPTY
    try:
        found = msgspec.json.decode(raw, type=Connections)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad("", f"{error}.", f"{error}.") from None
    for index, assessment in enumerate(found.risk_assessments):
        _check(f"risk_assessments[{index}]", assessment.domain, assessment.decided_on, assessment.valid_to)
    for index, agreement in enumerate(found.end_to_end):
        _check(f"end_to_end[{index}]", agreement.domain, agreement.agreed_on, agreement.valid_to)
    return found


def decided(evidence: TransportEvidence, register: Connections, at: datetime) -> TransportEvidence:
    """``evidence`` with what the register says of its domain on that day."""
    on, domain = at.date(), evidence.domain
    assessment = next(
        (item for item in register.risk_assessments if item.domain == domain and item.decided_on <= on <= item.valid_to), None
    )
    agreed = any(item.domain == domain and item.agreed_on <= on <= item.valid_to for item in register.end_to_end)
    if assessment is None and not agreed:
        return evidence
    return msgspec.structs.replace(
        evidence,
        risk_assessment=assessment is not None,
        assessment=assessment.reference if assessment else "",
        end_to_end_required=agreed,
        enforcement="connector" if assessment and evidence.verdict is TransportVerdict.ENCRYPTED_NOW else evidence.enforcement,
    )
