"""Deciding without the service: what the client may know for a day, the emergency that two people declare, and what is told afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import BadInput, Conflict
from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.mailboxes import Directory, mailbox_kinds
from addin_backend.flows.check import Ask, Checking, check
from addin_backend.flows.intake import from_draft
from addin_backend.flows.pre_send import Recording, may_leave_as_it_is
from addin_backend.model.decision import Action
from addin_backend.model.facts import MailboxKind
from addin_backend.model.message import RecipientKind
from addin_backend.model.offline import EMERGENCY, SNAPSHOT, Asked, Entry, Inside, Paper, Received, Snapshot, Switches
from addin_backend.ports import AccountabilityLog, Log, Pseudonymiser
from addin_backend.sealing import paper as papers

LONGEST_DAY = timedelta(hours=24)
LONGEST_EMERGENCY = 4  # hours
ADDRESSES = 300  # a client keeps 32 KB of settings; more of them and mail to colleagues waits, too
BUDGET = 5.0  # seconds for the directory; nobody waits for this
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD, _OLDEST = timedelta(minutes=10), timedelta(days=60)  # a client's clock that differs, and one that was never set
_STAYS = frozenset({MailboxKind.MAILBOX, MailboxKind.GROUP_INSIDE})


def inside_of(own: Set[str], listed: Iterable[str], directory: Directory | None, limit: int, allowed: bool) -> Inside:
    """What counts as inside. Without a directory nobody can say what an own address leads to, so mail to colleagues waits then.

    ``listed`` are the addresses that the directory knows; ``limit`` how many members of a group are followed (decision 048).
    """
    addresses = [item for item in listed if item.rpartition("@")[2] in own]
    kinds = mailbox_kinds(addresses, own, directory, limit, BUDGET)
    out = tuple(sorted(address for address, kind in kinds.items() if kind not in _STAYS))
    groups = tuple(sorted(address for address, kind in kinds.items() if kind is MailboxKind.GROUP_INSIDE))
    known = directory is not None and len(out) + len(groups) <= ADDRESSES
    switches = Switches(internal=allowed and known)
    if not known:
        return Inside(domains=tuple(sorted(own)), switches=switches)
    return Inside(domains=tuple(sorted(own)), leads_out=out, groups=groups, switches=switches)


def snapshot_of(inside: Inside, key: bytes, at: datetime, life: timedelta) -> Snapshot:
    """The day's paper with its content."""
    made = papers.issue(key, SNAPSHOT, at, int(min(life, LONGEST_DAY).total_seconds()), papers.version_of(inside))
    return Snapshot(**{name: getattr(inside, name) for name in Inside.__struct_fields__}, **msgspec.structs.asdict(made))


def _hours(hours: int) -> None:
    if not 1 <= hours <= LONGEST_EMERGENCY:
        raise BadInput(
            f"An emergency lasts from 1 to {LONGEST_EMERGENCY} hours.",
            sentence_da=f"Nøddrift varer fra 1 til {LONGEST_EMERGENCY} timer.",
            field="hours",
        )


def _two_people(asked_by: str, approved_by: str) -> None:
    first, second = asked_by.strip().lower(), approved_by.strip().lower()
    if not first or not second or first == second:
        raise BadInput(
            "Two different people must stand behind it: one asks, another approves.",
            sentence_da="To forskellige personer skal stå bag: en beder om det, og en anden godkender.",
            next_step="Let somebody else approve.",
            next_step_da="Lad en anden godkende.",
            field="approved_by",
        )


def ask_for_emergency(by: str, hours: int, act: Act, log: AccountabilityLog, names: Pseudonymiser, request_id: str) -> Asked:
    """What one person asks for, recorded; nothing is in force yet. Raises BadInput, Unavailable, LogBroken."""
    if not by.strip():
        raise BadInput("Say who asks for it.", sentence_da="Angiv, hvem der beder om det.", field="by")
    _hours(hours)
    log.append(records.simple("snapshot_asked", act, names, request=request_id, hours=hours))
    return Asked(request_id=request_id, by=by.strip().lower(), hours=hours, at=act.at)


