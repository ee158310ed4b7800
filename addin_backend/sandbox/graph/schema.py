"""The requests that we know and the answers that we give, as closed structs: an unknown field is an error (Graph's published metadata)."""

from __future__ import annotations

from typing import Any

import msgspec


class Closed(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Nothing but the fields that are named."""


class EmailAddress(Closed):
    """emailAddress."""

    address: str
    name: str | None = None


class BatchRequest(Closed):
    """A part of a batch."""

    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = None


class Batch(Closed):
    """A batch: 20 parts at most, each with an id of its own."""

    requests: list[BatchRequest]

    def __post_init__(self) -> None:
        """As Graph has it."""
        if not 1 <= len(self.requests) <= 20 or len({part.id for part in self.requests}) != len(self.requests):
            raise ValueError("a batch has 1 to 20 requests with different ids")


class Recipient(Closed):
    """recipient."""

    email_address: EmailAddress


class Property(Closed):
    """singleValueLegacyExtendedProperty."""

    id: str
    value: str


class Body(Closed):
    """itemBody."""

    content_type: str
    content: str


class Header(Closed):
    """internetMessageHeader; Graph takes custom ones only."""

    name: str
    value: str

    def __post_init__(self) -> None:
        """As Graph has it."""
        if not self.name.lower().startswith("x-"):
            raise ValueError("internetMessageHeaders must begin with 'x-'")


class FileAttachment(Closed, tag_field="@odata.type", tag="#microsoft.graph.fileAttachment"):
    """fileAttachment."""

    name: str
    content_bytes: bytes
    content_type: str = "application/octet-stream"
    is_inline: bool = False
    content_id: str | None = None


class NewMessage(Closed):
    """message in a POST."""

    subject: str = ""
    body: Body = msgspec.field(default_factory=lambda: Body(content_type="text", content=""))
    sender: Recipient | None = msgspec.field(name="from", default=None)
    submitter: Recipient | None = msgspec.field(name="sender", default=None)
    to_recipients: list[Recipient] = []
    cc_recipients: list[Recipient] = []
    bcc_recipients: list[Recipient] = []
    reply_to: list[Recipient] = []
    importance: str = "normal"
    categories: list[str] = []
    is_read_receipt_requested: bool = False
    internet_message_id: str = ""
    internet_message_headers: list[Header] = []
    attachments: list[FileAttachment] = []
    single_value_extended_properties: list[Property] = []


class Change(Closed):
    """message in a PATCH: the fields that may be changed on a draft."""

    subject: str | None = None
    to_recipients: list[Recipient] | None = None
    cc_recipients: list[Recipient] | None = None
    bcc_recipients: list[Recipient] | None = None
    importance: str | None = None
    categories: list[str] | None = None
    is_read: bool | None = None
    single_value_extended_properties: list[Property] | None = None


class NewFolder(Closed):
    """mailFolder in a POST."""

    display_name: str


class Move(Closed):
    """The argument of move."""

    destination_id: str


class AttachmentItem(Closed):
    """attachmentItem."""

    attachment_type: str
    name: str
    size: int
    content_type: str | None = None
    is_inline: bool = False
    content_id: str | None = None


class NewUpload(Closed):
    """The argument of createUploadSession."""

    item: AttachmentItem = msgspec.field(name="AttachmentItem")


class Message(Closed):
    """message in an answer."""

    etag: str = msgspec.field(name="@odata.etag")
    id: str
    change_key: str
    created_date_time: str
    last_modified_date_time: str
    received_date_time: str
    sent_date_time: str
    has_attachments: bool
    internet_message_id: str
    subject: str
    parent_folder_id: str
    is_draft: bool
    is_read: bool
    importance: str
    categories: list[str]
    sender: Recipient = msgspec.field(name="from")
    to_recipients: list[Recipient]
    cc_recipients: list[Recipient]
    bcc_recipients: list[Recipient]
    reply_to: list[Recipient]
    is_read_receipt_requested: bool
    single_value_extended_properties: list[Property] | msgspec.UnsetType = msgspec.UNSET


class MailFolder(Closed):
    """mailFolder in an answer."""

    id: str
    display_name: str
    parent_folder_id: str
    child_folder_count: int
    total_item_count: int


ALWAYS = frozenset({"@odata.etag", "id", "singleValueExtendedProperties"})


def selected(answer: Closed, select: frozenset[str] | None) -> dict[str, Any]:
    """The answer as JSON holds it, with the fields that $select names (all of them without it)."""
    whole: dict[str, Any] = msgspec.to_builtins(answer)
    return whole if select is None else {name: value for name, value in whole.items() if name in select | ALWAYS}
