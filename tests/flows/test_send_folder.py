"""When a draft in the folder is pressed, left alone or put back: a mailbox in memory and a clock that the test turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import structlog

from addin_backend.errors import BadInput, Conflict, NotFound, SendSecurelyError, Unavailable
from addin_backend.flows.accept_send import Press
from addin_backend.flows.send_folder import FolderSending, look_into, look_into_all
from addin_backend.model.decision import Action, Decision, Texts
from addin_backend.model.send_folder import Lying, Written
from addin_backend.model.sending import Draft, SendJob, SendState
from addin_backend.ports import Outgoing

METTE, BO = "mette.holm@nordlys.example", "bo.madsen@postkasse.example"
QUIET = timedelta(seconds=20)
MIME = f"From: {METTE}\r\nSubject: Hej\r\nContent-Type: text/plain\r\n\r\nHej\r\n".encode()


@dataclass
class Folder:
    """One draft in the folder, what was pressed and what was put back. ``failing``: what a press raises."""

    now: datetime = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    item: Lying | None = field(default_factory=lambda: Lying(item_id="AAMk", change_key="1", is_draft=True))
    disarmed: bool = False
    people: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {"to": [("", BO)]})
    action: Action = Action.PROTECT
    job: SendJob | None = None
    failing: SendSecurelyError | None = None
    away: SendSecurelyError | None = None
    presses: list[Press] = field(default_factory=list)
    notes: list[Outgoing] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)

    def lying(self, mailbox: str, folder: str) -> tuple[Lying, ...]:
        """The draft, while it lies there."""
        if self.away:
            raise self.away
        return (self.item,) if self.item else ()

    def written(self, mailbox: str, item_id: str) -> Written:
        """The draft as it is now."""
        if self.item is None:
            raise NotFound
        return Written(item_id=item_id, change_key=self.item.change_key, people=self.people, disarmed=self.disarmed, mime=MIME)

    def move_item(self, mailbox: str, item_id: str, to: str) -> None:
        """Away."""
        self.moved.append(to)
        self.item = None

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        """Once for each marker."""
        if outgoing.marker not in [one.marker for one in self.notes]:
            self.notes.append(outgoing)

    def jobs(self, mailbox: str, limit: int) -> list[SendJob]:
        """The job that the test set."""
        return [self.job] if self.job else []

    def press(self, press: Press) -> tuple[Decision, SendJob | None]:
        """Remember it, answer as told."""
        self.presses.append(press)
        if self.failing:
            raise self.failing
        words = Texts(da="Mailen er ikke sendt.", en="The mail has not been sent.")
        decision = Decision(
            action=self.action, classes=(), recipients=(), findings=(), ways_out=(), headline=words, policy_revision="a", engine="regorus",
            question=b"", digest="d", decided_at=self.now,
        )  # fmt: skip
        return decision, job(SendState.DECIDED) if self.action is Action.PROTECT else None

    def parts(self) -> FolderSending:
        """What the loop is given."""
        jobs: Any = self
        return FolderSending(
            mailboxes=self, jobs=jobs, press=self.press, events=structlog.get_logger("test"), clock=lambda: self.now, quiet=QUIET
        )

    def change(self) -> None:
        """The writer's program saves it again."""
        assert self.item is not None
        self.item = msgspec.structs.replace(self.item, change_key=f"{self.item.change_key}+")


def job(state: SendState, error: str = "", *, closed: bool = False) -> SendJob:
    """The send of the draft."""
    return SendJob(
        job_id="j", idempotency_key="k", mailbox=METTE, digest="d", draft=Draft(item_id="AAMk", change_key="1"), policy_revision="a",
        state=state, groups=(), created_at=datetime(2026, 11, 28, 12, 0, tzinfo=UTC), error_code=error, closed=closed,
    )  # fmt: skip


def settled(folder: Folder) -> FolderSending:
    """Looked at twice, one interval apart."""
    parts = folder.parts()
    look_into(METTE, parts)
    folder.now += QUIET
    look_into(METTE, parts)
    return parts