def _approved(act: Act) -> str:
    """What the record calls the second person: who pressed in the console (there is a request), or whom a command's one operator named."""
    return "approved_by" if act.request_id else "approver_named"


def declare_emergency(
    key: bytes, people: tuple[str, str], hours: int, act: Act, log: AccountabilityLog, names: Pseudonymiser, paper_id: str
) -> Paper:
    """The paper of an emergency that two people stand behind, recorded before it exists. Raises BadInput, Unavailable, LogBroken."""
    _two_people(*people)
    _hours(hours)
    approver = {_approved(act): names.pseudonym("address", people[1].strip().lower(), act.at)}
    log.append(records.simple("snapshot_degraded", act, names, paper=paper_id, hours=hours, **approver))
    return papers.issue(key, EMERGENCY, act.at, hours * 3600, paper_id)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is needed to take in what clients tell. ``key`` is that of the papers; ``own`` are our domains."""

    checking: Checking
    recording: Recording
    key: bytes
    own: Set[str]
    clock: Callable[[], datetime]
    log: Log


def _act(entry: Entry, actor: str, kind: str, now: datetime) -> Act:
    """The same event each time it is told, by teller and entry alone. Its time is ours, and of the client's id a digest stands there."""
    told = f"{actor}\n{entry.id}"
    request = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Act(records.event_id_of(told, kind, _NO_TIME), now, actor, entry.mailbox or actor, request)


def _said_at(at: int, now: datetime) -> str:
    """The minute that the client says, or a word where its clock cannot be right."""
    said = datetime.fromtimestamp(at, UTC)
    if said > now + _AHEAD:
        return "ahead"
    return said.strftime("%Y-%m-%dT%H:%MZ") if said > now - _OLDEST else "long ago"


def _outside(entry: Entry, own: Set[str]) -> int:
    found = (normalise(address, RecipientKind.TO, "") for address in entry.recipients)
    return sum(1 for item in found if not item.valid or item.domain not in own)


def _judged(entry: Entry, actor: str, now: datetime, parts: Hearing) -> str:
    """The decision that the service would have made, recorded once; what was recorded the first time stands."""
    if entry.draft is None:
        return ""
    decision, evidence = check(from_draft(entry.draft), Ask(at=now), parts.checking)
    act = _act(entry, actor, "offline_judged", now)
    try:
        parts.recording.log.append(records.judged(decision, evidence, act, parts.recording.names))
        parts.recording.keep(act.event_id, decision)
    except Conflict:
        return decision.action.value
    if decision.action is not Action.ALLOW and not may_leave_as_it_is(decision):
        parts.log.warning("offline_mail_should_have_been_held", event_id=act.event_id, action=decision.action.value)
    return decision.action.value


def hear(entries: Iterable[Entry], actor: str, parts: Hearing) -> tuple[Received, ...]:
    """Record what a client decided alone, each entry once however often it is told, and judge what went out.

    Raises Unavailable or LogBroken; then the client keeps what it has and tells it again.
    """
    heard = []
    for entry in entries:
        now = parts.clock()
        kind = EMERGENCY if entry.reason == "degraded" else SNAPSHOT
        state = papers.judge(parts.key, kind, entry.paper, entry.at)
        act = _act(entry, actor, "offline_decided", now)
        outside = _outside(entry, parts.own)
        facts = {"reason": entry.reason, "allowed": "yes" if entry.allowed else "no", "paper": state, "client_at": _said_at(entry.at, now)}
        facts["paper_version"] = entry.paper.version if entry.paper and state != papers.FORGED else ""
        counts = {"recipients": len(entry.recipients), "outside": outside}
        try:
            parts.recording.log.append(records.simple("offline_decided", act, parts.recording.names, **facts, **counts))
        except Conflict:
            parts.log.warning("offline_decision_told_differently", event_id=act.event_id)
        if entry.allowed and (state != papers.HOLDS or (entry.reason == "internal" and outside)):
            parts.log.warning("offline_decision_without_ground", event_id=act.event_id, paper=state, outside=outside)
        heard.append(Received(id=entry.id, paper=state, action=_judged(entry, actor, now, parts) if entry.allowed else ""))
    return tuple(heard)
