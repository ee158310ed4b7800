"""Turning an Outgoing into the item that Exchange saves: MIME without recipients, and the recipients as properties."""

from __future__ import annotations

from email.parser import BytesHeaderParser

from exchangelib import Account, Mailbox, Message

from addin_backend.edges.ews import properties
from addin_backend.edges.ews.adapter import STAND_IN
from addin_backend.model.outer_header import without_recipients
from addin_backend.ports import Outgoing

SENT_SECURELY = "Sendt sikkert"


def outgoing_item(account: Account, outgoing: Outgoing, *, as_sent: bool, unread: bool = False) -> tuple[Message, bytes]:
    """The new item, and the mail that it has STAND_IN for.

    ``as_sent``: a copy that stands in Sent Items as sent and read; ``unread``: a note for the Inbox.

    Raises ValueError when the MIME does not carry the Message-ID that it will be looked for by.
    """
    if BytesHeaderParser().parsebytes(outgoing.mime[:65536]).get("Message-ID", "").strip() != outgoing.message_id:
        raise ValueError("the MIME does not carry its own Message-ID")
    outer = without_recipients(outgoing.mime)

    def people(addresses: tuple[str, ...]) -> list[Mailbox]:
        return [Mailbox(name=outer.names.get(address.lower()), email_address=address) for address in addresses]

    item = Message(
        account=account,
        mime_content=STAND_IN,
        to_recipients=people(outgoing.to),
        cc_recipients=people(outgoing.cc),
        bcc_recipients=people(outgoing.bcc),
        importance=outer.importance,
        sensitivity=outer.sensitivity,
        is_read_receipt_requested=outer.read_receipt,
        is_read=not unread,
    )
    setattr(item, properties.MARKER, outgoing.marker)
    if unread:
        setattr(item, properties.FLAGS, properties.SENT)
    elif as_sent:
        setattr(item, properties.FLAGS, properties.READ_AND_SENT)
        item.categories = [SENT_SECURELY, *(name for name in outer.categories if name != SENT_SECURELY)]
    return item, outer.mime
