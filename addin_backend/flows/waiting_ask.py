"""The sender presses: a mail that waits is to go as a secure page instead. Nothing is withdrawn here; it is made sure that it can go."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import msgspec

from addin_backend.errors import Conflict, NotFound
from addin_backend.flows.accept_send import SENDABLE, Press
from addin_backend.flows.check import Ask
from addin_backend.flows.waiting_facts import Waits
from addin_backend.model.decision import Decision, Protection
from addin_backend.model.message import Message
from addin_backend.model.waiting import OPEN_WISH, End, Waiting, Wish, asked, may_ask
from addin_backend.ports import Clock


class CannotBeSentInstead(Conflict):
    """The mail cannot go as a secure page without the writer. Nothing has been withdrawn."""

    sentence = "Nothing has been withdrawn. The mail cannot be sent as a secure page from here."
    sentence_da = "Der er ikke trukket noget tilbage. Mailen kan ikke sendes som sikker side herfra."
    next_step = "Wait for it to arrive, or call the recipient."
    next_step_da = "Vent på, at den når frem, eller ring til modtageren."


class ContentGone(CannotBeSentInstead):
    """Neither the sealed content nor a readable copy is there."""

    sentence = "Nothing has been withdrawn. We do not have the mail any more, and it is not in Sent Items."
    sentence_da = "Der er ikke trukket noget tilbage. Vi har ikke mailen mere, og den ligger ikke i Sendt post."


@dataclass(frozen=True, slots=True)
class WhoAsks:
    """Who presses, for which mailbox, in which request and language."""

    actor: str
    mailbox: str
    request_id: str
    language: str


@dataclass(frozen=True, slots=True)
class Asking:
    """What a press needs. ``content`` gives the mail to one recipient; raises ContentGone, CannotBeSentInstead, Unavailable.

    ``decide`` says what the rules of now would do with a press, and records nothing. ``after``: how long a copy must have waited.
    """

    waits: Waits
    content: Callable[[Waiting], Message]
    decide: Callable[[Press], Decision]
    clock: Clock
    after: timedelta


def key_of(known: Waiting) -> str:
    """The key of the second send: the same for the same wish, and no other's."""
    return "instead-" + hashlib.sha256(f"{known.mail}\n{known.address.lower()}\n{known.asks}".encode()).hexdigest()[:32]


def press_of(known: Waiting, message: Message, clock: Clock) -> Press:
    """The press that the second send is."""
    return Press(
        actor=known.asked_by, message=message, ask=Ask(at=clock(), secure=True), mailbox=known.mailbox, item_id=None,
        language=known.language, request_id=known.request_id, idempotency_key=key_of(known),
    )  # fmt: skip


def goes_by_page(decision: Decision) -> bool:
    """Whether it may be sent, and as nothing but a secure page."""
    return decision.action in SENDABLE and all(line.protection is Protection.PORTAL for line in decision.recipients)


def _refusal(decision: Decision) -> CannotBeSentInstead:
    """Why, in the words of the decision."""
    return CannotBeSentInstead(
        f"Nothing has been withdrawn. {decision.headline.en}",
        sentence_da=f"Der er ikke trukket noget tilbage. {decision.headline.da}",
        next_step="Write a new mail to the recipient; there you can answer.",
        next_step_da="Skriv en ny mail til modtageren; der kan du svare.",
    )


def _refuse(rows: Sequence[Waiting]) -> None:
    """Raises why nothing of a mail can be asked for."""
    if not rows:
        raise NotFound
    if all(row.end is End.DELIVERED for row in rows):
        raise Conflict(
            "The mail has arrived, so nothing has been withdrawn.",
            sentence_da="Mailen er kommet frem, så der er ikke trukket noget tilbage.",
            next_step="You need do nothing more.",
            next_step_da="Du behøver ikke gøre mere.",
        )
    raise Conflict(
        "The mail has not waited long enough.",
        sentence_da="Mailen har ikke ventet længe nok endnu.",
        next_step="Wait a little. Most mails arrive within half an hour.",
        next_step_da="Vent lidt. De fleste mails når frem inden for en halv time.",
    )


def ask_instead(mail: str, who: WhoAsks, parts: Asking) -> tuple[Waiting, ...]:
    """Ask for the secure page for all recipients of a mail who wait for it. Pressing again changes nothing. All its rows as they are now.

    Raises NotFound, Conflict (delivered, too early, cannot be sent), Unavailable: then nothing was asked for, or not for all.
    """
    now = parts.clock()
    rows = [row for row in parts.waits.of(mail) if row.mailbox.lower() == who.mailbox.lower()]
    due = [row for row in rows if may_ask(row, now, parts.after)]
    if not due and not any(row.wish in OPEN_WISH or row.wish in (Wish.SENDING, Wish.SENT) for row in rows):
        _refuse(rows)
    prepared = [(row, _prepared(row, who, parts)) for row in due]  # all of them before the first is asked for
    for row, message in prepared:
        wish = partial(_asked, who=who, now=now, after=parts.after)
        parts.waits.change(row.mail, row.address, wish, msgspec.msgpack.encode(message))
    return tuple(parts.waits.of(mail))


def _prepared(row: Waiting, who: WhoAsks, parts: Asking) -> Message:
    """The mail as it would go; made sure that it may."""
    message = parts.content(row)
    wish = asked(row, parts.clock(), who.actor, who.request_id, who.language)
    decision = parts.decide(press_of(wish, message, parts.clock))
    if not goes_by_page(decision):
        raise _refusal(decision)
    return message


def _asked(known: Waiting | None, who: WhoAsks, now: datetime, after: timedelta) -> Waiting | None:
    if known is None or not may_ask(known, now, after):
        return known  # another press was quicker, or it has arrived
    return asked(known, now, who.actor, who.request_id, who.language)
