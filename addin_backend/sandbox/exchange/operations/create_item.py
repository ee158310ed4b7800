"""CreateItem: save, send, or send and keep a copy."""

from __future__ import annotations

from addin_backend.sandbox.exchange import delivery, folders, items
from addin_backend.sandbox.exchange.answers import Message, each, item_id, with_items
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.xml import Element, need


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each item. What is sent has no id to give back, so its answer is empty."""
    disposition = request.get("MessageDisposition")
    new = need(request, "m:Items")

    def one(message: Element) -> Message:
        if disposition is None:
            raise EwsError("ErrorMessageDispositionRequired", "Message disposition is required.")
        default = "drafts" if disposition == "SaveOnly" else "sentitems"
        folder = folders.target(call, request, "m:SavedItemFolderId", default)
        item, mime = items.from_request(call, message, folder.id)
        if disposition == "SaveOnly":
            call.store.put(item, mime)
            return with_items([item_id(item)])
        sent, sent_mime = delivery.submit(call, item, mime)
        if disposition == "SendAndSaveCopy":
            call.store.put(sent, sent_mime)
        return with_items([])

    return each(new, one, with_items([]))
