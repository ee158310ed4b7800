"""A mail as Graph's JSON: for the readable copy (MIME always becomes a draft) and for what is too large to post as MIME."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses, parsedate_to_datetime

from addin_backend.edges.graph import wire
from addin_backend.model.outer_header import content_type, without_recipients
from addin_backend.ports import Outgoing

SENT_SECURELY = "Sendt sikkert"
SMIME_CLASS = "IPM.Note.SMIME"
SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
SIGNED = "multipart/signed"
_MOST_HEADERS = 5  # custom headers that Graph takes with a message
_TICKET = "x-sendsecurely-"
_SENSITIVITY = {"Personal": 1, "Private": 2, "Confidential": 3}


def is_sealed(mime: bytes) -> bool:
    """Whether the outermost layer is S/MIME encryption: one part, smime.p7m."""
    return content_type(mime) in SEALED


def is_signed(mime: bytes) -> bool:
    """Whether taking the message apart would break a signature."""
    return content_type(mime) == SIGNED


def attachments(message: EmailMessage) -> tuple[wire.FileAttachment, ...]:
    """What hangs on the mail; of a sealed mail the one part that is all of it (MS-OXOSMIME §2.1.3.2)."""
    if message.get_content_type() in SEALED:
        return (wire.FileAttachment(name="smime.p7m", content_type="application/pkcs7-mime", content_bytes=_content(message)),)
    body = message.get_body(("html", "plain"))
    other = message.get_body(("plain",))
    return tuple(_attachment(part, number) for number, part in enumerate(_leaves(message), 1) if part is not body and part is not other)


def message(
    outgoing: Outgoing, parsed: EmailMessage, *, as_sent: bool, properties: tuple[wire.Property, ...], unread: bool = False
) -> wire.NewMessage:
    """The mail without its attachments. ``parsed`` is its MIME taken apart, once for this and for ``attachments``.

    ``as_sent``: it stands as sent and read, or ``unread``; otherwise it is a draft to be sent.
    """
    outer = without_recipients(outgoing.mime)
    flags = (wire.Property(id=wire.FLAGS, value=wire.UNREAD if unread else wire.READ_AND_SENT), *_sent_at(parsed)) if as_sent else ()
    sealed = (wire.Property(id=wire.ITEM_CLASS, value=SMIME_CLASS),) if is_sealed(outgoing.mime) else ()

    def people(addresses: tuple[str, ...]) -> tuple[wire.Recipient, ...]:
        return tuple(wire.recipient(outer.names.get(address.lower(), ""), address) for address in addresses)

    senders = _people(parsed, "From")
    return wire.NewMessage(
        subject=" ".join(str(parsed.get("Subject", "")).split()),
        body=_body(parsed),
        sender=senders[0] if senders else None,
        submitter=next(iter(_people(parsed, "Sender")), None),
        to_recipients=people(outgoing.to),
        cc_recipients=people(outgoing.cc),
        bcc_recipients=people(outgoing.bcc),
        reply_to=_people(parsed, "Reply-To"),
        importance=outer.importance.lower(),
        categories=tuple(dict.fromkeys((SENT_SECURELY, *outer.categories))) if as_sent and not unread else (),
        is_read_receipt_requested=outer.read_receipt,
        internet_message_id=outgoing.message_id,
        internet_message_headers=() if as_sent else _headers(parsed),
        single_value_extended_properties=(*properties, *flags, *sealed, *_thread(parsed), *_marks(parsed, outer.sensitivity)),
    )


def _leaves(message: MIMEPart) -> Iterator[MIMEPart]:
    """Leaves of the MIME tree; a mail that hangs on the mail is one of them."""
    if message.get_content_maintype() == "multipart":
        for part in message.iter_parts():
            yield from _leaves(part)
    else:
        yield message


def _content(part: MIMEPart) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0)
        return inner.as_bytes() if isinstance(inner, MIMEPart) else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _attachment(part: MIMEPart, number: int) -> wire.FileAttachment:
    content_id = str(part.get("Content-ID", "")).strip().strip("<>")
    suffix = ".eml" if part.get_content_type() == "message/rfc822" else ""
    return wire.FileAttachment(
        name=part.get_filename() or f"attachment-{number}{suffix}",
        content_type=part.get_content_type(),
        content_bytes=_content(part),
        is_inline=part.get_content_disposition() == "inline",
        content_id=content_id or None,
    )


def _body(message: EmailMessage) -> wire.Body:
    """HTML is preferred, as Exchange does; a sealed mail has none."""
    part = message.get_body(("html", "plain"))
    if part is None or part.get_content_type() in SEALED:
        return wire.Body(content_type="text", content="")
    kind = "html" if part.get_content_type() == "text/html" else "text"
    try:
        text = _content(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = _content(part).decode("utf-8", "replace")
    return wire.Body(content_type=kind, content=text)


def _people(message: EmailMessage, name: str) -> tuple[wire.Recipient, ...]:
    pairs = getaddresses([str(value) for value in message.get_all(name, [])])
    return tuple(wire.recipient(shown, address) for shown, address in pairs if address)


def _headers(message: EmailMessage) -> tuple[wire.Header, ...]:
    """Custom headers, the ticket first: Graph takes few."""
    custom = [(name, " ".join(str(value).split())) for name, value in message.items() if name.lower().startswith("x-")]
    custom.sort(key=lambda pair: not pair[0].lower().startswith(_TICKET))
    return tuple(wire.Header(name=name, value=value) for name, value in custom[:_MOST_HEADERS])


def _thread(message: EmailMessage) -> tuple[wire.Property, ...]:
    pairs = ((wire.IN_REPLY_TO, "In-Reply-To"), (wire.REFERENCES, "References"))
    return tuple(wire.Property(id=key, value=" ".join(str(message[name]).split())) for key, name in pairs if message.get(name))


def _marks(message: EmailMessage, sensitivity: str) -> tuple[wire.Property, ...]:
    """What Graph's message has no field for: sensitivity, the label's header, the place in the conversation."""
    found = [wire.Property(id=wire.SENSITIVITY, value=str(_SENSITIVITY[sensitivity]))] if sensitivity in _SENSITIVITY else []
    pairs = ((wire.LABELS, "msip_labels"), (wire.THREAD_INDEX, "Thread-Index"))
    found += [wire.Property(id=key, value=" ".join(str(message[name]).split())) for key, name in pairs if message.get(name)]
    return tuple(found)


def _sent_at(message: EmailMessage) -> tuple[wire.Property, ...]:
    try:
        at = parsedate_to_datetime(str(message.get("Date", ""))).astimezone(UTC)
    except (ValueError, TypeError):
        return ()
    return (wire.Property(id=wire.SUBMITTED, value=at.strftime("%Y-%m-%dT%H:%M:%SZ")),)
