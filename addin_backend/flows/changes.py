"""Makes a change to a draft: the same hand that tries a way out before it is offered, and that applies it when the button is pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from addin_backend.errors import BadInput
from addin_backend.evidence.content.masking import mask_identifiers
from addin_backend.evidence.content.quoted import without_quoted
from addin_backend.model.decision import Edit
from addin_backend.model.evidence import ContentEvidence
from addin_backend.model.message import Message, RecipientKind

Change = Callable[[Message, Edit, ContentEvidence], Message]


def _without_recipients(message: Message, edit: Edit, _content: ContentEvidence) -> Message:
    return msgspec.structs.replace(message, recipients=tuple(item for item in message.recipients if item.address not in edit.recipients))


def _to_bcc(message: Message, edit: Edit, _content: ContentEvidence) -> Message:
    moved = tuple(
        msgspec.structs.replace(item, kind=RecipientKind.BCC) if item.address in edit.recipients else item for item in message.recipients
    )
    return msgspec.structs.replace(message, recipients=moved)


def _without_attachments(message: Message, edit: Edit, _content: ContentEvidence) -> Message:
    left = tuple(item for index, item in enumerate(message.attachments) if index not in edit.parts)
    return msgspec.structs.replace(message, attachments=left)


def _only_attachments(message: Message, edit: Edit, _content: ContentEvidence) -> Message:
    """The second mail of *send the attachment on its own*: the files, and a subject that says nothing about them."""
    kept = tuple(item for index, item in enumerate(message.attachments) if index in edit.parts)
    return msgspec.structs.replace(message, subject="Vedhæftet", body="", attachments=kept)


CHANGES: Mapping[str, Change] = {
    "leave_out_quoted": lambda message, _edit, _content: without_quoted(message),
    "mask_identifiers": lambda message, _edit, content: mask_identifiers(message, content),
    "remove_attachment": _without_attachments,
    "send_attachment_separately": _without_attachments,
    "only_attachment": _only_attachments,
    "remove_recipient": _without_recipients,
    "move_to_bcc": _to_bcc,
}


def changed(message: Message, edit: Edit, content: ContentEvidence) -> Message:
    """A copy of ``message`` with the change made. ``content`` says where the identifiers stand. Raises BadInput for any other change."""
    change = CHANGES.get(edit.change)
    if change is None:
        raise BadInput("This change is for the writer to make.", sentence_da="Den ændring må du selv lave i mailen.", field="change")
    return change(message, edit, content)


@dataclass(frozen=True, slots=True)
class Applied:
    """A draft after a change; ``kept`` are the attachments that are left, by their index in the draft before it."""

    message: Message
    kept: tuple[int, ...]


def _applied(message: Message, edit: Edit, content: ContentEvidence) -> Applied:
    numbers = range(len(message.attachments))
    kept = {
        "remove_attachment": [index for index in numbers if index not in edit.parts],
        "send_attachment_separately": [index for index in numbers if index not in edit.parts],
        "only_attachment": [index for index in numbers if index in edit.parts],
    }.get(edit.change, numbers)
    return Applied(changed(message, edit, content), tuple(kept))


def apply(message: Message, edit: Edit, content: ContentEvidence) -> tuple[Applied, ...]:
    """The draft after a way out that was offered for it, and the second mail that the change makes, if any.

    Raises BadInput for a change that is the writer's to make.
    """
    drafts = (_applied(message, edit, content),)
    if edit.change == "send_attachment_separately":
        return (*drafts, _applied(message, msgspec.structs.replace(edit, change="only_attachment"), content))
    return drafts
