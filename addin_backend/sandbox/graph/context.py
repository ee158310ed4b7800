"""One request of Graph, as an operation sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from addin_backend.model.item_ids import ews_id
from addin_backend.sandbox.exchange import folders, items
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.store import Folder, Item
from addin_backend.sandbox.graph.odata import Query

T = TypeVar("T")


class Violation(Exception):
    """A request that Graph's published form does not have."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the web server took it in. ``path`` begins behind the version; ``authorization`` is the header."""

    method: str
    path: str
    options: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str


@dataclass(frozen=True, slots=True)
class Request:
    """``base`` is the address that links and upload addresses begin with; ``options`` are the query as it was written."""

    call: Call
    query: Query
    options: dict[str, str]
    body: bytes
    content_type: str
    if_match: str
    page: int
    base: str

    def json(self, kind: type[T]) -> T:
        """The body as a closed struct. Raises Violation."""
        if self.content_type != "application/json":
            raise Violation("the body is not application/json")
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.MsgspecError as error:
            raise Violation(str(error)) from None

    def item(self, rest_id: str) -> Item:
        """The message of this id. Raises EwsError."""
        if not rest_id.startswith("AAMk"):
            raise EwsError("ErrorInvalidIdMalformed", "Id is malformed.")
        return items.get(self.call, ews_id(rest_id))

    def for_writing(self, rest_id: str) -> Item:
        """The same under If-Match, where it came."""
        item = self.item(rest_id)
        if self.if_match and self.if_match != f'W/"{item.change_key}"':
            raise EwsError("ErrorIrresolvableConflict", "The change key passed in the request does not match the current change key.")
        return item

    def folder(self, name: str) -> Folder:
        """A well-known folder or one by its id."""
        wanted = name.lower()
        for found in self.call.store.folders(self.call.mailbox):
            if wanted == found.distinguished or ews_id(name) == found.id:
                return found
        raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")

    def top(self) -> Folder:
        """The folder that mailFolders lie in."""
        return folders.named(self.call, folders.TOP)
