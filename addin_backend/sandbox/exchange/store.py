"""The mailboxes in SQLite. Every write is one transaction, so that a kill leaves either the old state or the new one."""

from __future__ import annotations

import base64
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from addin_backend.sandbox.exchange.mime import Person

_TABLES = """
CREATE TABLE IF NOT EXISTS mailboxes (address TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS folders (id TEXT PRIMARY KEY, mailbox TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL,
  distinguished TEXT NOT NULL, change_key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS items (id TEXT PRIMARY KEY, mailbox TEXT NOT NULL, folder TEXT NOT NULL, position INTEGER NOT NULL,
  properties BLOB NOT NULL, mime BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS items_by_folder ON items (mailbox, folder, position);
CREATE TABLE IF NOT EXISTS changes (seq INTEGER PRIMARY KEY AUTOINCREMENT, mailbox TEXT NOT NULL, folder TEXT NOT NULL,
  item TEXT NOT NULL, gone INTEGER NOT NULL);
CREATE TRIGGER IF NOT EXISTS item_new AFTER INSERT ON items BEGIN
  INSERT INTO changes (mailbox, folder, item, gone) VALUES (new.mailbox, new.folder, new.id, 0); END;
CREATE TRIGGER IF NOT EXISTS item_changed AFTER UPDATE ON items BEGIN
  INSERT INTO changes (mailbox, folder, item, gone) SELECT old.mailbox, old.folder, old.id, 1 WHERE old.folder <> new.folder;
  INSERT INTO changes (mailbox, folder, item, gone) VALUES (new.mailbox, new.folder, new.id, 0); END;
CREATE TRIGGER IF NOT EXISTS item_gone AFTER DELETE ON items BEGIN
  INSERT INTO changes (mailbox, folder, item, gone) VALUES (old.mailbox, old.folder, old.id, 1); END;
CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS queue (seq INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL, entry BLOB NOT NULL);
"""


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder; ``distinguished`` is its well-known name or ""."""

    id: str
    mailbox: str
    parent: str
    name: str
    distinguished: str
    change_key: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as stored. ``extended`` maps a property's key (see ``properties.key``) to its value; the MIME lies beside it."""

    id: str
    mailbox: str
    folder: str
    change_key: str
    item_class: str
    subject: str
    sender: Person
    to: list[Person]
    cc: list[Person]
    bcc: list[Person]
    reply_to: list[Person]
    message_id: str
    in_reply_to: str = ""
    references: str = ""
    importance: str = "Normal"
    sensitivity: str = "Normal"
    categories: list[str] = []
    read_receipt: bool = False
    delivery_receipt: bool = False
    extended: dict[str, str] = {}
    is_draft: bool = True
    is_read: bool = True
    created: str
    modified: str
    sent: str = ""
    size: int = 0
    attachments: int = 0


def new_id() -> str:
    """An opaque id in the alphabet of EWS ids (it may hold / and +)."""
    return "AAMk" + base64.b64encode(secrets.token_bytes(60)).decode()


def new_change_key() -> str:
    """A change key; every write gives a new one."""
    return "CQAAABYA" + base64.b64encode(secrets.token_bytes(15)).decode()


