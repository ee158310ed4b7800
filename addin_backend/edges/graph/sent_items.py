"""Sent Items over Graph: a page of what came since a state (delta), and the mails behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from addin_backend.edges.graph import batch, wire
from addin_backend.edges.graph.requests import SENT_ITEMS, Requests
from addin_backend.errors import TooLarge
from addin_backend.model.item_ids import ews_id
from addin_backend.model.ledger import SentEntry, SentPage

BATCH_BYTES = 8 * 1024 * 1024  # mails read in one request
UNKNOWN_SIZE = BATCH_BYTES // 8


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
        size=item.size() or UNKNOWN_SIZE,
    )


def read(requests: Requests, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
    """The MIME of each, a batch at a time; one that is gone, or larger than any answer may be, is left out."""
    found: dict[str, bytes] = {}
    for few in batches(entries):
        try:
            found.update(requests.mimes(few))
        except TooLarge:  # their sizes were not told, or not rightly
            found.update(_each(requests, few))
    return found


def _each(requests: Requests, item_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for item_id in item_ids:
        with contextlib.suppress(TooLarge):
            yield from requests.mimes([item_id]).items()


def batches(entries: Sequence[SentEntry]) -> Iterator[list[str]]:
    """As many as Graph takes in one request, and no more than is held in memory at once; a large mail goes alone."""
    few: list[str] = []
    held = 0
    for entry in entries:
        if few and (len(few) >= batch.MOST or held + entry.size > BATCH_BYTES):
            yield few
            few, held = [], 0
        few.append(entry.item_id)
        held += entry.size
    if few:
        yield few
