"""The SOAP envelope: reading a request, writing an answer or a fault."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from addin_backend.sandbox.exchange.errors import EwsFault
from addin_backend.sandbox.exchange.schema import Schema
from addin_backend.sandbox.exchange.xml import ERRORS, PREFIXES, Element, child, element, find, local, need, text

_SERVER_VERSION = {
    "MajorVersion": "15",
    "MinorVersion": "2",
    "MajorBuildNumber": "2562",
    "MinorBuildNumber": "17",
    "Version": "V2017_07_11",
}
_HIDDEN = "The request failed schema validation."


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the schema accepts. ``impersonated`` is the address of the mailbox to act as, or ""."""

    operation: str
    content: Element
    impersonated: str


def read(received: bytes, schema: Schema) -> Request:
    """Parse and check; raises EwsFault ErrorSchemaValidation with line and position."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_blank_text=False)
    try:
        envelope = etree.fromstring(received, parser)
    except etree.XMLSyntaxError as error:
        line, position = error.position
        raise _invalid(line or 1, position or 1, "The request is not well-formed XML.") from None
    if envelope.getroottree().docinfo.internalDTD is not None:
        raise _invalid(1, 1, "A document type declaration is not allowed.")
    violation = schema.violation(envelope, received)
    if violation is not None:
        raise _invalid(violation.line, violation.position, violation.reason)
    body = need(envelope, "s:Body")
    header = find(envelope, "s:Header")
    sid = None if header is None else find(header, "t:ExchangeImpersonation/t:ConnectingSID")
    impersonated = "" if sid is None else text(sid, "t:PrimarySmtpAddress") or text(sid, "t:SmtpAddress") or text(sid, "t:PrincipalName")
    return Request(local(body[0]), body[0], impersonated.lower())


def _invalid(line: int, position: int, reason: str) -> EwsFault:
    values = (("LineNumber", str(line)), ("LinePosition", str(position)), ("Violation", reason))
    return EwsFault("ErrorSchemaValidation", _HIDDEN, values)


def envelope(content: Element) -> Element:
    """An answer around ``content``, with the server's version."""
    root = element("s:Envelope")
    child(child(root, "s:Header"), "t:ServerVersionInfo", None, **_SERVER_VERSION)
    child(root, "s:Body").append(content)
    return root


def fault(error: EwsFault) -> Element:
    """A fault as Exchange writes it: the code as a QName, and again in the detail with what it knows."""
    root = element("s:Envelope")
    made = child(child(root, "s:Body"), "s:Fault")
    code = etree.SubElement(made, "faultcode", nsmap={"a": PREFIXES["t"]})
    code.text = f"a:{error.code}"
    etree.SubElement(made, "faultstring").text = error.text
    detail = etree.SubElement(made, "detail")
    etree.SubElement(detail, f"{{{ERRORS}}}ResponseCode", nsmap={"e": ERRORS}).text = error.code
    etree.SubElement(detail, f"{{{ERRORS}}}Message", nsmap={"e": ERRORS}).text = error.text
    if error.values:
        holder = child(detail, "t:MessageXml")
        for value_name, value in error.values:
            if value_name in ("LineNumber", "LinePosition", "Violation"):
                child(holder, f"t:{value_name}", value)
            else:
                child(holder, "t:Value", value, Name=value_name)
    return root


def written(root: Element) -> bytes:
    """The bytes of an envelope."""
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")
