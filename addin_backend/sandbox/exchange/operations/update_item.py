"""UpdateItem: fields set and deleted under the caller's change key."""

from __future__ import annotations

from typing import Any

import msgspec

from addin_backend.sandbox.exchange import items, properties
from addin_backend.sandbox.exchange.answers import Message, each, item_id, with_items
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.store import Item, new_change_key
from addin_backend.sandbox.exchange.xml import Element, child, element, local, need

_EMPTY: dict[str, Any] = {
    "message:ToRecipients": {"to": []}, "message:CcRecipients": {"cc": []}, "message:BccRecipients": {"bcc": []},
    "message:ReplyTo": {"reply_to": []}, "item:Subject": {"subject": ""}, "item:Categories": {"categories": []},
    "item:InReplyTo": {"in_reply_to": ""}, "message:References": {"references": ""},
}  # fmt: skip
_SETTABLE = {*_EMPTY, "item:Importance", "item:Sensitivity", "message:IsRead", "message:From",
             "message:IsReadReceiptRequested", "message:IsDeliveryReceiptRequested"}  # fmt: skip
_SENT_ALREADY = {"message:ToRecipients", "message:CcRecipients", "message:BccRecipients", "message:From"}


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each change; a change is made whole or not at all."""
    wanted = need(request, "m:ItemChanges")
    overwrite = request.get("ConflictResolution") == "AlwaysOverwrite"

    def one(change: Element) -> Message:
        reference, updates = need(change, "t:ItemId"), need(change, "t:Updates")
        item = items.for_writing(call, reference, overwrite)
        for update in updates:
            item = _updated(item, update)
        item = msgspec.structs.replace(item, change_key=new_change_key(), modified=call.now())
        call.store.put(item)
        conflicts = element("m:ConflictResults")
        child(conflicts, "t:Count", "0")
        return [*with_items([item_id(item)]), conflicts]

    return each(wanted, one, with_items([]))


def _updated(item: Item, update: Element) -> Item:
    path = update[0]
    setting = local(update) == "SetItemField"
    if local(path) == "ExtendedFieldURI":
        key = properties.key(path)
        extended = {name: value for name, value in item.extended.items() if name != key}
        if setting:
            extended |= properties.read(update[1])
        return msgspec.structs.replace(item, extended=extended)
    uri = path.get("FieldURI", "")
    if uri not in (_SETTABLE if setting else _EMPTY) or (uri in _SENT_ALREADY and not item.is_draft):
        raise EwsError("ErrorInvalidPropertySet" if setting else "ErrorInvalidPropertyDelete", "The property cannot be changed.")
    if not setting:
        return msgspec.structs.replace(item, **_EMPTY[uri])
    found = items.changes(update[1])
    if len(found) != 1:
        raise EwsError("ErrorIncorrectUpdatePropertyCount", "An update must state exactly one property.")
    return msgspec.structs.replace(item, **found)
