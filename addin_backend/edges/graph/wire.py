"""What we write to Graph and read from it: the few fields that we use of its ``message``, ``mailFolder`` and upload session.

Requests are written from closed structs. Answers are read by the fields that we need; Graph adds others, which are passed over.
Property ids: a named property in the PublicStrings set, the same that EWS calls by that name, so both transports see one property.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from addin_backend.model.disarmed import MARKER_NAME, RECIPIENTS_NAME, Pair

_PUBLIC_STRINGS = "{00020329-0000-0000-C000-000000000046}"
MARKER = f"String {_PUBLIC_STRINGS} Name {MARKER_NAME}"
DISARMED = f"String {_PUBLIC_STRINGS} Name {RECIPIENTS_NAME}"
KEEP_IN = f"String {_PUBLIC_STRINGS} Name SendSecurelyFolder"  # where the sent copy is kept: Graph always puts it into Sent Items
FLAGS = "Integer 0x0E07"  # PidTagMessageFlags (MS-OXCMSG §2.2.1.6)
READ_AND_SENT, UNREAD = "1", "0"
ITEM_CLASS = "String 0x001A"  # PidTagMessageClass
SIZE = "Integer 0x0E08"  # PidTagMessageSize (MS-OXCMSG §2.2.1.7)
SUBMITTED = "SystemTime 0x0039"  # PidTagClientSubmitTime
IN_REPLY_TO, REFERENCES = "String 0x1042", "String 0x1039"  # PidTagInReplyToId, PidTagInternetReferences
SENSITIVITY = "Integer 0x0036"  # PidTagSensitivity (MS-OXCMSG §2.2.1.13)
THREAD_INDEX = "Binary 0x0071"  # PidTagConversationIndex
TICKET = "String {00020386-0000-0000-C000-000000000046} Name X-SendSecurely-Ticket"
FAILED = "String {00020386-0000-0000-C000-000000000046} Name X-Failed-Recipients"
IS_REPORT = "String {00020386-0000-0000-C000-000000000046} Name X-MS-Exchange-Message-Is-Ndr"
LABELS = "String {00020386-0000-0000-C000-000000000046} Name msip_labels"  # a named property of internet headers
OUR_FIELDS = "id,changeKey,isDraft,internetMessageId,categories,toRecipients,ccRecipients,bccRecipients"


class Address(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Graph's emailAddress."""

    address: str = ""
    name: str = ""


