"""GetFolder: folders by id or well-known name."""

from __future__ import annotations

from addin_backend.sandbox.exchange import folders
from addin_backend.sandbox.exchange.answers import Message, each
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.xml import Element, element, need


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each folder id."""
    wanted, ids = need(request, "m:FolderShape"), need(request, "m:FolderIds")

    def one(reference: Element) -> Message:
        holder = element("m:Folders")
        holder.append(folders.write(call, folders.resolve(call, reference), wanted))
        return [holder]

    return each(ids, one, [])
