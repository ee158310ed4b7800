"""One EWS request from bytes to bytes: check, act in a transaction, answer, check the answer."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from lxml import etree

from addin_backend.sandbox.exchange import folders, soap
from addin_backend.sandbox.exchange.answers import Message, response, with_items
from addin_backend.sandbox.exchange.context import Call, Switches
from addin_backend.sandbox.exchange.errors import EwsError, EwsFault
from addin_backend.sandbox.exchange.faults import NO_MAIL, Fault, Faults
from addin_backend.sandbox.exchange.operations import (
    create_folder,
    create_item,
    delete_item,
    find_folder,
    find_item,
    get_folder,
    get_item,
    move_item,
    resolve_names,
    send_item,
    sync_folder_items,
    update_item,
)
from addin_backend.sandbox.exchange.schema import Schema
from addin_backend.sandbox.exchange.store import Store
from addin_backend.sandbox.exchange.xml import Element, child, need

_OPERATIONS: dict[str, Callable[[Call, Element], list[Message]]] = {
    "GetItem": get_item.answer,
    "CreateItem": create_item.answer,
    "SendItem": send_item.answer,
    "UpdateItem": update_item.answer,
    "DeleteItem": delete_item.answer,
    "MoveItem": move_item.answer,
    "FindItem": find_item.answer,
    "GetFolder": get_folder.answer,
    "FindFolder": find_folder.answer,
    "CreateFolder": create_folder.answer,
    "ResolveNames": resolve_names.answer,
    "SyncFolderItems": sync_folder_items.answer,
}
_CLAIMS = base64.b64encode(b'{"access_token":{"nbf":{"essential":true,"value":"1795000000"}}}').decode()
CHALLENGE = f'Bearer realm="", error="insufficient_claims", claims="{_CLAIMS}"'
WRONG_AUDIENCE = 'Bearer realm="", error="invalid_token", error_description="The audience is invalid"'
_MIME = re.compile(rb"(<[^<>]*MimeContent[^<>/]*>)[^<]*(</)")
_EMPTY_ITEMS = {"GetItem", "CreateItem", "UpdateItem", "MoveItem"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed in. ``mailbox`` is the own mailbox of an employee, "" for the service account, which may impersonate."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: ``drop`` breaks the connection instead; ``challenge`` is the WWW-Authenticate of a 401, ``retry_after`` seconds."""

    status: int
    body: bytes
    drop: bool = False
    challenge: str = ""
    retry_after: int = 0


@dataclass(slots=True)
class Service:
    """The EWS endpoint over one store."""

    store: Store
    switches: Switches
    published_schema: Path | None = None
    faults: Faults = field(default_factory=Faults)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    _schemas: threading.local = field(default_factory=threading.local)

    def handle(self, received: bytes, caller: Caller) -> Reply:
        """Never raises for anything a client can send."""
        try:
            request = soap.read(received, self._schema())
            self.counts[request.operation] += 1
            call = self._call(request, caller)
        except EwsFault as fault:
            if fault.code == "ErrorSchemaValidation":
                self.violations.append(f"request: {fault.values}")
            return Reply(500, soap.written(soap.fault(fault)))
        planned = self.faults.take(request.operation, call.mailbox, "ews", outlook=caller.mailbox != "")
        if planned and planned.kind == "schema_violation":
            return self._spoilt(received)
        before = self._before(request, planned) if planned else None
        if before is not None:
            return before
        reply = self._act(call, request)
        if planned and planned.kind == "away_after_commit":
            self.faults.go_away(planned, call.mailbox)
        return _after(reply, planned) if planned else reply

    def _schema(self) -> Schema:
        """lxml's schemas keep their error log in themselves, so each thread has its own."""
        if not hasattr(self._schemas, "schema"):
            self._schemas.schema = Schema(self.published_schema)
        found: Schema = self._schemas.schema
        return found

    def _call(self, request: soap.Request, caller: Caller) -> Call:
        if request.impersonated and caller.mailbox not in ("", request.impersonated):
            raise EwsFault("ErrorImpersonateUserDenied", "The account does not have permission to impersonate the requested user.")
        mailbox = request.impersonated or caller.mailbox
        if not mailbox or self.store.mailbox_name(mailbox) is None:
            raise EwsFault("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        return Call(store=self.store, mailbox=mailbox, switches=self.switches)

    def _before(self, request: soap.Request, planned: Fault) -> Reply | None:
        match planned.kind:
            case "drop_before":
                return Reply(500, b"", drop=True)
            case "delay":
                time.sleep(planned.seconds)
            case "server_busy":
                busy = EwsFault(
                    "ErrorServerBusy",
                    "The server cannot service this request right now. Try again later.",
                    (("BackOffMilliseconds", "250"),),
                )
                return Reply(500, soap.written(soap.fault(busy)))
            case "fault":
                return Reply(500, soap.written(soap.fault(EwsFault(planned.code, planned.text))))
            case "item_not_found_first_n":
                return self._error(request, EwsError("ErrorItemNotFound", "The specified object was not found in the store."))
            case "error":
                return self._error(request, EwsError(planned.code, planned.text))
            case "http":
                return Reply(planned.status, planned.text.encode(), retry_after=max(1, round(planned.seconds)))
            case "claims_challenge" | "wrong_audience":
                return Reply(401, b"", challenge=CHALLENGE if planned.kind == "claims_challenge" else WRONG_AUDIENCE)
        return None

    def _spoilt(self, received: bytes) -> Reply:
        """The answer to the request with one element more than the schema has."""
        envelope = etree.fromstring(received)
        child(need(envelope, "s:Body")[0], "t:NotInTheSchema")
        try:
            soap.read(etree.tostring(envelope), self._schema())
        except EwsFault as fault:
            return Reply(500, soap.written(soap.fault(fault)))
        raise AssertionError("the schema took what it does not have")

    def _error(self, request: soap.Request, error: EwsError) -> Reply:
        content = with_items([]) if request.operation in _EMPTY_ITEMS else []
        return self._answer(request.operation, [(error, content)])

    def _act(self, call: Call, request: soap.Request) -> Reply:
        try:
            with self.store.transaction():
                folders.create_well_known(call)
                answers = _OPERATIONS[request.operation](call, request.content)
        except EwsError as error:
            return self._error(request, error)
        return self._answer(request.operation, answers)

    def _answer(self, operation: str, answers: list[Message]) -> Reply:
        root = soap.envelope(response(operation, answers))
        body = soap.written(root)
        violation = self._schema().violation(root, body)
        if violation is not None:
            self.violations.append(f"answer: {violation}")
            return Reply(500, soap.written(soap.fault(EwsFault("ErrorInternalServerError", "The answer does not match the schema."))))
        return Reply(200, body)


def _after(reply: Reply, planned: Fault) -> Reply:
    match planned.kind:
        case "drop_after_commit" | "away_after_commit":
            return Reply(500, b"", drop=True)
        case "delay_after_commit":
            time.sleep(planned.seconds)
        case "http_after_commit":
            return Reply(planned.status, planned.text.encode())
        case "corrupt_mime":
            return replace(reply, body=_MIME.sub(lambda found: found[1] + base64.b64encode(NO_MAIL) + found[2], reply.body))
    return reply
