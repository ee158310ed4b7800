"""A draft as the add-in sends it becomes a Message: recipients normalised."""

from __future__ import annotations

from collections.abc import Iterable

from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.mime import body_defects
from addin_backend.model.draft_input import AddressInput, AttachmentInput, DraftInput
from addin_backend.model.message import Attachment, Message, Recipient, RecipientKind


def _recipients(draft: DraftInput) -> tuple[Recipient, ...]:
    """To, Cc and Bcc in that order; an address that stands twice keeps its first, most visible place."""
    kinds: Iterable[tuple[RecipientKind, list[AddressInput]]] = (
        (RecipientKind.TO, draft.to),
        (RecipientKind.CC, draft.cc),
        (RecipientKind.BCC, draft.bcc),
    )
    found: dict[str, Recipient] = {}
    for kind, addresses in kinds:
        for item in addresses:
            recipient = normalise(item.address, kind, item.name)
            found.setdefault(recipient.address.lower(), recipient)
    return tuple(found.values())


def _attachment(given: AttachmentInput) -> Attachment:
    return Attachment(
        name=given.name,
        media_type=given.media_type.split(";")[0].strip(),  # parameters are ours to set (evidence/extraction.py)
        content=given.base64,
        inline=given.inline,
        content_id=given.content_id,
    )


def from_draft(draft: DraftInput) -> Message:
    """The mail in an open compose window; ``readable`` by the same rules as for a file."""
    defects = body_defects(draft.body)
    if "\0" in draft.subject:
        defects = (*defects, "nul_in_header")
    return Message(
        sender=normalise(draft.sender, RecipientKind.TO).address,
        recipients=_recipients(draft),
        subject=draft.subject,
        body=draft.body,
        body_format=draft.body_format,
        attachments=tuple(_attachment(item) for item in draft.attachments),
        importance=draft.importance.value,
        in_reply_to=draft.in_reply_to.strip(),
        references=" ".join(draft.references.split()),
        label=draft.label,
        readable=not defects,
        defects=defects,
    )
