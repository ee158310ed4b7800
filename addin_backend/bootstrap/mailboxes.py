"""The senders' mailboxes: EWS, Graph or both, and which mailbox goes over which."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import database_of, key_path
from addin_backend.bootstrap.setting_files import make_data_folder, read_setting, refused
from addin_backend.edges.entra import EXCHANGE_SCOPE, GRAPH_SCOPE, AppCertificate, Application, TokenSource
from addin_backend.edges.ews.mailbox import EwsMailbox
from addin_backend.edges.ews.protocol import Basic
from addin_backend.edges.graph.mailbox import GraphMailbox
from addin_backend.edges.graph.saving import Limits
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.route_store import RouteStore
from addin_backend.errors import NotFound
from addin_backend.flows.route_mailbox import AnsweringMailbox, RoutedMailbox, Routing
from addin_backend.model.routing import RoutingTable, Transport
from addin_backend.ports import SendStore
from addin_backend.sealing import envelope
from addin_backend.settings import Settings

TokenProvider = Callable[[str | None], str]
WORK_ENDS = timedelta(days=30)  # by then a send has ended, or a person has ended it


@dataclass(frozen=True, slots=True)
class Edges:
    """What the settings name, before anything is opened on disk."""

    ews: EwsMailbox | None
    graph: GraphMailbox | None
    table: RoutingTable
    default: Transport | None

    def transports(self) -> dict[Transport, AnsweringMailbox]:
        """Those that are set up."""
        found: dict[Transport, AnsweringMailbox] = {}
        if self.ews is not None:
            found[Transport.EWS] = self.ews
        if self.graph is not None:
            found[Transport.GRAPH] = self.graph
        return found

    def close(self) -> None:
        """Close the connections."""
        for edge in (self.ews, self.graph):
            if edge is not None:
                edge.close()


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """The mailboxes of the organisation and what they are made of."""

    mailbox: RoutedMailbox
    store: RouteStore
    edges: Edges

    def close(self) -> None:
        """Close connections and database."""
        self.edges.close()
        self.store.close()


def _application(settings: Settings) -> Application:
    key, certificate = (read_setting(settings, name).decode("ascii", "replace") for name in ("entra_key", "entra_certificate"))
    return Application(settings.entra_tenant, settings.entra_client, AppCertificate(key, certificate))


def _table(settings: Settings) -> RoutingTable:
    if not settings.mailbox_transports_file:
        return RoutingTable()
    try:
        found = msgspec.json.decode(read_setting(settings, "mailbox_transports_file"), type=RoutingTable)
    except msgspec.MsgspecError:
        raise refused("mailbox_transports_file", "is not a routing table", "er ikke en tabel over postkasser") from None
    lowered = {name: {key.lower(): value for key, value in getattr(found, name).items()} for name in ("mailboxes", "domains")}
    return RoutingTable(**lowered)


def open_routes(settings: Settings) -> RouteStore:
    """What is remembered of the mailboxes. Raises BadRegister (keys), Unavailable."""
    make_data_folder(Path(settings.data_dir))
    keys = KeyFile.load_or_create(key_path(settings))
    hash_key = keys.secret("routes")
    return RouteStore(
        database_of(settings, "routes"),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
        keyed=lambda kind, value: hmac.digest(hash_key, f"{kind}\n{value}".encode("utf-8", "surrogatepass"), "sha256").hex(),
    )


def open_edges(settings: Settings, graph_tokens: TokenProvider | None = None) -> Edges:
    """The transports that the settings name. ``graph_tokens``: the demo world's own. Nothing is asked for or written here.

    Raises BadRegister for settings that cannot be used.
    """
    if not settings.ews_url and not settings.graph_url:
        raise refused("ews_url", "is missing, and so is graph_url", "mangler, og det gør graph_url også")
    table = _table(settings)
    by_entra = (settings.ews_url and settings.ews_auth == "oauth") or (settings.graph_url and graph_tokens is None)
    application = _application(settings) if by_entra else None
    default = None if settings.mailbox_transport == "ask" else Transport(settings.mailbox_transport)
    return Edges(_ews(settings, application), _graph(settings, application, graph_tokens), table, default)


def open_mailboxes(settings: Settings, edges: Edges, jobs: SendStore | None) -> Mailboxes:
    """The edges behind one port. ``jobs`` tells which draft a job is about. Raises Unavailable."""
    store = open_routes(settings)
    store.forget_pins_before(now() - WORK_ENDS)
    routing = Routing(
        transports=edges.transports(), table=edges.table, default=edges.default, memory=store, clock=now, draft_of=_draft_of(jobs)
    )
    return Mailboxes(RoutedMailbox(routing), store, edges)


def _ews(settings: Settings, application: Application | None) -> EwsMailbox | None:
    if not settings.ews_url:
        return None
    credentials: Basic | TokenProvider = Basic(settings.ews_user, settings.ews_password)
    if settings.ews_auth != "basic" and application is not None:
        credentials = TokenSource(application, EXCHANGE_SCOPE)
    return EwsMailbox(settings.ews_url, credentials, max_connections=settings.ews_connections)


def _graph(settings: Settings, application: Application | None, given: TokenProvider | None) -> GraphMailbox | None:
    tokens = given or (TokenSource(application, GRAPH_SCOPE) if application is not None else None)
    if not settings.graph_url or tokens is None:
        return None
    limits = Limits(message=settings.message_limit_mb * 1024 * 1024, sealed_in_pieces=settings.graph_sealed_in_pieces)
    return GraphMailbox(tokens, settings.graph_url, max_connections=settings.graph_connections, limits=limits)


def _draft_of(jobs: SendStore | None) -> Callable[[str], str | None]:
    def draft_of(job_id: str) -> str | None:
        try:
            draft = jobs.job(job_id).draft if jobs is not None else None
        except NotFound:
            return None
        return draft.item_id if draft is not None else None

    return draft_of
