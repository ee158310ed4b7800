"""The port ``Mailbox`` over several transports: each mailbox goes over its own, and work stays on the one that it began with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import msgspec

from addin_backend.errors import NotFound, NotYours, OutcomeUnknown, SendSecurelyError, Unavailable
from addin_backend.model.delivery import ArrivedPage
from addin_backend.model.item_ids import ews_id
from addin_backend.model.ledger import SentEntry, SentPage
from addin_backend.model.routing import Route, RoutingTable, Transport, Why
from addin_backend.model.send_folder import Lying, Written
from addin_backend.model.sending import Draft
from addin_backend.ports import Clock, Mailbox, Outgoing

T = TypeVar("T")
P = TypeVar("P", SentPage, ArrivedPage)

ASK_AGAIN = timedelta(days=30)  # mailboxes are moved to Exchange Online now and then
ORDER = (Transport.GRAPH, Transport.EWS)  # EWS of Exchange Online ends on 2027-04-01, and Exchange Server does not answer Graph
_OF_THE_TRANSPORT = (Unavailable, OutcomeUnknown, NotYours)  # other errors are about the mail


class AnsweringMailbox(Mailbox, Protocol):
    """A mailbox over one transport, which can be asked whether the mailbox is there."""

    def answers(self, mailbox: str) -> bool:
        """Whether this transport reaches the mailbox. Raises Unavailable when that could not be learnt."""

    def sent_since(self, mailbox: str, state: str, most: int) -> SentPage:
        """What came into Sent Items since a state of this transport. Raises NotFound for a state that it does not know."""

    def read_sent(self, mailbox: str, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
        """The mails behind entries."""

    def sent_mime(self, mailbox: str, message_id: str, save_to: str) -> bytes:
        """The sent copy that lies in a folder, by its Message-ID. Raises NotFound."""

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        """A note of ours in the Inbox, unread and once. Nothing is sent."""

    def arrived_since(self, mailbox: str, state: str, most: int) -> ArrivedPage:
        """What came into the Inbox since a state of this transport. Raises NotFound for a state that it does not know."""

    def lying(self, mailbox: str, folder: str) -> Sequence[Lying]:
        """What lies in a folder of ours, which is made when it is not there."""

    def written(self, mailbox: str, item_id: str) -> Written:
        """A draft with all its recipients."""

    def move_item(self, mailbox: str, item_id: str, to: str) -> None:
        """Put an item elsewhere."""


class RouteMemory(Protocol):
    """Remembers which transport each mailbox is on, and which one each unfinished piece of work began with. Raises Unavailable."""

    def route(self, mailbox: str) -> Route | None:
        """What the mailbox is on, as far as is known."""

    def routes(self) -> Sequence[Route]:
        """Every mailbox that was ever spoken to."""

    def keep(self, route: Route) -> None:
        """Replace what was known of the mailbox."""

    def chosen(self, mailbox: str) -> Transport | None:
        """What an administrator chose for it."""

    def pinned(self, key: str) -> Transport | None:
        """What the work under this key began with."""

    def pin(self, key: str, transport: Transport, at: datetime) -> Transport:
        """Remember it, unless something is remembered already; gives what counts."""


class NoTransport(NotYours):
    """No transport that is set up reaches the mailbox."""

    sentence = "The mail has not been sent and your draft is unchanged. We cannot reach this mailbox."
    sentence_da = "Mailen er ikke sendt, og din kladde er uændret. Vi kan ikke nå denne postkasse."
    next_step = "An administrator must see which mailboxes our application may use."
    next_step_da = "En administrator skal se på, hvilke postkasser vores applikation må bruge."


@dataclass(frozen=True, slots=True)
class Routing:
    """How mailboxes are told apart. ``default`` None: it is asked who answers. ``draft_of``: the draft that a job is about, or None."""

    transports: Mapping[Transport, AnsweringMailbox]
    table: RoutingTable
    default: Transport | None
    memory: RouteMemory
    clock: Clock
    draft_of: Callable[[str], str | None]


def route_of(mailbox: str, routing: Routing) -> Route:
    """The mailbox's transport now, and why; remembered with its date. Raises Unavailable, NoTransport."""
    address = mailbox.lower()
    known = routing.memory.route(address)
    told = _told(address, routing)
    if told is None:
        return _asked(address, known, routing)
    return _since(known, Route(mailbox=address, transport=told[0], why=told[1], since=routing.clock()), routing)


