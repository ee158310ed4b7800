"""Builds mails as bytes: the readable copy, and the inner entity that gets sealed (RFC 5322, 2045, 2046, 2387).

Bcc recipients are never named: only the ``to`` and ``cc`` that the caller gives are written. All lines end in CRLF; every
line is at most 998 octets; attachments keep their bytes. What comes out is bytes and is not parsed and written again.
"""

from __future__ import annotations

import binascii
import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from addin_backend.model.message import Attachment, BodyFormat, Message, Recipient
from addin_backend.sealing import headers as write
from addin_backend.sealing.entities import base64_lines, canonical
from addin_backend.sealing.plain_text import plain_text

MAX_LINE = 998  # RFC 5322 §2.1.1, without CRLF
_BODY_TAG = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
_THREAD_INDEX = re.compile(r"[A-Za-z0-9+/=]{20,400}")  # PidTagConversationIndex in base64 (MS-OXOMSG §2.2.1.3)
_IMPORTANCE = {"low": "Low", "high": "High"}
_SENSITIVITY = {
    "personal": "Personal",
    "private": "Private",
    "confidential": "Company-Confidential",
    "company-confidential": "Company-Confidential",
}


class _Part:
    """One entity: the Content-Type value, further header lines, the body."""

    def __init__(self, content_type: str, lines: str, body: bytes) -> None:
        self.content_type = content_type
        self.lines = lines
        self.body = body

    def rendered(self, parameters: str = "", more: bytes = b"") -> bytes:
        """The entity's bytes; ``parameters`` go to Content-Type, ``more`` are header lines before the empty line."""
        return f"Content-Type: {self.content_type}{parameters}\r\n{self.lines}".encode("ascii") + more + b"\r\n" + self.body


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _text(subtype: str, text: str, parameters: str = "") -> _Part:
    """Text in UTF-8: as it is when it is plain ASCII in short lines, else quoted-printable."""
    raw = canonical(_utf8(text))
    lines = raw.split(b"\r\n")
    simple = raw.isascii() and b"\0" not in raw and b"\nFrom " not in raw and not raw.startswith(b"From ")
    if simple and all(len(line) <= MAX_LINE and not line.endswith((b" ", b"\t")) for line in lines):
        return _Part(f"text/{subtype}; charset=utf-8{parameters}", "Content-Transfer-Encoding: 7bit\r\n", raw)
    body = binascii.b2a_qp(raw, istext=True).replace(b"\nFrom ", b"\n=46rom ")
    body = b"=46" + body[1:] if body.startswith(b"From ") else body
    return _Part(f"text/{subtype}; charset=utf-8{parameters}", "Content-Transfer-Encoding: quoted-printable\r\n", canonical(body))


def _multi(subtype: str, seed: str, parts: Sequence[_Part], parameters: str = "") -> _Part:
    """A multipart. The boundary comes from our Message-ID, which the content cannot know beforehand, and is no legal encoded text."""
    boundary = "=_" + hashlib.sha256(f"{subtype}:{seed}".encode()).hexdigest()[:40]
    mark = f"--{boundary}".encode("ascii")
    pieces: list[bytes] = []
    for part in parts:
        pieces += [mark, b"\r\n", part.rendered(), b"\r\n"]
    body = b"".join([*pieces, mark, b"--\r\n"])
    return _Part(f'multipart/{subtype};\r\n boundary="{boundary}"{parameters}', "", body)


def _attached(item: Attachment) -> _Part:
    """An attachment in base64, its name written twice for old and new readers."""
    in_type, in_disposition = write.file_name(item.name)
    cid = write.content_id(item.content_id) if item.content_id else ""
    disposition = "inline" if item.inline and cid else "attachment"
    lines = f"Content-Transfer-Encoding: base64\r\nContent-Disposition: {disposition}{in_disposition}\r\n"
    lines += f"Content-ID: {cid}\r\n" if cid else ""
    return _Part(write.media_type(item.media_type) + in_type, lines, base64_lines(item.content))


def _with_top(markup: str, top: Sequence[str], css_class: str) -> str:
    """``markup`` with ``top`` as its first block; nothing else in it is touched."""
    if not top:
        return markup
    lines = "<br>\r\n".join(html.escape(write.cleaned(line)) for line in top)
    block = f'<div class="{css_class}">{lines}<hr></div>\r\n'
    found = _BODY_TAG.search(markup)
    at = found.end() if found else 0
    return markup[:at] + block + markup[at:]


