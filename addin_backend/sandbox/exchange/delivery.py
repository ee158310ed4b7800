"""Transport: own domain to the Inbox, everything else out into the journal (or the queue), by the mail-flow rule for tickets."""

from __future__ import annotations

import base64
import secrets
from email.utils import format_datetime

import msgspec

from addin_backend.sandbox.exchange import folders, items, queue, reports
from addin_backend.sandbox.exchange import mime as mimes
from addin_backend.sandbox.exchange.context import TICKET_HEADER, Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.properties import MARKER_NAME, named
from addin_backend.sandbox.exchange.seeds import DELEGATES
from addin_backend.sandbox.exchange.store import Item, new_change_key, new_id

_MARKER = named("PublicStrings", MARKER_NAME)


def submit(call: Call, item: Item, stored: bytes) -> tuple[Item, bytes]:
    """Send an item to everyone on it; gives back the item as sent and the MIME that the sender's copy keeps."""
    addressed = items.recipients(item)
    if not addressed:
        raise EwsError("ErrorInvalidRecipients", "At least one recipient isn't valid.")
    if any(address.count("@") != 1 or address.startswith("@") or address.endswith("@") for address, _ in addressed):
        raise EwsError("ErrorInvalidRecipients", "At least one recipient isn't valid.")
    sender = item.sender[1].lower()
    if sender != call.mailbox and call.store.mailbox_name(sender) is not None and call.mailbox not in DELEGATES.get(sender, ()):
        raise EwsError("ErrorSendAsDenied", "The user account which was used to submit this request does not have the right to send mail.")
    mime = items.current_mime(item, stored, with_bcc=False)
    if "Date" not in mimes.headers(mime):
        mime = mimes.replaced(mime, {"Date": format_datetime(call.clock())})
    sent = msgspec.structs.replace(item, is_draft=False, sent=call.now(), modified=call.now(), change_key=new_change_key())
    ticketed = TICKET_HEADER in mimes.headers(mime)
    leaving = mimes.replaced(mime, {TICKET_HEADER: None, "Bcc": None, "Resent-Bcc": None})
    submission = secrets.token_hex(8)
    for address, hidden in addressed:
        _deliver(call, sent, leaving, address, hidden, ticketed, submission)
    return sent, mime


def _deliver(call: Call, item: Item, mime: bytes, address: str, hidden: bool, ticketed: bool, submission: str) -> None:
    internal = address.partition("@")[2] in call.switches.own_domains
    via = "internal" if internal else "connector_always_tls" if ticketed else "opportunistic"
    if address.partition("@")[2] in call.switches.undeliverable:
        reports.report(_returned_to(call, item), mime, address, "failed", "5.1.1")
        via = "refused"
    entry: dict[str, object] = {
        "at": call.now(), "submission": submission, "from": item.sender[1], "mailbox": call.mailbox, "recipient": address,
        "via": via, "ticket": ticketed, "bcc": hidden, "message_id": item.message_id, "marker": item.extended.get(_MARKER, ""),
        "item_class": item.item_class, "mime_base64": base64.b64encode(mime).decode(),
    }  # fmt: skip
    if via == "connector_always_tls" and not call.switches.tls_offered:
        call.store.queue_add(queue.QUEUED, entry)
        return
    call.store.journal_add(entry)
    if internal and call.store.mailbox_name(address) is not None:
        _into_inbox(call, item, mime, address)


def _returned_to(call: Call, item: Item) -> Call:
    """Reports go to whom the mail came from."""
    sender = item.sender[1].lower()
    mailbox = sender if call.store.mailbox_name(sender) is not None else call.mailbox
    return Call(store=call.store, mailbox=mailbox, switches=call.switches, clock=call.clock)


def _into_inbox(call: Call, item: Item, mime: bytes, address: str) -> None:
    owner = Call(store=call.store, mailbox=address, switches=call.switches, clock=call.clock)
    folders.create_well_known(owner)
    received = msgspec.structs.replace(
        item, id=new_id(), mailbox=address, folder=folders.named(owner, "inbox").id, change_key=new_change_key(),
        bcc=[], extended={}, is_read=False, created=call.now(),
    )  # fmt: skip
    call.store.put(received, mime)
