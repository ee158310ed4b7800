"""Reports on mail that was not delivered or waits, as Exchange writes them (RFC 3464, MS-OXCMAIL), and mail from outside."""

from __future__ import annotations

import secrets
from email.utils import format_datetime

import msgspec

from addin_backend.sandbox.exchange import folders, items
from addin_backend.sandbox.exchange import mime as mimes
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.properties import named

POSTMASTER = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e"
_ORGANISATION = "x-ms-exchange-organization-"
_WORDS = {
    "failed": ("Undeliverable", "Your message could not be delivered."),
    "delayed": ("Delivery delayed", "Your message has not been delivered yet. It will be tried again."),
}


def report(call: Call, mime: bytes, address: str, action: str, status: str) -> None:
    """Put a report on ``mime`` to ``address`` into the sender's Inbox, written by the organisation's own Exchange."""
    owner, _, domain = call.mailbox.partition("@")
    found = mimes.headers(mime)
    original, boundary = str(found.get("Message-ID", "")).strip(), secrets.token_hex(12)
    subject, words = _WORDS[action]
    head, _ = mimes.split(mime)
    built = (
        (
            f"From: Microsoft Outlook <{POSTMASTER}@{domain}>\r\nTo: <{owner}@{domain}>\r\nDate: {format_datetime(call.clock())}\r\n"
            f"Message-ID: <{secrets.token_hex(12)}@mx.{domain}>\r\nIn-Reply-To: {original}\r\nReferences: {original}\r\n"
            f"Subject: {subject}\r\nX-MS-Exchange-Message-Is-Ndr:\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\nMIME-Version: 1.0\r\n"
            f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"\r\n\r\n'
            f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n\r\n"
            f"--{boundary}\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;mx.{domain}\r\n\r\n"
            f"Original-Recipient: rfc822;{address}\r\nFinal-Recipient: rfc822;{address}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
            f"--{boundary}\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        ).encode()
        + head
        + f"\r\n--{boundary}--\r\n".encode()
    )
    _arrive(call, built)


def from_outside(call: Call, mime: bytes) -> None:
    """A mail that somebody outside sends to the mailbox: the header firewall takes off what only our own servers may say."""
    theirs = [name for name in mimes.headers(mime) if name.lower().startswith(_ORGANISATION)]
    _arrive(call, mimes.replaced(mime, dict.fromkeys(theirs)))


def _arrive(call: Call, mime: bytes) -> None:
    if len(mime) > call.switches.max_message_bytes:
        raise EwsError("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    folders.create_well_known(call)
    item = items.from_mime(call, mime, folders.named(call, "inbox").id)
    sent = mimes.headers(mime)
    kept = {named("InternetHeaders", name): str(value) or " " for name, value in sent.items() if name.lower().startswith("x-")}
    call.store.put(msgspec.structs.replace(item, is_draft=False, is_read=False, sent=call.now(), bcc=[], extended=kept), mime)
