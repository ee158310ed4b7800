"""Disarming a draft: its recipients move into our own property under its change key; and back again."""

from __future__ import annotations

from collections.abc import Callable, Collection

from addin_backend.edges.graph import wire
from addin_backend.edges.graph.requests import Requests, draft_of
from addin_backend.errors import Conflict
from addin_backend.model import disarmed as text
from addin_backend.model.sending import Draft


def disarmed(requests: Requests, draft: Draft, about_to_write: Callable[[], None]) -> Draft:
    """The disarmed draft with its new change key; a draft that is disarmed already is given back as it is.

    Raises Conflict when the draft is not the one that was checked, NotFound when it is gone.
    """
    message = requests.message(draft.item_id)
    there = message.people()
    if not any(there.values()):
        return draft_of(message)
    if message.change_key != draft.change_key:
        raise Conflict
    kept = wire.Property(id=wire.DISARMED, value=text.written(there))
    about_to_write()
    change = wire.Change(to_recipients=(), cc_recipients=(), bcc_recipients=(), single_value_extended_properties=(kept,))
    return draft_of(requests.update(draft.item_id, message.change_key, change))


def rearmed(requests: Requests, item_id: str, only: Collection[str] | None = None) -> None:
    """Put the recipients back in front of any that were typed meanwhile, or those whose lower-case address is in ``only``.

    Nothing happens when the draft is not disarmed.
    """
    message = requests.message(item_id)
    kept = text.read(message.value(wire.DISARMED))
    if kept is None:
        return
    typed = message.people()
    kept = {kind: [pair for pair in pairs if only is None or pair[1].lower() in only] for kind, pairs in kept.items()}
    back = {kind: wire.recipients(text.merged(kept[kind], typed[kind])) for kind in text.KINDS}
    armed = wire.Property(id=wire.DISARMED, value=text.ARMED)
    change = wire.Change(
        to_recipients=back["to"], cc_recipients=back["cc"], bcc_recipients=back["bcc"], single_value_extended_properties=(armed,)
    )
    requests.update(item_id, message.change_key, change)
