"""What the playground page asks of the demo world. ``bootstrap`` gives it the Outlook stand-in and the Exchange simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Protocol

from addin_backend.model.draft_input import DraftInput


@dataclass(frozen=True, slots=True)
class Person:
    """A sample employee that the page can write as."""

    address: str
    name: str
    title_da: str
    title_en: str


@dataclass(frozen=True, slots=True)
class Item:
    """A mail in a folder of a sample mailbox, as Outlook would list it. Recipients are plain addresses."""

    item_id: str
    subject: str
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    at: datetime
    attachments: int = 0


@dataclass(frozen=True, slots=True)
class Folder:
    """``key`` is drafts, sentitems, or the folder for sealed copies; ``name`` is what Outlook shows."""

    key: str
    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Departure:
    """What one recipient was sent, from the simulator's journal. ``via``: connector_always_tls, opportunistic or internal.

    ``hidden`` is True for a Bcc recipient, ``sealed`` for S/MIME; ``mime`` is the message as it left.
    """

    departure_id: str
    submission: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    via: str
    hidden: bool
    sealed: bool
    mime: bytes


_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})  # RFC 8551 §3.2, and its older name


def is_sealed(message: Message) -> bool:
    """Whether a mail is an S/MIME enveloped one, which only its recipient can read."""
    return message.get_content_type() in _SEALED


class World(Protocol):
    """The demo world behind the page. Every method may block and raises SendSecurelyError."""

    def people(self) -> Sequence[Person]:
        """Who the page can write as; the first is chosen to begin with."""
        ...

    def token(self, address: str) -> str:
        """A bearer token of the sandbox's sign-in for one of ``people``. Raises NotFound for anybody else."""
        ...

    def save_draft(self, mailbox: str, draft: DraftInput, item_id: str | None) -> str:
        """Save (or save again) the compose window as Outlook does; gives the item id."""
        ...

    def send_draft(self, mailbox: str, item_id: str, header: tuple[str, str] | None) -> None:
        """Send a saved draft as Outlook does on *Send*, with one internet header set if given."""
        ...

    def discard_draft(self, mailbox: str, item_id: str) -> None:
        """Throw a draft away, as Outlook does with the one of a window that is closed so; one that is gone already is done."""
        ...

    def send_invitation(self, mailbox: str, draft: DraftInput, times: tuple[datetime, datetime], location: str) -> None:
        """Send an invitation to a meeting that begins and ends at ``times``."""
        ...

    def folders(self, mailbox: str) -> Sequence[Folder]:
        """Drafts, Sent Items and the folder for sealed copies, newest item first."""
        ...

    def mime(self, mailbox: str, item_id: str) -> bytes:
        """The raw MIME of an item. Raises NotFound."""
        ...

    def departures(self, mailbox: str) -> Sequence[Departure]:
        """What left, newest first."""
        ...
