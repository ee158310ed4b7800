"""The API of *My record*: the reader's own decisions, as the log holds them."""

from __future__ import annotations

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.errors import BadInput
from addin_backend.flows.own_record import OwnLine
from addin_backend.web.exchange import json_response, request_id_of, services_of, signed_in

SHOWN, MOST = 50, 500


class DecisionsOut(msgspec.Struct, frozen=True):
    """``GET /api/v1/me/decisions``: newest first."""

    decisions: tuple[OwnLine, ...]


def _limit(request: Request) -> int:
    given = request.query_params.get("limit", str(SHOWN))
    if not (given.isascii() and given.isdecimal() and 1 <= int(given[:6]) <= MOST and len(given) <= 6):
        raise BadInput(f"limit is a number from 1 to {MOST}.", sentence_da=f"limit er et tal fra 1 til {MOST}.", field="limit")
    return int(given)


async def decisions(request: Request) -> Response:
    """``GET /api/v1/me/decisions?limit=50``."""
    services, identity = services_of(request), await signed_in(request)
    found = await run_in_threadpool(services.own_record, identity, _limit(request), request_id_of(request))
    return json_response(DecisionsOut(found))


ROUTES = (Route("/api/v1/me/decisions", decisions, methods=["GET"]),)
