"""``POST /api/v1/details``: what was written in an invitation is kept as a draft, before the invitation is cleaned."""

from __future__ import annotations

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.model.draft_input import DraftInput
from addin_backend.web.addin_api import owned, weigh
from addin_backend.web.exchange import json_response, read_json_body, services_of, signed_in
from addin_backend.web.wire import Key, Language, decode


class DetailsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail to keep. ``idempotency_key`` is of the press: one press, one draft."""

    idempotency_key: Key
    mailbox: str
    draft: DraftInput
    language: Language = "da"


class DetailsOut(msgspec.Struct, frozen=True):
    """``kept`` is True: the draft lies in the mailbox."""

    kept: bool


async def keep(request: Request) -> Response:
    """The draft is saved, or an error says that it was not. Nothing is sent."""
    services, identity = services_of(request), await signed_in(request)
    raw = await read_json_body(request, services.message_limit)

    def save() -> Response:
        body = decode(raw, DetailsBody)
        owned(identity, body)
        weigh(body.draft, services.message_limit)
        services.keep_details(body.mailbox.strip().lower(), body.idempotency_key, services.intake(body.draft))
        return json_response(DetailsOut(kept=True))

    return await run_in_threadpool(save)


ROUTES = (Route("/api/v1/details", keep, methods=["POST"]),)
