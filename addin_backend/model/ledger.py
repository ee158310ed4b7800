"""The ledger of sent mail: what lies in Sent Items, and how each item came to be let go."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class How(StrEnum):
    """Why a sent item may stand there. ``unchecked`` was judged afterwards and nothing was found; ``case`` has a finding."""

    OURS = "ours"
    TICKET = "ticket"
    CHECKED = "checked"
    UNCHECKED = "unchecked"
    CASE = "case"


class SentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An item of Sent Items as a list shows it. ``ticket`` is the header's value, ``marker`` our own property; "" where there is none."""

    item_id: str
    message_id: str
    marker: str = ""
    ticket: str = ""
    sent_at: datetime | None = None
    size: int = 0


class SentPage(msgspec.Struct, frozen=True, kw_only=True):
    """What came since a state, and the state after it. ``more``: there is another page already."""

    entries: tuple[SentEntry, ...]
    state: str
    more: bool


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a mailbox has been read. What was sent before ``since`` is none of the ledger's."""

    state: str
    since: datetime
    read_at: datetime


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can explain one item: a check that let a mail go, or a ticket. ``used_by`` is the item that it explains, or ""."""

    name: str
    event_id: str
    at: datetime
    used_by: str = ""


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One sent item and why it stands there. ``key`` is the item's, the same however often it is met.

    ``event_id`` names the record of an item that was judged afterwards; ``action`` and ``codes`` are what the rules say of it. ``item`` is
    the line's number in the ledger, a keyed digest; "" before it is kept.
    """

    key: str
    mailbox: str
    how: How
    sent_at: datetime
    seen_at: datetime
    event_id: str = ""
    action: str = ""
    codes: tuple[str, ...] = ()
    item: str = ""


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """A case that somebody closes, or asked to. ``item`` is the line's number; the reason is kept sealed, and in the log as a digest."""

    item: str
    who: str
    reason: str
    at: datetime
