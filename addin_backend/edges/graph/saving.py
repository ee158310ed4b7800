"""Saving: a draft to be sent, and the readable copy. Both look first, so that a crash in between leaves one and not two.

A draft is whole when it carries our marker: the marker is written last.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

from addin_backend.edges.graph import wire, writing
from addin_backend.edges.graph.requests import DRAFTS, INBOX, SENT_ITEMS, Requests, draft_of, has_message_id, has_property
from addin_backend.errors import Unavailable, too_large_for_exchange
from addin_backend.model.mail_tree import mail_tree
from addin_backend.model.outer_header import with_recipients
from addin_backend.model.sending import Draft
from addin_backend.ports import Outgoing

_MB = 1024 * 1024
_UNFINISHED = " unfinished"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes. ``request``: what Graph takes in one request. ``attachment``: above it an upload session is needed (Graph: 3 MB).

    ``message``: what the tenant sends at most. ``piece``: a multiple of 320 KiB below 4 MB. ``sealed_in_pieces``: an S/MIME mail
    over ``request`` is made as a message of class IPM.Note.SMIME with smime.p7m by upload session. Experimental: off.
    """

    request: int = 4 * _MB
    attachment: int = 3 * _MB
    message: int = 35 * _MB
    piece: int = 10 * 320 * 1024
    sealed_in_pieces: bool = False


def saved_draft(requests: Requests, outgoing: Outgoing, limits: Limits) -> Draft:
    """The draft, ready to be sent. Raises TooLarge before anything is requested when it cannot be sent through Graph."""
    mime = with_recipients(outgoing.mime, outgoing.to, outgoing.cc, outgoing.bcc)
    whole = (len(mime) + 2) // 3 * 4 <= limits.request
    if not whole and (len(mime) > limits.message or not _may_be_taken_apart(outgoing.mime, limits)):
        raise too_large_for_exchange()
    found = _look(requests, DRAFTS, outgoing)
    if found is not None and not whole and found.value(wire.MARKER) != outgoing.marker:
        requests.delete(found.id)  # a crash left it without all its attachments
        found = None
    if found is None and whole:
        found = _made(requests, outgoing, mime)
    del mime  # 25 MB, while others are made of it
    if found is None:
        found = _in_pieces(requests, outgoing, limits)
    return draft_of(_finished(requests, found, outgoing))


def _may_be_taken_apart(mime: bytes, limits: Limits) -> bool:
    return limits.sealed_in_pieces if writing.is_sealed(mime) else not writing.is_signed(mime)


def _look(requests: Requests, folder: str, outgoing: Outgoing) -> wire.Message | None:
    for test in (has_message_id(outgoing.message_id), has_property(wire.MARKER, outgoing.marker)):
        found = [message for message in requests.find(test, folder) if message.is_draft]
        if found:
            return found[0]
    return None


def _made(requests: Requests, outgoing: Outgoing, mime: bytes) -> wire.Message:
    try:
        return requests.create_from_mime(mime)
    except Unavailable:
        found = _look(requests, DRAFTS, outgoing)  # the answer may have been lost after it was saved
        if found is None:
            raise
        return found


def _finished(requests: Requests, message: wire.Message, outgoing: Outgoing) -> wire.Message:
    """The marker written, and the recipients ours: Exchange says itself whom a MIME's header led it to."""
    wanted = {"to": outgoing.to, "cc": outgoing.cc, "bcc": outgoing.bcc}
    there = {kind: [address for _, address in pairs] for kind, pairs in message.people().items()}
    right = all(_lower(there[kind]) == _lower(addresses) for kind, addresses in wanted.items())
    if right and message.value(wire.MARKER) == outgoing.marker:
        return message
    names = {address.lower(): name for pairs in message.people().values() for name, address in pairs}
    people = {kind: wire.recipients([(names.get(one.lower(), ""), one) for one in wanted[kind]]) for kind in wanted}
    marks = (wire.Property(id=wire.MARKER, value=outgoing.marker), wire.Property(id=wire.KEEP_IN, value=outgoing.save_to))
    change = (
        wire.Change(single_value_extended_properties=marks)
        if right
        else wire.Change(
            to_recipients=people["to"], cc_recipients=people["cc"], bcc_recipients=people["bcc"], single_value_extended_properties=marks
        )
    )
    try:
        finished = requests.update(message.id, message.change_key, change)
    except Unavailable:
        finished = requests.message(message.id)  # the answer may have been lost after it was written
        if finished.value(wire.MARKER) != outgoing.marker:
            raise
    # An alias may come back as the main address, so after they were set by us the number of people counts.
    if any(len(pairs) != len(set(_lower(wanted[kind]))) for kind, pairs in finished.people().items()):
        requests.delete(message.id)
        raise Unavailable
    return finished