class Store:
    """One SQLite file. Thread-safe: one connection behind one lock."""

    def __init__(self, path: Path) -> None:
        """Open or create the file."""
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _TABLES)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested use joins the outer one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:  # raised again; whatever it was, nothing half done may stay
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    # --- mailboxes and folders ---

    def add_mailbox(self, address: str, display_name: str) -> None:
        """Nothing happens when it is there already."""
        self._execute("INSERT OR IGNORE INTO mailboxes VALUES (?, ?)", address, display_name)

    def mailboxes(self) -> list[Person]:
        """(name, address) of everyone, by address."""
        return [(row[1], row[0]) for row in self._execute("SELECT address, name FROM mailboxes ORDER BY address")]

    def mailbox_name(self, address: str) -> str | None:
        """The display name, or None when there is no such mailbox."""
        rows = self._execute("SELECT name FROM mailboxes WHERE address = ?", address)
        return str(rows[0][0]) if rows else None

    def folders(self, mailbox: str) -> list[Folder]:
        """Every folder of a mailbox, oldest first."""
        rows = self._execute(
            "SELECT id, mailbox, parent, name, distinguished, change_key FROM folders WHERE mailbox = ? ORDER BY rowid", mailbox
        )
        return [Folder(id=row[0], mailbox=row[1], parent=row[2], name=row[3], distinguished=row[4], change_key=row[5]) for row in rows]

    def add_folder(self, folder: Folder) -> None:
        """Store a new folder."""
        self._execute(
            "INSERT INTO folders VALUES (?, ?, ?, ?, ?, ?)",
            folder.id, folder.mailbox, folder.parent, folder.name, folder.distinguished, folder.change_key,
        )  # fmt: skip

    # --- items ---

    def item(self, mailbox: str, item_id: str) -> Item | None:
        """The item without its MIME."""
        rows = self._execute("SELECT properties FROM items WHERE mailbox = ? AND id = ?", mailbox, item_id)
        return msgspec.json.decode(rows[0][0], type=Item) if rows else None

    def mime(self, item_id: str) -> bytes:
        """The MIME as it was given."""
        return bytes(self._execute("SELECT mime FROM items WHERE id = ?", item_id)[0][0])

    def items(self, mailbox: str, folder_id: str) -> list[Item]:
        """What lies in a folder, newest first."""
        rows = self._execute("SELECT properties FROM items WHERE mailbox = ? AND folder = ? ORDER BY position DESC", mailbox, folder_id)
        return [msgspec.json.decode(row[0], type=Item) for row in rows]

    def count(self, mailbox: str, folder_id: str) -> int:
        """How many items lie in a folder."""
        return int(self._execute("SELECT COUNT(*) FROM items WHERE mailbox = ? AND folder = ?", mailbox, folder_id)[0][0])

    def put(self, item: Item, mime: bytes | None = None) -> None:
        """Store an item; ``mime`` None keeps what is stored."""
        properties = msgspec.json.encode(item)
        if mime is None:
            self._execute("UPDATE items SET folder = ?, properties = ? WHERE id = ?", item.folder, properties, item.id)
            return
        self._execute(
            "INSERT INTO items VALUES (?, ?, ?, (SELECT COALESCE(MAX(position), 0) + 1 FROM items), ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET folder = excluded.folder, properties = excluded.properties, mime = excluded.mime",
            item.id, item.mailbox, item.folder, properties, mime,
        )  # fmt: skip

    def remove(self, item_id: str) -> None:
        """Delete an item for good."""
        self._execute("DELETE FROM items WHERE id = ?", item_id)

    def last_change(self) -> int:
        """The number of the newest change to any item."""
        return int(self._execute("SELECT COALESCE(MAX(seq), 0) FROM changes")[0][0])

    def changed_since(self, mailbox: str, folder_id: str, since: int, limit: int) -> list[tuple[int, str, bool]]:
        """(number, item id, is gone) of the newest change to each item of a folder, oldest first."""
        rows = self._execute(
            "SELECT MAX(seq), item, gone FROM changes WHERE mailbox = ? AND folder = ? AND seq > ? GROUP BY item ORDER BY MAX(seq) LIMIT ?",
            mailbox, folder_id, since, limit,
        )  # fmt: skip
        return [(int(row[0]), str(row[1]), bool(row[2])) for row in rows]

    # --- journal ---

    def journal_add(self, entry: dict[str, object]) -> None:
        """Append one delivery."""
        self._execute("INSERT INTO journal (entry) VALUES (?)", msgspec.json.encode(entry))

    def journal(self) -> list[dict[str, object]]:
        """All deliveries in order, each with its ``seq``."""
        rows = self._execute("SELECT seq, entry FROM journal ORDER BY seq")
        return [{"seq": row[0], **msgspec.json.decode(row[1])} for row in rows]

    # --- queue ---

    def queue_add(self, state: str, entry: dict[str, object]) -> None:
        """A copy that waits; ``entry`` is what the journal gets when it is delivered."""
        self._execute("INSERT INTO queue (state, entry) VALUES (?, ?)", state, msgspec.json.encode(entry))

    def queue(self) -> list[tuple[int, str, dict[str, Any]]]:
        """(number, state, entry) of every copy that ever waited, oldest first."""
        rows = self._execute("SELECT seq, state, entry FROM queue ORDER BY seq")
        return [(int(row[0]), str(row[1]), msgspec.json.decode(row[2])) for row in rows]

    def queue_end(self, number: int, state: str) -> None:
        """What became of it."""
        self._execute("UPDATE queue SET state = ? WHERE seq = ?", state, number)

    def _execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()
