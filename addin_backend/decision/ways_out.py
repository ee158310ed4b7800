"""Which changes to the draft are worth trying, the smallest first. The flow tries each one; only what works is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from addin_backend.model.decision import Action, Decision, Edit, Texts
from addin_backend.model.evidence import ContentEvidence, ContentHit, Evidence, Location, SensitivityClass, TransferBasis, TransferBasisKind
from addin_backend.model.facts import Answered
from addin_backend.model.message import Message, RecipientKind

EMPTY_CONTENT = ContentEvidence(classes=frozenset())
_VISIBLE = frozenset({RecipientKind.TO, RecipientKind.CC})
NEEDS_BASIS = frozenset({"TF-01", "TF-04", "TF-05"})  # no ground in force for the transfer
_OUTSIDERS = 2  # from this many organisations that see each other's addresses, Bcc is worth trying


Editor = Callable[[Edit], Message]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change to try. With ``reread`` the words of ``message`` must be read again, and ``evidence`` is the best that can come of it;
    else ``evidence`` is what holds after the change. ``besides`` is a second mail that the change makes and that has to pass too.
    """

    change: str
    message: Message
    evidence: Evidence
    texts: Texts
    recipients: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()
    reread: bool = False
    besides: tuple[Message, Evidence] | None = None


def _names(addresses: tuple[str, ...]) -> str:
    return ", ".join(addresses[:3]) + (" …" if len(addresses) > 3 else "")


