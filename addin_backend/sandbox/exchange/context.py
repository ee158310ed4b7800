"""What one request acts in: whose mailbox, which store, which switches, what time it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from addin_backend.sandbox.exchange.store import Store

GRAPH_REQUEST_BYTES = 4 * 1024 * 1024
MAX_MESSAGE_BYTES = 35 * 1024 * 1024  # the default limit of an Exchange organisation's mailboxes
TICKET_HEADER = "X-SendSecurely-Ticket"


@dataclass(slots=True)
class Switches:
    """How the simulator behaves where Exchange's behaviour is a setting or is not known.

    ``bcc_in_mime``: whether a Bcc header in MimeContent counts as a recipient ("honoured") or is dropped ("ignored").
    ``graph_request_bytes``: what Graph takes in one request. ``graph_silent_bytes``: a mail over it is answered 200 by Graph and
    not sent (microsoft-graph-docs#13979); 0: never. ``without_graph``: mailboxes on Exchange Server, which Graph does not know.
    ``ews_enabled`` False: the tenant's EWSEnabled is off, and every request is answered 403. ``undeliverable``: domains whose servers
    refuse everybody, so that a report comes back. ``tls_offered`` False: no server outside offers TLS now, so ticketed mail stays in the
    queue. ``withdrawal_answers`` False: nobody can say whether a copy was taken out of the queue (it was not). ``arrives_first``: a copy
    that is to be withdrawn is delivered just before.
    """

    bcc_in_mime: str = "honoured"
    max_message_bytes: int = MAX_MESSAGE_BYTES
    graph_request_bytes: int = GRAPH_REQUEST_BYTES
    graph_silent_bytes: int = 0
    without_graph: frozenset[str] = frozenset()
    ews_enabled: bool = True
    own_domains: frozenset[str] = frozenset()
    undeliverable: frozenset[str] = frozenset()
    tls_offered: bool = True
    withdrawal_answers: bool = True
    arrives_first: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request of one caller."""

    store: Store
    mailbox: str
    switches: Switches
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def now(self) -> str:
        """xs:dateTime in UTC, to the second."""
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
