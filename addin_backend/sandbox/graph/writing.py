"""Messages between Graph's JSON and the store."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from typing import Any

import msgspec

from addin_backend.model.item_ids import rest_id
from addin_backend.sandbox.exchange import items, properties
from addin_backend.sandbox.exchange import mime as mimes
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.mime import Person
from addin_backend.sandbox.exchange.store import Item
from addin_backend.sandbox.graph import schema
from addin_backend.sandbox.graph.odata import Query, property_key

_SPECIAL = {"0x001a": "item_class", "0x1042": "in_reply_to", "0x1039": "references", "0x0039": "sent"}
_SENSITIVITY = {"1": "Personal", "2": "Private", "3": "Confidential"}  # PidTagSensitivity
_IMPORTANCE = {"low": "Low", "high": "High"}


def shown(item: Item, query: Query) -> dict[str, Any]:
    """The message as an answer has it."""
    expanded = [
        schema.Property(id=name, value=value) for name in query.expand if (value := properties.value(item, property_key(name))) is not None
    ]
    answer = schema.Message(
        etag=f'W/"{item.change_key}"', id=rest_id(item.id), change_key=item.change_key, created_date_time=item.created,
        last_modified_date_time=item.modified, received_date_time=item.sent or item.created, sent_date_time=item.sent or item.created,
        has_attachments=item.attachments > 0, internet_message_id=item.message_id, subject=item.subject,
        parent_folder_id=rest_id(item.folder), is_draft=item.is_draft, is_read=item.is_read, importance=item.importance.lower(),
        categories=item.categories, sender=_recipient(item.sender), to_recipients=_recipients(item.to),
        cc_recipients=_recipients(item.cc), bcc_recipients=_recipients(item.bcc), reply_to=_recipients(item.reply_to),
        is_read_receipt_requested=item.read_receipt, single_value_extended_properties=expanded or msgspec.UNSET,
    )  # fmt: skip
    return schema.selected(answer, query.select)


def _recipients(persons: list[Person]) -> list[schema.Recipient]:
    return [_recipient(person) for person in persons]


def _recipient(person: Person) -> schema.Recipient:
    return schema.Recipient(email_address=schema.EmailAddress(name=person[0] or person[1], address=person[1]))


def people(found: list[schema.Recipient]) -> list[Person]:
    """People as the store has them."""
    return [_person(one.email_address) for one in found]


def _person(found: schema.EmailAddress) -> Person:
    return "" if found.name in (None, found.address) else found.name or "", found.address


def extended(given: list[schema.Property]) -> dict[str, str]:
    """The properties under the store's keys."""
    return {property_key(item.id): item.value for item in given}


def special(given: dict[str, str]) -> dict[str, Any]:
    """The properties that are more than text: class, threading, when it was sent, and whether it is a draft."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        tag = msgspec.json.decode(key, type=dict[str, str]).get("PropertyTag", "")
        if tag in _SPECIAL:
            found[_SPECIAL[tag]] = value
        if tag == "0x0036":
            found["sensitivity"] = _SENSITIVITY.get(value, "Normal")
    if properties.says_sent(given):
        found = {"is_draft": False, "is_read": not properties.says_unread(given), **found}
    return found


def new_item(call: Call, message: schema.NewMessage, folder: str) -> tuple[Item, bytes]:
    """A new item and its MIME from JSON."""
    composed = _composed(message)
    item = items.from_mime(call, composed, folder)
    given = extended(message.single_value_extended_properties)
    own = special(given)
    if own.get("is_draft") is False:
        own.setdefault("sent", item.created)
    item = msgspec.structs.replace(
        item, to=people(message.to_recipients), cc=people(message.cc_recipients), bcc=people(message.bcc_recipients),
        importance=_IMPORTANCE.get(message.importance.lower(), "Normal"), categories=message.categories,
        read_receipt=message.is_read_receipt_requested, extended={**item.extended, **given}, **own,
    )  # fmt: skip
    return item, mimes.replaced(composed, {"Bcc": None})


def _composed(message: schema.NewMessage) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["Subject"] = " ".join(message.subject.split())
    if message.sender is not None:
        made["From"] = mimes.written(people([message.sender])).replace("\r\n", "")
    if message.submitter is not None:
        made["Sender"] = mimes.written(people([message.submitter])).replace("\r\n", "")
    for name, found in (("To", message.to_recipients), ("Cc", message.cc_recipients), ("Reply-To", message.reply_to)):
        if found:
            made[name] = mimes.written(people(found)).replace("\r\n", "")
    if message.internet_message_id:
        made["Message-ID"] = message.internet_message_id
    for header in message.internet_message_headers:
        made[header.name] = header.value
    made.set_content(message.body.content, subtype="html" if message.body.content_type.lower() == "html" else "plain", cte="base64")
    for attachment in message.attachments:
        _add(made, attachment)
    return made.as_bytes()


def _add(made: EmailMessage, attachment: schema.FileAttachment) -> None:
    main, _, sub = attachment.content_type.partition("/")
    if main in ("message", "multipart"):
        main, sub = "application", "octet-stream"
    made.add_attachment(
        attachment.content_bytes, maintype=main, subtype=sub or "octet-stream", filename=attachment.name,
        disposition="inline" if attachment.is_inline else "attachment", cid=f"<{attachment.content_id}>" if attachment.content_id else None,
    )  # fmt: skip


def with_attachment(item: Item, stored: bytes, attachment: schema.FileAttachment) -> bytes:
    """The MIME with one attachment more. The one of a sealed message is its whole body (MS-OXOSMIME §2.1.3.2)."""
    if item.item_class == "IPM.Note.SMIME":
        head: dict[str, str | None] = {
            "Content-Type": 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
            "Content-Disposition": 'attachment; filename="smime.p7m"',
            "Content-Transfer-Encoding": "base64",
        }
        block, _ = mimes.split(mimes.replaced(stored, head))
        return block + b"\r\n" + _base64(attachment.content_bytes)
    parsed = BytesParser(EmailMessage, policy=SMTP).parsebytes(stored)
    if isinstance(parsed, EmailMessage):
        _add(parsed, attachment)
    return parsed.as_bytes()


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")
