"""Puts the transport look-up together: DNS, MTA-STS, probes, the register of partners, and what is kept of it."""

from __future__ import annotations

import hashlib
import secrets
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from addin_backend.accountability.notes import VerifierKey
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.setting_files import make_data_folder, private_file
from addin_backend.edges.dns.resolver import BadResolver, DnsResolver, is_loopback
from addin_backend.edges.mta_sts_fetch import MtaStsFetcher
from addin_backend.edges.probe_client import ProbeClient
from addin_backend.edges.smtp_probe.prober import SmtpProber
from addin_backend.edges.transport_store import SqliteTransportStore
from addin_backend.errors import BadInput
from addin_backend.evidence.registers import Registers
from addin_backend.evidence.transport.chain import Anchors
from addin_backend.evidence.transport.memory import MemoryPolicies, MemoryProbes
from addin_backend.flows.gather_transport import World
from addin_backend.flows.look_up_transport import TransportLookup
from addin_backend.flows.probe_hosts import SharedProbes
from addin_backend.flows.probe_worker import SignedProber
from addin_backend.flows.refresh_transport import UNUSED, Refresher
from addin_backend.flows.show_transport import BUDGET, PROBE_BUDGET
from addin_backend.ports import HostProber, PolicyStore, ProbeStore
from addin_backend.settings import Settings

SMTP, HTTPS = 25, 443


@dataclass(frozen=True, slots=True)
class Way:
    """How the network is asked. ``ca_file`` replaces the roots for policies and servers; ``policy_port`` is where policy hosts answer.

    ``test_resolver``: the resolver was named on the command line, so a loopback one permits private addresses; a production resolver
    stands on loopback too, and permits none.
    """

    ca_file: Path | None = None
    test_resolver: bool = False
    policy_port: int = HTTPS

    def private(self, settings: Settings) -> bool:
        """Whether addresses inside our own network may be asked."""
        return self.test_resolver and bool(settings.resolver) and is_loopback(settings.resolver)

    def world_name(self, settings: Settings) -> str:
        """Under which name what is learnt is kept: what came through a test's resolver or roots never counts elsewhere."""
        if not self.test_resolver and self.ca_file is None:
            return ""
        roots = hashlib.sha256(self.ca_file.read_bytes()).hexdigest()[:16] if self.ca_file else ""
        return f"{settings.resolver} {roots}"


ORDINARY = Way()  # public addresses, public roots, port 443


def _resolver(settings: Settings) -> DnsResolver:
    try:
        return DnsResolver(settings.resolver)
    except BadResolver:
        raise BadInput(
            f"'{settings.resolver}' is not a resolver.",
            sentence_da=f"'{settings.resolver}' er ikke en navneserver.",
            next_step="Write IP:PORT, for example 127.0.0.1:53.",
            next_step_da="Skriv IP:PORT, for eksempel 127.0.0.1:53.",
            field="resolver",
        ) from None


def _bad_roots(ca_file: Path | None) -> BadInput:
    return BadInput(
        f"The roots in {ca_file} cannot be read.", sentence_da=f"Rodcertifikaterne i {ca_file} kan ikke læses.", field="ca-file"
    )


def roots(ca_file: Path | None) -> Anchors:
    """The certificates that a mail server's chain must lead to: those of ``ca_file``, else the public ones. Raises BadInput."""
    try:
        context = ssl.create_default_context(cafile=str(ca_file)) if ca_file else httpx.create_ssl_context(trust_env=False)
    except (OSError, ssl.SSLError):
        raise _bad_roots(ca_file) from None
    return Anchors(context.get_ca_certs(binary_form=True))


def world(settings: Settings, way: Way, policies: PolicyStore | None = None, probes: SharedProbes | None = None) -> World:
    """Where facts come from. Raises BadInput for a resolver or a file of roots that cannot be used."""
    resolver = _resolver(settings)
    try:
        private = way.private(settings)
        fetcher = MtaStsFetcher(resolver, ca_file=str(way.ca_file or ""), allow_private=private, port=way.policy_port)
    except (OSError, ssl.SSLError):
        raise _bad_roots(way.ca_file) from None
    return World(
        resolver=resolver,
        fetcher=fetcher,
        policies=policies or MemoryPolicies(),
        probes=probes,
        roots=roots(way.ca_file) if probes is not None else Anchors(()),
        vantage=socket.gethostname(),
    )


def local_prober(settings: Settings, way: Way, port: int, clock: Callable[[], datetime] = now) -> SmtpProber:
    """Probes from this machine."""
    limits = (settings.probe_seconds / 2, settings.probe_seconds)
    return SmtpProber(clock, port=port, vantage=socket.gethostname(), allow_private=way.private(settings), limits=limits)


def shared_probes(store: ProbeStore | None, prober: HostProber | None, clock: Callable[[], datetime] = now) -> SharedProbes:
    """Probes that all domains behind a host share."""
    return SharedProbes(store or MemoryProbes(), prober, clock)


def open_transport_store(settings: Settings, name: str = "") -> SqliteTransportStore:
    """What is known of domains, in the data folder. Raises BadRegister, Unavailable."""
    folder = make_data_folder(Path(settings.data_dir))
    return SqliteTransportStore(private_file(folder / "transport.sqlite"), name)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a server knows of domains beyond one look-up: the way it asks, what it stored, and what keeps that fresh."""

    way: Way
    store: SqliteTransportStore
    refresher: Refresher


def transport_lookup(settings: Settings, registers: Registers | None, kept: Kept | None = None) -> TransportLookup:
    """The look-up before a send. It never probes; with what is ``kept`` it knows what was probed in the background."""
    partners = registers.partner_by_domain if registers else {}
    if kept is None:
        return TransportLookup(world(settings, Way()), partners, ticket_connector=settings.ticket_connector)
    place = world(settings, kept.way, kept.store, shared_probes(kept.store, None))
    return TransportLookup(place, partners, ticket_connector=settings.ticket_connector, store=kept.store, used=kept.refresher.used)


def _prober(settings: Settings, way: Way) -> HostProber | None:
    if not settings.smtp_probe:
        return None
    if settings.smtp_probe == "local":
        return local_prober(settings, way, SMTP)
    return remote_prober(settings)


def remote_prober(settings: Settings) -> SignedProber:
    """The probe worker of the settings; only what it signed counts. Raises BadInput for a key that is none."""
    key = VerifierKey.parse(settings.smtp_probe_key)
    client = ProbeClient(settings.smtp_probe, settings.smtp_probe_token)
    return SignedProber(client.ask, key, now, lambda: secrets.token_hex(16))


@contextmanager
def kept_fresh(settings: Settings, way: Way) -> Iterator[Kept]:
    """Opens what is stored, refreshes known domains in the background, and probes servers where the settings say so.

    Raises BadRegister, Unavailable (the store), BadInput (resolver, roots).
    """
    store = open_transport_store(settings, way.world_name(settings))
    try:
        prober = _prober(settings, way)
        place = world(settings, way, store, shared_probes(store, prober))
        lookup = TransportLookup(place, {}, ticket_connector=settings.ticket_connector, live=True, store=store)
        seconds = PROBE_BUDGET if prober is not None else BUDGET
        refresher = Refresher(lambda domain, at: lookup.refresh(domain, at, seconds), now, probing=prober is not None)
        store.forget(now())
        refresher.start(store.domains(now() - UNUSED))
        try:
            yield Kept(way, store, refresher)
        finally:
            refresher.close()
            lookup.close()
    finally:
        store.close()
