"""Telephone numbers that senders gave for recipients, by SQLAlchemy Core (edges/database.py).

No address and no number stands here in clear: rows are found by keyed digests, and the number is sealed. A number that nobody has proven
is known to the mailbox in which it was typed alone, or one employee's mistake would become everybody's default (docs/decisions/090).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.model.access import Phone, Source

_META = sa.MetaData()
_PHONES = sa.Table(
    "phones",
    _META,
    sa.Column("pair", sa.String(64), primary_key=True, comment="keyed digest of mailbox and address"),
    sa.Column("address", sa.String(64), nullable=False, comment="keyed digest"),
    sa.Column("proven", sa.Integer, nullable=False),
    sa.Column("used_at", sa.String(32), nullable=False, comment="UTC, microseconds: sorts as text"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Index("phones_by_address", "address"),
)


class SqlPhoneBook:
    """``PhoneBook`` at a database URL. Thread-safe; every method raises Unavailable when the database does not answer.

    ``seal(bytes, name)`` encrypts, bound to ``name``; ``keyed(kind, value)`` gives keyed digests as text of 64 characters; ``clock`` says
    when a number was used.
    """

    def __init__(
        self,
        url: str,
        keyed: Callable[[str, str], str],
        seal: Callable[[bytes, str], bytes],
        unseal: Callable[[bytes, str], bytes],
        clock: Callable[[], datetime],
    ) -> None:
        self._keyed, self._seal, self._unseal, self._clock = keyed, seal, unseal, clock
        self._engine = database.engine(url)
        database.make_tables(self._engine, _META)

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return database.transaction(self._engine)

    def _address(self, address: str) -> str:
        return self._keyed("phone address", address.strip().lower())

    def _pair(self, mailbox: str, address: str) -> str:
        return self._keyed("phone pair", f"{mailbox.strip().lower()}\n{address.strip().lower()}")

    def _open(self, row: Any) -> Phone:
        phone = msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"phones\n{row.pair}"), type=Phone)
        return msgspec.structs.replace(phone, source=Source.HISTORY, proven=bool(row.proven))

    def known(self, mailbox: str, addresses: Iterable[str]) -> Mapping[str, Phone]:
        """A number of each address (lower case) that has one: a proven one, the last used first, else the mailbox's own."""
        by_digest = {self._address(item): item.lower() for item in addresses}
        pairs = {self._pair(mailbox, item) for item in by_digest.values()}
        usable = (_PHONES.c.proven == 1) | _PHONES.c.pair.in_(list(pairs))
        query = sa.select(_PHONES).where(_PHONES.c.address.in_(list(by_digest)) & usable).order_by(_PHONES.c.proven, _PHONES.c.used_at)
        with self._begin() as connection:
            rows = connection.execute(query).all()
        return {by_digest[row.address]: self._open(row) for row in rows}  # the best stands last

    def remember(self, mailbox: str, address: str, phone: Phone) -> None:
        """The number that this mailbox used last for the address."""
        pair, at = self._pair(mailbox, address), database.instant(self._clock())
        sealed = self._seal(msgspec.msgpack.encode(phone), f"phones\n{pair}")
        values = {"address": self._address(address), "proven": int(phone.proven), "used_at": at, "sealed": sealed}
        update = _PHONES.update().where(_PHONES.c.pair == pair).values(values)
        try:
            with self._begin() as connection:
                if connection.execute(update).rowcount == 0:
                    connection.execute(_PHONES.insert().values(pair=pair, **values))
        except IntegrityError:  # another press inserted it between the two
            with self._begin() as connection:
                connection.execute(update)

    def prove(self, address: str, number: str) -> int:
        """The owner of ``number`` has opened a package of ``address`` with a code sent to it: how many entries are proven by that."""
        with self._begin() as connection:
            rows = connection.execute(sa.select(_PHONES).where(_PHONES.c.address == self._address(address))).all()
            pairs = [row.pair for row in rows if self._open(row).number == number]
            connection.execute(_PHONES.update().where(_PHONES.c.pair.in_(pairs)).values(proven=1))
        return len(pairs)

    def forget_before(self, at: datetime) -> int:
        """Delete what was last used before; how many."""
        with self._begin() as connection:
            return int(connection.execute(_PHONES.delete().where(_PHONES.c.used_at < database.instant(at))).rowcount)

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()
