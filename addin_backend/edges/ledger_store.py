"""The ledger of sent mail, by SQLAlchemy Core (edges/database.py).

No address and no Message-ID stands here in clear: rows are found by keyed digests, and what names a mailbox is sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.errors import Conflict, NotFound
from addin_backend.model.ledger import Closing, How, LedgerLine, Note, Place

Cipher = Callable[[bytes, str], bytes]
_AT_ONCE = 400  # keys in one question; SQLite takes 999 parameters at least

_META = sa.MetaData()
_NOTES = sa.Table(
    "ledger_notes",
    _META,
    sa.Column("event_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, comment="keyed digest of a mail's fingerprint or a ticket's id"),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("used_by", sa.String(64), nullable=False, server_default="", comment="the item that it explains"),
    sa.Index("ledger_notes_by_name", "name"),
    sa.Index("ledger_notes_by_time", "at"),
)
_PLACES = sa.Table(
    "ledger_places",
    _META,
    sa.Column("mailbox", sa.String(64), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
_LINES = sa.Table(
    "ledger_lines",
    _META,
    sa.Column("item", sa.String(64), primary_key=True, comment="keyed digest of mailbox and item"),
    sa.Column("how", sa.String(16), nullable=False),
    sa.Column("seen_at", sa.String(32), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Index("ledger_lines_by_time", "how", "seen_at"),
)
_CLOSINGS = sa.Table(
    "ledger_closings",
    _META,
    sa.Column("item", sa.String(64), primary_key=True, comment="the line of the case"),
    sa.Column("recorded", sa.Boolean, nullable=False, comment="it stands in the log, and counts"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)


class SqlLedger:
    """``Ledger`` at a database URL. Thread-safe; each method is one transaction; raises Unavailable.

    ``seal`` and ``unseal`` encrypt what names people, bound to a name; ``keyed(kind, value)`` gives keyed digests as text.
    """

    def __init__(self, url: str, seal: Cipher, unseal: Cipher, keyed: Callable[[str, str], str]) -> None:
        self._seal, self._unseal, self._keyed = seal, unseal, keyed
        self._engine = database.engine(url)
        database.make_tables(self._engine, _META)

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return database.transaction(self._engine)

    def _item(self, mailbox: str, key: str) -> str:
        return self._keyed("ledger item", f"{mailbox.strip().lower()}\n{key}")

    def _mailbox(self, mailbox: str) -> str:
        return self._keyed("ledger mailbox", mailbox.strip().lower())

    # --- what explains an item ------------------------------------------------------------------------------------------

    def note(self, name: str, event_id: str, at: datetime) -> None:
        """Something that can explain one item; the same event is noted once."""
        row = {"event_id": event_id, "name": self._keyed("ledger note", name), "at": database.instant(at), "used_by": ""}
        with suppress(IntegrityError), self._begin() as connection:
            connection.execute(_NOTES.insert().values(row))

    def notes(self, names: Sequence[str]) -> list[Note]:
        """What is noted under these names, oldest first; ``used_by`` is "" or a keyed digest of the item (see ``user``)."""
        by_name = {self._keyed("ledger note", name): name for name in names}
        keyed, found = list(by_name), list[Note]()
        with self._begin() as connection:
            for start in range(0, len(keyed), _AT_ONCE):
                some = _NOTES.select().where(_NOTES.c.name.in_(keyed[start : start + _AT_ONCE])).order_by(_NOTES.c.at, _NOTES.c.event_id)
                found += [
                    Note(name=by_name[row.name], event_id=row.event_id, at=datetime.fromisoformat(row.at), used_by=row.used_by)
                    for row in connection.execute(some)
                ]
        return found

    def user(self, mailbox: str, key: str) -> str:
        """How an item stands in ``used_by``."""
        return self._item(mailbox, key)

    def _use(self, connection: sa.Connection, used: Sequence[Note]) -> None:
        """Written as used; a ticket has no row before."""
        rows = {
            note.event_id: {
                "event_id": note.event_id, "name": self._keyed("ledger note", note.name), "at": database.instant(note.at),
                "used_by": note.used_by,
            }
            for note in used
        }  # fmt: skip
        ids, known = list(rows), set[str]()
        for start in range(0, len(ids), _AT_ONCE):
            some = sa.select(_NOTES.c.event_id).where(_NOTES.c.event_id.in_(ids[start : start + _AT_ONCE]))
            known.update(connection.execute(some).scalars())
        change = _NOTES.update().where(_NOTES.c.event_id == sa.bindparam("which")).values(used_by=sa.bindparam("item"))
        if known:
            connection.execute(change, [{"which": one, "item": rows[one]["used_by"]} for one in sorted(known)])
        if len(known) < len(rows):
            connection.execute(_NOTES.insert(), [row for one, row in rows.items() if one not in known])

    # --- places and lines -----------------------------------------------------------------------------------------------

    def place(self, mailbox: str) -> Place | None:
        """How far the mailbox has been read."""
        key = self._mailbox(mailbox)
        with self._begin() as connection:
            sealed = connection.execute(sa.select(_PLACES.c.sealed).where(_PLACES.c.mailbox == key)).scalar_one_or_none()
        return None if sealed is None else msgspec.msgpack.decode(self._unseal(bytes(sealed), f"place\n{key}"), type=Place)

    def known(self, mailbox: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of the keys that have a line."""
        by_item = {self._item(mailbox, key): key for key in keys}
        items, found = list(by_item), set[str]()
        with self._begin() as connection:
            for start in range(0, len(items), _AT_ONCE):
                some = sa.select(_LINES.c.item).where(_LINES.c.item.in_(items[start : start + _AT_ONCE]))
                found.update(by_item[item] for item in connection.execute(some).scalars())
        return frozenset(found)

    def settle(self, mailbox: str, lines: Sequence[LedgerLine], place: Place, used: Sequence[Note] = ()) -> None:
        """Lines, place and what explains the lines, in one transaction. A line that is there already stays."""
        rows = {item: self._row(item, line) for line in lines for item in [self._item(mailbox, line.key)]}
        key = self._mailbox(mailbox)
        sealed = self._seal(msgspec.msgpack.encode(place), f"place\n{key}")
        known = {self._item(mailbox, name) for name in self.known(mailbox, [line.key for line in lines])}
        with self._begin() as connection:
            fresh = [row for item, row in rows.items() if item not in known]
            if fresh:
                connection.execute(_LINES.insert(), fresh)
            self._use(connection, used)
            if connection.execute(_PLACES.update().where(_PLACES.c.mailbox == key).values(sealed=sealed)).rowcount == 0:
                connection.execute(_PLACES.insert().values(mailbox=key, sealed=sealed))

    def _row(self, item: str, line: LedgerLine) -> dict[str, Any]:
        bare = msgspec.structs.replace(line, key="")  # a Message-ID is not needed again
        sealed = self._seal(msgspec.msgpack.encode(bare), f"line\n{item}")
        return {"item": item, "how": line.how.value, "seen_at": database.instant(line.seen_at), "sealed": sealed}

    # --- to look at -----------------------------------------------------------------------------------------------------

    def lines(self, hows: Sequence[How], limit: int) -> tuple[LedgerLine, ...]:
        """The newest lines of these kinds, newest first."""
        query = sa.select(_LINES.c.item, _LINES.c.sealed).where(_LINES.c.how.in_([how.value for how in hows]))
        with self._begin() as connection:
            rows = connection.execute(query.order_by(_LINES.c.seen_at.desc(), _LINES.c.item).limit(limit)).all()
        return tuple(self._opened(row) for row in rows)

    def _opened(self, row: Any) -> LedgerLine:
        line = msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"line\n{row.item}"), type=LedgerLine)
        return msgspec.structs.replace(line, item=row.item)

    def line(self, item: str) -> LedgerLine:
        """The line behind an item's number. Raises NotFound."""
        with self._begin() as connection:
            row = connection.execute(sa.select(_LINES.c.item, _LINES.c.sealed).where(_LINES.c.item == item)).one_or_none()
        if row is None:
            raise NotFound
        return self._opened(row)

    # --- cases ----------------------------------------------------------------------------------------------------------

    def ask_to_close(self, closing: Closing) -> None:
        """Keep the wish. Raises Conflict when the case is closed, or somebody else asked before."""
        sealed = self._seal(msgspec.msgpack.encode(closing), f"closing\n{closing.item}")
        try:
            with self._begin() as connection:
                connection.execute(_CLOSINGS.insert().values(item=closing.item, recorded=False, sealed=sealed))
        except IntegrityError:
            raise Conflict(
                "The case is closed already.", sentence_da="Sagen er allerede lukket.", next_step="Look at the list again.",
                next_step_da="Se på listen igen.", field="item",
            ) from None  # fmt: skip

    def asked(self) -> list[Closing]:
        """Wishes that have not been recorded yet."""
        return self._closings(_CLOSINGS.c.recorded.is_(False))

    def closings(self, items: Sequence[str]) -> dict[str, Closing]:
        """How these cases were closed, those that are."""
        return {one.item: one for one in self._closings(_CLOSINGS.c.recorded.is_(True) & _CLOSINGS.c.item.in_(items[:_AT_ONCE]))}

    def open_cases(self) -> int:
        """How many cases nobody has closed."""
        query = sa.select(sa.func.count()).select_from(_LINES).where(_LINES.c.how == How.CASE.value)
        done = sa.select(sa.func.count()).select_from(_CLOSINGS).where(_CLOSINGS.c.recorded.is_(True))
        with self._begin() as connection:
            return int(connection.execute(query).scalar_one()) - int(connection.execute(done).scalar_one())

    def _closings(self, where: sa.ColumnElement[bool]) -> list[Closing]:
        with self._begin() as connection:
            rows = connection.execute(_CLOSINGS.select().where(where).order_by(_CLOSINGS.c.item)).all()
        return [msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"closing\n{row.item}"), type=Closing) for row in rows]

    def closed(self, closing: Closing) -> None:
        """It is recorded."""
        with self._begin() as connection:
            connection.execute(_CLOSINGS.update().where(_CLOSINGS.c.item == closing.item).values(recorded=True))

    def drop(self, item: str) -> None:
        """Forget a wish that cannot be recorded."""
        with self._begin() as connection:
            connection.execute(_CLOSINGS.delete().where((_CLOSINGS.c.item == item) & _CLOSINGS.c.recorded.is_(False)))

    def counts(self) -> dict[How, int]:
        """How many lines of each kind there are."""
        query = sa.select(_LINES.c.how, sa.func.count()).group_by(_LINES.c.how)
        with self._begin() as connection:
            found = {How(str(how)): int(number) for how, number in connection.execute(query).all()}
        return {how: found.get(how, 0) for how in How}

    def places(self) -> tuple[Place, ...]:
        """How far each mailbox has been read, in no order."""
        with self._begin() as connection:
            rows = connection.execute(sa.select(_PLACES.c.mailbox, _PLACES.c.sealed)).all()
        return tuple(msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"place\n{row.mailbox}"), type=Place) for row in rows)

    def forget_before(self, notes: datetime, lines: datetime) -> None:
        """Notes that can explain nothing any more, and old lines that have no case."""
        with self._begin() as connection:
            connection.execute(_NOTES.delete().where(_NOTES.c.at < database.instant(notes)))
            old = (_LINES.c.seen_at < database.instant(lines)) & (_LINES.c.how != How.CASE.value)
            connection.execute(_LINES.delete().where(old))
