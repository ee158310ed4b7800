"""Facts given in a file (`check --evidence`): no network is used, and what is not named is unknown in every respect."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

import msgspec

from addin_backend.errors import BadInput
from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.recipients import UNKNOWN_COUNTRY, is_internal, unknown_recipient, unknown_transport
from addin_backend.model.evidence import (
    CertificateState,
    CountryStrength,
    OrganisationKind,
    RecipientEvidence,
    RecipientRole,
    SensitivityClass,
    TransferBasis,
    TransferBasisKind,
    TransportEvidence,
    TransportVerdict,
)
from addin_backend.model.facts import DigitalPost
from addin_backend.model.message import Recipient, RecipientKind

S = TypeVar("S")

# Spellings of a ground that a person may well write; the left side is accepted, the right side is our word.
_BASIS_ALIASES = {
    "derogations_art_49_1": "derogation",
    "derogation_art_49_1": "derogation",
    "art_49_1": "derogation",
    "derogation": "derogation",
}
_NAMED_FIELD = re.compile(r"(?:missing required|contains unknown) field `(?P<name>[^`]*)`")
_ENFORCED = frozenset({TransportVerdict.REGISTER, TransportVerdict.DANE, TransportVerdict.MTA_STS_ENFORCE})
_COMMITMENT = {TransportVerdict.REGISTER: "register", TransportVerdict.DANE: "dane", TransportVerdict.MTA_STS_ENFORCE: "mta_sts"}


class GivenBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer basis as the file writes it. ``letter`` is that of Art. 49(1) when ``basis`` is a derogation."""

    basis: str
    module: Literal["1", "2", "3", "4"] | None = None
    letter: Literal["a", "b", "c", "d", "e", "f", "g"] | None = None
    guarantees_met: bool = False
    valid_to: date | None = None
    classes: list[SensitivityClass] = []


class GivenDomain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says about one domain."""

    transport: TransportVerdict = TransportVerdict.UNKNOWN
    role: RecipientRole = RecipientRole.ORGANISATION
    country: str = UNKNOWN_COUNTRY
    country_strength: CountryStrength | None = None
    transfer_basis: GivenBasis | None = None
    digital_post: DigitalPost = DigitalPost.UNKNOWN  # the contact register is no part of what counts as not asked


class GivenOrganisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who we are, as the file says."""

    domains: list[str] = []
    kind: OrganisationKind = OrganisationKind.PRIVATE


class GivenEvidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file (docs/command-line.md)."""

    organisation: GivenOrganisation = GivenOrganisation()
    domains: dict[str, msgspec.Raw] = {}
    certificates: list[str] = []


def _a_label(domain: str) -> str:
    """``domain`` as recipients' domains are written; a name that no recipient can have keeps its text and is never met."""
    return normalise(f"postmaster@{domain.strip()}", RecipientKind.TO).domain or domain.strip().lower()


def _basis(domain: str, given: GivenBasis | None) -> TransferBasis | None:
    if given is None:
        return None
    word = given.basis
    if word in _BASIS_ALIASES:
        word = f"derogation_{given.letter}"
    elif word.startswith("art_49_1_") and len(word) == len("art_49_1_x"):
        word = f"derogation_{word[-1]}"
    elif word == "compelling_legitimate_interests":
        word = TransferBasisKind.COMPELLING_INTERESTS.value
    try:
        kind = TransferBasisKind(word)
    except ValueError:
        known = ", ".join(TransferBasisKind)
        raise BadInput(
            f"The transfer basis '{given.basis}' is not known.",
            sentence_da=f"Overførselsgrundlaget '{given.basis}' kendes ikke.",
            next_step=f"Use one of: {known}.",
            next_step_da=f"Brug en af: {known}.",
            field=f"domains.{domain}.transfer_basis.basis",
        ) from None
    return TransferBasis(
        basis=kind,
        module=given.module or "",
        guarantees_met=given.guarantees_met,
        valid_to=given.valid_to,
        classes=frozenset(given.classes),
    )


def _strength(given: GivenDomain) -> CountryStrength:
    """A country that the file states without a strength is taken as registered: the file holds known facts."""
    if given.country == UNKNOWN_COUNTRY:
        return CountryStrength.UNKNOWN
    return given.country_strength or CountryStrength.REGISTERED


