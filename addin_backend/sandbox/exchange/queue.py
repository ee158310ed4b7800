"""The outgoing queue: ticketed mail to servers that offer no TLS waits here, is tried again, given up, or withdrawn."""

from __future__ import annotations

from typing import Any

import msgspec

from addin_backend.sandbox.exchange.context import Switches
from addin_backend.sandbox.exchange.store import Store

QUEUED, DELIVERED, WITHDRAWN, EXPIRED = "deferred", "delivered", "withdrawn", "expired"
ACTS = ("try", "expire", "withdraw")


class QueueAct(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be done: "try" and "expire" for everything, "withdraw" for one copy."""

    act: str
    message_id: str = ""
    recipient: str = ""


def rows(store: Store) -> list[dict[str, Any]]:
    """What the relay's log would say, a row for each copy that waited: the columns of `transport delivered`."""
    return [
        {"message_id": entry["message_id"], "recipient": entry["recipient"], "status": state, "date": entry["at"],
         "tls": "TLSv1.3" if state == DELIVERED else ""}
        for _, state, entry in store.queue()
    ]  # fmt: skip


def act(store: Store, switches: Switches, wanted: QueueAct) -> dict[str, str]:
    """Do it; for a withdrawal what became of the copy, the same however often it is asked. Raises ValueError for an act there is not."""
    if wanted.act not in ACTS:
        raise ValueError("act must be one of: try, expire, withdraw")
    with store.transaction():
        if wanted.act == "withdraw":
            return {"status": _withdrawn(store, switches, wanted)}
        for number, state, entry in store.queue():
            if state == QUEUED and wanted.act == "expire":
                store.queue_end(number, EXPIRED)
            elif state == QUEUED and switches.tls_offered:
                _deliver(store, number, entry)
    return {}


def _deliver(store: Store, number: int, entry: dict[str, Any]) -> None:
    store.journal_add(entry)
    store.queue_end(number, DELIVERED)


def _withdrawn(store: Store, switches: Switches, wanted: QueueAct) -> str:
    """Its state after the withdrawal, or "not_withdrawn" where nobody can say."""
    for number, state, entry in store.queue():
        if (entry["message_id"], entry["recipient"]) != (wanted.message_id, wanted.recipient):
            continue
        if not switches.withdrawal_answers:
            return "not_withdrawn"
        if state == QUEUED and switches.arrives_first:
            _deliver(store, number, entry)
            return DELIVERED
        if state == QUEUED:
            store.queue_end(number, WITHDRAWN)
            return WITHDRAWN
        return state
    return "not_withdrawn"
