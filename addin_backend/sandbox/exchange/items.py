"""Reading a Message from a request into an item, and the rules on change keys."""

from __future__ import annotations

import base64
import binascii
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import msgspec

from addin_backend.sandbox.exchange import mime as mimes
from addin_backend.sandbox.exchange import people, properties
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.mime import Person
from addin_backend.sandbox.exchange.store import Item, new_change_key, new_id
from addin_backend.sandbox.exchange.xml import Element, find, is_true, text

_SENSITIVITY = {"personal": "Personal", "private": "Private", "company-confidential": "Confidential"}  # RFC 2156 §5.3.4
_PEOPLE = (("to", "t:ToRecipients"), ("cc", "t:CcRecipients"), ("bcc", "t:BccRecipients"), ("reply_to", "t:ReplyTo"))


def get(call: Call, item_id: str) -> Item:
    """The item, or ErrorItemNotFound: also for the id it had before it was moved or sent."""
    if not item_id:
        raise EwsError("ErrorInvalidIdEmpty", "Id is empty.")
    item = call.store.item(call.mailbox, item_id)
    if item is None:
        raise EwsError("ErrorItemNotFound", "The specified object was not found in the store.")
    return item


def for_writing(call: Call, reference: Element, overwrite: bool = False) -> Item:
    """The item under the caller's change key (Exchange's optimistic lock)."""
    item = get(call, reference.get("Id", ""))
    change_key = reference.get("ChangeKey", "")
    if not change_key:
        raise EwsError("ErrorChangeKeyRequiredForWriteOperations", "A change key is required for this operation.")
    if change_key != item.change_key and not overwrite:
        raise EwsError("ErrorIrresolvableConflict", "The send or update operation could not be performed because the change key is stale.")
    return item


def from_request(call: Call, message: Element, folder: str) -> tuple[Item, bytes]:
    """A new item and its MIME: what the elements say stands above what the MIME says."""
    mime = _mime_content(message)
    if mime is None:
        mime = _composed(message)
    if len(mime) > call.switches.max_message_bytes:
        raise EwsError("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    item = from_mime(call, mime, folder)
    extended = properties.read(message)
    item = msgspec.structs.replace(item, extended={**item.extended, **extended}, **_flags(item, extended), **changes(message))
    return item, mimes.replaced(mime, {"Bcc": None, "Resent-Bcc": None})


def _flags(item: Item, extended: dict[str, str]) -> dict[str, Any]:
    return {"is_draft": False, "sent": item.created} if properties.says_sent(extended) else {}


def _mime_content(message: Element) -> bytes | None:
    found = find(message, "t:MimeContent")
    if found is None:
        return None
    try:
        mime = base64.b64decode(found.text or "", validate=False)
    except binascii.Error as error:
        raise EwsError("ErrorMimeContentInvalidBase64String", "The MIME content is not valid base64.") from error
    if b":" not in mime.split(b"\n", 1)[0]:
        raise EwsError("ErrorMimeContentInvalid", "The MIME content is invalid.")
    return mime


def from_mime(call: Call, mime: bytes, folder: str) -> Item:
    """A new draft with the properties that its header states."""
    found = mimes.headers(mime)
    header = {
        name: str(found.get(name, "")) for name in ("Subject", "Message-ID", "In-Reply-To", "References", "Importance", "Sensitivity")
    }
    bcc = mimes.people(found.get_all("Bcc", [])) if call.switches.bcc_in_mime == "honoured" else []
    sender = mimes.people(found.get_all("From", []))
    now = call.now()
    return Item(
        id=new_id(), mailbox=call.mailbox, folder=folder, change_key=new_change_key(), item_class=mimes.item_class(mime),
        subject=mimes.decoded_text(" ".join(header["Subject"].split())),
        sender=sender[0] if sender else (call.store.mailbox_name(call.mailbox) or "", call.mailbox),
        to=mimes.people(found.get_all("To", [])), cc=mimes.people(found.get_all("Cc", [])), bcc=bcc,
        reply_to=mimes.people(found.get_all("Reply-To", [])),
        message_id=header["Message-ID"].strip() or f"<{new_change_key()[8:].replace('/', '-')}@{call.mailbox.partition('@')[2]}>",
        in_reply_to=header["In-Reply-To"], references=header["References"],
        importance={"high": "High", "low": "Low"}.get(header["Importance"].lower(), "Normal"),
        sensitivity=_SENSITIVITY.get(header["Sensitivity"].lower(), "Normal"),
        extended={properties.named("InternetHeaders", name): str(value) for name, value in found.items() if name.lower().startswith("x-")},
        created=now, modified=now, size=len(mime), attachments=len(mimes.attachments(mime)),
    )  # fmt: skip


def changes(message: Element) -> dict[str, Any]:
    """The fields of an item that a request's Message states; absent elements change nothing."""
    found: dict[str, Any] = {}
    for field, prefixed in _PEOPLE:
        persons = people.read(message, prefixed)
        if persons is not None:
            found[field] = persons
    texts = (("subject", "Subject"), ("importance", "Importance"), ("sensitivity", "Sensitivity"), ("in_reply_to", "InReplyTo"),
             ("references", "References"), ("message_id", "InternetMessageId"), ("item_class", "ItemClass"))  # fmt: skip
    for field, local_name in texts:
        if find(message, f"t:{local_name}") is not None:
            found[field] = text(message, f"t:{local_name}")
    for field, local_name in (
        ("read_receipt", "IsReadReceiptRequested"),
        ("delivery_receipt", "IsDeliveryReceiptRequested"),
        ("is_read", "IsRead"),
    ):
        if find(message, f"t:{local_name}") is not None:
            found[field] = is_true(text(message, f"t:{local_name}"))
    author = people.read(message, "t:From")
    if author:
        found["sender"] = author[0]
    categories = find(message, "t:Categories")
    if categories is not None:
        found["categories"] = [entry.text or "" for entry in categories]
    return found


def _composed(message: Element) -> bytes:
    """MIME for an item that came as properties."""
    made = EmailMessage(policy=SMTP)
    body = find(message, "t:Body")
    if body is not None:
        made.set_content(body.text or "", subtype="html" if body.get("BodyType") == "HTML" else "plain")
    holder = find(message, "t:Attachments")
    for attachment in [] if holder is None else list(holder):
        main, _, sub = (text(attachment, "t:ContentType") or "application/octet-stream").partition("/")
        content = base64.b64decode(text(attachment, "t:Content"))
        made.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=text(attachment, "t:Name"))
    made["Subject"] = text(message, "t:Subject").replace("\r", " ").replace("\n", " ")
    made["MIME-Version"] = made.get("MIME-Version", "1.0")
    return made.as_bytes()


