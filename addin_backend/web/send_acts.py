"""What a person does with a send that is not wholly done: the sender through the API, the officer sees them all on one page."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.errors import NotFound
from addin_backend.model.identity import Identity, Role
from addin_backend.model.sending import Act, SendJob
from addin_backend.model.waiting import WANTS_A_PERSON
from addin_backend.web.console import require_open
from addin_backend.web.exchange import json_response, request_id_of, services_of, signed_in
from addin_backend.web.pages import pages_of
from addin_backend.web.send_words import ACTS, FATES, LEFT, PROTECTIONS, STATES, WAITS, reason_of
from addin_backend.web.services import ActCall, Services
from addin_backend.web.wire import job_out


def _may_act(identity: Identity, job: SendJob) -> bool:
    return identity.owns(job.mailbox) or identity.role is Role.OFFICER


def _answer(job: SendJob, services: Services) -> Response:
    return json_response({"job": job_out(job), "actions": services.hand.acts(job)})


async def acts(request: Request) -> Response:
    """``GET /api/v1/sends/{job_id}/actions``: the job, and what the caller may do with it now."""
    services, identity = services_of(request), await signed_in(request)
    job = await run_in_threadpool(services.job, request.path_params["job_id"])
    if not identity.owns(job.mailbox):
        raise NotFound
    return _answer(job, services)


async def act(request: Request) -> Response:
    """``POST /api/v1/sends/{job_id}/{action}``: done by the sender, or by an officer, who is told no address. 202: it is under way."""
    services, identity = services_of(request), await signed_in(request)
    action = request.path_params["action"]
    if action not in set(Act):
        raise NotFound

    def do() -> Response:
        job = services.job(request.path_params["job_id"])
        if not _may_act(identity, job):
            raise NotFound
        job = services.hand.act(ActCall(identity, job.job_id, Act(action), request_id_of(request)))
        if not identity.owns(job.mailbox):
            return json_response({"state": job.state}, 202)
        response = _answer(job, services)
        response.status_code = 202
        return response

    return await run_in_threadpool(do)


async def sends(request: Request) -> Response:
    """``GET /console/sends``: the newest sends, those that wait for a person first. No address and no subject stands on it."""
    require_open(request)
    lines = await run_in_threadpool(services_of(request).hand.sends)
    waiting = await run_in_threadpool(services_of(request).waits.latest)
    return pages_of(request).render(
        request, "sends.html", lines=lines, states=STATES, protections=PROTECTIONS, acts=ACTS, left=LEFT, fates=FATES, reason_of=reason_of,
        acting=services_of(request).officer is not None, waiting=waiting, waits=WAITS, for_a_person=WANTS_A_PERSON,
    )  # fmt: skip


ROUTES = (
    Route("/api/v1/sends/{job_id}/actions", acts, methods=["GET"]),
    Route("/api/v1/sends/{job_id}/{action}", act, methods=["POST"]),
    # The names of the first version; its clients still use them.
    Route("/api/v1/send/{job_id}/actions", acts, methods=["GET"]),
    Route("/api/v1/send/{job_id}/{action}", act, methods=["POST"]),
    Route("/console/sends", sends, methods=["GET"]),
)
