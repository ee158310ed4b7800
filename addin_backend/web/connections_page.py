"""The officer's page on connections: what is known of each domain that mail went to, why, since when, and when it is looked at again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.flows.refresh_transport import SHARE
from addin_backend.model.evidence import TransportEvidence
from addin_backend.web.console import require_open
from addin_backend.web.exchange import services_of
from addin_backend.web.pages import pages_of
from addin_backend.web.transport_words import SUFFICIENT, VERDICTS, reason_words


def next_look(known: TransportEvidence, now: datetime) -> datetime | None:
    """When the network is asked again by itself; None: with the next mail. An agreement asks nobody."""
    if known.checked_at is None or known.expires_at is None or known.expires_at <= now or known.verdict.value == "register":
        return None
    due: timedelta = (known.expires_at - known.checked_at) * SHARE
    return max(now, known.checked_at + due)


def last_day(known: TransportEvidence) -> date | None:
    """The last day of the agreement that counts, if it is one that does."""
    registered = known.verdict.value == "register" and known.expires_at is not None
    return (known.expires_at - timedelta(seconds=1)).date() if registered and known.expires_at else None


async def connections(request: Request) -> Response:
    """``GET /console/connections``: one row a domain, the ones to look at first."""
    require_open(request)
    found = await run_in_threadpool(services_of(request).connections)
    now = services_of(request).clock()
    ordered = sorted(found, key=lambda item: (item.verdict.value != "contradicted", item.verdict.value in SUFFICIENT, item.domain))
    rows = [(item, next_look(item, now), last_day(item)) for item in ordered]
    return pages_of(request).render(request, "connections.html", rows=rows, verdicts=VERDICTS, sufficient=SUFFICIENT, why=reason_words)


ROUTES = (Route("/console/connections", connections, methods=["GET"]),)