def recipients(item: Item) -> list[tuple[str, bool]]:
    """(address, is Bcc) of everyone, each address once; a Bcc that also stands in To or Cc is no secret."""
    seen: dict[str, bool] = {}
    for persons, hidden in ((item.to, False), (item.cc, False), (item.bcc, True)):
        for _, address in persons:
            seen.setdefault(address.lower(), hidden)
    return list(seen.items())


def current_mime(item: Item, stored: bytes, with_bcc: bool) -> bytes:
    """The MIME as it reads now: header fields follow the properties, the body keeps every byte."""
    found = mimes.headers(stored)
    wanted: dict[str, str | None] = {}
    for name, persons in (("To", item.to), ("Cc", item.cc)):
        if mimes.people(found.get_all(name, [])) != persons:
            wanted[name] = mimes.written(persons) if persons else None
    if mimes.decoded_text(" ".join(str(found.get("Subject", "")).split())) != item.subject:
        wanted["Subject"] = _encoded(item.subject)
    if str(found.get("Message-ID", "")).strip() != item.message_id:
        wanted["Message-ID"] = item.message_id
    if "From" not in found:
        wanted["From"] = mimes.written([item.sender])
    internet = properties.internet_headers(item)
    wanted |= {name: _encoded(content) for name, content in internet.items() if str(found.get(name)) != content}
    wanted |= {name: None for name in found if name.lower().startswith("x-") and name not in internet}
    if with_bcc and item.bcc:
        wanted["Bcc"] = mimes.written(item.bcc)
    return mimes.replaced(stored, wanted) if wanted else stored


def _encoded(value: str) -> str:
    return value if value.isascii() and "\n" not in value else Header(" ".join(value.splitlines()), "utf-8").encode(linesep="\r\n")


def persons_text(persons: list[Person]) -> str:
    """Display names as in DisplayTo."""
    return "; ".join(name or address for name, address in persons)
