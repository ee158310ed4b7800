"""HTTP in and out: the body under a cap, JSON answers, who is asking."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from addin_backend.errors import NotSignedIn, SendSecurelyError, TooLarge
from addin_backend.model.identity import Identity
from addin_backend.web.limits import HELD, TooManyRequests
from addin_backend.web.services import MEGABYTE, Services
from addin_backend.web.wire import error_out

TOKEN_LIMIT = 8192  # characters of an Authorization header; Entra ID's tokens stay well under it
_OVERHEAD = MEGABYTE  # JSON around the content: names, addresses, escapes


class UnsupportedMediaType(SendSecurelyError):
    """The body is not declared as JSON (RFC 9110 §15.5.16). Also keeps plain HTML forms out."""

    code = "not_json"
    status = 415
    sentence = "The request must be JSON (Content-Type: application/json)."
    sentence_da = "Forespørgslen skal være JSON (Content-Type: application/json)."
    next_step = "Send the request again as JSON."
    next_step_da = "Send forespørgslen igen som JSON."


def services_of(request: Request) -> Services:
    """The services that the app was created with."""
    services: Services = request.app.state.services
    return services


def request_id_of(request: Request) -> str:
    """The id that the middleware gave this request."""
    return str(request.scope.get("request_id", ""))


def json_response(value: Any, status: int = 200) -> Response:
    """``value`` as JSON; msgspec writes structs, tuples and words."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def error_response(request: Request, error: SendSecurelyError) -> Response:
    """The one error shape, with the status that fits."""
    response = json_response(error_out(error, request_id_of(request)), error.status)
    if error.status == NotSignedIn.status:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.wait)
    return response


def too_large(limit: int) -> TooLarge:
    """The error for a mail over ``limit`` bytes; it names the limit."""
    megabytes = limit // MEGABYTE
    return TooLarge(f"The mail is larger than the limit of {megabytes} MB.", sentence_da=f"Mailen er større end grænsen på {megabytes} MB.")


def wire_limit(limit: int) -> int:
    """The bytes that a message of ``limit`` bytes may take as JSON: base64 makes four of three (RFC 4648 §4)."""
    return limit * 4 // 3 + _OVERHEAD


async def read_json_body(request: Request, limit: int) -> bytes:
    """The body of a JSON request, at most ``wire_limit(limit)`` bytes of it. Raises UnsupportedMediaType, TooLarge or TooManyRequests.

    It takes of the room for all bodies until the request has been answered (web/guard.py).
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType
    cap = wire_limit(limit)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > cap:
        raise too_large(limit)
    hold = services_of(request).bodies.hold(request.scope.get("person", ""))
    request.scope.setdefault(HELD, []).append(hold)
    hold.grow(int(declared) if declared.isdecimal() else 0)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > cap:
            raise too_large(limit)
        hold.grow(len(body))
    return bytes(body)


async def signed_in(request: Request) -> Identity:
    """Who is asking, by bearer token (RFC 6750 §2.1) and nothing else: no cookie counts here. Raises NotSignedIn, TooManyRequests."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > TOKEN_LIMIT:
        raise NotSignedIn
    identity = await run_in_threadpool(services_of(request).identify, token)
    if identity is None:
        raise NotSignedIn
    services_of(request).limiter.take(identity.address)
    request.scope["person"] = identity.address
    return identity
