"""``GET /api/v1/openapi.json``: the API as an OpenAPI 3.1 document, made from the types that requests are read with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.model.offline import Snapshot
from addin_backend.model.sending import Act
from addin_backend.web import answers
from addin_backend.web.after_send_api import InsteadBody, MissentBody, RevokeBody, SentBody
from addin_backend.web.details_api import DetailsBody, DetailsOut
from addin_backend.web.exchange import json_response
from addin_backend.web.me_api import DecisionsOut
from addin_backend.web.offline_api import LaterBody
from addin_backend.web.wire import ApplyBody, CheckBody, JobOut, SendBody

PATH = "/api/v1/openapi.json"
VERSION = "1"
_SCHEMAS = "#/components/schemas/{name}"
_PLACE = re.compile(r"\{(\w+)\}")
_IN_PATH: Mapping[str, Mapping[str, Any]] = {
    "job_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "key": {"type": "string", "minLength": 8, "maxLength": 128},
    "action": {"type": "string", "enum": [item.value for item in Act]},
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: how it is asked, and with what status and type it answers. ``query``: names with their schemas."""

    method: str
    path: str
    summary: str
    answers: Mapping[int, Any]
    body: Any = None
    query: Mapping[str, Mapping[str, Any]] | None = None
    errors: tuple[int, ...] = ()


_PRESSED = {"mailbox": {"type": "string"}}
OPERATIONS = (
    Operation(
        "post",
        "/api/v1/preflight",
        "A hint while a mail is written; nothing is recorded.",
        {200: answers.DecisionAnswer},
        CheckBody,
    ),
    Operation("post", "/api/v1/checks", "Check a mail that is about to be sent.", {200: answers.CheckAnswer}, CheckBody),
    Operation("post", "/api/v1/apply", "The draft after a way out.", {200: answers.AppliedAnswer}, ApplyBody),
    Operation(
        "post",
        "/api/v1/sends",
        "Send a mail securely; 202 once that is durable.",
        {200: answers.SendAnswer, 202: answers.SendAnswer},
        SendBody,
        errors=(404, 409),
    ),
    Operation("post", "/api/v1/details", "Keep a mail as a draft.", {200: DetailsOut}, DetailsBody, errors=(404, 409)),
    Operation("get", "/api/v1/sends/{job_id}", "How far a send has come.", {200: JobOut}, errors=(404,)),
    Operation(
        "get",
        "/api/v1/sends/{job_id}/actions",
        "What can be done with a send now.",
        {200: answers.ActsAnswer},
        errors=(404,),
    ),
    Operation(
        "post",
        "/api/v1/sends/{job_id}/{action}",
        "Do it; 202 once it is under way.",
        {202: answers.ActedAnswer},
        errors=(404, 409),
    ),
    Operation("get", "/api/v1/pressed/{key}", "The send that a press became.", {200: JobOut}, query=_PRESSED, errors=(404,)),
    Operation("post", "/api/v1/sent", "How a mail in Sent Items was sent.", {200: answers.SentAnswer}, SentBody, errors=(404,)),
    Operation(
        "post",
        "/api/v1/instead",
        "The secure page instead, for the recipients of a send who wait for a secure connection; 202 once it is asked for.",
        {202: answers.InsteadAnswer},
        InsteadBody,
        errors=(404, 409),
    ),
    Operation("post", "/api/v1/revoke", "Close the links of a send.", {200: answers.RevokedAnswer}, RevokeBody, errors=(404,)),
    Operation("post", "/api/v1/missent", "A mail to the wrong person.", {200: answers.MissentAnswer}, MissentBody, errors=(404, 409)),
    Operation(
        "get",
        "/api/v1/me/decisions",
        "The caller's own decisions, the newest first.",
        {200: DecisionsOut},
        query={"limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}},
    ),
    Operation("get", "/api/v1/snapshot", "What a client decides by when nobody answers; null when there is none.", {200: Snapshot | None}),
    Operation("post", "/api/v1/offline-decisions", "What a client decided alone.", {200: answers.LaterAnswer}, LaterBody),
)
_REFUSALS = {
    400: "The request is not as described; `field` names the place.",
    401: "Nobody is signed in.",
    403: "The mailbox is not the caller's.",
    404: "There is no such thing, or it is somebody else's.",
    409: "The same key was used for another mail, or the draft has changed.",
    413: "The mail is too large.",
    415: "The body is not declared as JSON.",
    429: "Too many requests; Retry-After says when to try again.",
    500: "Something went wrong on our side; nothing was sent.",
    502: "What became of the send is not known; look at it before trying again.",
    503: "Exchange, the log or the rules are away; nothing was sent.",
}
_ALWAYS = (400, 401, 403, 429, 500, 502, 503)


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    within = [{"name": name, "in": "path", "required": True, "schema": dict(_IN_PATH[name])} for name in _PLACE.findall(operation.path)]
    query = [
        {"name": name, "in": "query", "required": "default" not in schema, "schema": dict(schema)}
        for name, schema in (operation.query or {}).items()
    ]
    return within + query


def _described(operation: Operation, schemas: Mapping[Any, Mapping[str, Any]]) -> dict[str, Any]:
    good = {str(status): {"description": "Done.", "content": _json(schemas[kind])} for status, kind in operation.answers.items()}
    refusals = {*_ALWAYS, *operation.errors, *((413, 415) if operation.body else ())}
    failed = {
        str(status): {"description": _REFUSALS[status], "content": _json(schemas[answers.ErrorAnswer])} for status in sorted(refusals)
    }
    made = {
        "operationId": operation.method + re.sub(r"\W+", "_", operation.path.removeprefix("/api/v1")),
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": good | failed,
    }
    return made | ({"requestBody": {"required": True, "content": _json(schemas[operation.body])}} if operation.body else {})


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    kinds = [kind for item in OPERATIONS for kind in (*item.answers.values(), item.body) if kind is not None]
    kinds = list(dict.fromkeys((*kinds, answers.ErrorAnswer)))
    shown, components = msgspec.json.schema_components(kinds, ref_template=_SCHEMAS)
    schemas = dict(zip(kinds, shown, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for item in OPERATIONS:
        paths.setdefault(item.path, {})[item.method] = _described(item, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Send securely",
            "version": VERSION,
            "description": "What the add-in asks: check a mail, send it protected, follow the send. Texts come in Danish and English.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


async def openapi(_request: Request) -> Response:
    """The document; it holds nothing about anybody, so it is open."""
    return json_response(document())


ROUTES = (Route(PATH, openapi, methods=["GET"]),)
