"""The Exchange simulator as a process of its own, and what tests ask of it: the journal is the judge of what was sent."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from addin_backend.edges.ews.mailbox import EwsMailbox
from addin_backend.edges.ews.protocol import Basic
from addin_backend.edges.graph.mailbox import GraphMailbox
from addin_backend.edges.graph.saving import Limits
from addin_backend.model.item_ids import rest_id
from addin_backend.ports import Mailbox, Outgoing
from addin_backend.sandbox.exchange.process import Simulator, start

METTE = "mette.holm@nordlys.example"
JONAS = "jonas.friis@nordlys.example"
KARIN = "karin.bach@nordlys.example"
BO = "bo.madsen@postkasse.example"
SEALED_FOLDER = "Krypterede kopier"
SERVICE = Basic("addin-backend", "sandbox")
GRAPH_TOKEN = "sandbox-graph-token"
TRANSPORTS = ("ews", "graph")
# What tests call an operation by its EWS name is this request on Graph.
ON_GRAPH = {
    "SendItem": "SendMessage", "CreateItem": "CreateMessage", "UpdateItem": "UpdateMessage", "GetItem": "GetMessage",
    "FindItem": "ListMessages", "DeleteItem": "DeleteMessage",
}  # fmt: skip
_PUBLISHED = Path(__file__).resolve().parent.parent.parent / "shared" / "ews-schema"


def published_schema() -> Path | None:
    """The published EWS schema where it lies beside the checkout; every request and answer is then checked against it too."""
    return _PUBLISHED if (_PUBLISHED / "messages.xsd").exists() else None


class World:
    """A running simulator and a mailbox edge on it."""

    def __init__(self, simulator: Simulator, data: Path) -> None:
        self.simulator = simulator
        self.data = data
        self.transport = "ews"
        self.ews = EwsMailbox(simulator.endpoint, SERVICE, timeout=20.0)
        self.graph = self.graph_mailbox()
        self.mailbox: Mailbox = self.ews

    def graph_mailbox(self, *, timeout: float = 20.0, patience: float = 0.0, limits: Limits | None = None) -> GraphMailbox:
        """Graph on this simulator; the caller closes it."""
        return GraphMailbox(lambda claims: GRAPH_TOKEN, self.simulator.graph, timeout=timeout, patience=patience, limits=limits)

    def over(self, transport: str) -> World:
        """Speak to the same mailboxes over this transport from now on."""
        self.transport = transport
        self.mailbox = self.graph if transport == "graph" else self.ews
        return self

    def operation(self, name: str) -> str:
        """What the operation of this EWS name is called on the transport in use."""
        return ON_GRAPH.get(name, name) if self.transport == "graph" else name

    def close(self) -> None:
        """Let go of both mailboxes and end the simulator."""
        self.ews.close()
        self.graph.close()
        self.simulator.stop()

    def get(self, path: str) -> Any:
        """JSON of a /sandbox page."""
        return httpx.get(f"{self.simulator.address}/sandbox/{path}", timeout=20).raise_for_status().json()

    def items(self, mailbox: str, folder: str) -> list[dict[str, Any]]:
        """What lies in a folder, newest first."""
        found: list[dict[str, Any]] = self.get(f"mailboxes/{mailbox}/{folder}")
        return found

    def mime(self, mailbox: str, item_id: str) -> bytes:
        """An item's MIME as it reads now."""
        return (
            httpx.get(f"{self.simulator.address}/sandbox/mailboxes/{mailbox}/items/{item_id}/mime", timeout=20).raise_for_status().content
        )

    def categorise(self, mailbox: str, item_id: str, categories: list[str]) -> None:
        """Give an item these categories, as a person does in Outlook."""
        address = f"{self.simulator.graph}/users/{mailbox}/messages/{rest_id(item_id)}"
        httpx.patch(address, json={"categories": categories}, headers={"Authorization": f"Bearer {GRAPH_TOKEN}"}).raise_for_status()

    def journal(self, marker: str) -> list[dict[str, Any]]:
        """The deliveries of messages with this marker."""
        lines = httpx.get(f"{self.simulator.address}/sandbox/journal", timeout=20).text.splitlines()
        return [entry for entry in map(json.loads, lines) if entry["marker"] == marker]

    def counts(self) -> dict[str, int]:
        """How often each operation was asked for."""
        found: dict[str, int] = self.get("requests")["counts"]
        return found

    def violations(self) -> list[str]:
        """Every request or answer that broke a schema."""
        found: list[str] = self.get("requests")["violations"]
        return found

    def asked(self, operation: str) -> int:
        """How often the operation of this EWS name was asked for on the transport in use."""
        return self.counts().get(self.operation(operation), 0)

    def faults(self) -> list[dict[str, Any]]:
        """The planned faults that no request has met yet."""
        found: list[dict[str, Any]] = self.get("faults")
        return found

    def no_faults(self) -> None:
        """Forget the faults that were planned."""
        httpx.delete(f"{self.simulator.address}/sandbox/faults").raise_for_status()

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        """Plan a fault for the operation of this EWS name on the transport in use."""
        plan = {"operation": self.operation(operation), "kind": kind, **more}
        httpx.post(f"{self.simulator.address}/sandbox/faults", json=plan).raise_for_status()

    def switch(self, **switches: Any) -> None:
        """Change a switch."""
        httpx.post(f"{self.simulator.address}/sandbox/switches", json=switches).raise_for_status()

    def kill_and_start_again(self) -> None:
        """SIGKILL, then the same port on the same data."""
        port = self.simulator.port
        self.simulator.kill()
        self.simulator = start(self.data, port=port, published_schema=published_schema())


@contextmanager
def running(data: Path, *, published: bool = True) -> Iterator[World]:
    """A simulator for as long as the block runs. ``published``: each request is also held against the published schema, if it is there."""
    world = World(start(data, published_schema=published_schema() if published else None), data)
    try:
        yield world
    finally:
        world.close()


def mail(marker: str | None = None, *, body: bytes = b"Hej Bo\r\n", extra: bytes = b"", save_to: str = SEALED_FOLDER,
         content_type: bytes = b"text/plain; charset=utf-8", bcc: tuple[str, ...] = (), sender: str = METTE) -> Outgoing:  # fmt: skip
    """An outgoing mail to Bo; the MIME also names the Bcc in its header, which must never get out."""
    marker = marker or uuid.uuid4().hex
    name = sender.partition("@")[0].replace(".", " ").title()
    hidden = b"".join(b"Bcc: " + address.encode() + b"\r\n" for address in bcc)
    mime = (
        b"From: " + name.encode() + b" <" + sender.encode() + b">\r\nTo: Bo Madsen <bo.madsen@postkasse.example>\r\n" + hidden
        + b"Subject: =?utf-8?q?Fr=C3=B8?=\r\nMessage-ID: <" + marker.encode() + b"@nordlys.example>\r\n" + extra
        + b"MIME-Version: 1.0\r\nContent-Type: " + content_type + b"\r\n\r\n" + body
    )  # fmt: skip
    return Outgoing(mime=mime, to=(BO,), cc=(), bcc=bcc, message_id=f"<{marker}@nordlys.example>", marker=marker, save_to=save_to)


def delivered(entry: dict[str, Any]) -> bytes:
    """The MIME of one delivery."""
    return base64.b64decode(entry["mime_base64"])
