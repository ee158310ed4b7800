"""Names of the EWS namespaces, and building and reading their elements."""

from __future__ import annotations

from typing import Any

from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
PREFIXES = {"s": SOAP, "m": MESSAGES, "t": TYPES}

Element = etree._Element


def name(prefixed: str) -> str:
    """``t:Message`` as lxml writes it."""
    prefix, _, local = prefixed.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}"


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return etree.QName(element).localname


def element(prefixed: str, text: str | None = None, /, **attributes: str) -> Element:
    """A new element; ``text`` None leaves it empty."""
    made = etree.Element(name(prefixed), attributes, nsmap=PREFIXES)
    made.text = text
    return made


def child(parent: Element, prefixed: str, text: str | None = None, /, **attributes: str) -> Element:
    """A new element appended to ``parent``."""
    made = etree.SubElement(parent, name(prefixed), attributes)
    made.text = text
    return made


def find(parent: Element, prefixed: str) -> Element | None:
    """The first child (or path of children, ``m:A/t:B``) with this name."""
    return parent.find("/".join(name(part) for part in prefixed.split("/")))


def need(parent: Element, prefixed: str) -> Element:
    """The child with this name, which the schema has promised."""
    found = find(parent, prefixed)
    if found is None:
        raise LookupError(prefixed)
    return found


def text(parent: Element, prefixed: str, default: str = "") -> str:
    """The text of a child, "" when it is empty, ``default`` when it is absent."""
    found = find(parent, prefixed)
    return default if found is None else (found.text or "")


def boolean(value: Any) -> str:
    """xs:boolean."""
    return "true" if value else "false"


def is_true(value: str | None) -> bool:
    """Reads an xs:boolean."""
    return value in ("true", "1")
