"""The details that an invitation cannot carry become a draft of the organiser's, so that nothing that was written is lost."""

from __future__ import annotations

import hashlib
from datetime import datetime

from addin_backend.errors import BadInput
from addin_backend.flows.groups import message_id
from addin_backend.model.message import Message, RecipientKind
from addin_backend.ports import Mailbox, Outgoing
from addin_backend.sealing.compose import compose


def keep_details(mailbox: str, key: str, message: Message, at: datetime, exchange: Mailbox) -> None:
    """Save ``message`` among the mailbox's drafts: an ordinary draft, checked like any other when it is sent.

    ``key`` is of the press: the same one saves one draft, however often it comes. Raises BadInput for a mail that cannot be read,
    Unavailable, OutcomeUnknown, TooLarge.
    """
    if not message.readable:
        raise BadInput(field="draft.body")
    kept_id = "kept-" + hashlib.sha256(f"{mailbox}\n{key}".encode()).hexdigest()[:32]

    def line(kind: RecipientKind) -> tuple[str, ...]:
        return tuple(item.address for item in message.recipients if item.kind is kind)

    own_id = message_id(kept_id, "details", message.sender)
    to, cc = ([item for item in message.recipients if item.kind is kind] for kind in (RecipientKind.TO, RecipientKind.CC))
    outgoing = Outgoing(
        mime=compose(message, to=to, cc=cc, message_id=own_id, date=at),
        to=line(RecipientKind.TO),
        cc=line(RecipientKind.CC),
        bcc=line(RecipientKind.BCC),
        message_id=own_id,
        marker=f"{kept_id}.details",
        save_to="sentitems",
    )
    exchange.save(mailbox, outgoing)