def _content(message: Message, seed: str, top: Sequence[str], legacy: bool) -> _Part:
    """Body and attachments as one entity. ``legacy``: the block on top repeats protected headers (RFC 9788 §2.1.2)."""
    parameters = ';\r\n hp-legacy-display="1"' if legacy and top else ""
    text = message.body if message.body_format is BodyFormat.PLAIN else plain_text(message.body)
    before = "".join(f"{write.cleaned(line)}\r\n" for line in top) + "\r\n" if top else ""
    body = _text("plain", before + text, parameters)
    inline: list[Attachment] = []
    if message.body_format is BodyFormat.HTML:
        css_class = "header-protection-legacy-display" if legacy else "send-securely"
        rich = _text("html", _with_top(message.body, top, css_class), parameters)
        inline = [item for item in message.attachments if item.inline and write.content_id(item.content_id)]
        if inline:
            rich = _multi("related", seed, [rich, *map(_attached, inline)], ';\r\n type="text/html"')
        body = _multi("alternative", seed, [body, rich])
    shown = {id(item) for item in inline}
    others = [item for item in message.attachments if id(item) not in shown]
    return _multi("mixed", seed, [body, *map(_attached, others)]) if others else body


def _submitter(message: Message) -> bytes:
    """Who writes for the sender, where that is somebody else (RFC 5322 §3.6.2)."""
    if not message.submitter or message.submitter.lower() == message.sender.lower():
        return b""
    return ("Sender: " + write.mailbox("", message.submitter) + "\r\n").encode("ascii")


def mail_head(
    message: Message,
    *,
    to: Sequence[Recipient],
    cc: Sequence[Recipient],
    message_id: str,
    date: datetime,
    subject: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> list[bytes]:
    """The header lines of a mail, without those of its content. ``subject`` stands in for the message's own.

    Raises BadInput for a bad Message-ID or header name, NotSealed for an address that cannot be written.
    """
    fields = [
        ("From: " + write.mailbox(message.sender_name, message.sender) + "\r\n").encode("ascii"),
        _submitter(message),
        write.address_list("Reply-To", [Recipient(address=item, domain="") for item in message.reply_to]) if message.reply_to else b"",
        write.address_list("To", to) if to else (b"" if cc else b"To: undisclosed-recipients:;\r\n"),
        write.address_list("Cc", cc) if cc else b"",
        write.unstructured("Subject", message.subject if subject is None else subject),
        write.date(date),
        f"Message-ID: {write.message_id(message_id)}\r\n".encode("ascii"),
        write.message_ids("In-Reply-To", message.in_reply_to),
        write.message_ids("References", message.references),
    ]
    if message.importance.lower() in _IMPORTANCE:
        fields.append(f"Importance: {_IMPORTANCE[message.importance.lower()]}\r\n".encode("ascii"))
    if message.sensitivity.lower() in _SENSITIVITY:
        fields.append(f"Sensitivity: {_SENSITIVITY[message.sensitivity.lower()]}\r\n".encode("ascii"))
    if message.read_receipt:
        fields.append(("Disposition-Notification-To: " + write.mailbox("", message.sender) + "\r\n").encode("ascii"))  # RFC 8098 §2.1
    if _THREAD_INDEX.fullmatch(message.thread_index):
        fields.append(write.unstructured("Thread-Index", message.thread_index))
    if message.msip_labels:
        fields.append(write.unstructured("msip_labels", message.msip_labels))
    fields += [write.added(name, value) for name, value in (headers or {}).items()]
    return [field for field in fields if field]


def compose(
    message: Message,
    *,
    to: Sequence[Recipient],
    cc: Sequence[Recipient],
    message_id: str,
    date: datetime,
    headers: Mapping[str, str] | None = None,
    top: Sequence[str] = (),
) -> bytes:
    """The readable mail with everything in it. ``top`` are lines put above the body (see ``sender_copy``); errors as ``mail_head``."""
    head = mail_head(message, to=to, cc=cc, message_id=message_id, date=date, headers=headers)
    return b"".join(head) + b"MIME-Version: 1.0\r\n" + _content(message, message_id, top, legacy=False).rendered()


def compose_inner(message: Message, *, inner_head: Sequence[bytes], outer_head: Sequence[bytes], message_id: str) -> bytes:
    """The entity that gets sealed, with the mail's headers protected inside it (RFC 9788 §4: ``hp="cipher"``, HP-Outer).

    When the outer subject differs from the inner one, it also stands on top of the body for readers that do not know RFC 9788.
    """
    subject = next(line for line in inner_head if line.startswith(b"Subject:"))
    hidden = subject not in outer_head
    top = [f"Subject: {write.cleaned(message.subject)}"] if hidden and message.subject.strip() else []
    outer = b"".join(b"HP-Outer: " + line for line in outer_head)
    entity = _content(message, message_id, top, legacy=True)
    return b"".join(inner_head) + outer + entity.rendered(';\r\n hp="cipher"')