def _told(address: str, routing: Routing) -> tuple[Transport, Why] | None:
    if len(routing.transports) == 1:
        return next(iter(routing.transports)), Why.ONLY
    domain = address.rpartition("@")[2]
    candidates = (
        (routing.memory.chosen(address), Why.CHOSEN),
        (routing.table.mailboxes.get(address), Why.MAILBOX),
        (routing.table.domains.get(domain), Why.DOMAIN),
        (routing.default, Why.DEFAULT),
    )
    return next(((transport, why) for transport, why in candidates if transport is not None and transport in routing.transports), None)


def _since(known: Route | None, now: Route, routing: Routing) -> Route:
    """``now``, with the date that it has been so since."""
    if known is not None and (known.transport, known.why, known.asked_at) == (now.transport, now.why, now.asked_at):
        return known
    if known is not None and known.transport is now.transport:
        now = msgspec.structs.replace(now, since=known.since, failed_code=known.failed_code, failed_at=known.failed_at)
    routing.memory.keep(now)
    return now


def _asked(address: str, known: Route | None, routing: Routing) -> Route:
    at = routing.clock()
    if known is not None and known.why is Why.ANSWERED and known.asked_at is not None and at - known.asked_at < ASK_AGAIN:
        return known
    return ask_again(address, routing)


def ask_again(mailbox: str, routing: Routing) -> Route:
    """Ask every transport whether it reaches the mailbox. Where one gives no answer, what was learnt before still counts."""
    address, at = mailbox.lower(), routing.clock()
    known = routing.memory.route(address)
    for transport in ORDER:
        edge = routing.transports.get(transport)
        try:
            found = edge is not None and edge.answers(address)
        except Unavailable:
            if known is not None and known.why is Why.ANSWERED:
                return known
            raise
        if found:
            return _since(known, Route(mailbox=address, transport=transport, why=Why.ANSWERED, since=at, asked_at=at), routing)
    raise NoTransport


