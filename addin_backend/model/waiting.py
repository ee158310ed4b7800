"""A ticketed copy that waits for TLS at one recipient: what was heard of it, and what the sender wants instead. Pure rules, no world."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec


class Heard(StrEnum):
    """What a relay or a report says of one recipient's copy. ``not_withdrawn``: it is not known to be gone, and may yet arrive."""

    DEFERRED = "deferred"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    NOT_WITHDRAWN = "not_withdrawn"


class End(StrEnum):
    """How the first copy ended, as far as is known. Delivered outweighs dead."""

    NONE = ""
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    DELIVERED = "delivered"


class Wish(StrEnum):
    """The secure page instead: asked for; handed over to whoever looks after the relay; not withdrawn; on its way; sent; not sent after all
    (though the first copy is dead); void, since the first copy arrived.
    """

    NONE = ""
    ASKED = "asked"
    HANDED_OVER = "handed_over"
    NOT_WITHDRAWN = "not_withdrawn"
    SENDING = "sending"
    SENT = "sent"
    NOT_SENT = "not_sent"
    VOID = "void"


class Teller(StrEnum):
    """Who says so: a relay's log or trace, the relay when it was asked, our own Exchange's report, or a report from outside."""

    LOG = "relay_log"
    RELAY = "relay"
    OWN_REPORT = "own_report"
    REPORT = "report"


DEAD = frozenset({End.WITHDRAWN, End.FAILED})
OPEN_WISH = frozenset({Wish.ASKED, Wish.HANDED_OVER, Wish.NOT_WITHDRAWN})
OFFER = "offer"
WANTS_A_PERSON = frozenset({"handed_over", "not_withdrawn", "not_sent", "both"})  # of the words of ``shown``
CAN_ASK = frozenset({Wish.NONE, Wish.NOT_WITHDRAWN, Wish.NOT_SENT})


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient of a ticketed copy. ``job_id`` is "" for a mail that Outlook sent itself; ``asks`` counts presses that began a wish.

    ``recorded`` are the stages that stand in the log, ``told`` those that the sender has a note about. ``second`` is the job of the second
    copy. ``code`` is why that could not be sent.
    """

    mail: str
    job_id: str
    mailbox: str
    address: str
    message_id: str
    left_at: datetime
    first_seen: datetime
    last_seen: datetime
    teller: Teller
    end: End = End.NONE
    end_teller: Teller | None = None
    wish: Wish = Wish.NONE
    asks: int = 0
    asked_at: datetime | None = None
    asked_by: str = ""
    request_id: str = ""
    language: str = "da"
    second: str = ""
    code: str = ""
    recorded: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def after_hearing(known: Waiting, heard: Heard, at: datetime, teller: Teller) -> Waiting:
    """What is known once ``heard`` is known too. The order in which facts come does not matter, but for what was done already."""
    change = msgspec.structs.replace
    if heard is Heard.DEFERRED:
        return change(known, first_seen=min(known.first_seen, at), last_seen=max(known.last_seen, at))
    if heard is Heard.DELIVERED:
        wish = Wish.VOID if known.wish in OPEN_WISH else known.wish
        return known if known.end is End.DELIVERED else change(known, end=End.DELIVERED, end_teller=teller, wish=wish)
    if known.end is not End.NONE:
        return known
    if heard is Heard.NOT_WITHDRAWN:
        return change(known, wish=Wish.NOT_WITHDRAWN) if known.wish in (Wish.ASKED, Wish.HANDED_OVER) else known
    return known if teller is Teller.REPORT else change(known, end=End(heard.value), end_teller=teller)


def may_ask(known: Waiting, at: datetime, after: timedelta) -> bool:
    """Whether the secure page can be asked for now: it has waited long enough or is dead, and no wish is under way."""
    due = known.end in DEAD or at - known.left_at >= after
    return due and known.end is not End.DELIVERED and known.wish in CAN_ASK


def asked(known: Waiting, at: datetime, who: str, request_id: str, language: str) -> Waiting:
    """The wish of a press."""
    return msgspec.structs.replace(
        known, wish=Wish.ASKED, asks=known.asks + 1, asked_at=at, asked_by=who, request_id=request_id, language=language, second="", code=""
    )


def to_withdraw(known: Waiting) -> bool:
    """Whether the relay is still to be asked."""
    return known.wish is Wish.ASKED and known.end is End.NONE


def handed_over(known: Waiting) -> Waiting:
    """The relay's administrator has it; the answer comes as a row."""
    return msgspec.structs.replace(known, wish=Wish.HANDED_OVER) if to_withdraw(known) else known


def committed(known: Waiting) -> Waiting:
    """The second copy is to go: only here, and only while the first is known to be dead."""
    return msgspec.structs.replace(known, wish=Wish.SENDING) if known.wish in OPEN_WISH and known.end in DEAD else known


def is_over(known: Waiting) -> bool:
    """Nothing more is to be done by itself."""
    return known.wish in (Wish.SENT, Wish.NOT_SENT, Wish.VOID) or (known.end is not End.NONE and known.wish is Wish.NONE)


def is_open(known: Waiting) -> bool:
    """Whether a round has something to do about it. What merely waits for an answer, or for a person, is looked at when it changes."""
    if not set(stages(known)) <= set(known.recorded) or known.wish in (Wish.ASKED, Wish.SENDING):
        return True
    if known.wish is Wish.NONE:
        return known.end is End.NONE and OFFER not in known.told
    return committed(known) != known or _news(known) not in ("", *known.told)


def stages(known: Waiting) -> tuple[str, ...]:
    """What has come about, as words for the log, in order; of a later press with its number."""
    number = f" {known.asks}" if known.asks > 1 else ""
    found = ["deferred"]
    if known.wish is not Wish.NONE:
        found.append(f"asked{number}")
    if known.wish in (Wish.HANDED_OVER, Wish.NOT_WITHDRAWN):
        found.append(f"{known.wish.value}{number}")
    if known.end is not End.NONE:
        found.append(known.end.value)
    if known.wish in (Wish.SENDING, Wish.SENT, Wish.NOT_SENT):
        found.append(f"sending{number}")
    if known.wish in (Wish.SENT, Wish.NOT_SENT):
        found.append(f"second_{known.wish.value}{number}")
    return tuple(found)


def shown(known: Waiting) -> str:
    """One word for pages and for the pane: the wish if there is one, else how the first copy ended, else that it waits.

    ``both``: it arrived although it had been reported dead, and the second was sent.
    """
    if known.wish is Wish.NONE:
        return known.end.value or "waiting"
    return "both" if known.end is End.DELIVERED and known.wish in (Wish.SENT, Wish.SENDING) else known.wish.value


def _news(known: Waiting) -> str:
    return f"{known.wish.value} {known.asks}" if known.wish in (Wish.NOT_WITHDRAWN, Wish.SENT, Wish.NOT_SENT, Wish.VOID) else ""


def news_for_sender(known: Waiting, at: datetime, after: timedelta) -> str:
    """What the sender is to be told now, as a word of ``Wish`` with the number of the press, or OFFER; "" for nothing."""
    if known.wish is Wish.NONE:
        return OFFER if known.end is End.NONE and at - known.left_at >= after else ""
    return _news(known)
