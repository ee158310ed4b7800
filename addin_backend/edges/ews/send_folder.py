"""The folder *Send sikkert* over EWS: what lies in it, a draft with all its recipients, and putting one elsewhere."""

from __future__ import annotations

from typing import Any

from addin_backend.edges.ews import properties
from addin_backend.edges.ews.folders import Folders, distinguished
from addin_backend.edges.ews.requests import Requests
from addin_backend.errors import NotFound
from addin_backend.model import disarmed
from addin_backend.model.outer_header import with_categories
from addin_backend.model.send_folder import DRAFTS, INBOX, Lying, Written

MOST = 50  # items that are looked at in one round
_PEOPLE = {"to": "to_recipients", "cc": "cc_recipients", "bcc": "bcc_recipients"}


def lying(requests: Requests, folder: Any) -> tuple[Lying, ...]:
    """What lies in the folder."""
    found = requests.lying(folder, ("is_draft", properties.MARKER), MOST)
    return tuple(
        Lying(item_id=item.id, change_key=item.changekey, is_draft=bool(item.is_draft), marker=getattr(item, properties.MARKER) or "")
        for item in found
    )


def written(requests: Requests, item_id: str) -> Written:
    """The draft: recipients and MIME of one state, since one request gives both. NotFound for an item that is no draft (any more)."""
    item = requests.get(item_id, "mime_content", "is_draft", "categories", *_PEOPLE.values(), properties.DISARMED)
    if not item.is_draft:
        raise NotFound
    people = {kind: [_pair(person) for person in getattr(item, field) or []] for kind, field in _PEOPLE.items()}
    return Written(
        item_id=item.id, change_key=item.changekey, people=people,
        disarmed=disarmed.read(getattr(item, properties.DISARMED)) is not None,
        mime=with_categories(bytes(item.mime_content or b""), item.categories or ()),
    )  # fmt: skip


def _pair(person: Any) -> disarmed.Pair:
    address = person.email_address or ""
    return "" if person.name in (None, address) else person.name, address


def moved(requests: Requests, folders: Folders, mailbox: str, item_id: str, to: str) -> None:
    """Put an item into the drafts, the Inbox or a folder of ours."""
    target = distinguished(to, mailbox) if to in (DRAFTS, INBOX) else folders.ensure(requests, mailbox, to)
    requests.move(item_id, target)
