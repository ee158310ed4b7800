"""FindFolder: folders below folders."""

from __future__ import annotations

from addin_backend.sandbox.exchange import folders
from addin_backend.sandbox.exchange.answers import Message, each
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.restriction import folder_matches
from addin_backend.sandbox.exchange.store import Folder
from addin_backend.sandbox.exchange.xml import Element, boolean, child, element, find, need


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each parent; ``Deep`` also gives the folders below the children."""
    wanted, parents = need(request, "m:FolderShape"), need(request, "m:ParentFolderIds")
    restriction = find(request, "m:Restriction")
    view = find(request, "m:IndexedPageFolderView")
    start = 0 if view is None else int(view.get("Offset", "0"))
    most = 1000 if view is None else int(view.get("MaxEntriesReturned", "1000"))

    def one(reference: Element) -> Message:
        found = _below(call.store.folders(call.mailbox), folders.resolve(call, reference), request.get("Traversal") == "Deep")
        if restriction is not None:
            found = [folder for folder in found if folder_matches(folder, restriction[0])]
        page = found[start : start + most]
        end = start + len(page)
        root = element(
            "m:RootFolder",
            None,
            IndexedPagingOffset=str(end),
            TotalItemsInView=str(len(found)),
            IncludesLastItemInRange=boolean(end >= len(found)),
        )
        holder = child(root, "t:Folders")
        for folder in page:
            holder.append(folders.write(call, folder, wanted))
        return [root]

    return each(parents, one, [])


def _below(all_folders: list[Folder], parent: Folder, deep: bool) -> list[Folder]:
    found = [folder for folder in all_folders if folder.parent == parent.id]
    return [folder for one in found for folder in [one, *_below(all_folders, one, True)]] if deep else found
