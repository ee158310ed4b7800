"""The web application: API, pages, guard. It knows services, never an edge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from addin_backend.errors import NotFound, SendSecurelyError
from addin_backend.web import (
    addin_api,
    addin_files,
    after_send_api,
    bundles,
    connections_page,
    console,
    details_api,
    emergency_page,
    ledger_page,
    log_page,
    me_api,
    metrics,
    officer_acts,
    offline_api,
    openapi,
    portal,
    send_acts,
    transports_page,
    why_page,
)
from addin_backend.web.exchange import error_response, json_response, services_of
from addin_backend.web.guard import Guard, is_api
from addin_backend.web.pages import STATIC, TEMPLATES, Link, Pages, pages_of
from addin_backend.web.services import Services

CONSOLE = Link("/console", "Regler og registre", "Rules and registers")
LOG = Link("/log", "Logbog", "Log")


class _PageNotFound(NotFound):
    """An address that leads nowhere."""

    sentence = "There is no such page."
    sentence_da = "Siden findes ikke."
    next_step = "Check the address."
    next_step_da = "Se efter, om adressen er rigtig."


class _WrongMethod(SendSecurelyError):
    """An address that exists, asked in another way (RFC 9110 §15.5.6)."""

    code = "wrong_method"
    status = 405
    sentence = "This address does not take that kind of request."
    sentence_da = "Adressen tager ikke imod den slags forespørgsler."
    next_step = "See the documentation of the API."
    next_step_da = "Se dokumentationen af API'et."


async def _index(request: Request) -> Response:
    return pages_of(request).render(request, "index.html")


async def _healthz(request: Request) -> Response:
    """Answers when the rules in force can be read."""
    in_force = await run_in_threadpool(services_of(request).rules)
    return json_response({"status": "ok", "policy_revision": in_force.revision, "engine": in_force.engine})


def _on_error(request: Request, error: Exception) -> Response:
    """The one error shape for the API, the one error page for people."""
    if isinstance(error, HTTPException):
        found: SendSecurelyError = _WrongMethod() if error.status_code == _WrongMethod.status else _PageNotFound()
        headers = error.headers or {}
    else:
        found, headers = (error if isinstance(error, SendSecurelyError) else SendSecurelyError()), {}
    response = error_response(request, found) if is_api(request.url.path) else pages_of(request).error(request, found)
    response.headers.update(headers)
    return response


def create_app(
    services: Services, *, extra: Sequence[BaseRoute] = (), links: Sequence[Link] = (), templates: Sequence[Path] = ()
) -> Starlette:
    """The application over ``services``. ``extra`` routes, ``links`` and ``templates`` come from the demo world (``run``)."""
    routes: list[BaseRoute] = [
        Route("/", _index, methods=["GET"]),
        Route("/healthz", _healthz, methods=["GET"]),
        *addin_api.ROUTES,
        *details_api.ROUTES,
        *offline_api.ROUTES,
        *addin_files.ROUTES,
        *after_send_api.ROUTES,
        *send_acts.ROUTES,
        *officer_acts.ROUTES,
        *me_api.ROUTES,
        *openapi.ROUTES,
        *console.ROUTES,
        *connections_page.ROUTES,
        *emergency_page.ROUTES,
        *ledger_page.ROUTES,
        *transports_page.ROUTES,
        *log_page.ROUTES,
        *why_page.ROUTES,
        *portal.ROUTES,
        *bundles.ROUTES,
        *metrics.ROUTES,
        *extra,
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    guard = Middleware(
        Guard,
        new_id=services.new_request_id,
        ancestors=services.frame_ancestors,
        report=services.report,
        request_scope=services.request_scope,
        allowed_hosts=services.allowed_hosts,
        origin=services.addin.origin,
    )
    app = Starlette(routes=routes, middleware=[guard], exception_handlers={SendSecurelyError: _on_error, HTTPException: _on_error})
    shown = (*links, *((CONSOLE, LOG) if services.open_pages else ()))
    app.state.services = services
    app.state.pages = Pages(shown, services.organisation, (TEMPLATES, *templates))
    return app
