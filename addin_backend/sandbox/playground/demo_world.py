"""The demo world as the playground sees it: Outlook's stand-in writes by EWS, the simulator shows what it holds and what left."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from addin_backend.errors import NotFound, Unavailable
from addin_backend.model.draft_input import DraftInput
from addin_backend.model.identity import Identity, Role
from addin_backend.model.send_folder import SEALED_COPIES
from addin_backend.sandbox.outlook import Outlook
from addin_backend.sandbox.playground.invitations import calendar_request
from addin_backend.sandbox.playground.world import Departure, Folder, Item, Person, is_sealed

PEOPLE = (
    Person("mette.holm@nordlys.example", "Mette Holm", "forsikringsmægler", "insurance broker"),
    Person("jonas.friis@nordlys.example", "Jonas Friis", "skadekonsulent", "claims consultant"),
    Person("karin.bach@nordlys.example", "Karin Bach", "compliance officer", "compliance officer"),
)
OFFICERS = frozenset({"karin.bach@nordlys.example"})
SHOWN_FOLDERS = ("inbox", "drafts", "sentitems", SEALED_COPIES)
_TIMEOUT = 10.0  # seconds; the simulator is on this machine


class SandboxSignIn:
    """Tokens for the sample employees, made when the demo world starts and good only in it."""

    def __init__(self, sends_from: Callable[[str], Sequence[str]] = lambda _person: ()) -> None:
        """Nobody has a token that was valid in another run. ``sends_from``: what the directory delegates to a person, by their id, which is
        the address before its @ here.
        """
        self._token_of = {person.address: secrets.token_urlsafe(24) for person in PEOPLE}
        self._identity_of = {self._token_of[person.address]: _identity(person, sends_from) for person in PEOPLE}

    def token(self, address: str) -> str:
        """The bearer token of a sample employee. Raises NotFound for anybody else."""
        token = self._token_of.get(address.strip().lower())
        if token is None:
            raise NotFound
        return token

    def officer(self) -> Identity:
        """The sample officer, who acts on the pages for officers."""
        return next(one for one in self._identity_of.values() if one.role is Role.OFFICER)

    def identify(self, token: str) -> Identity | None:
        """Who holds this token (``Services.identify``)."""
        return self._identity_of.get(token)


def _identity(person: Person, sends_from: Callable[[str], Sequence[str]]) -> Identity:
    role = Role.OFFICER if person.address in OFFICERS else Role.EMPLOYEE
    return Identity(
        address=person.address,
        name=person.name,
        mailboxes=frozenset({person.address, *sends_from(person.address.partition("@")[0])}),
        role=role,
    )


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """``World`` over the running simulator. ``address`` is the simulator's, such as http://127.0.0.1:40001."""

    address: str
    outlook: Outlook
    sign_in: SandboxSignIn
    clock: Callable[[], datetime]

    def people(self) -> Sequence[Person]:
        """The sample employees."""
        return PEOPLE

    def token(self, address: str) -> str:
        """A token of the sandbox's sign-in."""
        return self.sign_in.token(address)

    def save_draft(self, mailbox: str, draft: DraftInput, item_id: str | None) -> str:
        """A new item in place of the one from the last save: a compose window has one draft."""
        saved = self.outlook.save_draft(mailbox, msgspec.to_builtins(draft), self.clock())
        if item_id:
            self.discard_draft(mailbox, item_id)
        return saved

    def discard_draft(self, mailbox: str, item_id: str) -> None:
        """Throw it away."""
        with suppress(NotFound):
            self.outlook.delete_draft(mailbox, item_id)

    def send_draft(self, mailbox: str, item_id: str, header: tuple[str, str] | None) -> None:
        """Send as Outlook does."""
        self.outlook.send_draft(mailbox, item_id, dict([header]) if header else None)

    def send_invitation(self, mailbox: str, draft: DraftInput, times: tuple[datetime, datetime], location: str) -> None:
        """A mail with the iCalendar request, which Exchange makes of a meeting that is sent."""
        written, at = msgspec.to_builtins(draft), self.clock()
        uid = f"{secrets.token_hex(16)}@{mailbox.rpartition('@')[2]}"
        request = calendar_request(written, *times, location=location, uid=uid, at=at)
        self.outlook.send_draft(mailbox, self.outlook.save_draft(mailbox, written, at, calendar=request))

    def folders(self, mailbox: str) -> Sequence[Folder]:
        """The folders that are shown, newest item first."""
        return tuple(self._folder(mailbox, key) for key in SHOWN_FOLDERS)

    def mime(self, mailbox: str, item_id: str) -> bytes:
        """The raw MIME of an item."""
        return self._get(f"/sandbox/mailboxes/{quote(mailbox)}/items/{quote(item_id, safe='')}/mime").content

    def departures(self, mailbox: str) -> Sequence[Departure]:
        """The simulator's journal for one mailbox, newest first."""
        lines = [msgspec.json.decode(line) for line in self._get("/sandbox/journal").content.splitlines()]
        return tuple(_departure(number, entry) for number, entry in reversed(list(enumerate(lines))) if entry["mailbox"] == mailbox)

    def _folder(self, mailbox: str, key: str) -> Folder:
        rows = self._get(f"/sandbox/mailboxes/{quote(mailbox)}/{quote(key)}").json()
        items = sorted((_item(row) for row in rows), key=lambda item: item.at, reverse=True)
        return Folder(key, key, tuple(items))

    def _get(self, path: str) -> httpx.Response:
        try:
            response = httpx.get(self.address + path, timeout=_TIMEOUT, trust_env=False)
        except httpx.HTTPError:
            raise Unavailable from None
        if response.status_code == 404:
            raise NotFound
        if response.is_error:
            raise Unavailable
        return response


def _item(row: Mapping[str, Any]) -> Item:
    lines = {name: tuple(str(person["address"]) for person in row[name]) for name in ("to", "cc", "bcc")}
    return Item(
        item_id=str(row["id"]),
        subject=str(row["subject"]),
        sender=str(row["from"]["address"]),
        at=datetime.fromisoformat(str(row["sent"] or row["created"])),
        attachments=int(row["has_attachments"]),
        **lines,
    )


def _departure(number: int, entry: Mapping[str, Any]) -> Departure:
    mime = base64.b64decode(entry["mime_base64"])
    message = message_from_bytes(mime, policy=policy.default)
    return Departure(
        departure_id=str(number),
        submission=str(entry["submission"]),
        at=datetime.fromisoformat(str(entry["at"])),
        sender=str(entry["from"]),
        recipient=str(entry["recipient"]),
        subject=str(message["subject"] or ""),
        via=str(entry["via"]),
        hidden=bool(entry["bcc"]),
        sealed=is_sealed(message),
        mime=mime,
    )
