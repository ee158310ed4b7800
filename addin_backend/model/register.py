"""Registers: dated, sourced data that an officer edits. Expired means absent. Each lies in ``registers/<name>/data.json``."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from addin_backend.model.evidence import OrganisationKind, RecipientRole, SensitivityClass, TransferBasisKind


class Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who we are: ``domains`` are our own accepted domains (A-labels)."""

    checked: date
    kind: OrganisationKind
    name: str
    domains: list[str]


class Partner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A domain that our outbound connector reaches over enforced TLS. It counts from ``valid_from`` to ``valid_to``, both included, while
    somebody has verified the connector lately (evidence/transport/enforcement.py). ``mode`` is what the connector asks of the other side.
    """

    domain: str
    connector: str
    verified_on: date
    verified_by: str
    valid_from: date
    valid_to: date
    review_on: date
    mode: Literal["encryption_only", "certificate_validation", "domain_validation"] = "certificate_validation"


class Partners(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partners with enforced TLS."""

    checked: date
    entries: list[Partner]


class DomainFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What we know about who is behind a domain and in which country the mail is read."""

    domain: str
    role: RecipientRole
    country: str
    source: str
    checked: date


class DomainFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Domains whose country and role are registered."""

    checked: date
    entries: list[DomainFact]


class FreeMail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Domains that anyone can have an address in."""

    checked: date
    domains: list[str]


class BasisEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recorded ground for a transfer to the organisation behind ``domain`` (GDPR chapter V)."""

    domain: str
    country: str
    basis: TransferBasisKind
    module: str
    guarantees_met: bool
    guarantees_owner: str
    guarantees_on: date
    valid_from: date
    valid_to: date
    classes: list[SensitivityClass]


class TransferBases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All recorded grounds."""

    checked: date
    entries: list[BasisEntry]


class Adequacy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Commission decision under GDPR Art. 45. ``needs_entry``: holds only for recipients that a transfer basis entry names."""

    country: str
    instrument: str
    scope: str
    needs_entry: bool
    status: str
    valid_to: date | None


class Countries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """EEA members, adequacy decisions, and every code we accept (ISO 3166-1 alpha-2)."""

    checked: date
    source: str
    eea: list[str]
    adequacy: list[Adequacy]
    known: list[str]


class Dispensation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A written, time-limited exception: lifts findings with ``code`` to ``domain`` for ``classes``. Two different people."""

    id: str
    code: str
    domain: str
    classes: list[SensitivityClass]
    reason: str
    compensating_measure: str
    asked_by: str
    approved_by: str
    valid_from: date
    valid_to: date


class Dispensations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All dispensations, in force or not."""

    checked: date
    entries: list[Dispensation]
