"""The folder *Send sikkert*: a draft that any mail program puts there is checked and sent as if the button had been pressed, or comes back.

A draft is taken only after it has lain unchanged for a while, as the very state that was read: its id and change key are the key of the
press, and a change in between makes the press fail. One that is being sent, or waits for a person, is disarmed, and is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from addin_backend.errors import BadInput, Conflict, NotFound, SendSecurelyError, TooLarge
from addin_backend.flows.accept_send import RECENT, SENDABLE, Press
from addin_backend.flows.check import Ask
from addin_backend.flows.groups import message_id as own_message_id
from addin_backend.flows.read_draft import CannotBeTakenApart, read_draft
from addin_backend.model.decision import Decision, Texts
from addin_backend.model.send_folder import DRAFTS, INBOX, SEALED_COPIES, SEND_FOLDER, Lying, Written
from addin_backend.model.sending import SendJob, SendState
from addin_backend.ports import Clock, Log, Outgoing, SendStore
from addin_backend.sealing import put_back_note as notes

LANGUAGE = "da"  # of the readable copy: which one the writer reads is not known here


class FolderMailbox(Protocol):
    """A mailbox with the folder. Raises Unavailable, NotYours, NotFound."""

    def lying(self, mailbox: str, folder: str) -> Sequence[Lying]:
        """What lies in a folder of ours, which is made when it is not there."""
        ...

    def written(self, mailbox: str, item_id: str) -> Written:
        """A draft with all its recipients."""
        ...

    def move_item(self, mailbox: str, item_id: str, to: str) -> None:
        """Put an item elsewhere."""
        ...

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        """A note of ours in the Inbox, once."""
        ...


@dataclass(frozen=True, slots=True)
class FolderSending:
    """What it takes. ``press`` checks and sends as the button does. ``quiet``: how long a draft must have lain unchanged, since one that is
    being written is saved every few seconds. ``seen``: since when each item has had the change key that it has. ``failed``: why a mailbox
    could not be looked into the last time, or "".
    """

    mailboxes: FolderMailbox
    jobs: SendStore
    press: Callable[[Press], tuple[Decision, SendJob | None]]
    events: Log
    clock: Clock
    quiet: timedelta
    seen: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def _key(item_id: str, change_key: str) -> str:
    return hashlib.sha256(f"{item_id}\n{change_key}".encode()).hexdigest()[:32]


def _has_settled(mailbox: str, item: Lying, parts: FolderSending) -> bool:
    now = parts.clock()
    known = parts.seen.get((mailbox, item.item_id))
    if known is None or known[0] != item.change_key:
        parts.seen[mailbox, item.item_id] = known = (item.change_key, now)
    return now - known[1] >= parts.quiet


def _put_back(mailbox: str, item: Lying, subject: str, reasons: Sequence[Texts], to_do: Texts, parts: FolderSending) -> None:
    """The note first: when it is cut off, the next round finds the note by its marker and moves the item."""
    name = f"note-{_key(item.item_id, item.change_key)}"
    message_id = own_message_id(name, "folder", mailbox)
    mime = notes.put_back(mailbox, subject, reasons, to_do, in_drafts=item.is_draft, message_id=message_id, date=parts.clock())
    note = Outgoing(mime=mime, to=(mailbox,), cc=(), bcc=(), message_id=message_id, marker=f"{name}.folder", save_to=INBOX)
    parts.mailboxes.put_note(mailbox, note)
    parts.mailboxes.move_item(mailbox, item.item_id, DRAFTS if item.is_draft else INBOX)
    parts.seen.pop((mailbox, item.item_id), None)
    parts.events.info("draft_put_back")


def _job_of(mailbox: str, item: Lying, parts: FolderSending) -> SendJob | None:
    """The newest send of this very draft."""
    found = parts.jobs.jobs(mailbox, RECENT)
    return next((job for job in found if job.draft is not None and job.draft.item_id == item.item_id), None)


def _reasons(decision: Decision) -> tuple[list[Texts], Texts]:
    ways = [way.texts for way in decision.ways_out[:1]]
    return [decision.headline, *(finding.texts for finding in decision.findings), *ways], notes.IN_OUTLOOK


def _press(mailbox: str, item: Lying, written: Written, parts: FolderSending) -> None:
    """Check and send. Raises as the button's press."""
    try:
        message = read_draft(mailbox, written)
    except CannotBeTakenApart:
        _put_back(mailbox, item, "", [notes.NOT_TAKEN_APART], notes.IN_OUTLOOK, parts)
        return
    if message.sender.lower() != mailbox.lower():
        _put_back(mailbox, item, message.subject, [notes.OTHER_SENDER], notes.IN_OUTLOOK, parts)
        return
    press = Press(
        actor=mailbox, message=message, ask=Ask(at=parts.clock(), secure=True), mailbox=mailbox, item_id=item.item_id, language=LANGUAGE,
        idempotency_key=f"folder-{_key(item.item_id, written.change_key)}", request_id="", change_key=written.change_key,
    )  # fmt: skip
    try:
        decision, job = parts.press(press)
    except (BadInput, TooLarge) as error:  # it will not become better by waiting
        said = Texts(da=error.sentence_da, en=error.sentence)
        _put_back(mailbox, item, message.subject, [said], notes.IN_OUTLOOK, parts)
        return
    if job is None or decision.action not in SENDABLE:
        reasons, to_do = _reasons(decision)
        _put_back(mailbox, item, message.subject, reasons, to_do, parts)


