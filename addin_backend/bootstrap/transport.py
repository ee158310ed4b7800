"""Puts the transport look-up together: DNS, MTA-STS, the register of partners."""

from __future__ import annotations

import ssl
from pathlib import Path

from addin_backend.edges.dns import BadResolver, DnsResolver, is_loopback
from addin_backend.edges.mta_sts_fetch import MtaStsFetcher
from addin_backend.errors import BadInput
from addin_backend.evidence.registers import Registers
from addin_backend.evidence.transport.memory import MemoryPolicies
from addin_backend.flows.look_up_transport import TransportLookup, World
from addin_backend.ports import PolicyStore
from addin_backend.settings import Settings


def transport_lookup(
    settings: Settings,
    registers: Registers | None,
    ca_file: Path | None = None,
    *,
    test_resolver: bool = False,
    policies: PolicyStore | None = None,
) -> TransportLookup:
    """The look-up over the resolver of the settings. ``test_resolver``: it was named on the command line, so a loopback one permits
    private addresses; a production resolver stands on loopback too, and permits none.

    Raises BadInput for a resolver or a file of roots that cannot be used.
    """
    try:
        resolver = DnsResolver(settings.resolver)
    except BadResolver:
        raise BadInput(
            f"'{settings.resolver}' is not a resolver.",
            sentence_da=f"'{settings.resolver}' er ikke en navneserver.",
            next_step="Write IP:PORT, for example 127.0.0.1:53.",
            next_step_da="Skriv IP:PORT, for eksempel 127.0.0.1:53.",
            field="resolver",
        ) from None
    private = test_resolver and bool(settings.resolver) and is_loopback(settings.resolver)
    try:
        fetcher = MtaStsFetcher(resolver, ca_file=str(ca_file or ""), allow_private=private)
    except (OSError, ssl.SSLError):
        raise BadInput(
            f"The roots in {ca_file} cannot be read.", sentence_da=f"Rodcertifikaterne i {ca_file} kan ikke læses.", field="ca-file"
        ) from None
    partners = registers.partner_by_domain if registers else {}
    world = World(resolver=resolver, fetcher=fetcher, policies=policies or MemoryPolicies())
    return TransportLookup(world, partners, ticket_connector=settings.ticket_connector)
