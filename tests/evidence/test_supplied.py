"""Facts from a file: what is named counts, everything else is unknown, and a mistake is named by its field."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from addin_backend.errors import BadInput
from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.supplied import SuppliedFacts, read_supplied
from addin_backend.model.evidence import CertificateState, CountryStrength, RecipientRole, TransferBasisKind, TransportVerdict
from addin_backend.model.message import RecipientKind

DAY = date(2026, 11, 23)
KNOWN = frozenset({"DK", "US", "IN"})
FILE = {
    "organisation": {"domains": ["firma.example"], "kind": "public"},
    "domains": {
        "partner.example": {"transport": "register", "country": "DK", "country_strength": "registered"},
        "bücher.example": {"transport": "mta_sts_enforce", "role": "private_person"},
        "us.example": {
            "country": "US",
            "country_strength": "flagged",
            "transfer_basis": {
                "basis": "standard_contractual_clauses",
                "module": "1",
                "guarantees_met": True,
                "valid_to": "2027-01-01",
                "classes": ["ordinary"],
            },
        },
    },
    "certificates": ["Anna@Partner.example"],
}


def _facts(given: object = FILE) -> SuppliedFacts:
    return read_supplied(msgspec.json.encode(given), KNOWN)


def _about(address: str) -> tuple[bool, RecipientRole, str, CountryStrength, TransportVerdict, CertificateState]:
    found = _facts().facts(normalise(address, RecipientKind.TO), {}, DAY)
    return found.internal, found.role, found.country, found.country_strength, found.transport.verdict, found.certificate


UNKNOWN = (False, RecipientRole.UNKNOWN, "unknown", CountryStrength.UNKNOWN, TransportVerdict.UNKNOWN, CertificateState.NONE)
PARTNER = (False, RecipientRole.ORGANISATION, "DK", CountryStrength.REGISTERED, TransportVerdict.REGISTER)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("bo@nowhere.example", UNKNOWN),
        ("bo@sub.partner.example", UNKNOWN),
        ("bo@partner.example.evil.example", UNKNOWN),
        ("anna@partner.example", (*PARTNER, CertificateState.USABLE)),
        ("bo@PARTNER.example.", (*PARTNER, CertificateState.NONE)),
        ("not an address", UNKNOWN),
        ("x@[192.0.2.1]", UNKNOWN),
    ],
)
def test_only_what_is_named_is_known(address: str, expected: tuple[object, ...]) -> None:
    """A domain not named is unknown in every respect; case and a trailing dot make no other domain."""
    assert expected == _about(address)


def test_a_domain_with_danish_or_german_letters_is_found_by_its_a_label() -> None:
    """The file may be written with U-labels (RFC 5890)."""
    assert _about("a@bücher.example")[4] is TransportVerdict.MTA_STS_ENFORCE


def test_an_own_domain_is_internal() -> None:
    """Internal mail is told by our own domain alone."""
    assert _about("mette@firma.example")[0]


def test_a_transfer_basis_is_read_whole() -> None:
    """Ground, module, guarantees, date and classes reach the question."""
    basis = _facts().facts(normalise("a@us.example", RecipientKind.TO), {}, DAY).transfer_basis
    assert basis is not None
    assert (TransferBasisKind.STANDARD_CONTRACTUAL_CLAUSES, "1", True, date(2027, 1, 1)) == (
        basis.basis,
        basis.module,
        basis.guarantees_met,
        basis.valid_to,
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"domains": {"a.example": {"transport": "tls"}}}, "domains"),
        ({"domains": {"a.example": {"country": "Danmark"}}}, "domains.a.example.country"),
        ({"domains": {"a.example": {"transfer_basis": {"basis": "scc"}}}}, "domains.a.example.transfer_basis.basis"),
        ({"organisation": {"kind": "club"}}, "organisation.kind"),
        ({"partners": []}, None),
    ],
)
def test_a_mistake_names_its_field(given: object, field: str | None) -> None:
    """A wrong word is an error that says where, never a silent unknown."""
    with pytest.raises(BadInput) as caught:
        _facts(given)
    assert field is None or (caught.value.field or "").startswith(field)
