"""The officer's page on one recorded decision: asked again with the rules of then, with what they were told and what the registers said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.web.console import require_open
from addin_backend.web.exchange import request_id_of, services_of
from addin_backend.web.pages import pages_of
from addin_backend.web.send_words import PROTECTIONS


def flat(facts: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Facts as lines: nested names with dots, lists with commas, an empty list as a dash."""
    lines: list[tuple[str, str]] = []
    for key, value in facts.items():
        if isinstance(value, Mapping):
            lines += flat(value, f"{before}{key}.")
        elif isinstance(value, list):
            lines.append((before + key, ", ".join(item if isinstance(item, str) else json.dumps(item) for item in value) or "-"))
        elif isinstance(value, bool):
            lines.append((before + key, "true" if value else "false"))
        else:
            lines.append((before + key, str(value)))
    return lines


async def why(request: Request) -> Response:
    """``GET /log/why/{event_id}``: 404 when there is no such decision, or its question has been forgotten."""
    require_open(request)
    found = await run_in_threadpool(services_of(request).why, str(request.path_params["event_id"]), request_id_of(request))
    return pages_of(request).render(request, "why.html", found=found, flat=flat, ways=PROTECTIONS)


ROUTES = (Route("/log/why/{event_id:uuid}", why, methods=["GET"]),)
