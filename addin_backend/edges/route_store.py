"""Which transport each mailbox is on, what an administrator chose, and what unfinished work began with; by SQLAlchemy Core.

It holds addresses of the organisation's own mailboxes, so the file is private; nothing of a mail is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.model.routing import Route, Transport, Why

_META = sa.MetaData()
_ROUTES = sa.Table(
    "routes",
    _META,
    sa.Column("mailbox", sa.String(320), primary_key=True),
    sa.Column("transport", sa.String(8), nullable=False),
    sa.Column("why", sa.String(16), nullable=False),
    sa.Column("since", sa.String(32), nullable=False),
    sa.Column("asked_at", sa.String(32), nullable=False, default=""),
    sa.Column("failed_code", sa.String(64), nullable=False, default=""),
    sa.Column("failed_at", sa.String(32), nullable=False, default=""),
)
_CHOSEN = sa.Table(
    "chosen",
    _META,
    sa.Column("mailbox", sa.String(320), primary_key=True),
    sa.Column("transport", sa.String(8), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
)
_PINS = sa.Table(
    "pins",
    _META,
    sa.Column("key", sa.String(600), primary_key=True),
    sa.Column("transport", sa.String(8), nullable=False),
    sa.Column("at", sa.String(32), nullable=False, index=True),
)


class RouteStore:
    """Thread-safe; several processes may have it open. Raises Unavailable when the database does not answer."""

    def __init__(self, url: str) -> None:
        self._engine = database.engine(url)
        database.make_tables(self._engine, _META)

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()

    def route(self, mailbox: str) -> Route | None:
        """What the mailbox is on, as far as is known."""
        with self._begin() as connection:
            row = connection.execute(_ROUTES.select().where(_ROUTES.c.mailbox == mailbox)).one_or_none()
        return None if row is None else _route(row)

    def routes(self) -> Sequence[Route]:
        """Every mailbox that was ever spoken to, by address."""
        with self._begin() as connection:
            return [_route(row) for row in connection.execute(_ROUTES.select().order_by(_ROUTES.c.mailbox))]

    def keep(self, route: Route) -> None:
        """Replace what was known of the mailbox."""
        row = {
            "mailbox": route.mailbox, "transport": route.transport.value, "why": route.why.value, "since": database.instant(route.since),
            "asked_at": _moment(route.asked_at), "failed_code": route.failed_code, "failed_at": _moment(route.failed_at),
        }  # fmt: skip
        self._replace(_ROUTES, _ROUTES.c.mailbox, row)

    def chosen(self, mailbox: str) -> Transport | None:
        """What an administrator chose for the mailbox."""
        with self._begin() as connection:
            found = connection.execute(sa.select(_CHOSEN.c.transport).where(_CHOSEN.c.mailbox == mailbox)).scalar_one_or_none()
        return None if found is None else Transport(found)

    def choose(self, mailbox: str, transport: Transport | None, at: datetime) -> None:
        """Choose for the mailbox; None takes the choice back."""
        if transport is not None:
            self._replace(_CHOSEN, _CHOSEN.c.mailbox, {"mailbox": mailbox, "transport": transport.value, "at": database.instant(at)})
            return
        with self._begin() as connection:
            connection.execute(_CHOSEN.delete().where(_CHOSEN.c.mailbox == mailbox))

    def pinned(self, key: str) -> Transport | None:
        """What the work under this key began with."""
        with self._begin() as connection:
            found = connection.execute(sa.select(_PINS.c.transport).where(_PINS.c.key == key)).scalar_one_or_none()
        return None if found is None else Transport(found)

    def pin(self, key: str, transport: Transport, at: datetime) -> Transport:
        """Remember it, unless something is remembered already; gives what counts."""
        try:
            with self._begin() as connection:
                connection.execute(_PINS.insert().values(key=key, transport=transport.value, at=database.instant(at)))
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


def _moment(at: datetime | None) -> str:
    return "" if at is None else database.instant(at)


def _route(row: Any) -> Route:
    return Route(
        mailbox=row.mailbox,
        transport=Transport(row.transport),
        why=Why(row.why),
        since=datetime.fromisoformat(row.since),
        asked_at=datetime.fromisoformat(row.asked_at) if row.asked_at else None,
        failed_code=row.failed_code,
        failed_at=datetime.fromisoformat(row.failed_at) if row.failed_at else None,
    )
