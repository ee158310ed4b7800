"""What tests and the playground may see and steer: the journal, the mailboxes, the faults, the switches. Loopback only."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from addin_backend.model import disarmed
from addin_backend.sandbox.exchange import items, properties, queue, reports
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.faults import Fault
from addin_backend.sandbox.exchange.mime import Person
from addin_backend.sandbox.exchange.service import Service
from addin_backend.sandbox.exchange.store import Item

_DISARMED = properties.named("PublicStrings", properties.DISARMED_NAME)
_MARKER = properties.named("PublicStrings", properties.MARKER_NAME)


class SwitchChange(msgspec.Struct, forbid_unknown_fields=True):
    """The switches that can be changed while it runs."""

    bcc_in_mime: str | None = None
    max_message_bytes: int | None = None
    graph_request_bytes: int | None = None
    graph_silent_bytes: int | None = None
    without_graph: frozenset[str] | None = None
    ews_enabled: bool | None = None
    undeliverable: frozenset[str] | None = None
    tls_offered: bool | None = None
    withdrawal_answers: bool | None = None
    arrives_first: bool | None = None


def routes(service: Service) -> list[Route]:
    """All of /sandbox."""

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            service.faults.clear()
            return Response(status_code=204)
        if request.method == "GET":
            return JSONResponse(msgspec.to_builtins(service.faults.planned()))
        try:
            service.faults.plan(msgspec.json.decode(await request.body(), type=Fault))
        except msgspec.ValidationError as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)

    async def switches(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({name: msgspec.to_builtins(getattr(service.switches, name)) for name in SwitchChange.__struct_fields__})
        change = msgspec.json.decode(await request.body(), type=SwitchChange)
        for name in change.__struct_fields__:
            value = getattr(change, name)
            if value is not None:
                setattr(service.switches, name, value)
        if change.tls_offered:
            queue.act(service.store, service.switches, queue.QueueAct(act="try"))
        return Response(status_code=204)

    async def queued(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(queue.rows(service.store))
        try:
            return JSONResponse(queue.act(service.store, service.switches, msgspec.json.decode(await request.body(), type=queue.QueueAct)))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    def journal(request: Request) -> Response:
        lines = [msgspec.json.encode(entry) + b"\n" for entry in service.store.journal()]
        return Response(b"".join(lines), media_type="application/jsonl")

    def requests(request: Request) -> Response:
        return JSONResponse({"counts": dict(service.counts), "violations": service.violations})

    def mailboxes(request: Request) -> Response:
        return JSONResponse([{"name": name, "address": address} for name, address in service.store.mailboxes()])

    def folder(request: Request) -> Response:
        mailbox = request.path_params["address"].lower()
        wanted = request.path_params["folder"].lower()
        for found in service.store.folders(mailbox):
            if wanted in (found.distinguished, found.name.lower()):
                return JSONResponse([_row(item) for item in service.store.items(mailbox, found.id)])
        return JSONResponse(
            [] if service.store.mailbox_name(mailbox) else {"error": "no such mailbox"}, 200 if service.store.mailbox_name(mailbox) else 404
        )

    async def arrive(request: Request) -> Response:
        """A mail from outside, as it is posted."""
        call = Call(store=service.store, mailbox=request.path_params["address"].lower(), switches=service.switches)
        if service.store.mailbox_name(call.mailbox) is None:
            return JSONResponse({"error": "no such mailbox"}, 404)
        with service.store.transaction():
            reports.from_outside(call, await request.body())
        return Response(status_code=204)

    def mime(request: Request) -> Response:
        mailbox = request.path_params["address"].lower()
        item = service.store.item(mailbox, request.path_params["item"])
        if item is None:
            return Response("no such item", 404)
        shown = items.current_mime(item, service.store.mime(item.id), with_bcc=False)
        return Response(shown, media_type="message/rfc822")

    return [
        Route("/sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/sandbox/switches", switches, methods=["GET", "POST"]),
        Route("/sandbox/queue", queued, methods=["GET", "POST"]),
        Route("/sandbox/journal", journal),
        Route("/sandbox/requests", requests),
        Route("/sandbox/mailboxes", mailboxes),
        Route("/sandbox/mailboxes/{address}/items/{item:path}/mime", mime),
        Route("/sandbox/mailboxes/{address}/arrived", arrive, methods=["POST"]),
        Route("/sandbox/mailboxes/{address}/{folder}", folder),
    ]


def _row(item: Item) -> dict[str, Any]:
    return {
        "id": item.id, "change_key": item.change_key, "subject": item.subject, "class": item.item_class,
        "from": _people([item.sender])[0], "to": _people(item.to), "cc": _people(item.cc), "bcc": _people(item.bcc),
        "created": item.created, "sent": item.sent, "is_draft": item.is_draft,
        "is_read": item.is_read, "size": item.size, "message_id": item.message_id,
        "has_attachments": item.attachments > 0, "categories": item.categories, "importance": item.importance,
        "sensitivity": item.sensitivity, "read_receipt": item.read_receipt, "in_reply_to": item.in_reply_to, "references": item.references,
        "disarmed": disarmed.read(item.extended.get(_DISARMED)) is not None, "marker": item.extended.get(_MARKER, ""),
    }  # fmt: skip


def _people(persons: list[Person]) -> list[dict[str, str]]:
    return [{"name": name, "address": address} for name, address in persons]
