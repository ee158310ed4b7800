"""Which transport a mailbox is on, and why."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Transport(StrEnum):
    """The APIs that reach a mailbox."""

    EWS = "ews"
    GRAPH = "graph"


class Why(StrEnum):
    """What put a mailbox on its transport, the strongest first."""

    ONLY = "only"  # no other one is set up
    CHOSEN = "chosen"  # an administrator chose it for this mailbox
    MAILBOX = "mailbox"  # the routing table names the mailbox
    DOMAIN = "domain"  # the routing table names its domain
    DEFAULT = "default"  # the setting mailbox_transport
    ANSWERED = "answered"  # it was asked for, and this one answered


class RoutingTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an administrator has written down. Addresses and domains in lower case."""

    mailboxes: dict[str, Transport] = {}
    domains: dict[str, Transport] = {}


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox's transport. ``asked_at`` is when it answered, for Why.ANSWERED; ``failed_code`` is an error's code, "" for none."""

    mailbox: str
    transport: Transport
    why: Why
    since: datetime
    asked_at: datetime | None = None
    failed_code: str = ""
    failed_at: datetime | None = None
