"""The simulator's own ASGI application: EWS at /EWS/Exchange.asmx, Graph below /v1.0, and /sandbox beside them."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from addin_backend.sandbox.exchange.service import Caller, Reply, Service
from addin_backend.sandbox.exchange.views import routes
from addin_backend.sandbox.graph import app as graph
from addin_backend.sandbox.graph.service import GraphService
from addin_backend.web.guard import LOOPBACK_HOSTS, host_is_allowed

SERVICE_ACCOUNT = "addin-backend"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sandbox's secrets: one password for all accounts, a bearer token of the service account for each API. Loopback only."""

    password: str
    token: str
    graph_token: str = "sandbox-graph-token"

    def caller(self, authorization: str) -> Caller | None:
        """Who it is, or None. The service account has no mailbox of its own."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return Caller("") if hmac.compare_digest(given.strip(), self.token) else None
        if scheme.lower() != "basic":
            return None
        try:
            account, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        if not hmac.compare_digest(password.encode(), self.password.encode()):
            return None
        return Caller("" if account == SERVICE_ACCOUNT else account.lower())


class LoopbackOnly:
    """Answers under loopback names only: /sandbox has no sign-in, and a web page elsewhere can make its own name lead here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, refused with 421 under another name."""
        if scope["type"] == "http" and not host_is_allowed(scope, LOOPBACK_HOSTS):
            await Response("not under this name", 421)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def create(service: Service, sign_in: SignIn) -> Starlette:
    """The application."""

    async def ews(request: Request) -> Response:
        caller = sign_in.caller(request.headers.get("authorization", ""))
        try:
            received = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        if caller is None:
            return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="sandbox"'})
        if not service.switches.ews_enabled:
            return Response("EWS is disabled for this organization.", 403)
        reply = await anyio.to_thread.run_sync(service.handle, received, caller)
        return await _reply(request, reply)

    sealed_off = Middleware(LoopbackOnly)
    twin = GraphService(service, sign_in.graph_token, sign_in.token)
    both = [Route("/EWS/Exchange.asmx", ews, methods=["POST"]), *graph.routes(twin), *routes(service)]
    return Starlette(routes=both, middleware=[sealed_off])


async def _reply(request: Request, reply: Reply) -> Response:
    if reply.drop:
        # No ASGI message breaks a connection, so uvicorn's own transport is asked.
        cycle: Any = getattr(request.receive, "__self__", None)
        cycle.transport.abort()
    kind = "text/xml; charset=utf-8" if reply.body.startswith(b"<?xml") else "text/plain"
    headers = {"WWW-Authenticate": reply.challenge} if reply.challenge else {}
    if reply.retry_after:
        headers["Retry-After"] = str(reply.retry_after)
    return Response(reply.body, reply.status, headers=headers, media_type=kind)
