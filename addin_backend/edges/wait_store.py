"""Copies that wait for TLS, by SQLAlchemy Core at any database that the store knows (edges/database.py).

No address stands here in clear: rows are found by keyed digests, and what names people or holds a mail is sealed.
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
from addin_backend.errors import NotFound, Unavailable
from addin_backend.model.waiting import WANTS_A_PERSON, Waiting, Wish, is_open, shown

Cipher = Callable[[bytes, str], bytes]
_TRIES = 50  # against others who write the same row
AT_ONCE = 2000  # rows in one round

_META = sa.MetaData()
_ROWS = sa.Table(
    "waits",
    _META,
    sa.Column("mail", sa.String(64), primary_key=True),
    sa.Column("recipient", sa.String(64), primary_key=True, comment="keyed digest"),
    sa.Column("version", sa.Integer, nullable=False, comment="goes up with each change"),
    sa.Column("open", sa.Boolean, nullable=False, comment="a round has something to look at"),
    sa.Column("state", sa.String(16), nullable=False, comment="as pages show it"),
    sa.Column("left_at", sa.String(32), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=True, comment="sealed: what is to be sent instead"),
    sa.Index("waits_open", "open", "left_at"),
    sa.Index("waits_state", "state"),
)


class SqlWaits:
    """``Waits`` at a database URL. Thread-safe; each method is one transaction but ``change``; raises Unavailable.

    ``seal`` and ``unseal`` encrypt, bound to a name; ``keyed(kind, value)`` gives keyed digests as text.
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

    def _recipient(self, address: str) -> str:
        return self._keyed("waiting", address.strip().lower())

    def _same(self, mail: str, recipient: str) -> sa.ColumnElement[bool]:
        return (_ROWS.c.mail == mail) & (_ROWS.c.recipient == recipient)

    def _opened(self, row: Any) -> Waiting:
        return msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"waiting\n{row.mail}\n{row.recipient}"), type=Waiting)

    def change(
        self, mail: str, address: str, act: Callable[[Waiting | None], Waiting | None], content: bytes | None = None
    ) -> Waiting | None:
        """Replace a row by what ``act`` makes of it; asked again when somebody else was quicker. What stands there then.

        ``content`` is sealed, and kept when the row was replaced.
        """
        recipient = self._recipient(address)
        for _ in range(_TRIES):
            with self._begin() as connection:
                row = connection.execute(_ROWS.select().where(self._same(mail, recipient))).one_or_none()
            known = None if row is None else self._opened(row)
            wanted = act(known)
            if wanted is None or wanted == known:
                return known
            if self._written(wanted, recipient, None if row is None else row.version, content):
                return wanted
        raise Unavailable

    def _written(self, wanted: Waiting, recipient: str, version: int | None, content: bytes | None) -> bool:
        """Whether nobody else wrote since ``version``; None: there was no row."""
        sealed = self._seal(msgspec.msgpack.encode(wanted), f"waiting\n{wanted.mail}\n{recipient}")
        values: dict[str, Any] = {
            "open": is_open(wanted),
            "state": shown(wanted),
            "left_at": database.instant(wanted.left_at),
            "sealed": sealed,
            "version": (version or 0) + 1,
        }
        if content is not None:
            values["content"] = self._seal(content, f"instead\n{wanted.mail}\n{recipient}")
        try:
            with self._begin() as connection:
                if version is None:
                    connection.execute(_ROWS.insert().values(mail=wanted.mail, recipient=recipient, **values))
                    return True
                same = self._same(wanted.mail, recipient) & (_ROWS.c.version == version)
                return bool(connection.execute(_ROWS.update().where(same).values(values)).rowcount)
        except IntegrityError:  # somebody else put the row there between our look and our writing
            return False

    def of(self, mail: str) -> Sequence[Waiting]:
        """The recipients of a mail, by address."""
        return sorted(self._read(_ROWS.select().where(_ROWS.c.mail == mail)), key=lambda one: one.address)

    def open(self) -> Sequence[Waiting]:
        """Those with which something may happen, oldest first."""
        return self._read(_ROWS.select().where(_ROWS.c.open.is_(True)).order_by(_ROWS.c.left_at).limit(AT_ONCE))

    def latest(self, limit: int) -> Sequence[Waiting]:
        """The newest rows; those that want a person stand first."""
        first = sa.case((_ROWS.c.state.in_(WANTS_A_PERSON), 0), else_=1)
        return self._read(_ROWS.select().order_by(first, _ROWS.c.left_at.desc()).limit(limit))

    def handed_over(self) -> Sequence[Waiting]:
        """What whoever looks after the relay is to withdraw, oldest first."""
        return self._read(_ROWS.select().where(_ROWS.c.state == Wish.HANDED_OVER.value).order_by(_ROWS.c.left_at))

    def _read(self, query: sa.Select[Any]) -> list[Waiting]:
        with self._begin() as connection:
            rows = connection.execute(query).all()
        return [self._opened(row) for row in rows]

    # --- what is to be sent instead -------------------------------------------------------------------------------------

    def drop_content(self, mail: str, address: str) -> None:
        """It is not needed any more."""
        with self._begin() as connection:
            connection.execute(_ROWS.update().where(self._same(mail, self._recipient(address))).values(content=None))

    def content(self, mail: str, address: str) -> bytes:
        """Raises NotFound."""
        recipient = self._recipient(address)
        with self._begin() as connection:
            sealed = connection.execute(sa.select(_ROWS.c.content).where(self._same(mail, recipient))).scalar_one_or_none()
        if sealed is None:
            raise NotFound
        return self._unseal(bytes(sealed), f"instead\n{mail}\n{recipient}")

    def forget_before(self, at: datetime) -> None:
        """What left before is of no use any more."""
        with self._begin() as connection:
            connection.execute(_ROWS.delete().where(_ROWS.c.left_at < database.instant(at)))
