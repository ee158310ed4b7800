"""Writing an item into an answer: which fields a shape asks for, in the order of the schema."""

from __future__ import annotations

import base64
from collections.abc import Callable

from addin_backend.sandbox.exchange import mime as mimes
from addin_backend.sandbox.exchange import people, properties
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.items import current_mime, persons_text
from addin_backend.sandbox.exchange.store import Item
from addin_backend.sandbox.exchange.xml import Element, boolean, child, element, find, is_true, local, text

_DEFAULT = {
    "item:Subject",
    "item:Sensitivity",
    "item:Importance",
    "item:DateTimeCreated",
    "item:HasAttachments",
    "message:From",
    "message:IsRead",
}
_NEVER_BY_SHAPE = {"item:MimeContent", "item:InternetMessageHeaders", "item:Attachments"}


def write(call: Call, item: Item, shape: Element) -> Element:
    """A t:Message with what ``shape`` (m:ItemShape) asks for."""
    asked, extended = _asked(shape)
    made = element("t:Message")
    for uri, writer in _FIELDS:
        if uri in asked:
            writer(call, item, made)
        if uri == "item:HasAttachments":
            for key in extended:
                value = properties.value(item, key)
                if value is not None:
                    properties.write(made, key, value)
    return made


def _asked(shape: Element) -> tuple[set[str], list[str]]:
    base = text(shape, "t:BaseShape")
    asked = {"item:ItemId"}
    if base == "AllProperties":
        asked |= {uri for uri, _ in _FIELDS} - _NEVER_BY_SHAPE
    elif base == "Default":
        asked |= _DEFAULT
    if is_true(text(shape, "t:IncludeMimeContent")):
        asked.add("item:MimeContent")
    extra = find(shape, "t:AdditionalProperties")
    extended = []
    for path in [] if extra is None else list(extra):
        if local(path) == "ExtendedFieldURI":
            extended.append(properties.key(path))
        else:
            asked.add(path.get("FieldURI", ""))
    return asked, extended


def _mime(call: Call, item: Item, made: Element) -> None:
    with_bcc = call.switches.bcc_in_mime == "honoured"
    content = current_mime(item, call.store.mime(item.id), with_bcc)
    child(made, "t:MimeContent", base64.b64encode(content).decode(), CharacterSet="UTF-8")


def _id(call: Call, item: Item, made: Element) -> None:
    child(made, "t:ItemId", None, Id=item.id, ChangeKey=item.change_key)


def _parent(call: Call, item: Item, made: Element) -> None:
    child(made, "t:ParentFolderId", None, Id=item.folder, ChangeKey="AQAAAA==")


def _body(call: Call, item: Item, made: Element) -> None:
    kind, content = mimes.text_body(call.store.mime(item.id))
    child(made, "t:Body", "".join(character for character in content if character >= " " or character in "\t\r\n"), BodyType=kind)


def _attachments(call: Call, item: Item, made: Element) -> None:
    found = mimes.attachments(call.store.mime(item.id))
    if not found:
        return
    holder = child(made, "t:Attachments")
    for number, part in enumerate(found):
        attachment = child(holder, "t:FileAttachment")
        child(attachment, "t:AttachmentId", None, Id=f"{item.id}:{number}")
        child(attachment, "t:Name", part.file_name or "attachment")
        child(attachment, "t:ContentType", part.headers.get_content_type())
        child(attachment, "t:Size", str(len(part.encoded)))
        child(attachment, "t:IsInline", boolean(part.headers.get_content_disposition() == "inline"))


def _categories(call: Call, item: Item, made: Element) -> None:
    if item.categories:
        holder = child(made, "t:Categories")
        for category in item.categories:
            child(holder, "t:String", category)


def _headers(call: Call, item: Item, made: Element) -> None:
    found = list(mimes.headers(current_mime(item, call.store.mime(item.id), False)).items())
    if found:
        holder = child(made, "t:InternetMessageHeaders")
        for header, value in found:
            child(holder, "t:InternetMessageHeader", " ".join(str(value).split()), HeaderName=header)


def _simple(local_name: str, value: Callable[[Item], str | bool | int]) -> Callable[[Call, Item, Element], None]:
    def writer(call: Call, item: Item, made: Element) -> None:
        content = value(item)
        if content != "":
            child(made, f"t:{local_name}", boolean(content) if isinstance(content, bool) else str(content))

    return writer


def _people(local_name: str, value: Callable[[Item], list[mimes.Person]]) -> Callable[[Call, Item, Element], None]:
    def writer(call: Call, item: Item, made: Element) -> None:
        people.write(made, f"t:{local_name}", value(item))

    return writer


_FIELDS: tuple[tuple[str, Callable[[Call, Item, Element], None]], ...] = (
    ("item:MimeContent", _mime),
    ("item:ItemId", _id),
    ("item:ParentFolderId", _parent),
    ("item:ItemClass", _simple("ItemClass", lambda item: item.item_class)),
    ("item:Subject", _simple("Subject", lambda item: item.subject)),
    ("item:Sensitivity", _simple("Sensitivity", lambda item: item.sensitivity)),
    ("item:Body", _body),
    ("item:Attachments", _attachments),
    ("item:DateTimeReceived", _simple("DateTimeReceived", lambda item: item.sent or item.created)),
    ("item:Size", _simple("Size", lambda item: item.size)),
    ("item:Categories", _categories),
    ("item:Importance", _simple("Importance", lambda item: item.importance)),
    ("item:InReplyTo", _simple("InReplyTo", lambda item: item.in_reply_to)),
    ("item:IsSubmitted", _simple("IsSubmitted", lambda item: False)),
    ("item:IsDraft", _simple("IsDraft", lambda item: item.is_draft)),
    ("item:IsFromMe", _simple("IsFromMe", lambda item: item.sender[1].lower() == item.mailbox)),
    ("item:InternetMessageHeaders", _headers),
    ("item:DateTimeSent", _simple("DateTimeSent", lambda item: item.sent)),
    ("item:DateTimeCreated", _simple("DateTimeCreated", lambda item: item.created)),
    ("item:ReminderIsSet", _simple("ReminderIsSet", lambda item: False)),
    ("item:DisplayCc", _simple("DisplayCc", lambda item: persons_text(item.cc))),
    ("item:DisplayTo", _simple("DisplayTo", lambda item: persons_text(item.to))),
    ("item:HasAttachments", _simple("HasAttachments", lambda item: item.attachments > 0)),
    ("item:LastModifiedTime", _simple("LastModifiedTime", lambda item: item.modified)),
    ("message:Sender", _people("Sender", lambda item: [item.sender])),
    ("message:ToRecipients", _people("ToRecipients", lambda item: item.to)),
    ("message:CcRecipients", _people("CcRecipients", lambda item: item.cc)),
    ("message:BccRecipients", _people("BccRecipients", lambda item: item.bcc)),
    ("message:IsReadReceiptRequested", _simple("IsReadReceiptRequested", lambda item: item.read_receipt)),
    ("message:IsDeliveryReceiptRequested", _simple("IsDeliveryReceiptRequested", lambda item: item.delivery_receipt)),
    ("message:From", _people("From", lambda item: [item.sender])),
    ("message:InternetMessageId", _simple("InternetMessageId", lambda item: item.message_id)),
    ("message:IsRead", _simple("IsRead", lambda item: item.is_read)),
    ("message:IsResponseRequested", _simple("IsResponseRequested", lambda item: False)),
    ("message:References", _simple("References", lambda item: item.references)),
    ("message:ReplyTo", _people("ReplyTo", lambda item: item.reply_to)),
)
