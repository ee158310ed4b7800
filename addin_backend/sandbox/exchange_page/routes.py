"""``/demo/exchange``: a mailbox changes between EWS and Graph, faults are planned on either, and the last sends are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from addin_backend.edges.route_store import RouteStore
from addin_backend.errors import Conflict, NotFound, NotYours, TooLarge, Unavailable
from addin_backend.model.decision import Texts
from addin_backend.model.routing import Transport, Why
from addin_backend.sandbox.exchange.faults import FOR_GOOD
from addin_backend.sandbox.exchange.seeds import EMPLOYEES, SHARED
from addin_backend.sandbox.exchange_page.catalogue import BY_NAME, FAULTS, SENT, SWITCHES, TIMES, UNCERTAIN, UNDER_WAY, Offered
from addin_backend.web.exchange import services_of
from addin_backend.web.pages import LANGUAGES, Link, pages_of
from addin_backend.web.send_reasons import reason_for
from addin_backend.web.send_words import PROTECTIONS, STATES, reason_of
from addin_backend.web.transports_page import FAILURES, NAMES, REASONS

TEMPLATES = Path(__file__).parent / "templates"
LINK = Link("/demo/exchange", "Postkasser og fejl", "Mailboxes and faults")
LONGEST_FORM = 4096  # octets
SHOWN_SENDS = 8
QUEUED = {
    "deferred": Texts(da="venter", en="waits"),
    "delivered": Texts(da="leveret", en="delivered"),
    "withdrawn": Texts(da="trukket tilbage", en="withdrawn"),
    "expired": Texts(da="opgivet", en="given up"),
}
SEE_OTHER = 303
_OWN_PAGES = frozenset({"same-origin", "none", ""})  # "" is a program that is no browser
_TIMEOUT = 10.0  # seconds; the simulator is on this machine
_MAILBOXES = (*EMPLOYEES, *SHARED)
_WRITERS = frozenset(address for _, address in EMPLOYEES)  # a shared mailbox is nobody's own
_ADDRESSES = frozenset(address for _, address in _MAILBOXES)


@dataclass(frozen=True, slots=True)
class Desk:
    """The simulator's address, what each mailbox was chosen for, and the transport of those that nothing was chosen for."""

    address: str
    store: RouteStore
    default: Transport
    clock: Callable[[], datetime]

    def rows(self) -> list[dict[str, Any]]:
        """Each sample mailbox with its transport, why it is that one, and its last failure."""
        return [
            {
                "name": name,
                "address": address,
                "transport": chosen or self.default,
                "why": Why.CHOSEN if chosen else Why.DEFAULT,
                "route": self.store.route(address),
                "writes": address in _WRITERS,
            }
            for name, address, chosen in ((name, address, self.store.chosen(address)) for name, address in _MAILBOXES)
        ]

    def state(self) -> dict[str, Any]:
        """The switches, the faults that have not yet been met, and what waits or waited in the queue. Raises Unavailable."""
        return {name: self._ask("GET", f"/sandbox/{name}") for name in ("switches", "faults", "queue")}

    def _plan(self, fields: dict[str, str]) -> None:
        """Set a fault on the transport that is named, or else on the one that the mailbox is on. Raises Conflict where it has none such."""
        offered, mailbox = BY_NAME[fields["fault"]], fields["mailbox"]
        transport = _transport(fields) if "transport" in fields else (self.store.chosen(mailbox) if mailbox else None) or self.default
        if transport not in offered.operations:
            (own,) = offered.operations
            raise Conflict(
                f"This fault is only found on {NAMES[own]}.",
                sentence_da=f"Den fejl findes kun på {NAMES[own]}.",
                next_step="Change the mailbox's transport first.",
                next_step_da="Skift postkassens vej først.",
            )
        self._ask("POST", "/sandbox/faults", offered.plan(transport, mailbox, TIMES[fields.get("times", "1")]))

    def act(self, fields: dict[str, str]) -> None:
        """What the form asks for. Raises NotFound for what there is not, Conflict, Unavailable."""
        match fields.get("act"):
            case "use" if fields.get("mailbox") in _ADDRESSES:
                self.store.choose(fields["mailbox"], _transport(fields), self.clock())
            case "back" if fields.get("mailbox") in _ADDRESSES:
                self.store.choose(fields["mailbox"], None, self.clock())
            case "fault" if (
                fields.get("fault") in BY_NAME and fields.get("mailbox") in {"", *_ADDRESSES} and fields.get("times", "1") in TIMES
            ):
                self._plan(fields)
            case "queue" if fields.get("do") in {"try", "expire"}:
                self._ask("POST", "/sandbox/queue", {"act": fields["do"]})
            case "clear":
                self._ask("DELETE", "/sandbox/faults")
            case "switch" if fields.get("switch") in SWITCHES:
                switch = SWITCHES[fields["switch"]]
                self._ask("POST", "/sandbox/switches", {fields["switch"]: switch.on if fields.get("on") == "1" else switch.off})
            case _:
                raise NotFound

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = httpx.request(method, f"{self.address}{path}", json=body, timeout=_TIMEOUT, trust_env=False).raise_for_status()
            return answer.json() if answer.content else None
        except (httpx.HTTPError, ValueError):
            raise Unavailable from None


