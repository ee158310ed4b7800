"""The demo world's relay: the simulator's own queue, asked and read over HTTP on loopback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from addin_backend.errors import BadInput, Unavailable
from addin_backend.evidence.transport.trace import Delivery, read_trace
from addin_backend.flows.waiting_facts import HEARD
from addin_backend.model.waiting import Heard

_TIMEOUT = 10.0  # seconds; the simulator is on this machine


class SandboxRelay:
    """``Relay`` over the simulator at an address."""

    def __init__(self, address: str) -> None:
        """Nothing is asked here."""
        self._url = f"{address}/sandbox/queue"

    def rows(self) -> Sequence[Delivery]:
        """What waited in the queue, and what became of it. Raises Unavailable."""
        found = self._ask("GET", None)
        return _read(found) if found else ()

    def withdraw(self, message_id: str, address: str) -> Heard | None:
        """Take it out. Raises Unavailable."""
        answer = self._ask("POST", {"act": "withdraw", "message_id": message_id, "recipient": address})
        row = {"message_id": message_id, "recipient": address, "status": answer.get("status", "")}
        return HEARD.get(_read([row])[0].said, Heard.NOT_WITHDRAWN)

    def _ask(self, method: str, body: dict[str, str] | None) -> Any:
        try:
            return httpx.request(method, self._url, json=body, timeout=_TIMEOUT, trust_env=False).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            raise Unavailable from None


def _read(rows: list[dict[str, str]]) -> tuple[Delivery, ...]:
    try:
        return read_trace(msgspec.json.encode(rows))
    except BadInput:
        raise Unavailable from None
