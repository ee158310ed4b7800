"""The officer's console, first version: the rules and registers in force, to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.errors import NotYours
from addin_backend.model.decision import Texts
from addin_backend.web.exchange import services_of
from addin_backend.web.pages import pages_of

CONCERNS = {
    "content": Texts(da="Indhold", en="Content"),
    "transport": Texts(da="Sikker forbindelse og kryptering", en="Secure connection and encryption"),
    "transfer": Texts(da="Lande uden for EU/EØS", en="Countries outside the EU/EEA"),
    "recipients": Texts(da="Modtagere", en="Recipients"),
    "evidence": Texts(da="Mailen kan læses", en="The mail can be read"),
    "dispensation": Texts(da="Tidsbegrænsede tilladelser", en="Dispensations"),
    "decision": Texts(da="Samlet afgørelse", en="Overall decision"),
}
REGISTERS = {
    "organisation": Texts(da="Organisationen", en="The organisation"),
    "partners": Texts(da="Partnere med sikker forbindelse", en="Partners with a secure connection"),
    "observations": Texts(da="Set i Exchange: mail uden TLS eller standset", en="Seen in Exchange: mail without TLS or stopped"),
    "connections": Texts(da="Risikovurderinger og aftaler om forbindelsen", en="Risk assessments and agreements on the connection"),
    "domains": Texts(da="Kendte domæner", en="Known domains"),
    "free_mail": Texts(da="Private maildomæner", en="Free mail domains"),
    "transfer_bases": Texts(da="Grundlag for at sende uden for EU/EØS", en="Transfer bases outside the EU/EEA"),
    "countries": Texts(da="Lande", en="Countries"),
    "dispensations": Texts(da="Dispensationer", en="Dispensations"),
    "content_terms": Texts(da="Ord for indhold", en="Content terms"),
}
NOTHING = "-"
LONG_LIST = 40  # values of a list that are shown before the rest is only counted


class ConsoleClosed(NotYours):
    """These pages have no sign-in of their own yet, so outside the demo world they stay closed."""

    sentence = "This page is closed until officers can sign in."
    sentence_da = "Siden er lukket, indtil de ansvarlige for reglerne kan logge på."
    next_step = "Ask an administrator."
    next_step_da = "Spørg en administrator."


@dataclass(frozen=True, slots=True)
class Table:
    """A list of entries: ``columns`` in the order of the first entry, ``rows`` of text."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class RegisterView:
    """One register as a page shows it: single values, plain lists, tables."""

    name: str
    title: Texts
    checked: str
    facts: tuple[tuple[str, str], ...]
    lists: tuple[tuple[str, int, str], ...]
    tables: tuple[Table, ...]
    entries: int


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else NOTHING
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        items = [_text(item) for item in value]
        return ", ".join(items[:LONG_LIST]) + (f" … (+{len(items) - LONG_LIST})" if len(items) > LONG_LIST else "") or NOTHING
    return str(value)


def _table(name: str, entries: list[Mapping[str, Any]]) -> Table:
    columns = tuple(dict.fromkeys(key for entry in entries for key in entry))
    return Table(name, columns, tuple(tuple(_text(entry.get(key)) for key in columns) for entry in entries))


def register_view(name: str, document: Mapping[str, Any]) -> RegisterView:
    """A register's data.json as something to look at, whatever its fields are called."""
    facts, lists, tables, count = [], [], [], 0
    for key, value in document.items():
        if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            tables.append(_table(key, value))
            count += len(value)
        elif isinstance(value, list):
            lists.append((key, len(value), _text(value)))
            count += len(value)
        elif key != "checked":
            facts.append((key, _text(value)))
    title = REGISTERS.get(name, Texts(da=name, en=name))
    return RegisterView(name, title, _text(document.get("checked")), tuple(facts), tuple(lists), tuple(tables), count)


def require_open(request: Request) -> None:
    """Raise ConsoleClosed outside the demo world."""
    if not services_of(request).open_pages:
        raise ConsoleClosed


async def console(request: Request) -> Response:
    """``GET /console``: rules by concern and registers, with the revision that commits to them. Read-only."""
    require_open(request)
    in_force = await run_in_threadpool(services_of(request).rules)
    order = list(CONCERNS)
    rules = sorted(in_force.rules, key=lambda rule: (order.index(rule.concern) if rule.concern in order else len(order), rule.code))
    groups = [(CONCERNS.get(name, Texts(da=name, en=name)), list(lines)) for name, lines in groupby(rules, key=lambda rule: rule.concern)]
    registers = [register_view(name, document) for name, document in in_force.registers]
    return pages_of(request).render(request, "console.html", in_force=in_force, groups=groups, registers=registers)


ROUTES = (Route("/console", console, methods=["GET"]),)