_SENT = Texts(da="Mailen er sendt, og vinduet lukkes.", en="The mail has been sent and the window closes.")
_UNCERTAIN = Texts(
    da="Vi ved endnu ikke, om mailen er sendt. Send den ikke igen.",
    en="We do not yet know whether the mail was sent. Do not send it again.",
)


_UNDER_WAY = Texts(
    da="Mailen er taget imod og bliver sendt. Det tager lidt længere tid end normalt.",
    en="The mail has been taken in and is being sent. It is taking a little longer than usual.",
)
_OPEN = {SENT: _SENT, UNCERTAIN: _UNCERTAIN, UNDER_WAY: _UNDER_WAY}


def seen(end: str) -> Texts:
    """What the employee sees when a send ends so: the pane's own words."""
    if end in _OPEN:
        return _OPEN[end]
    why = reason_for(end).why
    return Texts(da=f"Mailen er ikke sendt. {why.da}", en=f"The mail has not been sent. {why.en}")


def _offered(fault: dict[str, Any]) -> Offered | None:
    """The page's own fault that this one is; of several the one that says most of it."""
    return max((item for item in FAULTS if item.is_planned(fault)), key=lambda item: len(item.more) + len(item.codes), default=None)


def waiting(planned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is set now, in the page's words; a fault that a program has planned keeps the simulator's."""
    names = {address: name for name, address in _MAILBOXES}
    return [
        {
            "offered": _offered(fault),
            "who": names.get(fault["mailbox"], ""),
            "writer": fault["mailbox"] in _WRITERS,
            "transport": NAMES[Transport(fault["api"])] if fault["api"] in set(Transport) else "",
            "for_good": fault["count"] > FOR_GOOD // 2,
            "raw": fault,
        }
        for fault in planned
    ]


def _transport(fields: dict[str, str]) -> Transport:
    try:
        return Transport(fields.get("transport", ""))
    except ValueError:
        raise NotFound from None


async def _fields(request: Request) -> dict[str, str]:
    """The form, each field once. Raises TooLarge."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            raise TooLarge
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()}


def routes(desk: Desk) -> list[BaseRoute]:
    """The page, for ``create_app(extra=…)``; ``LINK`` and ``TEMPLATES`` belong to it."""

    async def show(request: Request) -> Response:
        """``GET /demo/exchange``."""
        state = await run_in_threadpool(desk.state)
        sends = await run_in_threadpool(services_of(request).hand.sends)
        return pages_of(request).render(
            request, "exchange.html", 200, rows=await run_in_threadpool(desk.rows), planned=waiting(state["faults"]),
            seen=seen, whys=REASONS,
            queue=state["queue"], queued=QUEUED,
            switched={name: state["switches"][name] == switch.on for name, switch in SWITCHES.items()},
            faults=FAULTS, switches=SWITCHES, transports=tuple(Transport), names=NAMES, failures=FAILURES, sends=sends[:SHOWN_SENDS],
            states=STATES, protections=PROTECTIONS, reason_of=reason_of,
        )  # fmt: skip

    async def change(request: Request) -> Response:
        """``POST /demo/exchange``. Another site's page cannot (Fetch Metadata, §2.1)."""
        if request.headers.get("sec-fetch-site", "") not in _OWN_PAGES:
            raise NotYours
        fields = await _fields(request)
        await run_in_threadpool(desk.act, fields)
        language = fields.get("lang", "")
        return RedirectResponse(LINK.href + (f"?lang={language}" if language in LANGUAGES else ""), SEE_OTHER)

    return [Route(LINK.href, show, methods=["GET"]), Route(LINK.href, change, methods=["POST"])]
