"""Sent Items over Graph: a page of what came since a state (delta), and the mails behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from addin_backend.edges.graph import wire
from addin_backend.edges.graph.requests import SENT_ITEMS, Requests
from addin_backend.errors import NotFound
from addin_backend.model.item_ids import ews_id
from addin_backend.model.ledger import SentEntry, SentPage


def page(requests: Requests, state: str, most: int) -> SentPage:
    """One page; what was removed and what is a draft is none of it."""
    found = requests.changes(SENT_ITEMS, state, most)
    link = found.next_link or found.delta_link
    entries = tuple(_entry(item) for item in found.value if item.removed is None and not item.is_draft)
    return SentPage(entries=entries, state=urlsplit(link).query or state, more=bool(found.next_link))


def _entry(item: wire.Changed) -> SentEntry:
    return SentEntry(
        item_id=ews_id(item.id),
        message_id=item.internet_message_id,
        marker=item.value(wire.MARKER),
        ticket=item.value(wire.TICKET),
        sent_at=item.sent_date_time,
    )


def read(requests: Requests, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
    """The MIME of each."""
    found: dict[str, bytes] = {}
    for entry in entries:
        with contextlib.suppress(NotFound):
            found[entry.item_id] = requests.mime(entry.item_id)
    return found
