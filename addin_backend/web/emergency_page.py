"""The emergency in the console: one person asks, another approves, and anybody ends it (docs/decisions/067)."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from addin_backend.errors import BadInput, NotFound
from addin_backend.flows.offline import LONGEST_EMERGENCY
from addin_backend.web.console import require_open
from addin_backend.web.emergency_hand import EmergencyHand
from addin_backend.web.exchange import request_id_of, services_of
from addin_backend.web.forms import SEE_OTHER, form_of, token_for
from addin_backend.web.pages import LANGUAGES, pages_of

PATH = "/console/emergency"
PURPOSE = "emergency"


def _hand(request: Request) -> EmergencyHand:
    require_open(request)
    hand = services_of(request).emergency
    if hand is None:
        raise NotFound
    return hand


async def emergency(request: Request) -> Response:
    """``GET /console/emergency``: what is in force, what waits for a second person, and the forms."""
    hand = _hand(request)
    paper = await run_in_threadpool(hand.in_force)
    people, asked = services_of(request).console_people, hand.asked()
    return pages_of(request).render(
        request,
        "emergency.html",
        paper=paper,
        until=datetime.fromtimestamp(paper.expires, UTC) if paper else None,
        asked=asked,
        asked_by=people.get(asked.by, asked.by) if asked else "",
        people=people,
        hours=range(1, LONGEST_EMERGENCY + 1),
        token=token_for(request, PURPOSE),
    )


def _act(hand: EmergencyHand, fields: dict[str, str], request_id: str) -> None:
    by, asked = fields.get("by", ""), fields.get("asked", "")
    match fields.get("act"):
        case "ask" if fields.get("hours", "").isdecimal():
            hand.ask(by, int(fields["hours"]), request_id)
        case "approve":
            hand.approve(asked, by, request_id)
        case "withdraw":
            hand.withdraw(asked, by, request_id)
        case "end":
            hand.end(by, request_id)
        case _:
            raise NotFound


async def change(request: Request) -> Response:
    """``POST /console/emergency``: do it, and show the page again."""
    hand = _hand(request)
    fields = await form_of(request, PURPOSE)
    if fields.get("by", "") not in services_of(request).console_people:
        raise BadInput("Say who you are.", sentence_da="Angiv, hvem du er.", field="by")
    await run_in_threadpool(_act, hand, fields, request_id_of(request))
    language = fields.get("lang", "")
    return RedirectResponse(PATH + (f"?lang={language}" if language in LANGUAGES else ""), SEE_OTHER)


ROUTES = (Route(PATH, emergency, methods=["GET"]), Route(PATH, change, methods=["POST"]))
