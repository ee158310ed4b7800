"""Which transport each mailbox is on, what an administrator chose, and what unfinished work began with; by SQLAlchemy Core.

No address stands here in clear: a mailbox is found by a keyed digest of its address, and what is known of it is sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.model.routing import Route, Transport

_META = sa.MetaData()
_ROUTES = sa.Table(
    "routes",
    _META,
    sa.Column("mailbox", sa.String(64), primary_key=True, comment="keyed digest"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
_CHOSEN = sa.Table(
    "chosen",
    _META,
    sa.Column("mailbox", sa.String(64), primary_key=True, comment="keyed digest"),
    sa.Column("transport", sa.String(8), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
)
_PINS = sa.Table(
    "pins",
    _META,
    sa.Column("key", sa.String(64), primary_key=True, comment="keyed digest"),
    sa.Column("transport", sa.String(8), nullable=False),
    sa.Column("at", sa.String(32), nullable=False, index=True),
)


Cipher = Callable[[bytes, str], bytes]


class RouteStore:
    """Thread-safe; several processes may have it open. Raises Unavailable when the database does not answer.

    ``seal`` and ``unseal`` encrypt under a name (AEAD); ``keyed(kind, value)`` gives keyed digests as text.
    """

    def __init__(self, url: str, seal: Cipher, unseal: Cipher, keyed: Callable[[str, str], str]) -> None:
        self._seal, self._unseal, self._keyed = seal, unseal, keyed
        self._engine = database.engine(url)
        database.make_tables(self._engine, _META)

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()

    def route(self, mailbox: str) -> Route | None:
        """What the mailbox is on, as far as is known."""
        with self._begin() as connection:
            row = connection.execute(_ROUTES.select().where(_ROUTES.c.mailbox == self._name(mailbox))).one_or_none()
        return None if row is None else self._open(row)

    def routes(self) -> Sequence[Route]:
        """Every mailbox that was ever spoken to, by address."""
        with self._begin() as connection:
            rows = connection.execute(_ROUTES.select()).all()
        return sorted((self._open(row) for row in rows), key=lambda route: route.mailbox)

    def keep(self, route: Route) -> None:
        """Replace what was known of the mailbox."""
        name = self._name(route.mailbox)
        sealed = self._seal(msgspec.msgpack.encode(route), f"routes\n{name}")
        self._replace(_ROUTES, _ROUTES.c.mailbox, {"mailbox": name, "sealed": sealed})

    def _open(self, row: Any) -> Route:
        return msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"routes\n{row.mailbox}"), type=Route)

    def _name(self, mailbox: str) -> str:
        return self._keyed("mailbox", mailbox)

    def chosen(self, mailbox: str) -> Transport | None:
        """What an administrator chose for the mailbox."""
        with self._begin() as connection:
            found = connection.execute(sa.select(_CHOSEN.c.transport).where(_CHOSEN.c.mailbox == self._name(mailbox))).scalar_one_or_none()
        return None if found is None else Transport(found)

    def choose(self, mailbox: str, transport: Transport | None, at: datetime) -> None:
        """Choose for the mailbox; None takes the choice back."""
        if transport is not None:
            self._replace(
                _CHOSEN, _CHOSEN.c.mailbox, {"mailbox": self._name(mailbox), "transport": transport.value, "at": database.instant(at)}
            )
            return
        with self._begin() as connection:
            connection.execute(_CHOSEN.delete().where(_CHOSEN.c.mailbox == self._name(mailbox)))

    def pinned(self, key: str) -> Transport | None:
        """What the work under this key began with."""
        with self._begin() as connection:
            found = connection.execute(sa.select(_PINS.c.transport).where(_PINS.c.key == self._keyed("work", key))).scalar_one_or_none()
        return None if found is None else Transport(found)

    def pin(self, key: str, transport: Transport, at: datetime) -> Transport:
        """Remember it, unless something is remembered already; gives what counts."""
        try:
            with self._begin() as connection:
                connection.execute(_PINS.insert().values(key=self._keyed("work", key), transport=transport.value, at=database.instant(at)))
        except IntegrityError:
            return self.pinned(key) or transport
        return transport

    def forget_pins_before(self, at: datetime) -> None:
        """Work that began so long ago has ended."""
        with self._begin() as connection:
            connection.execute(_PINS.delete().where(_PINS.c.at < database.instant(at)))

    def _replace(self, table: sa.Table, key: sa.Column[str], row: dict[str, Any]) -> None:
        with self._begin() as connection:
            if connection.execute(table.update().where(key == row[key.name]).values(row)).rowcount:
                return
        try:
            with self._begin() as connection:
                connection.execute(table.insert().values(row))
        except IntegrityError:  # somebody was quicker: theirs is as new as ours
            return

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return database.transaction(self._engine)
