"""Sent Items over EWS: a page of what came since a state, and the mails behind it (SyncFolderItems, GetItem)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from addin_backend.edges.ews import properties
from addin_backend.edges.ews.folders import SENT_ITEMS, distinguished
from addin_backend.edges.ews.requests import Requests
from addin_backend.model.ledger import SentEntry, SentPage

BATCH_ITEMS, BATCH_BYTES = 25, 8 * 1024 * 1024  # mails read in one request


def page(requests: Requests, mailbox: str, state: str, most: int) -> SentPage:
    """One page; drafts that somebody left there are none of it."""
    fields = ("message_id", "is_draft", "datetime_sent", "size", properties.MARKER, properties.TICKET)
    items, after, last = requests.changes(distinguished(SENT_ITEMS, mailbox), state, fields, most)
    return SentPage(entries=tuple(_entry(item) for item in items if not getattr(item, "is_draft", False)), state=after, more=not last)


def _entry(item: Any) -> SentEntry:
    sent = getattr(item, "datetime_sent", None)
    return SentEntry(
        item_id=str(item.id),
        message_id=getattr(item, "message_id", None) or "",
        marker=getattr(item, properties.MARKER, None) or "",
        ticket=getattr(item, properties.TICKET, None) or "",
        sent_at=datetime.fromtimestamp(sent.timestamp(), UTC) if sent else None,
        size=int(getattr(item, "size", None) or 0),
    )


def read(requests: Requests, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
    """The MIME of each, a few mails at a time."""
    found: dict[str, bytes] = {}
    for batch in _batches(entries):
        for item in requests.get_many(batch, "mime_content"):
            found[str(item.id)] = bytes(item.mime_content or b"")
    return found


def _batches(entries: Sequence[SentEntry]) -> Iterator[list[str]]:
    batch: list[str] = []
    held = 0
    for entry in entries:
        if batch and (len(batch) >= BATCH_ITEMS or held + entry.size > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(entry.item_id)
        held += entry.size
    if batch:
        yield batch
