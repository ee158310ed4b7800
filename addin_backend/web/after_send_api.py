"""The API of the task pane once a mail was asked for: what became of it, how it was sent, close its links, report a wrong recipient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.errors import BadInput, NotFound, NotYours
from addin_backend.flows.waiting_ask import WhoAsks
from addin_backend.model.after_send import Handled, Link, Report, SentMail
from addin_backend.model.identity import Identity
from addin_backend.web.exchange import json_response, read_json_body, request_id_of, services_of, signed_in
from addin_backend.web.waits import WaitLine
from addin_backend.web.wire import Address, Key, Language, WaitingOut, decode, job_out

MAX_RECIPIENTS = 500
BODY_LIMIT = 1024 * 1024  # bytes
MessageId = Annotated[str, msgspec.Meta(max_length=998)]
JobId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class SentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/sent``: a mail in Sent Items by its Message-ID."""

    mailbox: str
    message_id: MessageId


class RevokeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/revoke``."""

    mailbox: str
    job_id: JobId


class InsteadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/instead``: the secure page instead, for all recipients of a send who wait."""

    mailbox: str
    job_id: JobId
    language: Language = "da"


class MissentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST /api/v1/missent``. ``recipients`` are those who should not have had the mail; ``idempotency_key`` is of the press."""

    idempotency_key: Key
    mailbox: str
    message_id: MessageId = ""
    recipients: Annotated[list[Address], msgspec.Meta(min_length=1, max_length=MAX_RECIPIENTS)]
    language: Language = "da"


def _own(identity: Identity, mailbox: str) -> str:
    if not identity.owns(mailbox):
        raise NotYours(field="mailbox")
    return mailbox.strip().lower()


def _link(link: Link) -> dict[str, Any]:
    return {"address": link.address, "expires_at": link.expires_at, "open": link.open}


def _waiting(lines: Sequence[WaitLine]) -> list[WaitingOut]:
    return [WaitingOut(line.address, line.state, line.since, line.may_ask) for line in lines]


def _sent(found: SentMail, open_pages: bool, waiting: Sequence[WaitLine]) -> dict[str, Any]:
    """``proof`` is an address of ours that shows the decision and its place in the log, or "" where the log's pages are closed."""
    job = found.job
    return {
        "job": job_out(job) if job else None,
        "created_at": job.created_at if job else None,
        "links": [_link(link) for link in found.links],
        "proof": f"/log/why/{quote(found.event_id)}" if found.event_id and open_pages else "",
        "waiting": _waiting(waiting),
    }


def _handled(found: Handled) -> dict[str, Any]:
    return {
        "case": found.case_id,
        "revoked": found.revoked,
        "not_revoked": found.not_revoked,
        "open": found.open,
        "notices": {"manager": found.manager.value, "officer": found.officer.value},
    }


async def pressed(request: Request) -> Response:
    """``GET /api/v1/pressed/{key}?mailbox=…``: the job that this press became. 404: no such press has been taken in."""
    services, identity = services_of(request), await signed_in(request)
    mailbox = _own(identity, request.query_params.get("mailbox", ""))
    return json_response(job_out(await run_in_threadpool(services.after_send.pressed, mailbox, request.path_params["key"])))


async def sent(request: Request) -> Response:
    """``POST /api/v1/sent``: how a mail was sent; ``job`` is null when it did not go through us."""
    services, identity = services_of(request), await signed_in(request)
    body = decode(await read_json_body(request, BODY_LIMIT), SentBody)
    found = await run_in_threadpool(services.after_send.sent_mail, _own(identity, body.mailbox), body.message_id)
    waiting = await run_in_threadpool(services.waits.of, found.job.job_id) if found.job else ()
    return json_response(_sent(found, services.open_pages, waiting))


async def instead(request: Request) -> Response:
    """``POST /api/v1/instead``: withdraw what waits, and send it as a secure page once that is certain. Nobody else's job exists."""
    services, identity = services_of(request), await signed_in(request)
    body = decode(await read_json_body(request, BODY_LIMIT), InsteadBody)
    mailbox = _own(identity, body.mailbox)
    job = await run_in_threadpool(services.job, body.job_id)
    if job.mailbox.lower() != mailbox:
        raise NotFound
    await run_in_threadpool(services.waits.ask, job.job_id, WhoAsks(identity.address, mailbox, request_id_of(request), body.language))
    return json_response({"waiting": _waiting(await run_in_threadpool(services.waits.of, job.job_id))}, 202)


async def revoke(request: Request) -> Response:
    """``POST /api/v1/revoke``: close the links of a send. Somebody else's job does not exist."""
    services, identity = services_of(request), await signed_in(request)
    body = decode(await read_json_body(request, BODY_LIMIT), RevokeBody)
    mailbox = _own(identity, body.mailbox)
    job = await run_in_threadpool(services.job, body.job_id)
    if job.mailbox.lower() != mailbox:
        raise NotFound
    done = await run_in_threadpool(services.after_send.revoke, identity, job, request_id_of(request))
    return json_response({"revoked": done.closed, "not_revoked": done.failed})


async def missent(request: Request) -> Response:
    """``POST /api/v1/missent``: *Sendt forkert?* Also for a mail that never came through us."""
    services, identity = services_of(request), await signed_in(request)
    body = decode(await read_json_body(request, BODY_LIMIT), MissentBody)
    recipients = tuple(dict.fromkeys(item.strip().lower() for item in body.recipients if item.strip()))
    if not recipients:
        raise BadInput(field="recipients")
    report = Report(
        actor=identity.address,
        name=identity.name,
        mailbox=_own(identity, body.mailbox),
        idempotency_key=body.idempotency_key,
        message_id=body.message_id,
        recipients=recipients,
        language=body.language,
        request_id=request_id_of(request),
    )
    return json_response(_handled(await run_in_threadpool(services.after_send.missent, report)))


ROUTES = (
    Route("/api/v1/pressed/{key}", pressed, methods=["GET"]),
    Route("/api/v1/sent", sent, methods=["POST"]),
    Route("/api/v1/instead", instead, methods=["POST"]),
    Route("/api/v1/revoke", revoke, methods=["POST"]),
    Route("/api/v1/missent", missent, methods=["POST"]),
)
