"""MoveItem: into another folder, under a new id; the old one is not found any more."""

from __future__ import annotations

import msgspec

from addin_backend.sandbox.exchange import folders, items
from addin_backend.sandbox.exchange.answers import Message, each, item_id, with_items
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.store import new_change_key, new_id
from addin_backend.sandbox.exchange.xml import Element, need


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each id."""
    target = folders.resolve(call, need(request, "m:ToFolderId")[0])

    def one(reference: Element) -> Message:
        item = items.get(call, reference.get("Id", ""))
        mime = call.store.mime(item.id)
        call.store.remove(item.id)
        moved = msgspec.structs.replace(item, id=new_id(), folder=target.id, change_key=new_change_key())
        call.store.put(moved, mime)
        return with_items([item_id(moved)])

    return each(need(request, "m:ItemIds"), one, with_items([]))
