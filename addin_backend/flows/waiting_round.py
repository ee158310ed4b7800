"""One round over the copies that wait: record what was heard, ask the relay, and send the secure page once the first copy is dead.

Every step may be done again after a crash. What has come about is in the log before anything is done about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import Conflict, NotFound, SendSecurelyError, Unavailable
from addin_backend.evidence.transport import trace
from addin_backend.flows.accept_send import Press
from addin_backend.flows.groups import message_id as own_message_id
from addin_backend.flows.waiting_ask import key_of, press_of
from addin_backend.flows.waiting_facts import Hearing, Waits, hear, hear_rows
from addin_backend.model.decision import Decision
from addin_backend.model.message import Message
from addin_backend.model.sending import SendJob, SendState
from addin_backend.model.waiting import (
    End,
    Heard,
    Teller,
    Waiting,
    Wish,
    committed,
    handed_over,
    is_over,
    news_for_sender,
    stages,
    to_withdraw,
)
from addin_backend.ports import AccountabilityLog, Clock, Log, Outgoing, Pseudonymiser
from addin_backend.sealing import waiting_note

PASSING = frozenset({Unavailable.code, "outcome_unknown"})
NOT_BY_PAGE = "not_by_page"  # the rules of now would not send it as a secure page


class Relay(Protocol):
    """The machine with the queue. Raises Unavailable (nothing is known to have happened)."""

    def rows(self) -> Sequence[trace.Delivery]:
        """What it says of mails lately; rows may come again."""
        ...

    def withdraw(self, message_id: str, address: str) -> Heard | None:
        """Take a copy out of the queue; safe to ask again. None: it was handed over, and the answer comes as a row.

        Withdrawn only when it is certain that the copy will never arrive; delivered only when it has. Anything else is not withdrawn.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rounds:
    """What a round needs. ``press`` sends (or says why not: no job); a press under a known key gives the job of the first.

    ``found`` gives the job that a mailbox's key has become, if any; ``put_note`` a note of ours in an Inbox, once.
    """

    hearing: Hearing
    relay: Relay
    press: Callable[[Press], tuple[Decision, SendJob | None]]
    found: Callable[[str, str], SendJob | None]
    put_note: Callable[[str, Outgoing], None]
    log: AccountabilityLog
    names: Pseudonymiser
    events: Log
    clock: Clock
    after: timedelta

    @property
    def waits(self) -> Waits:
        """The rows."""
        return self.hearing.waits


def _changed(known: Waiting, act: Callable[[Waiting], Waiting], parts: Rounds) -> Waiting:
    """The row after ``act``. What is known grows only, so a row that is there stays there."""
    found = parts.waits.change(known.mail, known.address, lambda row: None if row is None else act(row))
    if found is None:
        raise NotFound
    return found


# --- the log ------------------------------------------------------------------------------------------------------------


def _record(known: Waiting, parts: Rounds) -> Waiting:
    """Every stage that has come about and is not in the log yet. Raises Unavailable, LogBroken."""
    new = tuple(stage for stage in stages(known) if stage not in known.recorded)
    for stage in new:
        event = records.event_id_of(f"{known.mail}\n{known.address.lower()}", f"waiting {stage}", known.left_at)
        word, _, number = stage.partition(" ")
        by_person = word == "asked"
        at = known.asked_at if by_person and known.asked_at else parts.clock()
        act = Act(event, at, known.asked_by if by_person else "", known.mailbox, known.request_id if by_person else "", job_id=known.job_id)
        body: dict[str, str | int] = {
            "job": known.job_id, "recipient": parts.names.pseudonym("address", known.address, known.left_at), "stage": word,
            "source": ((known.end_teller or known.teller) if word == known.end.value else known.teller).value, "press": int(number or 1),
        }  # fmt: skip
        if word.startswith("second_"):
            body["second"] = known.second
        try:
            parts.log.append(records.simple("waiting", act, parts.names, **body))
        except Conflict:  # an earlier round recorded it, and was cut off before that was kept
            parts.events.info("waiting_recorded_before")
    if not new:
        return known
    return _changed(known, lambda row: msgspec.structs.replace(row, recorded=(*row.recorded, *new)), parts)


# --- the relay, and the second copy ---------------------------------------------------------------------------------------


