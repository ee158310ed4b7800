"""The Inbox over Graph: what came since a state (delta), told by class and by two headers. No mail is opened here."""

from __future__ import annotations

from urllib.parse import urlsplit

from addin_backend.edges.graph import wire
from addin_backend.edges.graph.requests import INBOX, Requests
from addin_backend.model.delivery import Arrived, ArrivedPage
from addin_backend.model.item_ids import ews_id

_WANTED = (wire.ITEM_CLASS, wire.FAILED, wire.IS_REPORT, wire.SIZE)


def page(requests: Requests, state: str, most: int) -> ArrivedPage:
    """One page; what was removed is none of it. Raises NotFound for a state that Graph does not know any more."""
    found = requests.changes(INBOX, state, most, _WANTED)
    link = found.next_link or found.delta_link
    entries = tuple(_entry(item) for item in found.value if item.removed is None and not item.is_draft)
    return ArrivedPage(entries=entries, state=urlsplit(link).query or state, more=bool(found.next_link))


def _entry(item: wire.Changed) -> Arrived:
    return Arrived(
        item_id=ews_id(item.id),
        item_class=item.value(wire.ITEM_CLASS),
        failed=item.value(wire.FAILED),
        is_report=bool(item.value(wire.IS_REPORT)),
        size=item.size(),
    )
