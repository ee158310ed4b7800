"""SendItem: a saved draft leaves, and moves to the folder for sent copies under a new id."""

from __future__ import annotations

import msgspec

from addin_backend.sandbox.exchange import delivery, folders, items
from addin_backend.sandbox.exchange.answers import Message, each
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.store import new_id
from addin_backend.sandbox.exchange.xml import Element, find, is_true, need


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each id."""
    ids = need(request, "m:ItemIds")
    keep = is_true(request.get("SaveItemToFolder"))
    if not keep and find(request, "m:SavedItemFolderId") is not None:
        raise EwsError("ErrorInvalidSendItemSaveSettings", "A folder was given, but the copy is not to be saved.")

    def one(reference: Element) -> Message:
        item = items.for_writing(call, reference)
        if not item.is_draft:
            raise EwsError("ErrorInvalidOperation", "The item has been sent already.")
        folder = folders.target(call, request, "m:SavedItemFolderId", "sentitems") if keep else None
        sent, mime = delivery.submit(call, item, call.store.mime(item.id))
        call.store.remove(item.id)
        if folder is not None:
            call.store.put(msgspec.structs.replace(sent, id=new_id(), folder=folder.id), mime)
        return []

    return each(ids, one, [])
