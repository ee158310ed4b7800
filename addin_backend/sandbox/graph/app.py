"""Graph's routes in the simulator's application: everything below /v1.0, and the addresses of uploads."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.sandbox.graph.context import Asked
from addin_backend.sandbox.graph.service import GraphService

_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def routes(service: GraphService) -> list[Route]:
    """Whatever is asked below, the service knows or refuses."""

    async def graph(request: Request) -> Response:
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        base = f"{request.url.scheme}://{request.url.netloc}"
        path = request.url.path.removeprefix("/v1.0")
        asked = Asked(request.method, path, dict(request.query_params), dict(request.headers), body, base)
        reply = await anyio.to_thread.run_sync(service.handle, asked)
        if reply.drop:
            # No ASGI message breaks a connection, so uvicorn's own transport is asked.
            cycle: Any = getattr(request.receive, "__self__", None)
            cycle.transport.abort()
        kind = reply.media_type if reply.body else None
        return Response(reply.body, reply.status, headers=dict(reply.headers), media_type=kind)

    return [Route("/v1.0/{rest:path}", graph, methods=_METHODS), Route("/upload/{rest:path}", graph, methods=["PUT"])]
