"""exchangelib's services cut down to one request each: no folder tree, no other server version, no second post."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from exchangelib.properties import FolderId
from exchangelib.services import (
    CreateFolder,
    CreateItem,
    DeleteItem,
    FindFolder,
    FindItem,
    GetItem,
    MoveItem,
    SendItem,
    SyncFolderItems,
    UpdateItem,
)
from exchangelib.services.common import EWSService
from exchangelib.util import TNS, create_element


class _OneVersion:
    """exchangelib posts again in other server versions when a request is called invalid; we know the version."""

    _version_hint: Any  # the service's own property

    def _api_versions_to_try(self) -> tuple[str]:
        return (self._version_hint.api_version,)


class Get(_OneVersion, GetItem):  # type: ignore[misc]  # exchangelib has no types
    """GetItem."""


class Save(_OneVersion, CreateItem):  # type: ignore[misc]  # exchangelib has no types
    """CreateItem with SaveOnly into a folder that is known by its id only."""

    def call(self, items: Sequence[Any], folder: Any) -> Iterator[Any]:
        """The new item's id, or an exception."""
        elements = self._chunked_get_elements(
            self.get_payload, items=items, folder=folder, message_disposition="SaveOnly", send_meeting_invitations="SendToNone"
        )
        found: Iterator[Any] = self._elems_to_objs(elements)
        return found


class Send(_OneVersion, SendItem):  # type: ignore[misc]  # exchangelib has no types
    """SendItem, posted once."""


class Update(_OneVersion, UpdateItem):  # type: ignore[misc]  # exchangelib has no types
    """UpdateItem."""


class Delete(_OneVersion, DeleteItem):  # type: ignore[misc]  # exchangelib has no types
    """DeleteItem."""


class Move(_OneVersion, MoveItem):  # type: ignore[misc]  # exchangelib has no types
    """MoveItem into a folder that is known by its id only."""

    def call(self, items: Sequence[Any], to_folder: Any) -> Iterator[Any]:
        """The item's new id, or an exception."""
        found: Iterator[Any] = self._elems_to_objs(self._chunked_get_elements(self.get_payload, items=items, to_folder=to_folder))
        return found


class Find(_OneVersion, FindItem):  # type: ignore[misc]  # exchangelib has no types
    """FindItem."""


class Sync(_OneVersion, SyncFolderItems):  # type: ignore[misc]  # exchangelib has no types
    """SyncFolderItems, one page; gives the items' elements: exchangelib's objects cost ten times the rest of a page."""

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        """exchangelib looks for the new state before it looks whether the answer is an error, which has none."""
        if message.get("ResponseClass") == "Error":
            return EWSService._get_element_container(self, message=message, name=name)
        return super()._get_element_container(message=message, name=name)


class GetMime(_OneVersion, GetItem):  # type: ignore[misc]  # exchangelib has no types
    """GetItem for the MIME alone, without exchangelib's objects, which cost more than the mail."""

    def _elem_to_obj(self, elem: Any) -> tuple[str, bytes]:
        (item_id,) = elem.iter(f"{{{TNS}}}ItemId")
        return item_id.get("Id"), base64.b64decode(elem.findtext(f"{{{TNS}}}MimeContent") or "")


class FindFolderIds(_OneVersion, FindFolder):  # type: ignore[misc]  # exchangelib has no types
    """FindFolder below a folder that is known by its id only; gives FolderIds."""

    def call(self, folders: Sequence[Any], restriction: Any) -> Iterator[Any]:
        """The ids of the folders that match."""
        elements = self._paged_call(
            payload_func=self.get_payload, max_items=None, folders=folders, additional_fields=None, restriction=restriction,
            shape="IdOnly", depth="Shallow", page_size=self.page_size, offset=0,
        )  # fmt: skip
        found: Iterator[Any] = self._elems_to_objs(elements)
        return found

    def _elem_to_obj(self, elem: Any) -> Any:
        return FolderId.from_xml(elem.find(FolderId.response_tag()), account=None)


class MakeFolder(_OneVersion, CreateFolder):  # type: ignore[misc]  # exchangelib has no types
    """CreateFolder with a name; gives its FolderId."""

    def call(self, parent: Any, name: str) -> Iterator[Any]:
        """The id of the new folder, or an exception (ErrorFolderExists)."""
        for element in self._get_elements(payload=self._payload(parent, name)):
            yield element if isinstance(element, Exception) else FolderId.from_xml(element.find(FolderId.response_tag()), account=None)

    def _payload(self, parent: Any, name: str) -> Any:
        payload = self.get_payload(folders=[], parent_folder=parent)
        folder = create_element("t:Folder")
        display_name = create_element("t:DisplayName")
        display_name.text = name
        folder.append(display_name)
        payload[-1].append(folder)
        return payload


class FolderName:
    """The path of a folder's display name."""

    def to_xml(self) -> Any:
        """The t:FieldURI element."""
        return create_element("t:FieldURI", attrs={"FieldURI": "folder:DisplayName"})


FOLDER_NAME = FolderName()


class Equal:
    """A restriction: every path, or either of them, equals its constant. (exchangelib's own needs its folder tree.)"""

    def __init__(self, pairs: Iterable[tuple[Any, str]], *, either: bool = False) -> None:
        """``pairs``: what writes the path by ``to_xml()``, and the constant."""
        self._pairs = tuple(pairs)
        self._joined_by = "t:Or" if either else "t:And"

    def to_xml(self, version: Any) -> Any:
        """The m:Restriction element."""
        tests = [_equal(path, constant) for path, constant in self._pairs]
        restriction = create_element("m:Restriction")
        holder = restriction
        if len(tests) > 1:
            holder = create_element(self._joined_by)
            restriction.append(holder)
        for test in tests:
            holder.append(test)
        return restriction


def _equal(path: Any, constant: str) -> Any:
    test = create_element("t:IsEqualTo")
    test.append(path.to_xml())
    holder = create_element("t:FieldURIOrConstant")
    holder.append(create_element("t:Constant", attrs={"Value": constant}))
    test.append(holder)
    return test
