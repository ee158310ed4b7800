"""JSON batching: several requests in one, answered part by part; what is no JSON comes back in base64."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from addin_backend.sandbox.graph import schema
from addin_backend.sandbox.graph.answers import Reply, json
from addin_backend.sandbox.graph.context import Asked, Violation


def answer(asked: Asked, handle: Callable[[Asked], Reply]) -> Reply:
    """The batch's own answer is 200 whatever its parts say; a part whose connection breaks takes the whole with it. Raises Violation."""
    try:
        batch = msgspec.json.decode(asked.body, type=schema.Batch)
    except msgspec.MsgspecError as error:
        raise Violation(str(error)) from None
    shown: list[dict[str, Any]] = []
    for part in batch.requests:
        reply = handle(_asked(asked, part))
        if reply.drop:
            return reply
        shown.append({"id": part.id, "status": reply.status, "headers": dict(reply.headers), "body": _body(reply)})
    return json(200, {"responses": shown})


def _asked(asked: Asked, part: schema.BatchRequest) -> Asked:
    address = urlsplit(part.url)
    headers = {name.lower(): value for name, value in part.headers.items()} | {"authorization": asked.headers.get("authorization", "")}
    body = b"" if part.body is None else msgspec.json.encode(part.body)
    return replace(
        asked, method=part.method, path=unquote(address.path), options=dict(parse_qsl(address.query)), headers=headers, body=body
    )


def _body(reply: Reply) -> Any:
    if reply.media_type == "application/json":
        return msgspec.json.decode(reply.body) if reply.body else None
    return base64.b64encode(reply.body).decode()
