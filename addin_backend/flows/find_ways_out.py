"""Ways out of an answer: each change is made, read again where its words changed, and asked about; only what works is offered."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from addin_backend.decision import ways_out
from addin_backend.decision.ways_out import Candidate
from addin_backend.evidence.recipients import unknown_recipient
from addin_backend.flows.changes import changed
from addin_backend.model.decision import Action, Decision, Edit, Protection, WayOut
from addin_backend.model.evidence import ContentEvidence, Evidence
from addin_backend.model.message import Message, Recipient

_PASSES = frozenset({Action.ALLOW, Action.PROTECT})


@dataclass(frozen=True, slots=True)
class Trying:
    """How a change is tried: ``answer`` asks the rules about evidence, ``read`` reads the words of a message again."""

    answer: Callable[[Evidence], Action]
    read: Callable[[Message], ContentEvidence]


def _answer(message: Message, evidence: Evidence, wanted: Container[Action], reread: bool, trying: Trying) -> Action:
    """What this mail would get. Its words are read again where they changed, unless not even the best could help."""
    action = trying.answer(evidence)
    if not reread or action not in wanted:
        return action
    return trying.answer(msgspec.structs.replace(evidence, content=trying.read(message)))


def _with_colleague(message: Message, evidence: Evidence) -> Candidate:
    """The mail is tried with a colleague alone: what works then is another recipient, or writing the mail anew to one."""
    colleague = unknown_recipient(Recipient(address="", domain=""), internal=True)
    addressed = msgspec.structs.replace(evidence, recipients=(colleague,))
    if evidence.recipients:
        return ways_out.change_recipient(message, addressed)
    return ways_out.add_recipient(message, addressed) if evidence.readable else ways_out.write_anew(message, addressed)


def _works(item: Candidate, wanted: Container[Action], trying: Trying) -> Action | None:
    """What the changed draft gets, or None when that is no better, or when the second mail that it takes would not pass."""
    action = _answer(item.message, item.evidence, wanted, item.reread, trying)
    if action not in wanted:
        return None
    if item.besides is not None and _answer(*item.besides, _PASSES, True, trying) not in _PASSES:
        return None
    return action


def _working(found: Iterable[Candidate], wanted: Container[Action], trying: Trying) -> Iterator[WayOut]:
    """The candidates that were evaluated and make things better."""
    for item in found:
        action = _works(item, wanted, trying)
        if action is not None:
            yield WayOut(change=item.change, recipients=item.recipients, parts=item.parts, action=action, texts=item.texts)


def find_ways_out(message: Message, evidence: Evidence, decision: Decision, trying: Trying) -> tuple[WayOut, ...]:
    """What was evaluated and makes things better. A block by the rules always has one: what works to nobody else works to a colleague."""
    wanted = ways_out.WORTH_OFFERING[decision.action]
    pane = any(item.protection is Protection.PORTAL for item in decision.recipients)  # enforced TLS and certificates disturb nobody
    if decision.action is Action.PROTECT and not pane:
        return ()
    if not wanted or not decision.question or any(item.code.startswith("EN-") and item.effect == "block" for item in decision.findings):
        return ()

    def edit(change: Edit) -> Message:
        return changed(message, change, evidence.content)

    offered = tuple(_working(ways_out.candidates(message, decision, evidence, edit), wanted, trying))
    if offered or decision.action is not Action.BLOCK:
        return offered
    return tuple(_working([_with_colleague(message, evidence)], wanted, trying))
