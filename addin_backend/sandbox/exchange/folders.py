"""Finding folders by their ids and well-known names, and writing them into answers."""

from __future__ import annotations

from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.store import Folder, new_change_key, new_id
from addin_backend.sandbox.exchange.xml import Element, child, element, find, local, text

ROOT = "root"
TOP = "msgfolderroot"
WELL_KNOWN = (
    (ROOT, ""), (TOP, "Top of Information Store"), ("inbox", "Inbox"), ("drafts", "Drafts"), ("sentitems", "Sent Items"),
    ("deleteditems", "Deleted Items"), ("outbox", "Outbox"), ("junkemail", "Junk Email"),
    ("recoverableitemsdeletions", "Deletions"),
)  # fmt: skip


def create_well_known(call: Call) -> None:
    """The folders that every mailbox has."""
    if call.store.folders(call.mailbox):
        return
    parents = {ROOT: "", TOP: ROOT, "recoverableitemsdeletions": ROOT}
    ids: dict[str, str] = {"": ""}
    for distinguished, display_name in WELL_KNOWN:
        ids[distinguished] = new_id()
        parent = ids[parents.get(distinguished, TOP)]
        call.store.add_folder(_folder(call, ids[distinguished], parent, display_name, distinguished))


def create(call: Call, parent: Folder, display_name: str) -> Folder:
    """A new folder; raises ErrorFolderExists when a sister has the name."""
    if any(folder.parent == parent.id and folder.name == display_name for folder in call.store.folders(call.mailbox)):
        raise EwsError("ErrorFolderExists", "A folder with the specified name already exists.")
    made = _folder(call, new_id(), parent.id, display_name, "")
    call.store.add_folder(made)
    return made


def _folder(call: Call, folder_id: str, parent: str, display_name: str, distinguished: str) -> Folder:
    return Folder(
        id=folder_id, mailbox=call.mailbox, parent=parent, name=display_name, distinguished=distinguished, change_key=new_change_key()
    )


def named(call: Call, distinguished: str) -> Folder:
    """The folder with a well-known name."""
    for folder in call.store.folders(call.mailbox):
        if folder.distinguished == distinguished:
            return folder
    raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")


def resolve(call: Call, reference: Element) -> Folder:
    """The folder behind a t:FolderId or t:DistinguishedFolderId."""
    wanted = reference.get("Id", "")
    if local(reference) == "DistinguishedFolderId":
        owner = find(reference, "t:Mailbox")
        if owner is not None and text(owner, "t:EmailAddress").lower() != call.mailbox:
            raise EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return named(call, wanted)
    for folder in call.store.folders(call.mailbox):
        if folder.id == wanted:
            return folder
    raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")


def target(call: Call, request: Element, prefixed: str, default: str) -> Folder:
    """The folder in a t:TargetFolderIdType, or the default well-known one when it is absent."""
    holder = find(request, prefixed)
    return named(call, default) if holder is None else resolve(call, holder[0])


def write(call: Call, folder: Folder, shape: Element) -> Element:
    """A t:Folder; an IdOnly shape gives the id and whatever is asked for besides."""
    asked = {path.get("FieldURI") for path in shape.iter() if local(path) == "FieldURI"}
    everything = text(shape, "t:BaseShape") != "IdOnly"
    made = element("t:Folder")
    child(made, "t:FolderId", None, Id=folder.id, ChangeKey=folder.change_key)
    if folder.parent and (everything or "folder:ParentFolderId" in asked):
        child(made, "t:ParentFolderId", None, Id=folder.parent, ChangeKey=folder.change_key)
    fields = (
        ("FolderClass", "IPF.Note"),
        ("DisplayName", folder.name),
        ("TotalCount", str(call.store.count(call.mailbox, folder.id))),
        ("ChildFolderCount", str(sum(other.parent == folder.id for other in call.store.folders(call.mailbox)))),
        ("DistinguishedFolderId", folder.distinguished),
    )
    for field, content in fields:
        if (everything or f"folder:{field}" in asked) and (content or field != "DistinguishedFolderId"):
            child(made, f"t:{field}", content)
    return made
