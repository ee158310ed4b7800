"""What is known about a recipient, from our own registers, look-ups and certificates."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Protocol

from addin_backend.evidence.jurisdiction import country_of
from addin_backend.evidence.registers import Registers
from addin_backend.model.evidence import (
    CertificateState,
    CountryStrength,
    RecipientEvidence,
    RecipientRole,
    TransferBasis,
    TransportEvidence,
    TransportVerdict,
)
from addin_backend.model.facts import Answered, Counted, DigitalPost, RemoteAccess, Uses
from addin_backend.model.message import Recipient
from addin_backend.model.register import DomainFact
from addin_backend.ports import CertificateStore

UNKNOWN_COUNTRY = "unknown"
_REROUTED = ("@", "%", "!", "#ext#")  # source routing in the local part (RFC 5321 Appendix F.2), and Entra's names for guests
_ENCAPSULATED = "imcea"  # Exchange: IMCEASMTP-bo+40firma+2Eexample@our.example is delivered to bo@firma.example


def may_leave(address: str) -> bool:
    """Whether mail to ``address`` may be delivered elsewhere than its domain says, because the local part holds another address."""
    local = unicodedata.normalize("NFKC", address.rpartition("@")[0]).strip('" \t').casefold()
    return local.startswith(_ENCAPSULATED) or any(sign in local for sign in _REROUTED)


def is_internal(recipient: Recipient, own_domains: Set[str]) -> bool:
    """Whether mail to ``recipient`` stays in the house: a valid address in a domain of ours that does not lead out again."""
    return recipient.valid and bool(recipient.domain) and recipient.domain in own_domains and not may_leave(recipient.address)


class RecipientFacts(Protocol):
    """Gives the evidence for one recipient; ``transport`` holds the verdict per external domain, looked up beforehand."""

    def external_domains(self, recipients: tuple[Recipient, ...]) -> tuple[str, ...]:
        """The distinct domains to look up."""

    def facts(self, recipient: Recipient, transport: Mapping[str, TransportEvidence], at: date) -> RecipientEvidence:
        """Everything known about one recipient."""


def unknown_transport(domain: str, *reasons: str) -> TransportEvidence:
    """The evidence for a domain that nobody could say anything about."""
    return TransportEvidence(domain=domain, verdict=TransportVerdict.UNKNOWN, reasons=reasons)


def abroad_of(fact: DomainFact | None) -> RemoteAccess:
    """Who else reads the mail from where; nothing recorded is no access, as with every agreement that is not there."""
    if fact is None or fact.remote_access is None:
        return RemoteAccess()
    return RemoteAccess(fact.remote_access.by, fact.remote_access.country)


def basis_of(registers: Registers, domain: str, countries: tuple[str, str], at: date) -> TransferBasis | None:
    """The entry to judge by: for the recipient's own country, else for the one it is read from; one in force if there is any, else the
    one that expired last, so that the policy can say so. How often it was used our own records say (evidence/surround.py).
    """
    begun = [entry for entry in registers.bases_by_domain.get(domain, ()) if entry.valid_from <= at]
    fitting = next((found for country in countries if (found := [entry for entry in begun if entry.country == country])), [])
    if not fitting:
        return None
    entry = max(fitting, key=lambda item: (item.valid_to >= at, item.guarantees_met, len(item.classes), item.valid_to))
    limits = registers.parameters.transfers
    return TransferBasis(
        basis=entry.basis,
        module="" if entry.module == "none" else entry.module,
        guarantees_met=entry.guarantees_met,
        valid_to=entry.valid_to,
        classes=frozenset(entry.classes),
        country=entry.country,
        scope_met=Answered(entry.scope_met),
        data_kinds=frozenset(entry.data_kinds),
        public_powers=Answered(entry.public_powers),
        authority_informed=Answered(entry.authority_informed),
        uses=Uses(Counted.UNKNOWN, 0, entry.max_uses or limits.derogation_uses, limits.window_days),
    )


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """Facts from the registers in force and the certificate store."""

    registers: Registers
    certificates: CertificateStore

    def external_domains(self, recipients: tuple[Recipient, ...]) -> tuple[str, ...]:
        """The distinct domains that are not ours, in order."""
        own = self.registers.own_domains
        return tuple(dict.fromkeys(item.domain for item in recipients if item.domain and item.domain not in own))

    def facts(self, recipient: Recipient, transport: Mapping[str, TransportEvidence], at: date) -> RecipientEvidence:
        """Everything known about ``recipient`` as of ``at``."""
        registers, domain = self.registers, recipient.domain
        internal = is_internal(recipient, registers.own_domains)
        if domain in registers.own_domains and not internal:
            return unknown_recipient(recipient)  # what is known about our domain says nothing about where this ends
        fact = registers.fact_by_domain.get(domain)
        role = RecipientRole.OWN_EMPLOYEE if internal else (fact.role if fact else RecipientRole.UNKNOWN)
        country, strength = country_of(domain, fact.country if fact else None, registers.countries)
        state = CertificateState.NONE
        if recipient.valid and not internal:
            state = self.certificates.state(recipient.address, datetime.combine(at, time(12), UTC))
        return RecipientEvidence(
            address=recipient.address,
            domain=domain,
            kind=recipient.kind,
            literal=recipient.literal,
            valid=recipient.valid,
            internal=internal,
            free_mail=domain in registers.free_domains,
            role=role,
            country=country,
            country_strength=strength,
            transfer_basis=basis_of(registers, domain, (country, abroad_of(fact).country), at),
            transport=transport.get(domain) or unknown_transport(domain, "not_looked_up"),
            certificate=state,
            remote_access=abroad_of(fact),
            digital_post=fact.digital_post if fact else DigitalPost.UNKNOWN,
        )


def unknown_recipient(recipient: Recipient, *, internal: bool = False) -> RecipientEvidence:
    """The evidence for a recipient about whom nothing is known."""
    return RecipientEvidence(
        address=recipient.address,
        domain=recipient.domain,
        kind=recipient.kind,
        literal=recipient.literal,
        valid=recipient.valid,
        internal=internal,
        free_mail=False,
        role=RecipientRole.OWN_EMPLOYEE if internal else RecipientRole.UNKNOWN,
        country=UNKNOWN_COUNTRY,
        country_strength=CountryStrength.UNKNOWN,
        transfer_basis=None,
        transport=unknown_transport(recipient.domain, "not_given"),
        certificate=CertificateState.NONE,
    )