def test_a_draft_is_pressed_when_it_has_lain_unchanged() -> None:
    """Each change begins the wait anew; the press is bound to the state that was read, and its key to item and state."""
    folder = Folder()
    parts = folder.parts()
    for _ in range(5):
        look_into(METTE, parts)
        folder.now += QUIET - timedelta(seconds=1)
        folder.change()
    assert [] == folder.presses
    look_into(METTE, parts)
    folder.now += QUIET
    look_into(METTE, parts)
    look_into(METTE, parts)
    assert {("1+++++", "AAMk", METTE, True)} == {(one.change_key, one.item_id, one.actor, one.ask.secure) for one in folder.presses}
    assert 1 == len({one.idempotency_key for one in folder.presses})


@pytest.mark.parametrize("state", [state for state in SendState if state is not SendState.NOT_SENT])
def test_a_draft_with_a_send_is_left_alone(state: SendState) -> None:
    """On its way, sent, partly or nobody knows: no second press, whatever its change key says."""
    folder = Folder(job=job(state))
    settled(folder)
    assert ([], []) == (folder.presses, folder.moved)


def test_a_disarmed_draft_is_left_alone() -> None:
    """A send has it, also one that this server does not know."""
    folder = Folder(disarmed=True)
    settled(folder)
    assert ([], []) == (folder.presses, folder.moved)


@pytest.mark.parametrize(
    ("given", "pressed"),
    [
        ({"job": job(SendState.NOT_SENT, "unavailable")}, 0),
        ({"job": job(SendState.PARTLY_SENT, closed=True)}, 0),
        ({"people": {"to": []}}, 0),
        ({"action": Action.BLOCK}, 1),
        ({"action": Action.CONFIRM}, 1),
        ({"failing": BadInput()}, 1),
    ],
)
def test_what_is_not_sent_comes_back_with_one_note(given: dict[str, Any], pressed: int) -> None:
    """Refused, to be confirmed, not sent, or without recipients: a note, then Drafts; nothing is tried a second time."""
    folder = Folder(**given)
    look_into(METTE, settled(folder))
    assert (pressed, 1, ["drafts"]) == (len(folder.presses), len(folder.notes), folder.moved)


def test_a_draft_that_was_changed_before_it_was_taken_is_pressed_anew() -> None:
    """Its send ended as a conflict, or the press said so: the new state gets a press of its own."""
    folder = Folder(job=job(SendState.NOT_SENT, Conflict.code))
    settled(folder)
    assert (1, []) == (len(folder.presses), folder.moved)
    refused = Folder(failing=Conflict())
    parts = settled(refused)
    look_into(METTE, parts)
    assert (1, []) == (len(refused.presses), refused.moved)


def test_while_a_part_is_away_nothing_is_put_back() -> None:
    """The service cannot decide or Exchange does not answer: the draft stays, and is tried in the next round."""
    folder = Folder(failing=Unavailable())
    parts = settled(folder)
    folder.failing = None
    look_into_all([METTE], parts)
    assert (2, [], []) == (len(folder.presses), folder.notes, folder.moved)
    folder.away = Unavailable()
    look_into_all([METTE, METTE], parts)
    assert "unavailable" == parts.failed[METTE]


def test_what_is_ours_or_no_draft_goes_where_it_belongs() -> None:
    """A sealed copy of earlier versions to the sealed copies; a received mail to the Inbox; a copy that is being sent stays."""
    cases = [
        (Lying(item_id="a", change_key="1", is_draft=False, marker="j.smime"), ["Krypterede kopier"], 0),
        (Lying(item_id="a", change_key="1", is_draft=True, marker="j.smime"), [], 0),
        (Lying(item_id="a", change_key="1", is_draft=False), ["inbox"], 1),
    ]
    for item, moved, notes in cases:
        folder = Folder(item=item)
        settled(folder)
        assert (moved, notes, []) == (folder.moved, len(folder.notes), folder.presses)
