"""Promise versus delivery: what a trace says of our own mails, held against how each was decided to go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from addin_backend.evidence.transport.exchange_report import Observation, Seen
from addin_backend.evidence.transport.trace import Delivery, Said, Secrecy
from addin_backend.model.decision import Protection
from addin_backend.model.sending import SendJob

OLD = frozenset({"1.0", "1.1"})  # no longer secure (RFC 8996)


class Kept(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_SAID = "not_said"
    FAILED = "failed"
    NO_PROMISE = "no_promise"
    NOT_OURS = "not_ours"
    WAITS = "waits"
    WITHDRAWN = "withdrawn"


_NOT_GONE = {Said.DEFERRED: Kept.WAITS, Said.NOT_WITHDRAWN: Kept.WAITS, Said.WITHDRAWN: Kept.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Held:
    """Every row by what became of it, and the domains to which a promise was broken, by day."""

    counts: Counter[Kept]
    broken: tuple[Observation, ...]


def _kept(row: Delivery, job: SendJob | None) -> Kept:
    group = next((one for one in job.groups if one.message_id == row.message_id), None) if job else None
    if group is None or row.recipient not in {address.lower() for address in group.addresses}:
        return Kept.NOT_OURS
    if row.failed:
        return Kept.FAILED
    if row.said in _NOT_GONE:
        return _NOT_GONE[row.said]
    if group.protection is not Protection.TLS:
        return Kept.NO_PROMISE
    if row.secrecy is Secrecy.NONE or row.version in OLD:
        return Kept.BROKEN
    return Kept.KEPT if row.secrecy is Secrecy.TLS else Kept.NOT_SAID


def hold(rows: Iterable[Delivery], job_of: Callable[[str], SendJob | None], on: date) -> Held:
    """Each delivery against the group that it belongs to, found by our Message-ID. What is not said is not kept and not broken."""
    counts, broken = Counter[Kept](), Counter[tuple[str, date]]()
    for row in rows:
        kept = _kept(row, job_of(row.message_id))
        counts[kept] += 1
        if kept is Kept.BROKEN:
            broken[row.recipient.rpartition("@")[2], row.day or on] += 1
    return Held(
        counts, tuple(Observation(domain=domain, seen=Seen.NO_TLS, day=day, count=count) for (domain, day), count in sorted(broken.items()))
    )
