"""`mailboxes`: which transport each mailbox is on and why; choosing for one; asking Exchange again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TextIO

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.json_lines import json_line
from addin_backend.bootstrap.mailboxes import open_edges, open_mailboxes, open_routes
from addin_backend.flows.route_mailbox import ask_again, route_of
from addin_backend.model.routing import Route, Transport
from addin_backend.settings import Settings

TABLE = "table"  # the word that takes a choice back


@dataclass(frozen=True, slots=True)
class Wish:
    """``addresses`` () means every mailbox that is known. ``use`` is "ews", "graph" or "table", or None."""

    addresses: tuple[str, ...]
    use: str | None
    ask: bool
    as_json: bool


def run(wish: Wish, settings: Settings, out: TextIO) -> int:
    """Print a line for each mailbox. Raises SendSecurelyError."""
    if not wish.addresses:
        store = open_routes(settings)
        try:
            routes = list(store.routes())
        finally:
            store.close()
    else:
        routes = _looked_up(wish, settings)
    for route in routes:
        out.write((json_line(_values(route)) if wish.as_json else _text(route)) + "\n")
    return 0


def _looked_up(wish: Wish, settings: Settings) -> list[Route]:
    mailboxes = open_mailboxes(settings, open_edges(settings), None)
    try:
        if wish.use is not None:
            chosen = None if wish.use == TABLE else Transport(wish.use)
            for address in wish.addresses:
                mailboxes.store.choose(address.lower(), chosen, now())
        routing = mailboxes.mailbox.routing
        return [ask_again(address, routing) if wish.ask else route_of(address, routing) for address in wish.addresses]
    finally:
        mailboxes.close()


def _values(route: Route) -> dict[str, object]:
    return {
        "mailbox": route.mailbox,
        "transport": route.transport.value,
        "why": route.why.value,
        "since": route.since.isoformat(),
        "asked_at": route.asked_at.isoformat() if route.asked_at else None,
        "failed_code": route.failed_code,
        "failed_at": route.failed_at.isoformat() if route.failed_at else None,
    }


def _text(route: Route) -> str:
    failed = f"  failed {route.failed_at:%Y-%m-%d %H:%M}: {route.failed_code}" if route.failed_at else ""
    return f"{route.mailbox}  {route.transport.value}  {route.why.value} since {route.since:%Y-%m-%d %H:%M}{failed}"
