"""What the pages and the API ask about mail that waits for a secure connection. ``bootstrap`` fills it in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from addin_backend.errors import NotFound
from addin_backend.flows.waiting_ask import WhoAsks


@dataclass(frozen=True, slots=True)
class WaitLine:
    """One recipient of a mail that waits for a secure connection, or did. ``state`` is a word of ``model.waiting.shown``.

    ``address`` is for the sender only; ``mailbox`` is the pseudonym that the log has for it. ``may_ask``: the secure page can be had now.
    """

    address: str
    state: str
    since: datetime
    last_seen: datetime
    teller: str
    may_ask: bool
    job_id: str
    mailbox: str
    asked_at: datetime | None = None
    code: str = ""


def _nothing_waits(_job_id: str, _who: WhoAsks) -> None:
    """There is no such mail."""
    raise NotFound


@dataclass(frozen=True, slots=True)
class Waits:
    """Mail that waits. ``of``: the recipients of a job who wait; ``ask``: the secure page instead (job id, who); raises NotFound, Conflict;
    ``latest``: the newest, for the officer.
    """

    of: Callable[[str], tuple[WaitLine, ...]] = lambda _job_id: ()
    ask: Callable[[str, WhoAsks], None] = _nothing_waits
    latest: Callable[[], tuple[WaitLine, ...]] = tuple
