"""Around every request: an id, the security headers, and an end to exceptions that nobody foresaw."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from addin_backend.errors import SendSecurelyError
from addin_backend.web.exchange import error_response
from addin_backend.web.limits import HELD

PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors {ancestors}"
)
OFFICE = "https://appsforoffice.microsoft.com"  # office.js may come from there only, and asks for one file of an older CDN
ADDIN_POLICY = (
    f"default-src 'self'; script-src 'self' {OFFICE} https://ajax.aspnetcdn.com/ajax/3.5/MicrosoftAjax.js; style-src 'self'; "
    f"img-src 'self'; connect-src 'self' {OFFICE} https://login.microsoftonline.com; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors {ancestors}"
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[0-9a-z.-]+)(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)

Report = Callable[[str, Mapping[str, object]], None]
RequestScope = Callable[[str], AbstractContextManager[object]]


def addin_policy(ancestors: tuple[str, ...]) -> str:
    """The same for the add-in's pages, which load Microsoft's office.js and sign in."""
    return ADDIN_POLICY.format(ancestors=" ".join(ancestors))


def page_policy(ancestors: tuple[str, ...] = ()) -> str:
    """The content security policy of a page that ``ancestors`` may frame; nobody by default (ASVS 5.0 §3.4.6)."""
    return PAGE_POLICY.format(ancestors=" ".join(ancestors) or "'none'")


class ForeignHost(SendSecurelyError):
    """A request under a name that is not ours (RFC 9110 §15.5.20): a web page elsewhere made its own name lead here (DNS rebinding)."""

    code = "foreign_host"
    status = 421
    sentence = "This service does not answer under that name."
    sentence_da = "Tjenesten svarer ikke under det navn."
    next_step = "Open it at the address that was printed when it started."
    next_step_da = "Åbn den på den adresse, der blev skrevet, da den startede."


def host_is_allowed(scope: Scope, allowed: tuple[str, ...]) -> bool:
    """Whether the one Host header (RFC 9110 §7.2) names exactly one of ``allowed``, with any port. () allows every request."""
    if not allowed:
        return True
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    found = _HOST.fullmatch(given[0]) if len(given) == 1 else None
    return found is not None and found["name"].lower() in allowed


def is_api(path: str) -> bool:
    """Whether ``path`` answers in JSON, also when it fails."""
    return path.startswith("/api/") or "/api/" in path or path == "/healthz" or path == "/metrics" or path.startswith("/bundles/")


def asked_by_event_code(path: str) -> bool:
    """Paths that the event code fetches."""
    return path.startswith("/api/v1/") or path == "/addin/degraded.json"


def framed_by_outlook(path: str) -> bool:
    """Paths that Outlook on the web frames. New Outlook looks at the root of the origin too (measured)."""
    return path == "/" or path.startswith("/addin/")


def _headers_for(path: str, ancestors: tuple[str, ...]) -> dict[str, str]:
    if is_api(path):
        return {**_ALWAYS, "Content-Security-Policy": API_POLICY, "Cache-Control": "no-store"}
    if framed_by_outlook(path):
        policy = addin_policy if path.startswith("/addin/") else page_policy
        return {**_ALWAYS, "Content-Security-Policy": policy(("'self'", *ancestors)), "Cache-Control": "no-store"}
    caching = "no-cache" if "/static/" in path else "no-store"
    return {**_ALWAYS, "Content-Security-Policy": page_policy(), "Cache-Control": caching, "Cross-Origin-Opener-Policy": "same-origin"}


class Guard:
    """Pure ASGI middleware, outermost. A header that a handler set itself is left as it is."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        new_id: Callable[[], str],
        ancestors: tuple[str, ...],
        report: Report,
        request_scope: RequestScope,
        allowed_hosts: tuple[str, ...] = (),
        origin: str = "",
    ) -> None:
        self._app = app
        self._new_id = new_id
        self._ancestors = ancestors
        self._report = report
        self._request_scope = request_scope
        self._allowed_hosts = allowed_hosts
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. An exception from below becomes the 500 of the API; its words are not shown or logged, only its type."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"] = self._new_id()
        scope[HELD] = []
        added = {**_headers_for(scope["path"], self._ancestors), "X-Request-Id": request_id}
        if self._origin and asked_by_event_code(scope["path"]):
            added["Access-Control-Allow-Origin"] = self._origin  # classic Outlook's runtime counts even its own origin as another
        started, status = time.monotonic(), 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        with self._request_scope(request_id):
            try:
                if host_is_allowed(scope, self._allowed_hosts):
                    await self._app(scope, receive, send_guarded)
                else:
                    await error_response(Request(scope), ForeignHost())(scope, receive, send_guarded)
            except Exception as error:  # the last line of defence: whatever it was, the person gets an answer
                self._report("request_failed", {"error_type": type(error).__name__, "where": _innermost(error)})
                if status:
                    raise
                await error_response(Request(scope), SendSecurelyError())(scope, receive, send_guarded)
            finally:
                for hold in scope[HELD]:
                    hold.release()
            self._report("request", self._facts(scope, status, started))

    @staticmethod
    def _facts(scope: Scope, status: int, started: float) -> dict[str, object]:
        """Method, route and outcome. The path itself stays out: it may hold a link's secret."""
        route = getattr(scope.get("endpoint"), "__name__", "")
        return {"method": scope["method"], "route": route, "status": status, "ms": round((time.monotonic() - started) * 1000)}


def _innermost(error: BaseException) -> str:
    """Module and line where it happened, without any value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace else "?"
