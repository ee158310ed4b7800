"""What the add-in asks and tells so that it can decide when nobody answers (docs/decisions/067)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.model.draft_input import DraftInput
from addin_backend.model.identity import Identity
from addin_backend.model.offline import Entry, Paper
from addin_backend.web.exchange import json_response, read_json_body, services_of, signed_in
from addin_backend.web.wire import Address, decode

LIMIT = 200_000  # bytes of one report: a client keeps 32 KB
UNREADABLE = "unreadable"
_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}")
_Hex = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-]{1,128}$")]
_Moment = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800)]  # up to the year 2100


class PaperIn(msgspec.Struct, frozen=True):
    """The paper that a decision was made with."""

    issued: _Moment
    expires: _Moment
    version: _Hex
    seal: _Hex


class EntryIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One decision that a client made alone."""

    id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._:-]{8,128}$")]
    at: _Moment
    mailbox: Address
    allowed: bool
    reason: Literal["internal", "degraded", "no_snapshot", "no_recipients", "internal_off", "external", "content", "late"]
    recipients: Annotated[list[Address], msgspec.Meta(max_length=1000)] = []
    paper: PaperIn | None = None
    draft: DraftInput | None = None


class LaterBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/offline-decisions``."""

    decisions: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=20)]


def _read(told: dict[str, Any], identity: Identity) -> EntryIn | None:
    """What was told, or None when it cannot be read, or is about a mailbox that is not the teller's."""
    try:
        found = msgspec.convert(told, EntryIn)
    except msgspec.ValidationError:
        return None
    theirs = identity.owns(found.mailbox) and (found.draft is None or identity.owns(found.draft.sender))
    return found if theirs else None


def _entry(told: dict[str, Any], at: int, identity: Identity) -> Entry | None:
    """An entry as told. One that cannot be read is kept as such under its id: it must not stand in the way of those behind it."""
    found = _read(told, identity)
    if found is None:
        name = told.get("id")
        if not isinstance(name, str) or not _ID.fullmatch(name):
            return None
        return Entry(id=name, at=at, mailbox="", allowed=told.get("allowed") is not False, reason=UNREADABLE)
    paper = Paper(**msgspec.structs.asdict(found.paper)) if found.paper else None
    return Entry(
        id=found.id,
        at=found.at,
        mailbox=found.mailbox,
        allowed=found.allowed,
        reason=found.reason,
        recipients=tuple(found.recipients),
        paper=paper,
        draft=found.draft,
    )


async def later(request: Request) -> Response:
    """``POST /api/v1/offline-decisions``: what was decided alone. ``received`` names what the client may forget."""
    services, identity = services_of(request), await signed_in(request)
    raw = await read_json_body(request, LIMIT)

    def take() -> Response:
        at = int(services.clock().timestamp())
        told = [entry for item in decode(raw, LaterBody).decisions if (entry := _entry(item, at, identity)) is not None]
        heard = services.addin.hear(identity.address, told)
        return json_response({"received": [item.id for item in heard], "judged": [item for item in heard if item.action]})

    return await run_in_threadpool(take)


async def snapshot(request: Request) -> Response:
    """``GET /api/v1/snapshot``: the day's paper, for the pane to keep in roamingSettings."""
    await signed_in(request)
    return json_response(await run_in_threadpool(services_of(request).addin.snapshot))


async def emergency(request: Request) -> Response:
    """``GET /addin/degraded.json``: the emergency in force, or null. A front serves the same file when this server is dead."""
    return json_response(await run_in_threadpool(services_of(request).addin.emergency))


ROUTES = (
    Route("/api/v1/offline-decisions", later, methods=["POST"]),
    Route("/api/v1/snapshot", snapshot, methods=["GET"]),
    Route("/addin/degraded.json", emergency, methods=["GET"]),
)
