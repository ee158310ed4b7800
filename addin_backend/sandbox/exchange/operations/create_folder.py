"""CreateFolder: new folders below a folder."""

from __future__ import annotations

from addin_backend.sandbox.exchange import folders
from addin_backend.sandbox.exchange.answers import Message, each
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.xml import Element, child, element, need, text


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each new folder, with its id."""
    parent = folders.target(call, request, "m:ParentFolderId", folders.TOP)
    new = need(request, "m:Folders")

    def one(wanted: Element) -> Message:
        made = folders.create(call, parent, text(wanted, "t:DisplayName"))
        holder = element("m:Folders")
        folder = child(holder, "t:Folder")
        child(folder, "t:FolderId", None, Id=made.id, ChangeKey=made.change_key)
        return [holder]

    return each(new, one, [])
