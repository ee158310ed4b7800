"""Mailboxes as the page shows them: the folder rail, a list, and one mail open with what it says and its raw MIME."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses

from addin_backend.errors import NotFound
from addin_backend.model.decision import Texts
from addin_backend.sandbox.playground.world import Departure, Folder, Item, Person, World, is_sealed

JOURNAL = "journal"
RAW_SHOWN = 20_000  # characters of raw MIME on the page; the rest is in the download
INBOX = "inbox"
FOLDERS = {
    INBOX: Texts(da="Indbakke", en="Inbox"),
    "drafts": Texts(da="Kladder", en="Drafts"),
    "sentitems": Texts(da="Sendt post", en="Sent Items"),
    "sealed": Texts(da="Krypterede kopier", en="Encrypted copies"),
    JOURNAL: Texts(da="Det, der forlod huset", en="What left the house"),
}
ROUTES = {
    "connector_always_tls": Texts(da="sikker forbindelse (altid TLS)", en="secure connection (always TLS)"),
    "opportunistic": Texts(da="almindelig forbindelse", en="ordinary connection"),
    "internal": Texts(da="i huset", en="in the house"),
}


@dataclass(frozen=True, slots=True)
class RailEntry:
    """One folder in the rail."""

    key: str
    title: Texts
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Rail:
    """Whose mailbox it is, who else there is, and the folders."""

    people: tuple[Person, ...]
    person: Person
    entries: tuple[RailEntry, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a folder. ``tags`` are (style, words): how it left."""

    item_id: str
    who: str
    subject: str
    at: datetime
    tags: tuple[tuple[str, Texts], ...]
    attachments: int
    current: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """One mail open: the headers a reader sees, the text if there is any in clear, and the raw MIME.

    ``message_id`` and ``people`` (line, name, address) are what Outlook tells an add-in beside a mail.
    """

    item_id: str
    subject: str
    headers: tuple[tuple[Texts, str], ...]
    kind: Texts
    text: str
    raw: str
    size: int
    message_id: str = ""
    people: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MailboxView:
    """The page of a folder."""

    rail: Rail
    folder: str
    title: Texts
    rows: tuple[Row, ...]
    opened: Opened | None


_ENCRYPTED = Texts(da="Krypteret: kan kun læses af modtageren", en="Encrypted: only the recipient can read it")
_CLEAR = Texts(da="Kan læses, som den står her", en="Readable as it stands here")


def _person(world: World, address: str) -> tuple[tuple[Person, ...], Person]:
    people = tuple(world.people())
    return people, next((person for person in people if person.address == address.strip().lower()), people[0])


def folder_key(folder: Folder) -> str:
    """drafts, sentitems, or sealed for any other folder: the product keeps sealed copies in a folder of its own."""
    return folder.key if folder.key in FOLDERS else "sealed"


def rail(world: World, mailbox_address: str, current: str) -> Rail:
    """The rail for a mailbox; somebody who is not in the demo world gives the first person."""
    people, person = _person(world, mailbox_address)
    return _rail(people, person, tuple(world.folders(person.address)), len(world.departures(person.address)), current)


def _rail(people: tuple[Person, ...], person: Person, folders: tuple[Folder, ...], left: int, current: str) -> Rail:
    counts = {folder_key(folder): len(folder.items) for folder in folders}
    counts[JOURNAL] = left
    entries = tuple(RailEntry(key, title, counts.get(key, 0), key == current) for key, title in FOLDERS.items())
    return Rail(people, person, entries)


def _departure_row(departure: Departure, current: str) -> Row:
    tags = [("via-" + departure.via, ROUTES.get(departure.via, Texts(da=departure.via, en=departure.via)))]
    if departure.sealed:
        tags.append(("tag-protect", Texts(da="krypteret (S/MIME)", en="encrypted (S/MIME)")))
    if departure.hidden:
        tags.append(("hidden", Texts(da="skjult modtager (Bcc)", en="hidden recipient (Bcc)")))
    opened = departure.departure_id == current
    return Row(departure.departure_id, departure.recipient, departure.subject, departure.at, tuple(tags), 0, opened)


def _who(item: Item, folder: str) -> str:
    return item.sender if folder == INBOX else ", ".join((*item.to, *item.cc, *item.bcc))


def _rows(folder: Folder, current: str) -> tuple[Row, ...]:
    return tuple(
        Row(item.item_id, _who(item, folder.key), item.subject, item.at, (), item.attachments, item.item_id == current)
        for item in folder.items
    )


def mailbox(world: World, address: str, folder: str, item_id: str) -> MailboxView:
    """A folder with its items; the item asked for, or the newest, open."""
    folder = folder if folder in FOLDERS else "sentitems"
    people, person = _person(world, address)
    folders, departures = tuple(world.folders(person.address)), tuple(world.departures(person.address))
    around = _rail(people, person, folders, len(departures), folder)
    items = next((found for found in folders if folder_key(found) == folder), Folder(folder, "", ()))
    ids = [departure.departure_id for departure in departures] if folder == JOURNAL else [item.item_id for item in items.items]
    current = item_id if item_id in ids else (ids[0] if ids else "")
    rows = tuple(_departure_row(departure, current) for departure in departures) if folder == JOURNAL else _rows(items, current)
    opened = _opened(current, raw(world, person.address, folder, current)) if current else None
    return MailboxView(around, folder, FOLDERS[folder], rows, opened)


def raw(world: World, address: str, folder: str, item_id: str) -> bytes:
    """The MIME of an item or of a departure. Raises NotFound."""
    _, person = _person(world, address)
    if folder != JOURNAL:
        return world.mime(person.address, item_id)
    for departure in world.departures(person.address):
        if departure.departure_id == item_id:
            return departure.mime
    raise NotFound


def _opened(item_id: str, mime: bytes) -> Opened:
    message = message_from_bytes(mime, policy=policy.default)
    shown = ((Texts(da="Fra", en="From"), "from"), (Texts(da="Til", en="To"), "to"), (Texts(da="Cc", en="Cc"), "cc"))
    headers = tuple((label, str(message[name])) for label, name in shown if message[name])
    encrypted = is_sealed(message)
    words = mime.decode("utf-8", "replace")
    return Opened(
        item_id=item_id,
        subject=str(message["subject"] or ""),
        headers=headers,
        kind=_ENCRYPTED if encrypted else _CLEAR,
        text="" if encrypted else _text_of(message),
        raw=words[:RAW_SHOWN] + ("\n…" if len(words) > RAW_SHOWN else ""),
        size=len(mime),
        message_id=str(message["message-id"] or "").strip(),
        people=tuple((line, name, address) for line in ("from", "to", "cc") for name, address in getaddresses(_written(message, line))),
    )


def _written(message: EmailMessage, line: str) -> list[str]:
    return [str(item) for item in message.get_all(line, [])]


def _text_of(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        return str(body.get_content())
    except (LookupError, ValueError):
        return ""
