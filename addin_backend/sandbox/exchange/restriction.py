"""Restrictions of FindItem and FindFolder: IsEqualTo, Exists, And, Or over properties."""

from __future__ import annotations

from addin_backend.sandbox.exchange import properties
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.store import Folder, Item
from addin_backend.sandbox.exchange.xml import Element, local, need

_TEXT_FIELDS = {
    "item:Subject": "subject", "item:ItemClass": "item_class", "item:DateTimeCreated": "created", "item:DateTimeSent": "sent",
    "item:DateTimeReceived": "created", "item:LastModifiedTime": "modified", "item:Importance": "importance",
    "message:InternetMessageId": "message_id",
}  # fmt: skip


def value(item: Item, path: Element) -> str | None:
    """A property as text, for comparing and sorting."""
    if local(path) == "ExtendedFieldURI":
        return properties.value(item, properties.key(path))
    field = _TEXT_FIELDS.get(path.get("FieldURI", ""))
    if field is None:
        raise EwsError("ErrorUnsupportedPathForQuery", "The property cannot be used in a query.")
    return str(getattr(item, field))


def matches(item: Item, expression: Element) -> bool:
    """Whether an item satisfies a search expression. Strings compare without case, as Exchange's default does."""
    kind = local(expression)
    if kind == "And":
        return all(matches(item, part) for part in expression)
    if kind == "Or":
        return any(matches(item, part) for part in expression)
    found = value(item, expression[0])
    if kind == "Exists":
        return found is not None
    return found is not None and found.lower() == _constant(expression).lower()


def folder_matches(folder: Folder, expression: Element) -> bool:
    """The same for folders; only the display name can be asked for."""
    if local(expression) != "IsEqualTo" or expression[0].get("FieldURI") != "folder:DisplayName":
        raise EwsError("ErrorUnsupportedPathForQuery", "The property cannot be used in a query.")
    return folder.name.lower() == _constant(expression).lower()


def _constant(expression: Element) -> str:
    return need(expression, "t:FieldURIOrConstant/t:Constant").get("Value", "")
