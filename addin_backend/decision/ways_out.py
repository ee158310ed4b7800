"""Which changes to the draft are worth trying. The flow tries each one; only what works is offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from addin_backend.model.decision import Action, Decision, Texts
from addin_backend.model.evidence import ContentEvidence, ContentHit, Evidence, SensitivityClass
from addin_backend.model.message import Message

EMPTY_CONTENT = ContentEvidence(classes=frozenset())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change to try. With ``reread`` the words of ``message`` must be read again, and ``evidence`` is the best that can come of it;
    else ``evidence`` is what holds after the change.
    """

    change: str
    message: Message
    evidence: Evidence
    texts: Texts
    recipients: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()
    reread: bool = False


def _names(addresses: tuple[str, ...]) -> str:
    return ", ".join(addresses[:3]) + (" …" if len(addresses) > 3 else "")


def _without_recipients(message: Message, evidence: Evidence, addresses: tuple[str, ...]) -> Candidate:
    left = tuple(item for item in message.recipients if item.address not in addresses)
    return Candidate(
        change="remove_recipient",
        message=msgspec.structs.replace(message, recipients=left),
        evidence=msgspec.structs.replace(evidence, recipients=tuple(item for item in evidence.recipients if item.address not in addresses)),
        texts=Texts(da=f"Tag {_names(addresses)} af mailen", en=f"Take {_names(addresses)} off the mail"),
        recipients=addresses,
    )


def _assuming_ordinary(message: Message, evidence: Evidence, change: str, texts: Texts) -> Candidate:
    assumed = msgspec.structs.replace(evidence, content=EMPTY_CONTENT, readable=True, attachment_count=evidence.attachment_count)
    return Candidate(change=change, message=message, evidence=assumed, texts=texts)


def _at_best(evidence: Evidence, stays: Callable[[ContentHit], bool], gone: tuple[int, ...]) -> Evidence:
    """The evidence when only the hits that stay are left, and the parts in ``gone`` are not there any more."""
    content = evidence.content
    hits = tuple(hit for hit in content.hits if stays(hit))
    unreadable = tuple(item for item in content.unreadable if item.part not in gone)
    classes = {hit.sensitivity for hit in hits} | ({SensitivityClass.UNKNOWN} if unreadable else set())
    left = msgspec.structs.replace(content, hits=hits, unreadable=unreadable, classes=frozenset(classes))
    return msgspec.structs.replace(evidence, content=left, attachment_count=evidence.attachment_count - len(gone))


def _without_attachments(message: Message, evidence: Evidence, parts: tuple[int, ...]) -> Candidate:
    left = tuple(item for index, item in enumerate(message.attachments) if index not in parts)
    names = tuple(message.attachments[index].name for index in parts if message.attachments[index].name)
    return Candidate(
        change="remove_attachment",
        message=msgspec.structs.replace(message, attachments=left),
        evidence=_at_best(evidence, lambda hit: hit.part not in parts, parts),
        texts=Texts(da=f"Fjern {_names(names) or 'vedhæftningen'}", en=f"Remove {_names(names) or 'the attachment'}"),
        parts=parts,
        reread=True,
    )


def _mask_texts(evidence: Evidence) -> Texts:
    """What the button does, named by what it removes."""
    numbers = {hit.sensitivity for hit in evidence.content.hits if hit.identifier}
    if numbers == {SensitivityClass.CPR}:
        return Texts(da="Fjern CPR-nummeret", en="Remove the CPR number")
    return Texts(da="Fjern numrene (fx CPR, konto eller kort)", en="Remove the numbers (such as CPR, account or card)")


def write_anew(message: Message, evidence: Evidence) -> Candidate:
    """For a mail that cannot be read: a new one with ordinary words in it."""
    texts = Texts(da="Skriv mailen på ny uden det, der ikke kan læses", en="Write the mail anew without what cannot be read")
    return _assuming_ordinary(message, evidence, "write_anew", texts)


def candidates(
    message: Message, decision: Decision, evidence: Evidence, mask: Callable[[Message, ContentEvidence], Message]
) -> tuple[Candidate, ...]:
    """Smallest changes first. ``mask`` blots out identifiers in a copy of the message."""
    found: list[Candidate] = []
    if not evidence.recipients:
        return ()
    best = _at_best(evidence, lambda hit: not hit.identifier, ())
    # Where something else stays protected, numbers alone make no protected mail an open one: not worth masking 100 kB to find out.
    if best.content.hits != evidence.content.hits and (decision.action is not Action.PROTECT or not best.content.classes):
        masked = mask(message, evidence.content)
        found.append(Candidate(change="mask_identifiers", message=masked, evidence=best, texts=_mask_texts(evidence), reread=True))
    parts = {item.part for item in evidence.content.unreadable} | {hit.part for hit in evidence.content.hits}
    attached = tuple(sorted(index for index in parts if 0 <= index < len(message.attachments)))
    if attached:
        found.append(_without_attachments(message, evidence, attached))
    worst = tuple(dict.fromkeys(item.address for item in decision.recipients if item.action is decision.action))
    if decision.action is not Action.PROTECT and 0 < len(worst) < len({item.address for item in decision.recipients}):
        found.append(_without_recipients(message, evidence, worst))
    if evidence.content.classes and evidence.readable and decision.action is not Action.PROTECT:
        texts = Texts(da="Fjern de oplysninger, der skal beskyttes", en="Remove the information that has to be protected")
        found.append(_assuming_ordinary(message, evidence, "remove_sensitive_content", texts))
    if not evidence.readable:
        found.append(write_anew(message, evidence))
    return tuple(found)


def add_recipient(message: Message, evidence: Evidence) -> Candidate:
    """For a mail without recipients: the same mail with one; ``evidence`` already holds a colleague."""
    return Candidate(
        change="add_recipient",
        message=message,
        evidence=evidence,
        texts=Texts(da="Skriv en modtager på mailen", en="Add a recipient to the mail"),
    )


def change_recipient(message: Message, evidence: Evidence) -> Candidate:
    """For a mail that none of its recipients can get: the same mail, or one written anew, to another; ``evidence`` holds a colleague."""
    replaced = tuple(item.address for item in message.recipients)
    if not evidence.readable:
        texts = Texts(da="Skriv mailen på ny til en anden modtager", en="Write the mail anew to another recipient")
        return replace(_assuming_ordinary(message, evidence, "change_recipient", texts), recipients=replaced)
    return Candidate(
        change="change_recipient",
        message=message,
        evidence=evidence,
        texts=Texts(da="Ret adressen, eller vælg en anden modtager", en="Correct the address, or choose another recipient"),
        recipients=replaced,
    )


WORTH_OFFERING = {
    Action.BLOCK: frozenset({Action.ALLOW, Action.PROTECT, Action.CONFIRM}),
    Action.CONFIRM: frozenset({Action.ALLOW, Action.PROTECT}),
    Action.PROTECT: frozenset({Action.ALLOW}),
    Action.ALLOW: frozenset[Action](),
}
