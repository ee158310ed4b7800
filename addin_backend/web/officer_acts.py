"""What an officer does from the pages: something with a send that waits for a person, and closing a case of the ledger.

Each is asked first on a page that says what happens, and is done by a form that only that page can fill in.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from addin_backend.errors import NotFound
from addin_backend.model.sending import Act
from addin_backend.web.exchange import request_id_of, services_of
from addin_backend.web.forms import SEE_OTHER, form_of, officer_of, token_for
from addin_backend.web.pages import LANGUAGES, pages_of
from addin_backend.web.send_words import ACTS, CONSEQUENCES
from addin_backend.web.services import ActCall, LedgerRow, SendLine


def _back(to: str, fields: dict[str, str]) -> Response:
    language = fields.get("lang", "")
    return RedirectResponse(to + (f"?lang={language}" if language in LANGUAGES else ""), SEE_OTHER)


def _act(request: Request) -> Act:
    asked = request.path_params["act"]
    if asked not in set(Act):
        raise NotFound
    return Act(asked)


def _send(request: Request, act: Act) -> SendLine:
    """The send as the list shows it. Raises NotFound when there is none that ``act`` can be done with."""
    wanted = request.path_params["job_id"]
    found = next((line for line in services_of(request).hand.sends() if line.job_id == wanted and act in line.acts), None)
    if found is None:
        raise NotFound
    return found


async def ask_about_send(request: Request) -> Response:
    """``GET /console/sends/{job_id}/{act}``: what would happen, and the button."""
    officer, act = officer_of(request), _act(request)
    line = await run_in_threadpool(_send, request, act)
    return pages_of(request).render(
        request, "act.html", line=line, act=act, name=ACTS[act], what=CONSEQUENCES[act], token=token_for(request, request.url.path),
        officer=officer.name, back="/console/sends",
    )  # fmt: skip


async def do_with_send(request: Request) -> Response:
    """``POST /console/sends/{job_id}/{act}``."""
    officer, act = officer_of(request), _act(request)
    fields = await form_of(request, request.url.path)
    call = ActCall(officer, request.path_params["job_id"], act, request_id_of(request))
    await run_in_threadpool(services_of(request).hand.act, call)
    return _back("/console/sends", fields)


def _case(request: Request) -> LedgerRow:
    wanted = request.path_params["item"]
    found = next((row for row in services_of(request).ledger().rows if row.item == wanted and row.case and row.closed_at is None), None)
    if found is None:
        raise NotFound
    return found


async def ask_about_case(request: Request) -> Response:
    """``GET /console/ledger/{item}``: the case, and a form for the reason."""
    officer = officer_of(request)
    row = await run_in_threadpool(_case, request)
    return pages_of(request).render(
        request, "close_case.html", row=row, token=token_for(request, request.url.path), officer=officer.name, back="/console/ledger"
    )


async def close(request: Request) -> Response:
    """``POST /console/ledger/{item}``."""
    officer = officer_of(request)
    fields = await form_of(request, request.url.path)
    await run_in_threadpool(services_of(request).close_case, request.path_params["item"], officer.address, fields.get("reason", ""))
    return _back("/console/ledger", fields)


ROUTES = (
    Route("/console/sends/{job_id}/{act}", ask_about_send, methods=["GET"]),
    Route("/console/sends/{job_id}/{act}", do_with_send, methods=["POST"]),
    Route("/console/ledger/{item}", ask_about_case, methods=["GET"]),
    Route("/console/ledger/{item}", close, methods=["POST"]),
)
