"""Our extended properties on Exchange items, and the message class that knows them."""

from __future__ import annotations

import threading

from exchangelib import ExtendedProperty, Message

_registered = threading.Lock()


class Marker(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """Finds a message of ours again, whatever became of its ids."""

    distinguished_property_set_id = "PublicStrings"
    property_name = "SendSecurelyMarker"
    property_type = "String"


class DisarmedRecipients(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """The recipients of a disarmed draft, as JSON: {"to": [[name, address], …], "cc": …, "bcc": …}."""

    distinguished_property_set_id = "PublicStrings"
    property_name = "SendSecurelyRecipients"
    property_type = "String"


class TicketHeader(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """The transport ticket as the add-in sets it: a custom internet header."""

    distinguished_property_set_id = "InternetHeaders"
    property_name = "X-SendSecurely-Ticket"
    property_type = "String"


class MessageFlags(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """PidTagMessageFlags (MS-OXCMSG §2.2.1.6): without mfUnsent (0x8) a message that we store is no draft."""

    property_tag = 0x0E07
    property_type = "Integer"


MARKER, DISARMED, FLAGS = "send_securely_marker", "send_securely_recipients", "send_securely_flags"
TICKET = "send_securely_ticket"
READ_AND_SENT = 0x1


def register() -> None:
    """Make exchangelib's Message know our properties; once per process, which is how exchangelib has it."""
    with _registered:
        known = {field.name for field in Message.FIELDS}
        for name, kind in ((MARKER, Marker), (DISARMED, DisarmedRecipients), (FLAGS, MessageFlags), (TICKET, TicketHeader)):
            if name not in known:
                Message.register(name, kind)