def _without_recipients(evidence: Evidence, addresses: tuple[str, ...], edit: Editor) -> Candidate:
    return Candidate(
        change="remove_recipient",
        message=edit(Edit("remove_recipient", recipients=addresses)),
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


def _without_quoted(evidence: Evidence, edit: Editor) -> Candidate:
    return Candidate(
        change="leave_out_quoted",
        message=edit(Edit("leave_out_quoted")),
        evidence=_at_best(evidence, lambda hit: hit.location is not Location.QUOTED, ()),
        texts=Texts(da="Udelad de tidligere mails nedenfor", en="Leave out the earlier mails below"),
        reread=True,
    )


def _without_attachments(evidence: Evidence, parts: tuple[int, ...], names: str, edit: Editor) -> Candidate:
    return Candidate(
        change="remove_attachment",
        message=edit(Edit("remove_attachment", parts=parts)),
        evidence=_at_best(evidence, lambda hit: hit.part not in parts, parts),
        texts=Texts(da=f"Fjern {names or 'vedhæftningen'}", en=f"Remove {names or 'the attachment'}"),
        parts=parts,
        reread=True,
    )


def _attachments_apart(evidence: Evidence, parts: tuple[int, ...], names: str, edit: Editor) -> Candidate:
    """Two mails: this one without the files, and one with the files alone, sent securely. Both have to pass."""
    there = edit(Edit("only_attachment", parts=parts))
    at_best = _at_best(evidence, lambda hit: hit.part in parts, ())
    alone = msgspec.structs.replace(at_best, attachment_count=len(parts), secure_requested=True)
    return replace(
        _without_attachments(evidence, parts, names, edit),
        change="send_attachment_separately",
        texts=Texts(
            da=f"Send {names or 'vedhæftningen'} for sig i en sikker mail",
            en=f"Send {names or 'the attachment'} in a secure mail of its own",
        ),
        besides=(there, alone),
    )


def _mask_texts(evidence: Evidence) -> Texts:
    """What the button does, named by what it removes."""
    numbers = {hit.sensitivity for hit in evidence.content.hits if hit.identifier}
    if numbers == {SensitivityClass.CPR}:
        return Texts(da="Fjern CPR-nummeret", en="Remove the CPR number")
    return Texts(da="Fjern numrene (fx CPR, konto eller kort)", en="Remove the numbers (such as CPR, account or card)")


def _to_bcc(evidence: Evidence, addresses: tuple[str, ...], edit: Editor) -> Candidate:
    hidden = tuple(
        msgspec.structs.replace(item, kind=RecipientKind.BCC) if item.address in addresses else item for item in evidence.recipients
    )
    return Candidate(
        change="move_to_bcc",
        message=edit(Edit("move_to_bcc", recipients=addresses)),
        evidence=msgspec.structs.replace(evidence, recipients=hidden),
        texts=Texts(
            da="Flyt modtagerne til Bcc, så de ikke ser hinanden", en="Move the recipients to Bcc, so that they do not see each other"
        ),
        recipients=addresses,
    )


def _securely(message: Message, evidence: Evidence) -> Candidate:
    return Candidate(
        change="use_portal",
        message=message,
        evidence=msgspec.structs.replace(evidence, secure_requested=True),
        texts=Texts(da="Send sikkert i stedet", en="Send securely instead"),
        recipients=tuple(item.address for item in evidence.recipients if not item.internal),
    )


def write_anew(message: Message, evidence: Evidence) -> Candidate:
    """For a mail that cannot be read: a new one with ordinary words in it."""
    texts = Texts(da="Skriv mailen på ny uden det, der ikke kan læses", en="Write the mail anew without what cannot be read")
    return _assuming_ordinary(message, evidence, "write_anew", texts)


def _about_content(message: Message, decision: Decision, evidence: Evidence, edit: Editor) -> Iterator[Candidate]:
    """What the writer can leave out."""
    hits = evidence.content.hits
    if any(hit.location is Location.QUOTED for hit in hits):
        yield _without_quoted(evidence, edit)
    best = _at_best(evidence, lambda hit: not hit.identifier, ())
    # Where something else stays protected, numbers alone make no protected mail an open one: not worth masking 100 kB to find out.
    if best.content.hits != hits and (decision.action is not Action.PROTECT or not best.content.classes):
        yield Candidate(
            change="mask_identifiers", message=edit(Edit("mask_identifiers")), evidence=best, texts=_mask_texts(evidence), reread=True
        )
    found = {item.part for item in evidence.content.unreadable} | {hit.part for hit in hits}
    parts = tuple(sorted(index for index in found if 0 <= index < len(message.attachments)))
    if parts:
        names = _names(tuple(message.attachments[index].name for index in parts if message.attachments[index].name))
        yield _without_attachments(evidence, parts, names, edit)
        yield _attachments_apart(evidence, parts, names, edit)


def _about_recipients(message: Message, decision: Decision, evidence: Evidence, edit: Editor) -> Iterator[Candidate]:
    """Whom the mail goes to, and how."""
    seen = tuple(item for item in evidence.recipients if not item.internal and item.kind in _VISIBLE)
    if len({item.domain for item in seen}) >= _OUTSIDERS:
        yield _to_bcc(evidence, tuple(item.address for item in seen), edit)
    worst = tuple(dict.fromkeys(item.address for item in decision.recipients if item.action is decision.action))
    if 0 < len(worst) < len({item.address for item in decision.recipients}):
        yield _without_recipients(evidence, worst, edit)
    if not evidence.secure_requested and any(not item.internal for item in evidence.recipients):
        yield _securely(message, evidence)


def _with_basis(evidence: Evidence, addresses: tuple[str, ...]) -> Evidence:
    """As if standard contractual clauses with the recipients were registered, and the four guarantees had been found to be met."""
    basis = TransferBasis(
        basis=TransferBasisKind.STANDARD_CONTRACTUAL_CLAUSES,
        module="1",
        guarantees_met=True,
        valid_to=evidence.at + timedelta(days=365),
        classes=frozenset(SensitivityClass),
        scope_met=Answered.YES,
        data_kinds=frozenset({"employment", "other"}),
    )
    held = tuple(
        msgspec.structs.replace(item, transfer_basis=msgspec.structs.replace(basis, country=item.country))
        if item.address in addresses
        else item
        for item in evidence.recipients
    )
    return msgspec.structs.replace(evidence, recipients=held)


def _about_registers(message: Message, decision: Decision, evidence: Evidence) -> Iterator[Candidate]:
    """What somebody else can put in order: the request says what is missing, and the mail waits as a draft."""
    abroad = tuple(dict.fromkeys(item.recipient for item in decision.findings if item.code in NEEDS_BASIS and item.recipient))
    if abroad:
        yield Candidate(
            change="ask_transfer_basis",
            message=message,
            evidence=_with_basis(evidence, abroad),
            texts=Texts(da="Bed om at få grundlaget registreret", en="Ask for the ground to be registered"),
            recipients=abroad,
        )


def candidates(message: Message, decision: Decision, evidence: Evidence, edit: Editor) -> tuple[Candidate, ...]:
    """Smallest changes first. ``edit`` gives a copy of the message with one change made."""
    if not evidence.recipients:
        return ()
    found = list(_about_content(message, decision, evidence, edit))
    if decision.action is not Action.PROTECT:
        found += _about_recipients(message, decision, evidence, edit)
        if evidence.content.classes - {SensitivityClass.UNREAD} and evidence.readable:  # what was not read, nobody can ask to remove
            texts = Texts(da="Fjern de oplysninger, der skal beskyttes", en="Remove the information that has to be protected")
            found.append(_assuming_ordinary(message, evidence, "remove_sensitive_content", texts))
        found += _about_registers(message, decision, evidence)
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
