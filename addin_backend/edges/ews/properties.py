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


class FailedRecipients(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """Whom a report of another form than RFC 3464 is about."""

    distinguished_property_set_id = "InternetHeaders"
    property_name = "X-Failed-Recipients"
    property_type = "String"


class IsReport(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """Exchange's own mark on a report, whatever its form."""

    distinguished_property_set_id = "InternetHeaders"
    property_name = "X-MS-Exchange-Message-Is-Ndr"
    property_type = "String"


class MessageFlags(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """PidTagMessageFlags (MS-OXCMSG §2.2.1.6): without mfUnsent (0x8) a message that we store is no draft."""

    property_tag = 0x0E07
    property_type = "Integer"


MARKER, DISARMED, FLAGS = "send_securely_marker", "send_securely_recipients", "send_securely_flags"
TICKET = "send_securely_ticket"
FAILED, IS_REPORT = "send_securely_failed", "send_securely_is_report"
READ_AND_SENT, SENT = 0x1, 0x0
_ALL = (
    (MARKER, Marker), (DISARMED, DisarmedRecipients), (FLAGS, MessageFlags), (TICKET, TicketHeader), (FAILED, FailedRecipients),
    (IS_REPORT, IsReport),
)  # fmt: skip


def register() -> None:
    """Make exchangelib's Message know our properties; once per process, which is how exchangelib has it."""
    with _registered:
        known = {field.name for field in Message.FIELDS}
        for name, kind in _ALL:
            if name not in known:
                Message.register(name, kind)