class Recipient(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Graph's recipient."""

    email_address: Address


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """Graph's singleValueLegacyExtendedProperty."""

    id: str
    value: str


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Graph's itemBody."""

    content_type: str
    content: str


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """Graph's internetMessageHeader; the name begins with ``x-``."""

    name: str
    value: str


class FileAttachment(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="@odata.type", tag="#microsoft.graph.fileAttachment"
):
    """An attachment inside a request."""

    name: str
    content_type: str
    content_bytes: bytes  # base64 in JSON
    is_inline: bool = False
    content_id: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message in an answer. Asked for with ``OUR_FIELDS``; properties only where they were expanded."""

    id: str
    change_key: str
    is_draft: bool = False
    internet_message_id: str = ""
    categories: tuple[str, ...] = ()
    to_recipients: tuple[Recipient, ...] = ()
    cc_recipients: tuple[Recipient, ...] = ()
    bcc_recipients: tuple[Recipient, ...] = ()
    single_value_extended_properties: tuple[Property, ...] = ()

    def people(self) -> dict[str, list[Pair]]:
        """The recipients by kind."""
        kinds = {"to": self.to_recipients, "cc": self.cc_recipients, "bcc": self.bcc_recipients}
        return {kind: [_pair(person.email_address) for person in persons] for kind, persons in kinds.items()}

    def value(self, property_id: str) -> str | None:
        """An expanded property's value. Exchange writes ids in its own case."""
        wanted = property_id.lower()
        return next((item.value for item in self.single_value_extended_properties if item.id.lower() == wanted), None)


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """A page of messages."""

    value: tuple[Message, ...]


class Changed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message of a delta answer; one that is gone has its id only."""

    id: str
    is_draft: bool = False
    internet_message_id: str = ""
    sent_date_time: datetime | None = None
    single_value_extended_properties: tuple[Property, ...] = ()
    removed: msgspec.Raw | None = msgspec.field(name="@removed", default=None)

    def value(self, property_id: str) -> str:
        """An expanded property's value, "" without one."""
        wanted = property_id.lower()
        return next((item.value for item in self.single_value_extended_properties if item.id.lower() == wanted), "")

    def size(self) -> int:
        """Octets of the whole message, 0 when Graph does not say."""
        said = self.value(SIZE)
        return int(said) if said.isdecimal() else 0


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a delta answer: the next page, or where the next round begins."""

    value: tuple[Changed, ...]
    next_link: str = msgspec.field(name="@odata.nextLink", default="")
    delta_link: str = msgspec.field(name="@odata.deltaLink", default="")


class BatchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a batch; ``url`` is relative to the version."""

    id: str
    method: str
    url: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Up to 20 requests in one."""

    requests: tuple[BatchRequest, ...]


class BatchPart(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a part: a JSON object, or base64 text for what is no JSON."""

    id: str
    status: int
    headers: dict[str, str] = {}
    body: msgspec.Raw = msgspec.Raw(b"null")

    def text(self) -> str:
        """The body as text, "" when it is none."""
        found = msgspec.json.decode(self.body)
        return found if isinstance(found, str) else ""


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch answers, in any order."""

    responses: tuple[BatchPart, ...]


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """A mailFolder, by its id only."""

    id: str


class Folders(msgspec.Struct, frozen=True, kw_only=True):
    """A page of folders."""

    value: tuple[Folder, ...]


class UploadSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the pieces of a large attachment go. The address carries its own right: it is a secret."""

    upload_url: str


class Change(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A PATCH of a message: what is None stays as it is."""

    to_recipients: tuple[Recipient, ...] | None = None
    cc_recipients: tuple[Recipient, ...] | None = None
    bcc_recipients: tuple[Recipient, ...] | None = None
    single_value_extended_properties: tuple[Property, ...] | None = None


class NewMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A new message as JSON: the readable copy, and what is too large for MIME in one request."""

    subject: str
    body: Body
    sender: Recipient | None = msgspec.field(name="from", default=None)
    submitter: Recipient | None = msgspec.field(name="sender", default=None)
    to_recipients: tuple[Recipient, ...] = ()
    cc_recipients: tuple[Recipient, ...] = ()
    bcc_recipients: tuple[Recipient, ...] = ()
    reply_to: tuple[Recipient, ...] = ()
    importance: str = "normal"
    categories: tuple[str, ...] = ()
    is_read_receipt_requested: bool = False
    internet_message_id: str = ""
    internet_message_headers: tuple[Header, ...] = ()
    attachments: tuple[FileAttachment, ...] = ()
    single_value_extended_properties: tuple[Property, ...] = ()


class NewFolder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A new folder below the top."""

    display_name: str


class Move(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The argument of ``move``."""

    destination_id: str


class AttachmentItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What will be uploaded."""

    attachment_type: str
    name: str
    size: int
    content_type: str
    is_inline: bool = False
    content_id: str | None = None


class NewUpload(msgspec.Struct, frozen=True, kw_only=True):
    """The argument of ``createUploadSession``."""

    item: AttachmentItem = msgspec.field(name="AttachmentItem")


def recipient(name: str, address: str) -> Recipient:
    """A person as Graph has it."""
    return Recipient(email_address=Address(address=address, name=name))


def recipients(pairs: list[Pair]) -> tuple[Recipient, ...]:
    """People as Graph has them."""
    return tuple(recipient(name, address) for name, address in pairs)


def _pair(person: Address) -> Pair:
    return "" if person.name == person.address else person.name, person.address


def with_attachments(message: NewMessage, attachments: tuple[FileAttachment, ...]) -> NewMessage:
    """The message with everything in one request."""
    return msgspec.structs.replace(message, attachments=attachments)
