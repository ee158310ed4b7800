"""What the log holds of one employee's own mail: when, what was done, and what was decided (GDPR Art. 15). Reading it is recorded too."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.canonical import read_record
from addin_backend.accountability.records import Act
from addin_backend.ports import AccountabilityLog, Pseudonymiser

LOOK = 20_000  # entries that are looked through, newest first
STEP = 500
OF_MAIL = frozenset({"checked", "decided", "sent", "not_sent", "partly_sent", "uncertain", "missent_reported"})


class OwnLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. ``event`` is the record's action (checked, sent …); ``action`` what was decided, or "" where nothing was."""

    at: datetime
    event: str
    event_id: str
    action: str = ""
    classes: tuple[str, ...] = ()


def _line(action: str, at: datetime, event_id: str, body: dict[str, Any]) -> OwnLine:
    decided = body.get("decision", {}).get("action", "")
    mail = body.get("mail", {})  # of an outcome only a keyed digest
    classes = tuple(mail.get("classes", ())) if isinstance(mail, dict) else ()
    return OwnLine(at=at, event=action, event_id=event_id, action=decided, classes=classes)


def own_record(act: Act, limit: int, log: AccountabilityLog, names: Pseudonymiser) -> tuple[OwnLine, ...]:
    """The ``limit`` newest entries that ``act.actor`` caused, newest first. Raises Unavailable, LogBroken."""

    @lru_cache(maxsize=8)
    def known_as(year: int, month: int) -> str:
        return names.pseudonym("address", act.actor, act.at.replace(year=year, month=month, day=1))

    log.append(records.simple("log_read", act, names, limit=limit))
    found: list[OwnLine] = []
    end = log.checkpoint().size
    first = max(0, end - LOOK)
    while end > first and len(found) < limit:
        start = max(first, end - STEP)
        for entry in reversed(log.entries(start, end)):
            record = read_record(entry.entry)
            at = record.occurred_at
            if record.action in OF_MAIL and record.actor == known_as(at.year, at.month) and len(found) < limit:
                found.append(_line(record.action, at, record.event_id, record.body))
        end = start
    return tuple(found)
