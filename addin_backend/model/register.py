"""Registers: dated, sourced data that an officer edits. Expired means absent. Each lies in ``registers/<name>/data.json``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from addin_backend.model.evidence import OrganisationKind, RecipientRole, SensitivityClass, TransferBasisKind
from addin_backend.model.facts import DigitalPost, RemoteAccessBy


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


class AccessFromAbroad(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who else reads the domain's mail, from which country (ISO 3166-1 alpha-2)."""

    by: RemoteAccessBy
    country: str


class DomainFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What we know about who is behind a domain and in which country the mail is read.

    ``digital_post``: whether whoever is behind the domain can be reached by Digital Post.
    """

    domain: str
    role: RecipientRole
    country: str
    source: str
    checked: date
    remote_access: AccessFromAbroad | None = None
    digital_post: DigitalPost = DigitalPost.UNKNOWN


class DomainFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Domains whose country and role are registered."""

    checked: date
    entries: list[DomainFact]


class FreeMail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Domains that anyone can have an address in."""

    checked: date
    domains: list[str]


class BasisEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recorded ground for a transfer to the organisation behind ``domain`` (GDPR chapter V).

    ``scope_met``, ``data_kinds``: for a decision that covers some recipients or kinds of data only (DPF list, Canada); what is left out
    is not met. ``public_powers``: "no" when the mail is no part of exercising them (Art. 49(3)). ``max_uses``: how often a derogation
    may be used within the window, 0 = the officer's general limit.
    """

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
    organisation: str = ""
    scope_met: Literal["yes", "no"] = "no"
    data_kinds: list[Literal["employment", "other"]] = []
    public_powers: Literal["yes", "no"] = "yes"
    authority_informed: Literal["yes", "no"] = "no"
    max_uses: Annotated[int, msgspec.Meta(ge=0)] = 0


class TransferBases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All recorded grounds."""

    checked: date
    entries: list[BasisEntry]


class Adequacy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Commission decision under GDPR Art. 45. ``needs_entry``: holds only for recipients that a transfer basis entry names.

    ``limited_to``: "listed" (the organisation stands on a list, by kind of data), "commercial" or "". Only ``in_force`` and ``watched``
    (in force and contested) count.
    """

    country: str
    instrument: str
    scope: str
    needs_entry: bool
    status: Literal["in_force", "watched", "suspended", "repealed"]
    valid_to: date | None
    limited_to: Literal["", "listed", "commercial"] = ""
    note: str = ""
    checked: date | None = None


class Countries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """EEA members, adequacy decisions, and every code we accept (ISO 3166-1 alpha-2). ``special``: a text of its own explains them."""

    checked: date
    source: str
    eea: list[str]
    adequacy: list[Adequacy]
    known: list[str]
    special: list[str] = []


class Dispensation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A written, time-limited exception: lifts findings with ``code`` to ``domain`` for ``classes``. Two different people.

    ``senders``     addresses, or groups of the directory ("group:skade@…"); none = everybody.
    ``recipients``  addresses within ``domain``; none = all of it.
    ``max_uses``    0 = as often as needed within the period.
    ``emergency``   holds without ``approved_by`` until ``confirm_by``; not confirmed by then it stops, and that is reported.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,40}$")]
    code: str
    domain: str
    classes: list[SensitivityClass]
    reason: str
    compensating_measure: str
    asked_by: str
    approved_by: str
    valid_from: date
    valid_to: date
    senders: list[str] = []
    recipients: list[str] = []
    max_uses: Annotated[int, msgspec.Meta(ge=0)] = 0
    emergency: bool = False
    confirm_by: date | None = None


class Dispensations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All dispensations, in force or not."""

    checked: date
    entries: list[Dispensation]
