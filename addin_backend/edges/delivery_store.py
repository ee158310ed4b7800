"""What became of mail after it had left, and how far each Inbox has been read, by SQLAlchemy Core (edges/database.py).

No address stands here in clear: rows are found by keyed digests, and what names people is sealed.
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
from addin_backend.model.delivery import Delivery, Fate, weight

Cipher = Callable[[bytes, str], bytes]
_AT_ONCE = 400  # jobs in one question

_META = sa.MetaData()
_DELIVERIES = sa.Table(
    "deliveries",
    _META,
    sa.Column("job_id", sa.String(64), primary_key=True),
    sa.Column("recipient", sa.String(64), primary_key=True, comment="keyed digest"),
    sa.Column("rank", sa.Integer, nullable=False, comment="how much it counts: it only grows"),
    sa.Column("fate", sa.String(16), nullable=False),
    sa.Column("told", sa.Boolean, nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Index("deliveries_untold", "told", "fate"),
)
_PLACES = sa.Table(
    "inbox_places",
    _META,
    sa.Column("mailbox", sa.String(64), primary_key=True, comment="keyed digest"),
    sa.Column("state", sa.Text, nullable=False, comment="the server's own word"),
)


class SqlDeliveries:
    """``Deliveries`` at a database URL. Thread-safe; each method is one transaction; raises Unavailable.

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

    def _recipient(self, address: str) -> str:
        return self._keyed("delivery", address.strip().lower())

    def _row(self, delivery: Delivery, recipient: str) -> dict[str, Any]:
        sealed = self._seal(msgspec.msgpack.encode(delivery), f"delivery\n{delivery.job_id}\n{recipient}")
        fate = delivery.fate
        return {
            "rank": weight(delivery), "fate": fate.value, "told": delivery.told, "at": database.instant(delivery.at), "sealed": sealed,
        }  # fmt: skip

    def keep(self, delivery: Delivery) -> bool:
        """Whether it was news: what is known gives way only to what counts more."""
        recipient = self._recipient(delivery.address)
        key = {"job_id": delivery.job_id, "recipient": recipient}
        row = self._row(delivery, recipient)
        same = (_DELIVERIES.c.job_id == delivery.job_id) & (_DELIVERIES.c.recipient == recipient)
        update = _DELIVERIES.update().where(same & (_DELIVERIES.c.rank < row["rank"])).values(row)
        try:
            with self._begin() as connection:
                if connection.execute(update).rowcount:
                    return True
                if connection.execute(sa.select(_DELIVERIES.c.rank).where(same)).first() is not None:
                    return False
                connection.execute(_DELIVERIES.insert().values(key | row))
                return True
        except IntegrityError:  # somebody else put the row there between our look and our writing
            with self._begin() as connection:
                return bool(connection.execute(update).rowcount)

    def told(self, delivery: Delivery) -> None:
        """The sender has a note about it, as it is here; what has become known since is still to be told."""
        recipient = self._recipient(delivery.address)
        same = (_DELIVERIES.c.job_id == delivery.job_id) & (_DELIVERIES.c.recipient == recipient)
        row = self._row(msgspec.structs.replace(delivery, told=True), recipient)
        with self._begin() as connection:
            connection.execute(_DELIVERIES.update().where(same & (_DELIVERIES.c.rank == row["rank"])).values(row))

    def untold(self, fate: Fate, limit: int) -> Sequence[Delivery]:
        """What the senders have not been told yet, oldest first."""
        where = (_DELIVERIES.c.told.is_(False)) & (_DELIVERIES.c.fate == fate.value)
        return self._read(_DELIVERIES.select().where(where).order_by(_DELIVERIES.c.at).limit(limit))

    def of(self, job_ids: Sequence[str]) -> Sequence[Delivery]:
        """All that is known about the recipients of these jobs, in no order."""
        found: list[Delivery] = []
        for start in range(0, len(job_ids), _AT_ONCE):
            found += self._read(_DELIVERIES.select().where(_DELIVERIES.c.job_id.in_(job_ids[start : start + _AT_ONCE])))
        return found

    def _read(self, query: sa.Select[Any]) -> list[Delivery]:
        with self._begin() as connection:
            rows = connection.execute(query).all()
        return [
            msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"delivery\n{row.job_id}\n{row.recipient}"), type=Delivery)
            for row in rows
        ]

    # --- how far the Inboxes have been read -----------------------------------------------------------------------------

    def place(self, mailbox: str) -> str | None:
        """The state of the last page that was dealt with; None for a mailbox that is new."""
        with self._begin() as connection:
            found = connection.execute(sa.select(_PLACES.c.state).where(_PLACES.c.mailbox == self._mailbox(mailbox))).scalar_one_or_none()
        return None if found is None else str(found)

    def keep_place(self, mailbox: str, state: str) -> None:
        """Everything up to this state has been dealt with."""
        key = self._mailbox(mailbox)
        with self._begin() as connection:
            if connection.execute(_PLACES.update().where(_PLACES.c.mailbox == key).values(state=state)).rowcount == 0:
                connection.execute(_PLACES.insert().values(mailbox=key, state=state))

    def _mailbox(self, mailbox: str) -> str:
        return self._keyed("inbox", mailbox.strip().lower())

    def forget_before(self, at: datetime) -> None:
        """What is older is of no use any more."""
        with self._begin() as connection:
            connection.execute(_DELIVERIES.delete().where(_DELIVERIES.c.at < database.instant(at)))
