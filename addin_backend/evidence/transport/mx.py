"""What a domain's MX answer means: who is eligible to receive its mail, or that nobody is (RFC 5321 §5.1, RFC 7505)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from addin_backend.evidence.transport.names import is_address
from addin_backend.model.transport import MxAnswer

MOST_HOSTS = 32  # the largest providers have fewer; every host costs look-ups and a connection


class MxStatus(StrEnum):
    """One word per kind of answer. ``REFUSES`` and ``UNKNOWN`` below say which end the search."""

    HAS_MX = "has_mx"
    IMPLICIT = "implicit"  # no MX, but an address: the domain itself is the host (RFC 5321 §5.1)
    NULL = "null"  # "0 ." alone (RFC 7505 §3)
    NULL_BESIDE_OTHERS = "null_beside_others"  # forbidden (RFC 7505 §3), so nobody can say what is meant
    NO_DOMAIN = "no_domain"  # NXDOMAIN
    NO_ADDRESS = "no_address"  # neither MX nor address
    UNUSABLE = "unusable"  # every MX is an address or this machine
    TOO_MANY = "too_many"  # more hosts than are looked at
    TIMEOUT = "timeout"
    BOGUS = "bogus"  # DNSSEC does not hold
    ERROR = "error"


REFUSING = {MxStatus.NULL: "null_mx", MxStatus.NO_DOMAIN: "no_such_domain", MxStatus.NO_ADDRESS: "no_mx_and_no_address"}
UNCLEAR = {
    MxStatus.NULL_BESIDE_OTHERS: "null_mx_beside_others",
    MxStatus.UNUSABLE: "mx_unusable",
    MxStatus.TOO_MANY: "too_many_mx",
    MxStatus.TIMEOUT: "dns_timeout",
    MxStatus.BOGUS: "dnssec_bogus",
    MxStatus.ERROR: "dns_error",
}
_WORDS = {
    "null": MxStatus.NULL,
    "none": MxStatus.NO_DOMAIN,
    "no_address": MxStatus.NO_ADDRESS,
    "timeout": MxStatus.TIMEOUT,
    "bogus": MxStatus.BOGUS,
}


@dataclass(frozen=True, slots=True)
class MxFacts:
    """``hosts``: eligible (preference, name), lowest first; ``ignored``: names no mail can go to; ``ttl`` in seconds."""

    status: MxStatus
    hosts: tuple[tuple[int, str], ...] = ()
    ignored: tuple[str, ...] = ()
    ttl: int = 0
    authenticated: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The eligible names alone."""
        return tuple(name for _, name in self.hosts)


def _unusable(name: str) -> bool:
    return is_address(name) or name == "localhost" or name.endswith(".localhost")


def read_mx(domain: str, answer: MxAnswer) -> MxFacts:
    """The facts in ``answer``. A status word that is not known counts as an error."""
    status = _WORDS.get(answer.status, MxStatus.ERROR)
    if answer.status == "implicit":
        return MxFacts(MxStatus.IMPLICIT, ((0, domain),), (), answer.ttl, answer.authenticated)
    if answer.status != "ok":
        return MxFacts(status, (), (), answer.ttl, answer.authenticated)
    named = sorted({(preference, name.removesuffix(".").lower()) for preference, name in answer.hosts})
    ignored = tuple(name for _, name in named if _unusable(name))
    hosts = tuple(pair for pair in named if pair[1] and pair[1] not in ignored)
    if any(not name for _, name in named):
        status = MxStatus.NULL_BESIDE_OTHERS if len(named) > 1 else MxStatus.NULL
    elif len(hosts) > MOST_HOSTS:
        return MxFacts(MxStatus.TOO_MANY, (), (), answer.ttl, answer.authenticated)
    elif hosts:
        status = MxStatus.HAS_MX
    else:
        status = MxStatus.UNUSABLE
    return MxFacts(status, hosts, ignored, answer.ttl, answer.authenticated)
