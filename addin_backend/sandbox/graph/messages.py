"""Messages: list, read, make, change, delete, move, send."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from addin_backend.model.item_ids import rest_id
from addin_backend.sandbox.exchange import delivery, folders, items
from addin_backend.sandbox.exchange import mime as mimes
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.store import Item, new_change_key, new_id
from addin_backend.sandbox.graph import odata, schema, writing
from addin_backend.sandbox.graph.answers import Reply, json
from addin_backend.sandbox.graph.context import Request, Violation

_FIELDS = {"to_recipients": "to", "cc_recipients": "cc", "bcc_recipients": "bcc"}


def get(request: Request, item_id: str) -> Reply:
    """One message."""
    return json(200, writing.shown(request.item(item_id), request.query))


def get_mime(request: Request, item_id: str) -> Reply:
    """Its MIME as it reads now."""
    item = request.item(item_id)
    with_bcc = request.call.switches.bcc_in_mime == "honoured"
    return Reply(200, items.current_mime(item, request.call.store.mime(item.id), with_bcc), "text/plain")


def find(request: Request, folder: str = "") -> Reply:
    """Messages of a folder, or of all of them, newest first."""
    store, mailbox = request.call.store, request.call.mailbox
    ids = [request.folder(folder).id] if folder else [one.id for one in store.folders(mailbox)]
    test = odata.item_test(request.query.filter)
    found = [item for one in ids for item in store.items(mailbox, one) if test(item)]
    return json(200, {"value": [writing.shown(item, request.query) for item in found[: request.query.top]]})


def create(request: Request, folder: str = "drafts") -> Reply:
    """A message from MIME (always a draft) or from JSON."""
    where = request.folder(folder).id
    item, mime = _from_mime(request, where) if request.content_type == "text/plain" else _from_json(request, where)
    if len(mime) > request.call.switches.max_message_bytes:
        raise EwsError("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    request.call.store.put(item, mime)
    return json(201, writing.shown(item, request.query))


def _from_json(request: Request, folder: str) -> tuple[Item, bytes]:
    return writing.new_item(request.call, request.json(schema.NewMessage), folder)


def _from_mime(request: Request, folder: str) -> tuple[Item, bytes]:
    try:
        mime = base64.b64decode(request.body, validate=True)
    except binascii.Error:
        raise EwsError("ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.") from None
    if b":" not in mime.split(b"\n", 1)[0]:
        raise EwsError("ErrorMimeContentInvalid", "The MIME content is invalid.")
    return items.from_mime(request.call, mime, folder), mimes.replaced(mime, {"Bcc": None, "Resent-Bcc": None})


def update(request: Request, item_id: str) -> Reply:
    """Fields and extended properties, all or none; recipients of a draft only."""
    change = request.json(schema.Change)
    item = request.for_writing(item_id)
    wanted: dict[str, Any] = {
        ours: writing.people(getattr(change, theirs)) for theirs, ours in _FIELDS.items() if getattr(change, theirs) is not None
    }
    if wanted and not item.is_draft:
        raise EwsError("ErrorInvalidPropertySet", "Message is not draft.")
    for name in ("subject", "categories", "is_read"):
        if getattr(change, name) is not None:
            wanted[name] = getattr(change, name)
    if change.importance is not None:
        wanted["importance"] = change.importance.capitalize()
    if change.single_value_extended_properties is not None:
        wanted["extended"] = {**item.extended, **writing.extended(change.single_value_extended_properties)}
    changed = msgspec.structs.replace(item, **wanted, change_key=new_change_key(), modified=request.call.now())
    request.call.store.put(changed)
    return json(200, writing.shown(changed, request.query))


def delete(request: Request, item_id: str) -> Reply:
    """Into Deleted Items, under a new id."""
    _moved(request, request.item(item_id), folders.named(request.call, "deleteditems").id)
    return Reply(204)


def permanent_delete(request: Request, item_id: str) -> Reply:
    """Where nobody but an administrator finds it: for this simulator, gone."""
    request.call.store.remove(request.item(item_id).id)
    return Reply(204)


def move(request: Request, item_id: str) -> Reply:
    """Into another folder, under a new id."""
    target = request.folder(request.json(schema.Move).destination_id)
    return json(201, writing.shown(_moved(request, request.item(item_id), target.id), request.query))


def _moved(request: Request, item: Item, folder: str) -> Item:
    store = request.call.store
    mime = store.mime(item.id)
    store.remove(item.id)
    moved = msgspec.structs.replace(item, id=new_id(), folder=folder, change_key=new_change_key())
    store.put(moved, mime)
    return moved


def send(request: Request, item_id: str) -> Reply:
    """The draft leaves, and its copy is in Sent Items under a new id. 202, with nothing in it."""
    if request.body:
        raise Violation("send takes no body")
    item = request.item(item_id)
    if not item.is_draft:
        raise EwsError("ErrorInvalidOperation", "The item has been sent already.")
    store = request.call.store
    stored = store.mime(item.id)
    silent = request.call.switches.graph_silent_bytes
    if silent and len(stored) > silent:
        return Reply(200)
    sent, mime = delivery.submit(request.call, item, stored)
    store.remove(item.id)
    store.put(msgspec.structs.replace(sent, id=new_id(), folder=folders.named(request.call, "sentitems").id), mime)
    return Reply(202)


def attach(request: Request, item_id: str) -> Reply:
    """A small attachment in one request."""
    attachment = request.json(schema.FileAttachment)
    add(request, request.item(item_id), attachment)
    return json(201, {"@odata.type": "#microsoft.graph.fileAttachment", "name": attachment.name, "size": len(attachment.content_bytes)})


def add(request: Request, item: Item, attachment: schema.FileAttachment) -> None:
    """Store the message with the attachment."""
    mime = writing.with_attachment(item, request.call.store.mime(item.id), attachment)
    if len(mime) > request.call.switches.max_message_bytes:
        raise EwsError("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    found = len(mimes.attachments(mime))
    request.call.store.put(msgspec.structs.replace(item, change_key=new_change_key(), size=len(mime), attachments=found), mime)


def list_folders(request: Request) -> Reply:
    """The folders below the top, or the one of a name."""
    name, top = odata.folder_name(request.query.filter), request.top()
    found = [
        one
        for one in request.call.store.folders(request.call.mailbox)
        if one.parent == top.id and (name is None or one.name.lower() == name.lower())
    ]
    return json(200, {"value": [_folder(request, one.id) for one in found]})


def get_folder(request: Request, folder: str) -> Reply:
    """One folder by its well-known name or id."""
    return json(200, _folder(request, request.folder(folder).id))


def create_folder(request: Request) -> Reply:
    """A new folder below the top."""
    made = folders.create(request.call, request.top(), request.json(schema.NewFolder).display_name)
    return json(201, _folder(request, made.id))


def _folder(request: Request, folder_id: str) -> dict[str, Any]:
    store, mailbox = request.call.store, request.call.mailbox
    everyone = store.folders(mailbox)
    (found,) = [one for one in everyone if one.id == folder_id]
    answer = schema.MailFolder(
        id=rest_id(found.id), display_name=found.name, parent_folder_id=rest_id(found.parent),
        child_folder_count=sum(one.parent == found.id for one in everyone), total_item_count=store.count(mailbox, found.id),
    )  # fmt: skip
    return schema.selected(answer, request.query.select)
