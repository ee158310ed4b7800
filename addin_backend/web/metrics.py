"""``GET /metrics``: counters in Prometheus' text format (version 0.0.4). Counts only: nothing in them tells of a person or a mail."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.web.exchange import services_of


def written(counters: dict[str, int]) -> str:
    """Each counter with its type, sorted by name."""
    return "".join(f"# TYPE {name} counter\n{name} {value}\n" for name, value in sorted(counters.items()))


async def metrics(request: Request) -> Response:
    """Every counter."""
    return Response(written(services_of(request).counters()), media_type="text/plain; version=0.0.4")


ROUTES = (Route("/metrics", metrics, methods=["GET"]),)
