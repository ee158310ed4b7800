"""Disarming a draft: its recipients move into our own property, so that no one can send it in clear; and back again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from exchangelib import Mailbox

from addin_backend.edges.ews.properties import DISARMED
from addin_backend.edges.ews.requests import Requests
from addin_backend.errors import Conflict
from addin_backend.model import disarmed as text
from addin_backend.model.sending import Draft

_FIELDS = {"to": "to_recipients", "cc": "cc_recipients", "bcc": "bcc_recipients"}


def disarmed(requests: Requests, draft: Draft, about_to_write: Callable[[], None]) -> Draft:
    """The disarmed draft with its new change key; a draft that is disarmed already is given back as it is.

    Raises Conflict when the draft is not the one that was checked, NotFound when it is gone.
    """
    item = requests.get(draft.item_id, *_FIELDS.values(), DISARMED)
    there = {kind: getattr(item, field) or [] for kind, field in _FIELDS.items()}
    if not any(there.values()):
        return Draft(item_id=item.id, change_key=item.changekey)
    if item.changekey != draft.change_key:
        raise Conflict
    setattr(item, DISARMED, text.written({kind: [_pair(person) for person in people] for kind, people in there.items()}))
    emptied = [field for kind, field in _FIELDS.items() if there[kind]]
    for field in emptied:
        setattr(item, field, [])
    about_to_write()
    return Draft(item_id=item.id, change_key=requests.update(item, [DISARMED, *emptied]))


def rearmed(requests: Requests, item_id: str, only: Collection[str] | None = None) -> None:
    """Put the recipients back in front of any that were typed meanwhile, or those whose lower-case address is in ``only``.

    Nothing happens when the draft is not disarmed.
    """
    item = requests.get(item_id, *_FIELDS.values(), DISARMED)
    kept = text.read(getattr(item, DISARMED))
    if kept is None:
        return
    changed = [DISARMED]
    for kind, field in _FIELDS.items():
        if kept[kind]:
            wanted = [pair for pair in kept[kind] if only is None or pair[1].lower() in only]
            back = text.merged(wanted, [_pair(person) for person in getattr(item, field) or []])
            setattr(item, field, [Mailbox(name=name or None, email_address=address) for name, address in back])
            changed.append(field)
    setattr(item, DISARMED, None)
    requests.update(item, changed)


def _pair(person: Any) -> tuple[str, str]:
    address = person.email_address or ""
    return "" if person.name in (None, address) else person.name, address
