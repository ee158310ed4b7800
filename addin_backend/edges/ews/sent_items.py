"""Sent Items over EWS: a page of what came since a state, and the mails behind it (SyncFolderItems, GetItem)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from exchangelib.util import TNS

from addin_backend.edges.ews import properties
from addin_backend.edges.ews.folders import SENT_ITEMS, distinguished
from addin_backend.edges.ews.requests import Requests
from addin_backend.model.ledger import SentEntry, SentPage

BATCH_ITEMS, BATCH_BYTES = 25, 8 * 1024 * 1024  # mails read in one request


def page(requests: Requests, mailbox: str, state: str, most: int) -> SentPage:
    """One page; drafts that somebody left there are none of it."""
    fields = ("message_id", "is_draft", "datetime_sent", "size", properties.MARKER, properties.TICKET)
    changes, after, last = requests.changes(distinguished(SENT_ITEMS, mailbox), state, fields, most)
    items = [change[0] for change in changes if change.tag in (f"{{{TNS}}}Create", f"{{{TNS}}}Update")]
    return SentPage(entries=tuple(_entry(item) for item in items if _text(item, "IsDraft") != "true"), state=after, more=not last)


def _text(item: Any, name: str) -> str:
    return item.findtext(f"{{{TNS}}}{name}") or ""


def named_properties(item: Any) -> dict[str, str]:
    """The extended properties of an item's element, by lower-case name."""
    return {
        one.find(f"{{{TNS}}}ExtendedFieldURI").get("PropertyName", "").lower(): one.findtext(f"{{{TNS}}}Value") or ""
        for one in item.findall(f"{{{TNS}}}ExtendedProperty")
    }


def _entry(item: Any) -> SentEntry:
    ours = named_properties(item)
    sent = _text(item, "DateTimeSent")
    return SentEntry(
        item_id=item.find(f"{{{TNS}}}ItemId").get("Id"),
        message_id=_text(item, "InternetMessageId"),
        marker=ours.get(properties.Marker.property_name.lower(), ""),
        ticket=ours.get(properties.TicketHeader.property_name.lower(), ""),
        sent_at=datetime.fromisoformat(sent).astimezone(UTC) if sent else None,
        size=int(_text(item, "Size") or 0),
    )


def read(requests: Requests, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
    """The MIME of each, a few mails at a time."""
    found: dict[str, bytes] = {}
    for batch in _batches(entries):
        found.update(requests.mimes(batch))
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