@dataclass(frozen=True, slots=True)
class SuppliedFacts:
    """Facts from the file alone. Use ``read_supplied`` to make one."""

    organisation: OrganisationKind
    own_domains: frozenset[str]
    domains: Mapping[str, GivenDomain]
    bases: Mapping[str, TransferBasis | None]
    certificates: frozenset[str]

    def external_domains(self, recipients: tuple[Recipient, ...]) -> tuple[str, ...]:
        """None: nothing is looked up."""
        return ()

    def facts(self, recipient: Recipient, transport: Mapping[str, TransportEvidence], at: date) -> RecipientEvidence:
        """What the file says about ``recipient``; all else is unknown."""
        if recipient.domain in self.own_domains:
            return unknown_recipient(recipient, internal=is_internal(recipient, self.own_domains))
        certificate = CertificateState.USABLE if recipient.address.lower() in self.certificates else CertificateState.NONE
        given = self.domains.get(recipient.domain) if recipient.domain else None
        if given is None:
            return msgspec.structs.replace(unknown_recipient(recipient), certificate=certificate)
        enforced = given.transport in _ENFORCED
        return RecipientEvidence(
            address=recipient.address,
            domain=recipient.domain,
            kind=recipient.kind,
            literal=recipient.literal,
            valid=recipient.valid,
            internal=False,
            free_mail=False,
            role=given.role,
            country=given.country,
            country_strength=_strength(given),
            transfer_basis=self.bases[recipient.domain],
            transport=msgspec.structs.replace(
                unknown_transport(recipient.domain, "given"),
                verdict=given.transport,
                commitment=_COMMITMENT.get(given.transport, "unknown"),
                enforcement="connector" if enforced else "none",
            ),
            certificate=certificate,
            digital_post=given.digital_post,
        )


def _decode(raw: bytes | msgspec.Raw, kind: type[S], where: str) -> S:
    """``raw`` as ``kind``. Raises BadInput that names the field below ``where``."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        said, _, path = str(error).partition(" - at `$")
        named = _NAMED_FIELD.search(said)
        steps = [where, path.rstrip("`").lstrip("."), named["name"] if named else ""]
        place = ".".join(step for step in steps if step)
    except UnicodeDecodeError:
        said, place = "it is not UTF-8", where
    except RecursionError:
        said, place = "it is nested too deeply", where
    raise BadInput(f"The evidence file cannot be read: {said}.", sentence_da=f"Evidensfilen kan ikke læses: {said}.", field=place or None)


def _check_country(name: str, given: GivenDomain, known: frozenset[str]) -> None:
    if given.country != UNKNOWN_COUNTRY and given.country not in known:
        raise BadInput(
            f"'{given.country}' is not an ISO 3166-1 country code.",
            sentence_da=f"'{given.country}' er ikke en landekode efter ISO 3166-1.",
            field=f"domains.{name}.country",
        )


def _domains(given: Mapping[str, msgspec.Raw], known_countries: frozenset[str]) -> dict[str, GivenDomain]:
    """By A-label. One domain written in two ways must not say two things."""
    found: dict[str, GivenDomain] = {}
    for name, raw in given.items():
        item = _decode(raw, GivenDomain, f"domains.{name}")
        _check_country(name, item, known_countries)
        if found.setdefault(_a_label(name), item) != item:
            raise BadInput(
                f"The domain {name} stands there twice and says two things.",
                sentence_da=f"Domænet {name} står der to gange og siger to forskellige ting.",
                field=f"domains.{name}",
            )
    return found


def read_supplied(raw: bytes, known_countries: frozenset[str]) -> SuppliedFacts:
    """The evidence file, strictly. Raises BadInput that names the field."""
    given = _decode(raw.removeprefix(codecs.BOM_UTF8), GivenEvidence, "")
    domains = _domains(given.domains, known_countries)
    return SuppliedFacts(
        organisation=given.organisation.kind,
        own_domains=frozenset(_a_label(name) for name in given.organisation.domains),
        domains=domains,
        bases={name: _basis(name, item.transfer_basis) for name, item in domains.items()},
        certificates=frozenset(normalise(address, RecipientKind.TO).address.lower() for address in given.certificates),
    )
