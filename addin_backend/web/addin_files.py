"""The add-in's own files under /addin, and what Outlook asks of their origin. All of them answer without sign-in."""

from __future__ import annotations

import functools
import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from addin_backend.web.exchange import json_response, services_of
from addin_backend.web.pages import STATIC

FOLDER = STATIC / "addin"
EVENT_CODE = "/addin/launchevent.js"
ALLOWED = "/.well-known/microsoft-officeaddins-allowed.json"
EVENT_AGE = 300  # seconds: the address never changes, so a new version must be seen soon; between, classic Outlook loads nothing
ICON_AGE = 86_400  # Office refuses icons that may not be kept
PREFLIGHT_AGE = 600


@functools.lru_cache(maxsize=8)
def filled(name: str, origin: str, client_id: str) -> bytes:
    """A script for one installation: the classic runtime takes absolute addresses only, and both scripts sign in to one application."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return text.replace("{{origin}}", origin).replace("{{client_id}}", client_id).encode()


def _script(request: Request, code: bytes, seconds: int) -> Response:
    """``code`` with a life and an entity tag (RFC 9110 §8.8.3)."""
    headers = {"ETag": f'"{hashlib.sha256(code).hexdigest()[:32]}"', "Cache-Control": f"public, max-age={seconds}, must-revalidate"}
    if headers["ETag"] in {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(code, media_type="text/javascript", headers=headers)


async def _event_code(request: Request) -> Response:
    """``GET /addin/launchevent.js``."""
    addin = services_of(request).addin
    return _script(request, filled("launchevent.js", addin.origin, addin.client_id), EVENT_AGE)


async def _sign_in(request: Request) -> Response:
    """``GET /addin/sign_in.js``."""
    addin = services_of(request).addin
    return _script(request, filled("sign_in.js", addin.origin, addin.client_id), 0)


async def _msal(request: Request) -> Response:
    """``GET /addin/msal-browser.min.js``: Microsoft's library as the installation has it; empty where it has none."""
    return _script(request, services_of(request).addin.msal, ICON_AGE)


async def _allowed(request: Request) -> Response:
    """``GET /.well-known/microsoft-officeaddins-allowed.json``: the one script that may ask for tokens and fetch from here."""
    response = json_response({"allowed": [f"{services_of(request).addin.origin}{EVENT_CODE}"]})
    response.headers["Cache-Control"] = f"public, max-age={EVENT_AGE}"
    return response


async def _preflight(request: Request) -> Response:
    """``OPTIONS /api/v1/…``: a preflight from our own origin (Fetch §3.2): the classic runtime sends one."""
    origin = services_of(request).addin.origin
    headers = {"Vary": "Origin", "Cache-Control": "no-store"}
    if request.headers.get("origin") == origin:
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": str(PREFLIGHT_AGE),
        }
    return Response(status_code=204, headers=headers)


class _OptionsOnly(Route):
    """A route that no other method touches: an unknown address stays one (404), and a wrong method of a known one too (405)."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """A partial match is none."""
        match, child = super().matches(scope)
        return (match, child) if match is Match.FULL else (Match.NONE, {})


class AddinFiles(StaticFiles):
    """Everything else in the folder. Icons are shown by Outlook's own pages, so other origins may load them."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file with its caching; icons may be kept for a day, code is asked for again each time."""
        response = super().file_response(*args, **kwargs)
        if isinstance(response, FileResponse) and str(response.path).endswith(".png"):
            response.headers["Cache-Control"] = f"public, max-age={ICON_AGE}"
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        else:
            response.headers["Cache-Control"] = "no-cache"
        return response


ROUTES: tuple[BaseRoute, ...] = (
    Route(ALLOWED, _allowed, methods=["GET"]),
    Route(EVENT_CODE, _event_code, methods=["GET"]),
    Route("/addin/sign_in.js", _sign_in, methods=["GET"]),
    Route("/addin/msal-browser.min.js", _msal, methods=["GET"]),
    _OptionsOnly("/api/v1/{rest:path}", _preflight, methods=["OPTIONS"]),
    Mount("/addin", AddinFiles(directory=FOLDER)),
)
