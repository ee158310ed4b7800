"""The probe worker's one address: POST /probe with the token, a signed statement back."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from addin_backend.errors import SendSecurelyError

MAX_BYTES = 8 * 1024


def create_probe_worker(answer: Callable[[bytes], bytes], token: str) -> Starlette:
    """``answer`` gives the statement for a request's octets, and raises BadInput."""

    async def probe(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return PlainTextResponse("401", status_code=401)
        raw = b""
        async for piece in request.stream():
            raw += piece
            if len(raw) > MAX_BYTES:
                return PlainTextResponse("413", status_code=413)
        try:
            return Response(await run_in_threadpool(answer, raw), media_type="text/plain; charset=utf-8")
        except SendSecurelyError as error:
            return PlainTextResponse(error.code, status_code=error.status)

    return Starlette(routes=[Route("/probe", probe, methods=["POST"])])
