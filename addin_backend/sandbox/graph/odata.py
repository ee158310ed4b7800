"""The query options that we know: $select, $filter with one test, $expand of extended properties, $top. Anything else is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from addin_backend.sandbox.exchange import properties
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.store import Item

_TEXT = r"'((?:[^']|'')*)'"
_MESSAGE_ID = re.compile(rf"internetMessageId eq {_TEXT}")
_IS_DRAFT = re.compile(r"isDraft eq (true|false)")
_PROPERTY = re.compile(rf"singleValueExtendedProperties/Any\(ep: ep/id eq {_TEXT} and ep/value eq {_TEXT}\)")
_NAME = re.compile(rf"displayName eq {_TEXT}")
_EXPAND = re.compile(r"singleValueExtendedProperties\(\$filter=(.*)\)")
_ID = re.compile(rf"id eq {_TEXT}")
_PROPERTY_ID = re.compile(r"(String|Integer|Boolean|SystemTime|Binary) (?:(0x[0-9A-Fa-f]{1,4})|(\{[0-9A-Fa-f-]{36}\}) Name (\S+))")
_SETS = {
    "{00020329-0000-0000-c000-000000000046}": "PublicStrings",
    "{00020386-0000-0000-c000-000000000046}": "InternetHeaders",
}
_KNOWN = frozenset({"$select", "$filter", "$expand", "$top", "$deltatoken", "$skiptoken"})


@dataclass(frozen=True, slots=True)
class Query:
    """What a request asks for. ``expand``: ids of extended properties, as they were written."""

    select: frozenset[str] | None
    expand: tuple[str, ...]
    filter: str
    top: int


def read(options: Mapping[str, str]) -> Query:
    """Raises EwsError (400) for what Graph, or this simulator, does not know."""
    unknown = sorted(set(options) - _KNOWN)
    if unknown:
        raise EwsError("BadRequest", f"Unknown query options: {', '.join(unknown)}")
    select = frozenset(options["$select"].split(",")) if "$select" in options else None
    return Query(select, _expanded(options.get("$expand", "")), options.get("$filter", ""), int(options.get("$top", "10")))


def _expanded(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    found = _EXPAND.fullmatch(text)
    ids = [_ID.fullmatch(part) for part in found.group(1).split(" or ")] if found else [None]
    if not all(ids):
        raise EwsError("ErrorInvalidUrlQuery", "The $expand clause is not known.")
    return tuple(_unquoted(part.group(1)) for part in ids if part)


def property_key(property_id: str) -> str:
    """The key under which the store keeps a property, so that EWS sees the same one."""
    found = _PROPERTY_ID.fullmatch(property_id)
    if found is None:
        raise EwsError("ErrorInvalidProperty", "The extended property id is not valid.")
    kind, tag, set_id, name = found.groups()
    if tag:
        return msgspec.json.encode({"PropertyTag": f"0x{int(tag, 0):04x}", "PropertyType": kind}).decode()
    known = _SETS.get(set_id.lower())
    owner = {"DistinguishedPropertySetId": known} if known else {"PropertySetId": set_id.strip("{}").lower()}
    return msgspec.json.encode({**owner, "PropertyName": name, "PropertyType": kind}).decode()


def item_test(text: str) -> Callable[[Item], bool]:
    """What $filter asks of a message. Strings compare without case, as Exchange's default does."""
    if not text:
        return lambda _item: True
    if found := _MESSAGE_ID.fullmatch(text):
        wanted = _unquoted(found.group(1)).lower()
        return lambda item: item.message_id.lower() == wanted
    if found := _IS_DRAFT.fullmatch(text):
        draft = found.group(1) == "true"
        return lambda item: item.is_draft == draft
    if found := _PROPERTY.fullmatch(text):
        key, value = property_key(_unquoted(found.group(1))), _unquoted(found.group(2)).lower()
        return lambda item: (properties.value(item, key) or "").lower() == value
    raise EwsError("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")


def folder_name(text: str) -> str | None:
    """The display name that $filter asks for; None without a filter."""
    if not text:
        return None
    found = _NAME.fullmatch(text)
    if found is None:
        raise EwsError("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
    return _unquoted(found.group(1))


def _unquoted(text: str) -> str:
    return text.replace("''", "'")
