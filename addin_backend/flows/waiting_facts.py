"""What is heard of ticketed copies that wait for TLS, kept per recipient: from a relay's log, a trace, reports, the relay when asked.

Only kept here. What follows from it is recorded and done in the server's next round (flows/waiting_round.py), which alone writes the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from addin_backend.errors import NotFound
from addin_backend.evidence.transport import trace
from addin_backend.evidence.transport.trace import Said
from addin_backend.flows.after_send import job_id_of
from addin_backend.model.decision import Protection
from addin_backend.model.delivery import Delivery, Fate, Source
from addin_backend.model.sending import Group, SendJob, SendState
from addin_backend.model.waiting import Heard, Teller, Waiting, after_hearing
from addin_backend.ports import Clock

_LEFT = frozenset({SendState.SENT, SendState.UNCERTAIN})
OLDEST = timedelta(days=30)  # nobody waits for what left before
HEARD = {
    Said.DEFERRED: Heard.DEFERRED,
    Said.DELIVERED: Heard.DELIVERED,
    Said.WITHDRAWN: Heard.WITHDRAWN,
    Said.NOT_WITHDRAWN: Heard.NOT_WITHDRAWN,
    Said.FAILED: Heard.FAILED,
}
_TELLERS = {Source.REPORT: Teller.REPORT, Source.OWN_REPORT: Teller.OWN_REPORT}
Change = Callable[[Waiting | None], Waiting | None]


class Waits(Protocol):
    """Keeps what is known of copies that wait. Raises Unavailable."""

    def change(self, mail: str, address: str, act: Change, content: bytes | None = None) -> Waiting | None:
        """Replace a row by what ``act`` makes of it, as one thing: ``act`` is asked again when somebody else was quicker.

        ``content`` is what is to be sent instead; it is sealed, and kept only when the row was replaced.

        It gets None where there is no row, and the row stays as it is when it gives that back. What stands there then.
        """
        ...

    def of(self, mail: str) -> Sequence[Waiting]:
        """The recipients of a mail that wait or waited."""
        ...

    def open(self) -> Sequence[Waiting]:
        """The rows about which a round has something to do, oldest first."""
        ...

    def latest(self, limit: int) -> Sequence[Waiting]:
        """The newest rows, for the officer."""
        ...

    def content(self, mail: str, address: str) -> bytes:
        """Raises NotFound."""
        ...

    def drop_content(self, mail: str, address: str) -> None:
        """It is not needed any more. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class Hearing:
    """What taking facts in needs. ``job_of`` gives a job by its id; raises NotFound."""

    waits: Waits
    job_of: Callable[[str], SendJob]
    clock: Clock


def _ticketed(message_id: str, recipient: str, hearing: Hearing) -> tuple[SendJob, Group, str] | None:
    """The ticketed copy that a Message-ID names, and the recipient as we wrote the address. None: no promise of ours, or long ago."""
    job_id = job_id_of(message_id)
    if not job_id:
        return None
    try:
        job = hearing.job_of(job_id)
    except NotFound:
        return None
    group = next((one for one in job.groups if one.message_id == message_id.strip()), None)
    if group is None or group.protection is not Protection.TLS or group.state not in _LEFT:
        return None
    address = next((one for one in group.addresses if one.lower() == recipient.strip().lower()), "")
    return (job, group, address) if address and hearing.clock() - job.created_at <= OLDEST else None


def hear(message_id: str, recipient: str, heard: Heard, at: datetime, teller: Teller, hearing: Hearing) -> bool:
    """Keep one fact; whether it is about a copy that waits. Only what waits begins a row. Raises Unavailable."""
    found = _ticketed(message_id, recipient, hearing)
    if found is None:
        return False
    job, group, address = found
    begins = Waiting(
        mail=job.job_id, job_id=job.job_id, mailbox=job.mailbox, address=address, message_id=group.message_id,
        left_at=job.since or job.created_at, first_seen=at, last_seen=at, teller=teller,
    )  # fmt: skip

    def act(known: Waiting | None) -> Waiting | None:
        if known is None:
            return begins if heard is Heard.DEFERRED else None
        return after_hearing(known, heard, at, teller)

    return hearing.waits.change(job.job_id, address, act) is not None


def hear_rows(rows: Iterable[trace.Delivery], teller: Teller, hearing: Hearing) -> int:
    """Keep what a log or trace says, what waits first: lines may come in any order. How many rows were about copies that wait."""
    said = [(HEARD[row.said], row) for row in rows if row.said in HEARD]
    said.sort(key=lambda one: one[0] is not Heard.DEFERRED)
    return sum(hear(row.message_id, row.recipient, heard, row.at or hearing.clock(), teller, hearing) for heard, row in said)


def hear_report(delivery: Delivery, message_id: str, hearing: Hearing) -> None:
    """Keep what a report says. One from outside may say that a mail waits; that it is dead only our own Exchange's word counts for."""
    heard = Heard.DEFERRED if delivery.fate is Fate.DELAYED else Heard.FAILED
    hear(message_id, delivery.address, heard, delivery.at, _TELLERS[delivery.source], hearing)
