"""What a link in a notification mail answers, until the reading page itself arrives: is there a sealed message, and until when."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.errors import NotFound
from addin_backend.web.exchange import services_of
from addin_backend.web.pages import pages_of

_ID = re.compile(r"[A-Za-z0-9_-]{8,128}")
GONE = 410  # RFC 9110 §15.5.11


class NoSuchPackage(NotFound):
    """No message lies behind the link."""

    sentence = "There is no message behind this link."
    sentence_da = "Der ligger ingen besked bag linket."
    next_step = "Check that the whole link was copied, or ask the sender to send the message again."
    next_step_da = "Se efter, at hele linket er kommet med, eller bed afsenderen om at sende beskeden igen."


async def portal(request: Request) -> Response:
    """``GET /portal/{package_id}``: the page for the recipient. It shows nothing of the message."""
    services, package_id = services_of(request), request.path_params["package_id"]
    if not _ID.fullmatch(package_id):
        raise NoSuchPackage
    try:
        package = await run_in_threadpool(services.package, package_id)
    except NotFound:
        raise NoSuchPackage from None
    expired = package.expires_at <= services.clock()
    closed = not package.envelope
    status = GONE if expired or closed else 200
    return pages_of(request).render(request, "portal.html", status, package=package, expired=expired, closed=closed)


ROUTES = (Route("/portal/{package_id}", portal, methods=["GET"]),)