class RoutedMailbox:
    """Every mailbox over the transport that it is on. Thread-safe. Errors are the transports' own, and NoTransport."""

    def __init__(self, routing: Routing) -> None:
        """Nothing is asked here."""
        self.routing = routing

    def fetch_draft(self, mailbox: str, item_id: str) -> tuple[Draft, bytes]:
        """The draft with its current change key, and its MIME."""
        return self._over(mailbox, self._of_item(mailbox, item_id), lambda edge: edge.fetch_draft(mailbox, item_id))

    def disarm(self, mailbox: str, draft: Draft) -> Draft:
        """Here work on a draft begins: whatever follows for it goes the same way."""
        transport = self._pinned(_item(draft.item_id), lambda: self._of_item(mailbox, draft.item_id))
        return self._over(mailbox, transport, lambda edge: edge.disarm(mailbox, draft))

    def restore(self, mailbox: str, draft: Draft, only: Collection[str] | None = None) -> None:
        """Put the recipients back, or those of them in ``only``."""
        self._over(mailbox, self._of_item(mailbox, draft.item_id), lambda edge: edge.restore(mailbox, draft, only))

    def remove_draft(self, mailbox: str, draft: Draft) -> None:
        """Delete the draft."""
        self._over(mailbox, self._of_item(mailbox, draft.item_id), lambda edge: edge.remove_draft(mailbox, draft))

    def save(self, mailbox: str, outgoing: Outgoing) -> Draft:
        """Save a copy that will be sent."""
        transport = self._of_job(mailbox, outgoing)
        saved = self._over(mailbox, transport, lambda edge: edge.save(mailbox, outgoing))
        self._pinned(_item(saved.item_id), lambda: transport)
        return saved

    def discard(self, mailbox: str, outgoing: Outgoing) -> None:
        """Delete the unsent copies."""
        self._over(mailbox, self._of_job(mailbox, outgoing), lambda edge: edge.discard(mailbox, outgoing))

    def send(self, mailbox: str, saved: Draft, outgoing: Outgoing) -> None:
        """Send a saved copy, once."""
        self._over(mailbox, self._of_job(mailbox, outgoing), lambda edge: edge.send(mailbox, saved, outgoing))

    def was_sent(self, mailbox: str, outgoing: Outgoing) -> bool:
        """Whether it left."""
        return self._over(mailbox, self._of_job(mailbox, outgoing), lambda edge: edge.was_sent(mailbox, outgoing))

    def store_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """The readable copy."""
        self._over(mailbox, self._of_job(mailbox, outgoing), lambda edge: edge.store_copy(mailbox, outgoing))

    def remove_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """Take the readable copy away again."""
        self._over(mailbox, self._of_job(mailbox, outgoing), lambda edge: edge.remove_copy(mailbox, outgoing))

    def sent_since(self, mailbox: str, state: str, most: int) -> SentPage:
        """What came into Sent Items since ``state``. Raises NotFound for a state of the transport that the mailbox was on before."""
        return self._since(mailbox, state, lambda edge, known: edge.sent_since(mailbox, known, most))

    def arrived_since(self, mailbox: str, state: str, most: int) -> ArrivedPage:
        """What came into the Inbox since ``state``, likewise."""
        return self._since(mailbox, state, lambda edge, known: edge.arrived_since(mailbox, known, most))

    def _since(self, mailbox: str, state: str, act: Callable[[AnsweringMailbox, str], P]) -> P:
        transport = self._now(mailbox)
        mark = f"{transport}:"
        if state and not state.startswith(mark):
            raise NotFound
        page = self._over(mailbox, transport, lambda edge: act(edge, state.removeprefix(mark)))
        return msgspec.structs.replace(page, state=mark + page.state)

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        """A note of ours in the Inbox."""
        self._over(mailbox, self._now(mailbox), lambda edge: edge.put_note(mailbox, outgoing))

    def sent_mime(self, mailbox: str, message_id: str, save_to: str) -> bytes:
        """A sent copy, by its Message-ID."""
        return self._over(mailbox, self._now(mailbox), lambda edge: edge.sent_mime(mailbox, message_id, save_to))

    def read_sent(self, mailbox: str, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
        """The mails behind entries, by item id."""
        return self._over(mailbox, self._now(mailbox), lambda edge: edge.read_sent(mailbox, entries))

    def lying(self, mailbox: str, folder: str) -> Sequence[Lying]:
        """What lies in a folder of ours."""
        return self._over(mailbox, self._now(mailbox), lambda edge: edge.lying(mailbox, folder))

    def written(self, mailbox: str, item_id: str) -> Written:
        """A draft with all its recipients."""
        return self._over(mailbox, self._of_item(mailbox, item_id), lambda edge: edge.written(mailbox, item_id))

    def move_item(self, mailbox: str, item_id: str, to: str) -> None:
        """Put an item elsewhere."""
        self._over(mailbox, self._of_item(mailbox, item_id), lambda edge: edge.move_item(mailbox, item_id, to))

    def _of_item(self, mailbox: str, item_id: str) -> Transport:
        return self._begun(_item(item_id)) or self._now(mailbox)

    def _of_job(self, mailbox: str, outgoing: Outgoing) -> Transport:
        """A job goes the way that its draft went."""
        job_id = outgoing.marker.rpartition(".")[0] or outgoing.marker

        def begin() -> Transport:
            draft = self.routing.draft_of(job_id)
            return (self._begun(_item(draft)) if draft else None) or self._now(mailbox)

        return self._pinned(f"job {job_id}", begin)

    def _now(self, mailbox: str) -> Transport:
        return route_of(mailbox, self.routing).transport

    def _begun(self, key: str) -> Transport | None:
        return self.routing.memory.pinned(key) if len(self.routing.transports) > 1 else None

    def _pinned(self, key: str, begin: Callable[[], Transport]) -> Transport:
        if len(self.routing.transports) == 1:
            return begin()
        return self._begun(key) or self.routing.memory.pin(key, begin(), self.routing.clock())

    def _over(self, mailbox: str, transport: Transport, act: Callable[[AnsweringMailbox], T]) -> T:
        edge = self.routing.transports.get(transport)
        if edge is None:  # what the work began with is not set up any more
            raise Unavailable
        try:
            return act(edge)
        except SendSecurelyError as error:
            self._note(mailbox.lower(), transport, error)
            raise

    def _note(self, address: str, transport: Transport, error: SendSecurelyError) -> None:
        """Remember a failure of the transport. Whoever answered once and refuses now is asked about again."""
        if not isinstance(error, _OF_THE_TRANSPORT):
            return
        with contextlib.suppress(SendSecurelyError):
            known = self.routing.memory.route(address)
            if known is not None and known.transport is transport:
                at = self.routing.clock()
                asked_at = None if isinstance(error, NotYours) else known.asked_at
                self.routing.memory.keep(msgspec.structs.replace(known, failed_code=error.code, failed_at=at, asked_at=asked_at))


def _item(item_id: str) -> str:
    return f"item {ews_id(item_id)}"
