"""A mail as we know it before it leaves: who it is for, what it says, what hangs on it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class RecipientKind(StrEnum):
    """The header that a recipient stands in (RFC 5322 §3.6.3)."""

    TO = "to"
    CC = "cc"
    BCC = "bcc"


class BodyFormat(StrEnum):
    """How the body is written."""

    PLAIN = "plain"
    HTML = "html"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """One normalised recipient.

    ``address``  local part as written (trimmed) + "@" + domain in lower-case A-labels (RFC 5890); for an address
                 literal the domain part keeps its brackets. An invalid address keeps its text and has ``valid=False``.
    ``domain``   the A-label domain, "" for a literal or an invalid address.
    ``literal``  True for ``user@[192.0.2.1]`` (RFC 5321 §4.1.3): never sufficient for protected content.
    """

    address: str
    domain: str
    kind: RecipientKind = RecipientKind.TO
    display_name: str = ""
    literal: bool = False
    valid: bool = True


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """One attachment. ``content`` is the decoded bytes; ``inline`` is True for images shown in the body."""

    name: str
    media_type: str
    content: bytes
    inline: bool = False
    content_id: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A mail. ``defects`` names (never quotes) what could not be read; a message with ``readable=False`` is `unknown`.

    The fields from ``sender_name`` on are not judged; they are carried from the draft to what is sent (``flows.carry_over``).
    ``submitter`` writes for ``sender`` (RFC 5322 §3.6.2 Sender); ``categories`` are the sender's own and never leave the mailbox.
    """

    sender: str
    recipients: tuple[Recipient, ...]
    subject: str
    body: str
    body_format: BodyFormat = BodyFormat.PLAIN
    attachments: tuple[Attachment, ...] = ()
    importance: str = "normal"
    sensitivity: str = "normal"
    in_reply_to: str = ""
    references: str = ""
    label: str = ""  # the sensitivity label: the header msip_labels as it stands, or a label's name
    readable: bool = True
    defects: tuple[str, ...] = ()
    size_bytes: int = 0
    sender_name: str = ""
    submitter: str = ""
    reply_to: tuple[str, ...] = ()
    read_receipt: bool = False
    thread_index: str = ""
    msip_labels: str = ""
    categories: tuple[str, ...] = ()
