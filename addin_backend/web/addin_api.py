"""The API that the add-in calls: check a draft, send it sealed, follow the send. Parse, call one flow, render."""

from __future__ import annotations

from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.errors import BadInput, NotFound, NotYours
from addin_backend.flows.portal_access import refuse_bad
from addin_backend.model.decision import Edit
from addin_backend.model.draft_input import DraftInput
from addin_backend.model.evidence import RecipientRole
from addin_backend.model.identity import Identity
from addin_backend.model.past import SendersAnswer
from addin_backend.web.exchange import json_response, read_json_body, request_id_of, services_of, signed_in, too_large
from addin_backend.web.services import CheckCall, SendCall, Services
from addin_backend.web.wire import ApplyBody, CheckBody, SendBody, checked_out, decode, draft_out, given, hinted_out, job_out, send_out

MIN_REASON = 10  # characters that are not blanks around it


def weigh(draft: DraftInput, limit: int) -> None:
    """Refuse a draft whose decoded content is over ``limit`` bytes."""
    size = len(draft.subject.encode()) + len(draft.body.encode()) + sum(len(item.base64) for item in draft.attachments)
    if size > limit:
        raise too_large(limit)


class OfMailbox(Protocol):
    """A request about a draft in a mailbox."""

    @property
    def mailbox(self) -> str: ...  # noqa: D102 a field of the body

    @property
    def draft(self) -> DraftInput: ...  # noqa: D102 a field of the body


def owned(identity: Identity, body: OfMailbox) -> None:
    """The mailbox and the sender must both be the caller's: a token for one mailbox says nothing about another."""
    for address, field in ((body.mailbox, "mailbox"), (body.draft.sender, "draft.from")):
        if not identity.owns(address):
            raise NotYours(field=field)


def _bound(body: CheckBody | SendBody) -> None:
    """A confirmation says what it is about: the digest that came with the question."""
    if (body.confirmed or body.reasons or body.answers) and not body.confirmed_for:
        raise BadInput(
            "A confirmation needs the digest of the mail that it is for.",
            sentence_da="En bekræftelse skal have den kontrolsum med, som hører til mailen.",
            field="confirmed_for",
        )
    if any(len(text.strip()) < MIN_REASON for text in body.reasons.values()):
        raise BadInput("A reason has ten letters or more.", sentence_da="En begrundelse skal være på mindst ti tegn.", field="reasons")
    if not body.reasons.keys() <= set(body.confirmed):
        raise BadInput(
            "A reason is for something that is confirmed.",
            sentence_da="En begrundelse hører til noget, der er bekræftet.",
            field="reasons",
        )


def _check_call(identity: Identity, body: CheckBody | SendBody, services: Services, request_id: str) -> CheckCall:
    owned(identity, body)
    _bound(body)
    weigh(body.draft, services.message_limit)
    return CheckCall(
        identity=identity,
        mailbox=body.mailbox.strip().lower(),
        language=body.language,
        message=services.intake(body.draft),
        confirmed=frozenset(body.confirmed),
        confirmed_for=body.confirmed_for,
        secure=body.secure,
        request_id=request_id,
        item_id=body.draft.item_id,
        reasons={code: text.strip() for code, text in body.reasons.items()},
        answers={address.strip().lower(): SendersAnswer(RecipientRole(said.role), said.country) for address, said in body.answers.items()},
    )


async def check(request: Request) -> Response:
    """``POST /api/v1/checks``: the decision about a draft, and a ticket when it may leave as it is over enforced TLS."""
    services, identity, request_id = services_of(request), await signed_in(request), request_id_of(request)
    raw = await read_json_body(request, services.message_limit)

    def decide() -> Response:
        call = _check_call(identity, decode(raw, CheckBody), services, request_id)
        return json_response({**checked_out(services.check(call)), "snapshot": services.addin.snapshot()})

    return await run_in_threadpool(decide)


async def preflight(request: Request) -> Response:
    """``POST /api/v1/preflight``: the decision about a draft that is still being written. Nothing is recorded, and there is no ticket."""
    services, identity, request_id = services_of(request), await signed_in(request), request_id_of(request)
    raw = await read_json_body(request, services.message_limit)

    def decide() -> Response:
        decision = services.addin.preflight(_check_call(identity, decode(raw, CheckBody), services, request_id))
        return json_response({**hinted_out(decision), "snapshot": services.addin.snapshot()})

    return await run_in_threadpool(decide)


async def send(request: Request) -> Response:
    """``POST /api/v1/sends``: 202 with the job once it is durable; 200 ``not_sent`` when the decision is confirm or block."""
    services, identity, request_id = services_of(request), await signed_in(request), request_id_of(request)
    raw = await read_json_body(request, services.message_limit)

    def start() -> Response:
        body = decode(raw, SendBody)
        access = given(body.access)
        refuse_bad(access)
        answer = services.send(SendCall(_check_call(identity, body, services, request_id), body.idempotency_key, access))
        return json_response(send_out(answer), 202 if answer.job else 200)

    return await run_in_threadpool(start)


async def apply(request: Request) -> Response:
    """``POST /api/v1/apply``: the draft after a way out; a second one when the change makes two mails of it. Nothing is stored or sent."""
    services, identity = services_of(request), await signed_in(request)
    raw = await read_json_body(request, services.message_limit)

    def change() -> Response:
        body = decode(raw, ApplyBody)
        owned(identity, body)
        weigh(body.draft, services.message_limit)
        message = services.intake(body.draft)
        drafts = services.apply(message, Edit(body.change, tuple(body.recipients), tuple(body.parts)))
        return json_response({"drafts": [draft_out(message, item) for item in drafts]})

    return await run_in_threadpool(change)


async def job(request: Request) -> Response:
    """``GET /api/v1/sends/{job_id}``: how far a send has come. Somebody else's job does not exist."""
    services, identity = services_of(request), await signed_in(request)
    found = await run_in_threadpool(services.job, request.path_params["job_id"])
    if not identity.owns(found.mailbox):
        raise NotFound
    return json_response(job_out(found))


ROUTES = (
    Route("/api/v1/preflight", preflight, methods=["POST"]),
    Route("/api/v1/checks", check, methods=["POST"]),
    Route("/api/v1/apply", apply, methods=["POST"]),
    Route("/api/v1/sends", send, methods=["POST"]),
    Route("/api/v1/sends/{job_id}", job, methods=["GET"]),
    # The names of the first version; its clients still use them.
    Route("/api/v1/check", check, methods=["POST"]),
    Route("/api/v1/send", send, methods=["POST"]),
    Route("/api/v1/send/{job_id}", job, methods=["GET"]),
)
