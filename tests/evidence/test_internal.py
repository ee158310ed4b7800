"""Who is internal: an address in our domain, unless its local part leads out again. One answer for both sources of facts."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
import pytest

from addin_backend.bootstrap.checking import rulebook
from addin_backend.bootstrap.demo import REGISTERS
from addin_backend.evidence.addresses import normalise, parse_header
from addin_backend.evidence.recipients import RegisterFacts, is_internal
from addin_backend.evidence.supplied import read_supplied
from addin_backend.model.evidence import CertificateState, RecipientEvidence, RecipientRole, TransportVerdict
from addin_backend.model.message import RecipientKind
from addin_backend.settings import Settings

DAY = date(2026, 11, 23)
OWN = frozenset({"nordlys.example"})

INSIDE = [
    "mette.holm@nordlys.example",
    "METTE.HOLM@NORDLYS.EXAMPLE",
    "mette+imcea@nordlys.example",
    "dimcea@nordlys.example",
    "ext@nordlys.example",
    '"mette holm"@nordlys.example',
]
OUTSIDE = [
    "bo%postkasse.example@nordlys.example",
    "postkasse.example!bo@nordlys.example",
    '"bo@postkasse.example"@nordlys.example',
    "IMCEASMTP-bo+40postkasse+2Eexample@nordlys.example",
    "imceasmtp-bo+40postkasse+2Eexample@NORDLYS.example",
    "ImceaEX-_O=X_cn=bo@nordlys.example",
    '"IMCEASMTP-bo+40postkasse+2Eexample"@nordlys.example',
    '" IMCEAFAX-45 12"@nordlys.example',
    "\uff29MCEASMTP-bo+40postkasse+2Eexample@nordlys.example",
    "bo_postkasse.example#EXT#@nordlys.example",
    "bo_postkasse.example#ext#@nordlys.example",
    "bo\uff20postkasse.example@nordlys.example",
    "mette.holm@nordlys.example.evil.example",
    "nordlys.example",
]


class _Certificates:
    """A store that has a certificate for everybody."""

    def state(self, address: str, at: datetime) -> CertificateState:
        """Always usable."""
        return CertificateState.USABLE

    def certificate(self, address: str, at: datetime) -> bytes | None:
        """Not asked for here."""
        return None


def _by_both(address: str) -> list[RecipientEvidence]:
    recipient = normalise(address, RecipientKind.TO)
    given = {"organisation": {"domains": sorted(OWN)}, "domains": {"nordlys.example": {"transport": "register", "country": "DK"}}}
    registers = rulebook(msgspec.structs.replace(Settings(), registers_dir=str(REGISTERS))).registers
    assert registers.own_domains == OWN
    return [
        read_supplied(msgspec.json.encode(given), frozenset({"DK"})).facts(recipient, {}, DAY),
        RegisterFacts(registers, _Certificates()).facts(recipient, {}, DAY),
    ]


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_that_may_lead_out_is_not_internal(address: str) -> None:
    """Encapsulated, percent, bang and guest addresses in our own domain are outsiders about whom nothing is known."""
    assert not is_internal(normalise(address, RecipientKind.TO), OWN)
    if "evil" in address:
        return
    for found in _by_both(address):
        assert (False, RecipientRole.UNKNOWN, "unknown") == (found.internal, found.role, found.country)
        assert found.transport.verdict is TransportVerdict.UNKNOWN


@pytest.mark.parametrize("address", INSIDE)
def test_a_colleague_is_internal(address: str) -> None:
    """Ordinary addresses in our domain stay internal, also those that only resemble the ones above."""
    assert [(True, RecipientRole.OWN_EMPLOYEE)] * 2 == [(found.internal, found.role) for found in _by_both(address)]


def test_it_counts_for_headers_too() -> None:
    """An encapsulated address in a To field, with a name in front, is an outsider."""
    (found,) = parse_header("Mette <IMCEASMTP-bo+40postkasse+2Eexample@nordlys.example>", RecipientKind.TO)
    assert not is_internal(found, OWN)
