"""DeleteItem: for good, to the recoverable items, or to Deleted Items."""

from __future__ import annotations

import msgspec

from addin_backend.sandbox.exchange import folders, items
from addin_backend.sandbox.exchange.answers import Message, each
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.store import new_change_key, new_id
from addin_backend.sandbox.exchange.xml import Element, need

_FOLDER = {"SoftDelete": "recoverableitemsdeletions", "MoveToDeletedItems": "deleteditems"}


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each id. A moved item has a new id: the old one is not found any more."""
    ids = need(request, "m:ItemIds")
    folder = _FOLDER.get(request.get("DeleteType", ""))

    def one(reference: Element) -> Message:
        item = items.get(call, reference.get("Id", ""))
        mime = call.store.mime(item.id)
        call.store.remove(item.id)
        if folder is not None:
            target = folders.named(call, folder).id
            call.store.put(msgspec.structs.replace(item, id=new_id(), folder=target, change_key=new_change_key()), mime)
        return []

    return each(ids, one, [])
