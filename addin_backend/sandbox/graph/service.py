"""One request of Graph from bytes to bytes: who asks, faults, the operation in a transaction."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from addin_backend.sandbox.exchange import folders
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.faults import NO_MAIL, Fault
from addin_backend.sandbox.exchange.service import CHALLENGE, Service
from addin_backend.sandbox.graph import batch, delta, messages, odata
from addin_backend.sandbox.graph.answers import Reply, error
from addin_backend.sandbox.graph.context import Asked, Request, Violation
from addin_backend.sandbox.graph.uploads import Uploads

_M, _F = r"/messages/(?P<item_id>[^/]+)", r"/mailFolders/(?P<folder>[^/]+)"


@dataclass(slots=True)
class GraphService:
    """Graph over the same store, switches, faults and counts as EWS. ``token`` is the one for this audience."""

    ews: Service
    token: str
    foreign_token: str
    uploads: Uploads = field(default_factory=Uploads)

    def handle(self, asked: Asked) -> Reply:
        """Never raises for anything a client can send."""
        if asked.path.startswith("/upload/"):
            return self._guarded("UploadRange", asked, "", lambda: self._piece(asked))
        if (asked.method, asked.path) == ("POST", "/$batch"):
            return self._refused(asked) or self._guarded("Batch", asked, "", lambda: batch.answer(asked, self.handle))
        for method, pattern, operation, act in self._routes():
            found = re.fullmatch(rf"/users/(?P<mailbox>[^/]+){pattern}", asked.path)
            if found and method == asked.method:
                arguments = found.groupdict()
                mailbox = arguments.pop("mailbox").lower()
                refused = self._refused(asked)
                if refused is not None:
                    return refused
                return self._guarded(operation, asked, mailbox, lambda: self._act(asked, mailbox, act, arguments))  # noqa: B023 called at once
        return error("UnknownPath", "The resource could not be found.")

    def _routes(self) -> tuple[tuple[str, str, str, Callable[..., Reply]], ...]:
        return (
            ("GET", "/messages", "ListMessages", messages.find),
            ("POST", "/messages", "CreateMessage", messages.create),
            ("GET", _M, "GetMessage", messages.get),
            ("GET", _M + r"/\$value", "GetMime", messages.get_mime),
            ("PATCH", _M, "UpdateMessage", messages.update),
            ("DELETE", _M, "DeleteMessage", messages.delete),
            ("POST", _M + "/permanentDelete", "DeleteMessage", messages.permanent_delete),
            ("POST", _M + "/move", "MoveMessage", messages.move),
            ("POST", _M + "/send", "SendMessage", messages.send),
            ("POST", _M + "/attachments", "AddAttachment", messages.attach),
            ("POST", _M + "/attachments/createUploadSession", "CreateUploadSession", self.uploads.create),
            ("GET", "/mailFolders", "ListFolders", messages.list_folders),
            ("POST", "/mailFolders", "CreateFolder", messages.create_folder),
            ("GET", _F, "GetFolder", messages.get_folder),
            ("GET", _F + "/messages", "ListMessages", messages.find),
            ("POST", _F + "/messages", "CreateMessage", messages.create),
            ("GET", _F + "/messages/delta", "Delta", delta.delta),
        )

    def _refused(self, asked: Asked) -> Reply | None:
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if given == self.token:
            return None
        what = "Invalid audience." if given == self.foreign_token else "CompactToken parsing failed."
        return error("InvalidAuthenticationToken", f"Access token validation failure. {what}")

    def _guarded(self, operation: str, asked: Asked, mailbox: str, act: Callable[[], Reply]) -> Reply:
        """``act`` with the fault that is planned for it, and with what a client did wrong."""
        self.ews.counts[operation] += 1
        planned = self.ews.faults.take(operation, mailbox, "graph")
        before = _before(planned) if planned else None
        if before is not None:
            return before
        try:
            reply = act()
        except EwsError as failed:
            reply = error(failed.code, failed.text)
        except Violation as wrong:
            self.ews.violations.append(f"graph {operation}: {wrong}")
            reply = error("RequestBodyRead", "The request does not have the published form.", 400)
        if planned and planned.kind == "away_after_commit":
            self.ews.faults.go_away(planned, mailbox)
        return _after(reply, planned) if planned else reply

    def _act(self, asked: Asked, mailbox: str, act: Callable[..., Reply], arguments: dict[str, Any]) -> Reply:
        if self.ews.store.mailbox_name(mailbox) is None:
            return error("ErrorInvalidUser", "The requested user is invalid.")
        if mailbox in self.ews.switches.without_graph:
            return error("MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
        if len(asked.body) > self.ews.switches.graph_request_bytes:
            return error("RequestEntityTooLarge", "The request is too large.")
        call = Call(store=self.ews.store, mailbox=mailbox, switches=self.ews.switches)
        wanted = re.search(r"odata\.maxpagesize=(\d+)", asked.headers.get("prefer", ""))
        request = Request(
            call=call, query=odata.read(asked.options), options=dict(asked.options), body=asked.body,
            content_type=asked.headers.get("content-type", "").partition(";")[0].strip().lower(),
            if_match=asked.headers.get("if-match", ""), page=int(wanted.group(1)) if wanted else 50, base=asked.base,
        )  # fmt: skip
        with self.ews.store.transaction():
            folders.create_well_known(call)
            return act(request, **arguments)

    def _piece(self, asked: Asked) -> Reply:
        if asked.method != "PUT":
            return error("UnknownPath", "The resource could not be found.")
        return self.uploads.piece(asked.path.removeprefix("/upload/"), asked.headers.get("content-range", ""), asked.body)


def _before(planned: Fault) -> Reply | None:
    match planned.kind:
        case "drop_before":
            return Reply(500, drop=True)
        case "delay":
            time.sleep(planned.seconds)
        case "server_busy":
            return error("TooManyRequests", "Too many requests.", headers={"Retry-After": str(max(1, round(planned.seconds)))})
        case "fault" | "error":
            return error(planned.code, planned.text)
        case "item_not_found_first_n":
            return error("ErrorItemNotFound", "The specified object was not found in the store.")
        case "http":
            return Reply(planned.status, planned.text.encode(), "text/plain", {"Retry-After": str(max(1, round(planned.seconds)))})
        case "claims_challenge":
            return error("InvalidAuthenticationToken", "Continuous access evaluation.", headers={"WWW-Authenticate": CHALLENGE})
        case "wrong_audience":
            return error("InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
        case "schema_violation":
            return error("RequestBodyRead", "The property 'notInTheSchema' does not exist on type 'microsoft.graph.message'.")
        case "accepted_not_done":
            return Reply(200)
    return None


def _after(reply: Reply, planned: Fault) -> Reply:
    match planned.kind:
        case "drop_after_commit" | "away_after_commit":
            return Reply(500, drop=True)
        case "delay_after_commit":
            time.sleep(planned.seconds)
        case "http_after_commit":
            return Reply(planned.status, planned.text.encode(), "text/plain")
        case "corrupt_mime":
            return Reply(200, NO_MAIL, "text/plain")
    return reply