def _deal_with(mailbox: str, item: Lying, parts: FolderSending) -> None:
    if item.marker:  # ours: a sealed copy of the time when this was their folder, or something that is still being sent
        if not item.is_draft:
            parts.mailboxes.move_item(mailbox, item.item_id, SEALED_COPIES)
        return
    if not item.is_draft:
        _put_back(mailbox, item, "", [notes.NOT_A_DRAFT], notes.TRY_AGAIN, parts)
        return
    if not _has_settled(mailbox, item, parts):
        return
    written = parts.mailboxes.written(mailbox, item.item_id)
    if written.disarmed or written.change_key != item.change_key:
        return
    job = _job_of(mailbox, item, parts)
    if job is not None and job.state is not SendState.NOT_SENT and not (job.state is SendState.PARTLY_SENT and job.closed):
        return
    if job is not None and job.state is SendState.PARTLY_SENT:
        _put_back(mailbox, item, "", [notes.SOME_HAVE_IT], notes.IN_OUTLOOK, parts)
    elif job is not None and job.error_code != Conflict.code:
        _put_back(mailbox, item, "", [notes.NOT_SENT], notes.TRY_AGAIN, parts)
    elif not any(written.people.values()):
        _put_back(mailbox, item, "", [notes.NO_RECIPIENTS], notes.TRY_AGAIN, parts)
    else:
        _press(mailbox, item, written, parts)


def look_into(mailbox: str, parts: FolderSending) -> None:
    """One look into a mailbox's folder. Raises Unavailable, NotYours when that fails; what happens to one draft holds up no other."""
    found = parts.mailboxes.lying(mailbox, SEND_FOLDER)
    there = {(mailbox, item.item_id) for item in found}
    for gone in [key for key in parts.seen if key[0] == mailbox and key not in there]:
        del parts.seen[gone]
    for item in found:
        try:
            _deal_with(mailbox, item, parts)
        except (Conflict, NotFound):  # changed or taken away meanwhile: it is looked at anew
            parts.seen.pop((mailbox, item.item_id), None)
        except SendSecurelyError as error:
            parts.events.warning("folder_not_sent", code=error.code)


def look_into_all(mailboxes: Sequence[str], parts: FolderSending, stop: Callable[[], bool] = lambda: False) -> None:
    """Every mailbox in turn; one that cannot be looked into does not hold up the others."""
    for mailbox in mailboxes:
        if stop():
            return
        code = ""
        try:
            look_into(mailbox, parts)
        except SendSecurelyError as error:
            code = error.code
        if code and parts.failed.get(mailbox) != code:  # said once, not every few seconds
            parts.events.warning("folder_not_read", code=code)
        parts.failed[mailbox] = code
