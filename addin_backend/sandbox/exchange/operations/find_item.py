"""FindItem: what lies in folders and matches a restriction, sorted, a page at a time."""

from __future__ import annotations

from functools import partial

from addin_backend.sandbox.exchange import folders, shape
from addin_backend.sandbox.exchange.answers import Message, each
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.restriction import matches, value
from addin_backend.sandbox.exchange.store import Item
from addin_backend.sandbox.exchange.xml import Element, boolean, child, element, find, need

_MOST = 1000  # what the default throttling policy lets one FindItem return


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each folder. MIME and bodies are never in it (the published rule for FindItem)."""
    wanted, parents = need(request, "m:ItemShape"), need(request, "m:ParentFolderIds")
    restriction = find(request, "m:Restriction")

    def one(reference: Element) -> Message:
        found = call.store.items(call.mailbox, folders.resolve(call, reference).id)
        if restriction is not None:
            found = [item for item in found if matches(item, restriction[0])]
        return [_page(call, request, wanted, _sorted(found, find(request, "m:SortOrder")))]

    return each(parents, one, [])


def _sorted(found: list[Item], order: Element | None) -> list[Item]:
    for field in reversed([] if order is None else list(order)):
        found = sorted(found, key=partial(_key, field[0]), reverse=field.get("Order") == "Descending")
    return found


def _key(path: Element, item: Item) -> str:
    return value(item, path) or ""


def _page(call: Call, request: Element, wanted: Element, found: list[Item]) -> Element:
    view = find(request, "m:IndexedPageItemView")
    start = 0 if view is None else int(view.get("Offset", "0"))
    most = _MOST if view is None else int(view.get("MaxEntriesReturned", str(_MOST)))
    page = found[start : start + most]
    last = start + len(page) >= len(found)
    root = element(
        "m:RootFolder",
        None,
        IndexedPagingOffset=str(start + len(page)),
        TotalItemsInView=str(len(found)),
        IncludesLastItemInRange=boolean(last),
    )
    holder = child(root, "t:Items")
    for item in page:
        holder.append(shape.write(call, item, wanted))
    return root
