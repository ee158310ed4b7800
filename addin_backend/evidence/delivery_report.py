"""Reads a report on a mail that could not be delivered (RFC 3464), or on one that waits. Whoever can write to a mailbox can send one, so
everything in it is a claim: bounded, never quoted, and worth only what the caller can match with a mail of ours.

What is read: the Message-IDs that the report names, a line per recipient, and whether our own Exchange wrote it. Reports of another form
than RFC 3464 are read by X-Failed-Recipients (Exim, Google and others); one that names nobody names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from addin_backend.evidence.headers import HeaderBlock, read_block, read_parameters

MOST_BYTES = 1024 * 1024  # of a report: the returned mail stands last, and of it only the header counts
MOST_PARTS = 8
MOST_LINES = 2000
MOST_IDS = 60  # References can be long
_STATUS_BYTES = 512 * 1024
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_BLANK = re.compile(rb"\r?\n[ \t]*\r?\n")
_RETURNED = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})
_STATUSES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_INTERNAL = "internal"
_EXCHANGE = re.compile(r"(?:microsoftexchange329e71ec88ae4615bbc36ab6ce41109e|postmaster)@", re.IGNORECASE)  # who Exchange reports as


class Action(StrEnum):
    """What happened (RFC 3464 §2.3.3), as far as we act on it."""

    FAILED = "failed"
    DELAYED = "delayed"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient of a report. ``addresses``: as we wrote it and as the last server had it, in lower case."""

    addresses: tuple[str, ...]
    action: Action
    status: str = ""


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """``message_ids``: those that the report gives as the mail's own. ``own``: our own Exchange wrote it. It takes the mark AuthAs off
    whatever comes from outside (header firewall), and lets no colleague send in its own name.
    """

    message_ids: tuple[str, ...]
    lines: tuple[Line, ...]
    own: bool


def _parts(body: bytes, boundary: str) -> Iterator[bytes]:
    """The parts of a multipart, bounded. What is not closed ends where the body ends (RFC 2046 §5.1.1)."""
    mark = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary.encode("latin-1", "replace")) + rb"(--)?[ \t]*(?:\r?\n|$)")
    start = -1
    for number, found in enumerate(mark.finditer(body)):
        if start >= 0:
            yield body[start : found.start()]
        if found.group(1) or number >= MOST_PARTS:
            return
        start = found.end()
    if start >= 0:
        yield body[start:]


def _address(value: str) -> str:
    """The address of a Final-Recipient or Original-Recipient ("rfc822; bo@…"), or ""."""
    kind, _, address = value.partition(";")
    plain = address if kind.strip().lower() in ("rfc822", "utf-8") else ""
    return plain.strip().strip("<>").strip().lower()


def _line(block: HeaderBlock) -> Line | None:
    word = block.first("action").strip().lower()
    addresses = tuple(dict.fromkeys(filter(None, (_address(block.first(name)) for name in ("original-recipient", "final-recipient")))))
    if word not in set(Action) or not addresses:
        return None
    status = _STATUS.match(block.first("status").strip())
    return Line(addresses=addresses, action=Action(word), status=status.group() if status else "")


def _lines(part: bytes) -> list[Line]:
    """The recipients of a delivery-status part: blocks of fields after the one about the message (RFC 3464 §2.1)."""
    blocks = _BLANK.split(part[:_STATUS_BYTES].strip(b"\r\n"), maxsplit=MOST_LINES)
    return [line for block in blocks[:MOST_LINES] if (line := _line(read_block(block.lstrip(b"\r\n") + b"\r\n\r\n"))) is not None]


def _other_form(block: HeaderBlock) -> list[Line]:
    """A report that is no RFC 3464 one and names the failed recipients in a header field."""
    named = ",".join(block.all("x-failed-recipients")).split(",", MOST_LINES)[:MOST_LINES]
    return [Line(addresses=(one.strip().strip("<>").lower(),), action=Action.FAILED) for one in named if "@" in one]


def _is_own(block: HeaderBlock) -> bool:
    marks, froms = block.all("x-ms-exchange-organization-authas"), block.all("from")
    return len(froms) == 1 and bool(_EXCHANGE.search(froms[0])) and [one.strip().lower() for one in marks] == [_INTERNAL]


def _ids(values: list[str]) -> list[str]:
    return [found for value in values for found in _MESSAGE_ID.findall(value[: MOST_IDS * 260])]


def read_report(raw: bytes) -> DeliveryReport:
    """What the report claims. Never raises: what cannot be read has no lines."""
    raw = raw[:MOST_BYTES]
    block = read_block(raw)
    kind = read_parameters(block.first("content-type"), "text/plain")
    ids, lines = _ids([*block.all("in-reply-to"), *block.all("references")]), list[Line]()
    boundary = kind.parameters.get("boundary", "")
    if kind.value.startswith("multipart/") and boundary:
        for part in _parts(raw[block.end :], boundary):
            inner = read_block(part)
            sort = read_parameters(inner.first("content-type"), "text/plain").value
            if sort in _STATUSES and not lines:
                lines = _lines(part[inner.end :])
            elif sort in _RETURNED:
                returned = read_block(part[inner.end :])
                ids = _ids(returned.all("message-id")) + ids
    return DeliveryReport(
        message_ids=tuple(dict.fromkeys(ids))[:MOST_IDS],
        lines=tuple(lines or _other_form(block)),
        own=_is_own(block),
    )
