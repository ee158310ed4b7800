"""What we ask of one mailbox: each method is one EWS request, and raises our errors only."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from exchangelib import Account, Message
from exchangelib.errors import ErrorFolderExists, ErrorInvalidSyncStateData, ErrorItemNotFound
from exchangelib.fields import FieldPath
from exchangelib.properties import FolderId

from addin_backend.edges.ews import services
from addin_backend.edges.ews.adapter import in_place_of_stand_in
from addin_backend.edges.ews.failures import said_by_us
from addin_backend.errors import NotFound


class Requests:
    """The requests to one mailbox. ``timeout`` is seconds for each."""

    def __init__(self, account: Account, timeout: float) -> None:
        """``account`` is exchangelib's, made without any request."""
        self.account = account
        self._timeout = timeout

    def get(self, item_id: str, *fields: str) -> Any:
        """GetItem with these fields of exchangelib's Message. Raises NotFound."""
        service = services.Get(account=self.account, timeout=self._timeout)
        paths = [_path(field) for field in fields]
        return said_by_us(lambda: service.get(items=[(item_id,)], additional_fields=paths, shape="IdOnly"))

    def find(self, folder: Any, pairs: Sequence[tuple[str, str]], *, either: bool = False) -> list[Any]:
        """FindItem in one folder: every field (or, with ``either``, one of them) equals its text. At most ten, with is_draft."""
        restriction = services.Equal([(_path(field), constant) for field, constant in pairs], either=either)
        service = services.Find(account=self.account, timeout=self._timeout)

        def run() -> list[Any]:
            found = service.call(
                folders=[folder], additional_fields=[_path("is_draft")], restriction=restriction, order_fields=None, shape="IdOnly",
                query_string=None, depth="Shallow", calendar_view=None, max_items=10, offset=0,
            )  # fmt: skip
            return [_result(item) for item in found]

        return said_by_us(run)

    def changes(self, folder: Any, state: str, fields: Sequence[str], most: int) -> tuple[list[Any], str, bool]:
        """SyncFolderItems: elements of what changed since ``state``, the new state, whether that was all. NotFound for an old state."""
        service = services.Sync(account=self.account, timeout=self._timeout)

        def run() -> tuple[list[Any], str, bool]:
            try:
                found = list(service.call(
                    folder=folder, shape="IdOnly", additional_fields=[_path(field) for field in fields], sync_state=state or None,
                    ignore=None, max_changes_returned=most, sync_scope=None,
                ))  # fmt: skip
            except ErrorInvalidSyncStateData:
                raise NotFound from None
            return [_result(item) for item in found], str(service.sync_state), bool(service.includes_last_item_in_range)

        return said_by_us(run)

    def mimes(self, item_ids: Sequence[str]) -> list[tuple[str, bytes]]:
        """GetItem of several: id and MIME; one that is gone is left out."""
        service = services.GetMime(account=self.account, timeout=self._timeout)

        def run() -> list[tuple[str, bytes]]:
            found = service.call(items=[(one,) for one in item_ids], additional_fields=[_path("mime_content")], shape="IdOnly")
            return [_result(item) for item in found if not isinstance(item, ErrorItemNotFound)]

        return said_by_us(run)

    def update(self, item: Any, fields: Sequence[str]) -> str:
        """UpdateItem of these fields under the item's change key; the new change key. Raises Conflict when it is stale."""
        service = services.Update(account=self.account, timeout=self._timeout)

        def run() -> str:
            new_id = service.get(
                items=[(item, list(fields))], conflict_resolution="NeverOverwrite", message_disposition="SaveOnly",
                send_meeting_invitations_or_cancellations="SendToNone", suppress_read_receipts=True,
            )  # fmt: skip
            return str(new_id[1])

        return said_by_us(run)

    def save(self, item: Message, folder: Any, mime: bytes | None = None) -> tuple[str, str]:
        """CreateItem with SaveOnly, with ``mime`` in place of the item's stand-in; id and change key."""
        service = services.Save(account=self.account, timeout=self._timeout)

        def run() -> tuple[str, str]:
            with in_place_of_stand_in(mime) if mime is not None else nullcontext():
                created = service.get(items=[item], folder=folder)
            return str(created.id), str(created.changekey)

        return said_by_us(run)

    def send(self, item_id: str, change_key: str, folder: Any) -> None:
        """SendItem, posted once. Raises OutcomeUnknown when the answer is not a clear yes or no."""
        service = services.Send(account=self.account, timeout=self._timeout)
        said_by_us(lambda: service.get(items=[(item_id, change_key)], saved_item_folder=folder), sending=True)

    def delete(self, item_id: str) -> None:
        """DeleteItem for good. Raises NotFound."""
        service = services.Delete(account=self.account, timeout=self._timeout)
        said_by_us(
            lambda: service.get(
                items=[(item_id,)], delete_type="HardDelete", send_meeting_cancellations="SendToNone",
                affected_task_occurrences="AllOccurrences", suppress_read_receipts=True,
            )
        )  # fmt: skip

    def lying(self, folder: Any, fields: Sequence[str], most: int) -> list[Any]:
        """FindItem of everything in one folder, ``most`` items at most."""
        service = services.Find(account=self.account, timeout=self._timeout)

        def run() -> list[Any]:
            found = service.call(
                folders=[folder], additional_fields=[_path(field) for field in fields], restriction=None, order_fields=None,
                shape="IdOnly", query_string=None, depth="Shallow", calendar_view=None, max_items=most, offset=0,
            )  # fmt: skip
            return [_result(item) for item in found]

        return said_by_us(run)

    def move(self, item_id: str, folder: Any) -> None:
        """MoveItem: into another folder, under a new id. Raises NotFound."""
        service = services.Move(account=self.account, timeout=self._timeout)
        said_by_us(lambda: service.get(items=[(item_id,)], to_folder=folder))

    def folder_id(self, parent: Any, name: str) -> FolderId | None:
        """FindFolder by display name below ``parent``."""
        service = services.FindFolderIds(account=self.account, timeout=self._timeout)
        restriction = services.Equal([(services.FOLDER_NAME, name)])
        found = said_by_us(lambda: [_result(folder) for folder in service.call(folders=[parent], restriction=restriction)])
        return found[0] if found else None

    def make_folder(self, parent: Any, name: str) -> FolderId | None:
        """CreateFolder; None when somebody else has just made it."""
        service = services.MakeFolder(account=self.account, timeout=self._timeout)

        def run() -> FolderId | None:
            try:
                return _result(next(iter(service.call(parent, name))))
            except ErrorFolderExists:
                return None

        return said_by_us(run)


def _path(field: str) -> FieldPath:
    return FieldPath(field=Message.get_field_by_fieldname(field))


def _result(found: Any) -> Any:
    if isinstance(found, Exception):
        raise found
    return found
