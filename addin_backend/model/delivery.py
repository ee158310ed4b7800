"""What became of a mail after it had left: reports that came back, and what a trace says of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from addin_backend.model.decision import Protection


class Fate(StrEnum):
    """What is known of one recipient's copy after it had left. The later in this order, the more it counts."""

    DELAYED = "delayed"
    NOT_DELIVERED = "not_delivered"


class Source(StrEnum):
    """Who says so. ``own_report``: our own Exchange wrote it. ``report``: somebody did, perhaps the recipient's server."""

    REPORT = "report"
    OWN_REPORT = "own_report"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient of a send and what is known. ``status`` is the enhanced status code (RFC 3463), "" where none was said.

    ``told``: the sender has a note about it.
    """

    job_id: str
    mailbox: str
    address: str
    protection: Protection
    fate: Fate
    source: Source
    at: datetime
    status: str = ""
    told: bool = False


def weight(delivery: Delivery) -> int:
    """How much it counts: what is known gives way only to what counts more, and our own word counts more than anybody's."""
    return 2 * list(Fate).index(delivery.fate) + int(delivery.source is not Source.REPORT)


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the Inbox as a list shows it; nothing of what it says. ``item_class`` is Exchange's.

    ``failed`` is the header X-Failed-Recipients, ``is_report`` whether Exchange marked a mail of another form as a report.
    """

    item_id: str
    item_class: str
    failed: str = ""
    is_report: bool = False
    size: int = 0


class ArrivedPage(msgspec.Struct, frozen=True, kw_only=True):
    """What came since a state, and the state after it. ``more``: there is another page already."""

    entries: tuple[Arrived, ...]
    state: str
    more: bool
