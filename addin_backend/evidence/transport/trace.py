"""Reads what became of single mails: an export of Exchange's message trace, or a relay's log, as CSV or JSON.

Columns are known by their names, in any order and case: message_id, recipient, status, tls (or tls_version, detail), and the time in date
or received. A row that does not say which TLS was used says nothing about it: that is not the same as none. Nor is a status that is not
known.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from addin_backend.errors import BadInput

MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 500_000
_NAMES = {
    "message_id": ("messageid", "internetmessageid"),
    "recipient": ("recipient", "recipientaddress", "recipientaddresses", "to"),
    "status": ("status", "deliverystatus", "event", "eventid"),
    "tls": ("tls", "tlsversion", "detail", "data", "customdata"),
    "day": ("date", "day", "received", "receivedtime", "timestamp"),
}
_NEEDED = ("message_id", "recipient")
_VERSION = re.compile(r"TLS[_ ]?v?(1)[._]?([0-3])", re.IGNORECASE)  # TLSv1.2, SP_PROT_TLS1_3_CLIENT
_OF_DAY = re.compile(r"\d:\d")  # a date alone has no time of day
_NONE = frozenset({"none", "no", "false", "0", "plaintext", "notls", "opportunistic:none"})
_FAILED = re.compile(r"fail|bounce|expire|reject|undeliver", re.IGNORECASE)
_WAITS = re.compile(r"defer|pending|queued|retry|delay", re.IGNORECASE)
_ARRIVED = frozenset({"delivered", "deliver", "sent", "send"})  # Exchange's trace and tracking log; Postfix
_WITHDRAWN = frozenset({"withdrawn"})  # not "removed", which Postfix also says of a queue file whose mail has been delivered
_STILL_THERE = frozenset({"notwithdrawn", "notremoved", "notfound"})


class Secrecy(StrEnum):
    """What the row says of the connection."""

    TLS = "tls"
    NONE = "none"
    UNKNOWN = "unknown"


class Said(StrEnum):
    """What the status says of the mail; ``nothing`` where it is empty or not known. ``deferred``: it waits in the queue.

    ``withdrawn`` and ``not_withdrawn`` answer `transport withdrawals`.
    """

    NOTHING = "nothing"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    NOT_WITHDRAWN = "not_withdrawn"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one recipient. ``version`` is like "1.2", "" where it is not said; ``at`` is None where the row has no time of day."""

    message_id: str
    recipient: str
    secrecy: Secrecy
    version: str = ""
    said: Said = Said.NOTHING
    day: date | None = None
    at: datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether it did not arrive and never will."""
        return self.said is Said.FAILED


def _bad(what: str, da: str) -> BadInput:
    return BadInput(
        f"The trace cannot be used: {what}",
        sentence_da=f"Sporingen kan ikke bruges: {da}",
        next_step="Export it as CSV or JSON with the columns message_id, recipient and tls.",
        next_step_da="Hent den som CSV eller JSON med kolonnerne message_id, recipient og tls.",
        field="trace",
    )


def _rows(raw: bytes) -> Iterable[Mapping[Any, Any]]:
    if len(raw) > MOST_BYTES:
        raise _bad("the file is too large.", "filen er for stor.")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        if text.lstrip()[:1] not in ("[", "{"):
            return list(csv.DictReader(io.StringIO(text)))
        found = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines() if line.strip()]
    except (UnicodeDecodeError, ValueError, csv.Error, RecursionError):
        raise _bad("it is neither CSV nor JSON.", "den er hverken CSV eller JSON.") from None
    if not all(isinstance(row, dict) for row in found):
        raise _bad("it is no list of objects.", "den er ikke en liste af objekter.")
    return list(found)


def _field(row: Mapping[Any, Any], name: str) -> str:
    by_key = {re.sub(r"[^a-z]", "", str(key).lower()): value for key, value in row.items() if key is not None}
    return next((str(by_key[key]).strip() for key in _NAMES[name] if by_key.get(key) not in (None, "")), "")


def _secrecy(said: str) -> tuple[Secrecy, str]:
    found = _VERSION.search(said)
    if found:
        return Secrecy.TLS, f"{found[1]}.{found[2]}"
    return (Secrecy.NONE, "") if said.lower().replace(" ", "") in _NONE else (Secrecy.UNKNOWN, "")


def _said(status: str) -> Said:
    word = re.sub(r"[^a-z]", "", status.lower())
    for words, said in ((_WITHDRAWN, Said.WITHDRAWN), (_STILL_THERE, Said.NOT_WITHDRAWN), (_ARRIVED, Said.DELIVERED)):
        if word in words:
            return said
    if _FAILED.search(status):
        return Said.FAILED
    return Said.DEFERRED if _WAITS.search(status) else Said.NOTHING


def _time(said: str) -> datetime | None:
    """Without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(said.replace("Z", "+00:00"))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def read_trace(raw: bytes) -> tuple[Delivery, ...]:
    """Every row. Raises BadInput for a file that is none of the forms, or has no column for Message-ID or recipient."""
    found = []
    for number, row in enumerate(_rows(raw), 1):
        if number > MOST_ROWS:
            raise _bad("it has too many rows.", "den har for mange rækker.")
        values = {name: _field(row, name) for name in _NAMES}
        if not all(values[name] for name in _NEEDED):
            raise _bad(f"row {number} has no Message-ID or no recipient.", f"række {number} mangler Message-ID eller modtager.")
        secrecy, version = _secrecy(values["tls"])
        at = _time(values["day"])
        found.append(Delivery(
            message_id=values["message_id"], recipient=values["recipient"].lower(), secrecy=secrecy, version=version,
            said=_said(values["status"]), day=at.date() if at else None, at=at if _OF_DAY.search(values["day"]) else None,
        ))  # fmt: skip
    return tuple(found)