def _lower(addresses: list[str] | tuple[str, ...]) -> list[str]:
    return sorted(address.lower() for address in addresses)


def _in_pieces(requests: Requests, outgoing: Outgoing, limits: Limits) -> wire.Message:
    parsed = mail_tree(outgoing.mime)
    made = requests.create(DRAFTS, writing.message(outgoing, parsed, as_sent=False, properties=()))
    attachments = writing.attachments(parsed)
    del parsed  # the attachments stand in it once more
    _attach(requests, made.id, attachments, limits)
    return requests.message(made.id)


def _attach(requests: Requests, item_id: str, attachments: tuple[wire.FileAttachment, ...], limits: Limits) -> None:
    for attachment in attachments:
        if len(attachment.content_bytes) < limits.attachment:
            requests.attach(item_id, attachment)
        else:
            requests.upload(item_id, attachment, limits.piece)


def stored_copy(requests: Requests, outgoing: Outgoing, limits: Limits) -> None:
    """One readable copy among the sent items. MIME would become a draft, so it is written as JSON."""
    if len(outgoing.mime) > limits.message:
        raise too_large_for_exchange()
    if requests.find(has_property(wire.MARKER, outgoing.marker), SENT_ITEMS):
        return
    for half in requests.find(has_property(wire.MARKER, outgoing.marker + _UNFINISHED), SENT_ITEMS):
        requests.delete(half.id)
    parsed = mail_tree(outgoing.mime)
    attachments = writing.attachments(parsed)
    fits = sum(len(item.content_bytes) for item in attachments) * 4 // 3 + 64 * 1024 < limits.request // 2
    try:
        _copy(requests, outgoing, parsed, attachments, limits, fits)
    except Unavailable:
        if not requests.find(has_property(wire.MARKER, outgoing.marker), SENT_ITEMS):  # the answer may have been lost
            raise


def stored_note(requests: Requests, outgoing: Outgoing) -> None:
    """A note of ours in the Inbox, unread and once. It has no attachments."""
    if requests.find(has_property(wire.MARKER, outgoing.marker), INBOX):
        return
    mark = wire.Property(id=wire.MARKER, value=outgoing.marker)
    requests.create(INBOX, writing.message(outgoing, mail_tree(outgoing.mime), as_sent=True, properties=(mark,), unread=True))


def _copy(
    requests: Requests,
    outgoing: Outgoing,
    parsed: EmailMessage,
    attachments: tuple[wire.FileAttachment, ...],
    limits: Limits,
    fits: bool,
) -> None:
    mark = outgoing.marker if fits else outgoing.marker + _UNFINISHED
    message = writing.message(outgoing, parsed, as_sent=True, properties=(wire.Property(id=wire.MARKER, value=mark),))
    if fits:
        requests.create(SENT_ITEMS, wire.with_attachments(message, attachments))
        return
    made = requests.create(SENT_ITEMS, message)
    _attach(requests, made.id, attachments, limits)
    now = requests.message(made.id)
    done = wire.Property(id=wire.MARKER, value=outgoing.marker)
    requests.update(made.id, now.change_key, wire.Change(single_value_extended_properties=(done,)))