def _withdraw(known: Waiting, parts: Rounds) -> Waiting:
    heard = parts.relay.withdraw(known.message_id, known.address)
    if heard is None:
        return _changed(known, handed_over, parts)
    if heard is Heard.DEFERRED:  # it is still there: that is no answer
        heard = Heard.NOT_WITHDRAWN
    hear(known.message_id, known.address, heard, parts.clock(), Teller.RELAY, parts.hearing)
    return _changed(known, lambda row: row, parts)


def _second(known: Waiting, parts: Rounds) -> tuple[Wish, str, str]:
    """How far the second copy is: the wish, its job, and why not. Raises what will pass."""
    job = parts.found(known.mailbox, key_of(known))
    if job is None and known.end is End.DELIVERED:  # heard after the wish was acted on, and before anything had gone
        return Wish.VOID, "", ""
    if job is None or job.state is SendState.DECIDED:  # one whose start was lost is begun by the same press
        message = msgspec.msgpack.decode(parts.waits.content(known.mail, known.address), type=Message)
        _, job = parts.press(press_of(known, message, parts.clock))
        if job is None:
            return Wish.NOT_SENT, "", NOT_BY_PAGE
    if job.state is SendState.SENT:
        return Wish.SENT, job.job_id, ""
    return (Wish.NOT_SENT, job.job_id, job.error_code) if job.state is SendState.NOT_SENT else (Wish.SENDING, job.job_id, "")


def _send_second(known: Waiting, parts: Rounds) -> Waiting:
    try:
        wish, second, code = _second(known, parts)
    except SendSecurelyError as error:
        if error.code in PASSING:
            raise
        wish, second, code = Wish.NOT_SENT, "", error.code
    return _changed(known, lambda row: msgspec.structs.replace(row, wish=wish, second=second, code=code), parts)


# --- the sender ---------------------------------------------------------------------------------------------------------


def _tell(known: Waiting, parts: Rounds) -> None:
    """A note about what is new, once. The row remembers it, and so does the mailbox."""
    news = news_for_sender(known, parts.clock(), parts.after)
    if not news or news in known.told:
        return
    name = hashlib.sha256(f"{known.mail}\n{known.address.lower()}\n{news}".encode()).hexdigest()[:24]
    message_id = own_message_id(f"note-{name}", "waiting", known.mailbox)
    mime = waiting_note.note_of(
        news.partition(" ")[0], known.mailbox, known.address, sent_at=known.left_at, message_id=message_id, date=parts.clock(),
        about=known.message_id,
    )  # fmt: skip
    note = Outgoing(mime=mime, to=(known.mailbox,), cc=(), bcc=(), message_id=message_id, marker=f"note-{name}.waiting", save_to="inbox")
    parts.put_note(known.mailbox, note)
    _changed(known, lambda row: msgspec.structs.replace(row, told=(*row.told, news)), parts)


# --- a round ------------------------------------------------------------------------------------------------------------


def go_on(known: Waiting, parts: Rounds) -> None:
    """All that can be done for one recipient now. Raises Unavailable, LogBroken: the next round goes on."""
    known = _record(known, parts)
    if to_withdraw(known):
        known = _record(_withdraw(known, parts), parts)
    known = _record(_changed(known, committed, parts), parts)
    if known.wish is Wish.SENDING:
        known = _record(_send_second(known, parts), parts)
    if is_over(known):
        parts.waits.drop_content(known.mail, known.address)
    _tell(known, parts)


def go_round(parts: Rounds, stop: Callable[[], bool] = lambda: False) -> None:
    """Hear the relay, then every copy with which something may happen. What fails for one holds up no other. Raises Unavailable."""
    try:
        hear_rows(parts.relay.rows(), Teller.LOG, parts.hearing)
    except SendSecurelyError as error:
        parts.events.warning("relay_not_heard", code=error.code)
    for known in parts.waits.open():
        if stop():
            return
        try:
            go_on(known, parts)
        except SendSecurelyError as error:
            parts.events.warning("waiting_not_done", code=error.code)
        except Exception:  # noqa: BLE001 whatever it was, the next row is dealt with, and this one again in the next round
            parts.events.error("waiting_not_done", exc_info=True)
