"""SyncFolderItems: every item of a folder at first, then what is new, changed or gone, a page at a time."""

from __future__ import annotations

import base64
import binascii

from addin_backend.sandbox.exchange import folders, shape
from addin_backend.sandbox.exchange.answers import Message
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.xml import Element, boolean, child, element, need, text

_MOST = 512  # what the published schema lets one request ask for


def answer(call: Call, request: Element) -> list[Message]:
    """One response message. The state names the folder, how far its changes are known, and how much of the first round was given."""
    wanted = need(request, "m:ItemShape")
    folder = folders.resolve(call, need(request, "m:SyncFolderId")[0])
    most = min(_MOST, int(text(request, "m:MaxChangesReturned")))
    kind, numbers = _read(text(request, "m:SyncState"), folder.id, call)
    changes = element("m:Changes")
    if kind == "all":
        since, start = numbers
        found = list(reversed(call.store.items(call.mailbox, folder.id)))
        for item in found[start : start + most]:
            child(changes, "t:Create").append(shape.write(call, item, wanted))
        last = start + most >= len(found)
        state = f"since {folder.id} {since}" if last else f"all {folder.id} {since} {start + most}"
    else:
        met = call.store.changed_since(call.mailbox, folder.id, numbers[0], most + 1)
        for _, item_id, gone in met[:most]:
            _change(call, wanted, changes, item_id, gone)
        last = len(met) <= most
        state = f"since {folder.id} {met[:most][-1][0] if met else numbers[0]}"
    written = base64.b64encode(state.encode()).decode()
    return [[element("m:SyncState", written), element("m:IncludesLastItemInRange", boolean(last)), changes]]


def _change(call: Call, wanted: Element, changes: Element, item_id: str, gone: bool) -> None:
    item = None if gone else call.store.item(call.mailbox, item_id)
    if item is None:
        child(child(changes, "t:Delete"), "t:ItemId", None, Id=item_id)
    else:
        child(changes, "t:Update" if item.modified != item.created else "t:Create").append(shape.write(call, item, wanted))


def _read(state: str, folder_id: str, call: Call) -> tuple[str, list[int]]:
    if not state:
        return "all", [call.store.last_change(), 0]
    try:
        kind, where, *rest = base64.b64decode(state, validate=True).decode().split(" ")
        numbers = [int(part) for part in rest]
    except (binascii.Error, ValueError):
        kind, where, numbers = "", "", []
    if where != folder_id or (kind, len(numbers)) not in (("all", 2), ("since", 1)):
        raise EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.")
    return kind, numbers
