"""Extended (MAPI) properties: their key in the store, reading them from a request and writing them into an answer."""

from __future__ import annotations

import msgspec

from addin_backend.sandbox.exchange.store import Item
from addin_backend.sandbox.exchange.xml import Element, child, local, need, text

_ATTRIBUTES = ("DistinguishedPropertySetId", "PropertySetId", "PropertyTag", "PropertyName", "PropertyId", "PropertyType")
_INTERNET_HEADERS = "InternetHeaders"
MESSAGE_FLAGS_TAG = 0x0E07  # PidTagMessageFlags (MS-OXCMSG §2.2.1.6)
MESSAGE_CLASS_TAG = 0x001A  # PidTagMessageClass
READ_FLAG, UNSENT_FLAG = 0x1, 0x8
MESSAGE_SIZE_TAG = 0x0E08  # PidTagMessageSize (MS-OXCMSG §2.2.1.7)
MARKER_NAME = "SendSecurelyMarker"
DISARMED_NAME = "SendSecurelyRecipients"


def key(path: Element) -> str:
    """One string for one property, whatever the order or the number base of its attributes."""
    given = {attribute: path.get(attribute, "") for attribute in _ATTRIBUTES}
    if given["PropertyTag"]:
        given["PropertyTag"] = f"0x{int(given['PropertyTag'], 0):04x}"
    given["PropertySetId"] = given["PropertySetId"].lower()
    return msgspec.json.encode({name: value for name, value in given.items() if value}).decode()


def named(set_name: str, property_name: str) -> str:
    """The key of a named String property."""
    return msgspec.json.encode({"DistinguishedPropertySetId": set_name, "PropertyName": property_name, "PropertyType": "String"}).decode()


def read(message: Element) -> dict[str, str]:
    """The extended properties that a request's Message carries."""
    found = {}
    for element in message:
        if local(element) == "ExtendedProperty":
            found[key(need(element, "t:ExtendedFieldURI"))] = text(element, "t:Value")
    return found


def write(parent: Element, property_key: str, value: str) -> None:
    """Append one ExtendedProperty."""
    holder = child(parent, "t:ExtendedProperty")
    child(holder, "t:ExtendedFieldURI", None, **msgspec.json.decode(property_key, type=dict[str, str]))
    child(holder, "t:Value", value)


def value(item: Item, property_key: str) -> str | None:
    """A property's value; the message flags and the size are computed, as Exchange computes them."""
    if _tag(property_key) == MESSAGE_FLAGS_TAG:
        return str((UNSENT_FLAG if item.is_draft else 0) | (1 if item.is_read else 0))
    if _tag(property_key) == MESSAGE_SIZE_TAG:
        return str(item.size)
    if _tag(property_key) == MESSAGE_CLASS_TAG:
        return item.item_class
    return item.extended.get(property_key)


def _tag(property_key: str) -> int:
    return int(msgspec.json.decode(property_key, type=dict[str, str]).get("PropertyTag", "0"), 0)


def says_sent(extended: dict[str, str]) -> bool:
    """Whether the message flags of a new item say that it is no draft."""
    return any(_tag(name) == MESSAGE_FLAGS_TAG and not int(flags) & UNSENT_FLAG for name, flags in extended.items())


def says_unread(extended: dict[str, str]) -> bool:
    """Whether they say that it has not been read."""
    return any(_tag(name) == MESSAGE_FLAGS_TAG and not int(flags) & READ_FLAG for name, flags in extended.items())


def internet_headers(item: Item) -> dict[str, str]:
    """The properties of the InternetHeaders set: they leave with the mail as header fields."""
    decoded = [(msgspec.json.decode(name, type=dict[str, str]), content) for name, content in item.extended.items()]
    return {
        given["PropertyName"]: content
        for given, content in decoded
        if given.get("DistinguishedPropertySetId") == _INTERNET_HEADERS and "PropertyName" in given
    }
