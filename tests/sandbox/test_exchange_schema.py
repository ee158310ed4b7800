"""The committed subset schema is strict, and never wider than the published one."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from addin_backend.sandbox.exchange.schema import Schema
from exchange_simulator import published_schema

M = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
XS = "{http://www.w3.org/2001/XMLSchema}"


def envelope(content: str) -> bytes:
    """A request without headers."""
    names = f'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="{M}" xmlns:t="{T}"'
    return f"<s:Envelope {names}><s:Body>{content}</s:Body></s:Envelope>".encode()


def message(inner: str) -> str:
    """A CreateItem of one message."""
    return f'<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message>{inner}</t:Message></m:Items></m:CreateItem>'


def extended(attributes: str) -> str:
    """A CreateItem of one message with an extended property."""
    return message(f"<t:ExtendedProperty><t:ExtendedFieldURI {attributes}/><t:Value>1</t:Value></t:ExtendedProperty>")


REFUSED = {
    "a field out of order": message("<t:Importance>High</t:Importance><t:Subject>x</t:Subject>"),
    "an unknown word": message("<t:Importance>Urgent</t:Importance>"),
    "an unknown field": message("<t:Colour>red</t:Colour>"),
    "a wrong namespace": message("<m:Subject>x</m:Subject>"),
    "no items": '<m:CreateItem MessageDisposition="SaveOnly"><m:Items/></m:CreateItem>',
    "an attribute that is not": '<m:CreateItem Disposition="SaveOnly"><m:Items><t:Message/></m:Items></m:CreateItem>',
    "an unknown property set": extended('DistinguishedPropertySetId="Mine" PropertyName="x" PropertyType="String"'),
    "a property without a type": extended('PropertyTag="0x1A"'),
    "an empty address": message("<t:ToRecipients><t:Mailbox><t:EmailAddress/></t:Mailbox></t:ToRecipients>"),
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_mistakes_are_caught_by_both_schemas(content: str) -> None:
    """What our subset refuses here, the published schema (where it is there) refuses as well: it is no whim of ours."""
    received = envelope(content)
    assert Schema().violation(etree.fromstring(received), received) is not None
    published = published_schema()
    if published is not None:
        theirs = etree.XMLSchema(etree.parse(published / "messages.xsd"))
        assert not theirs.validate(etree.fromstring(received)[0][0])


def test_a_good_message_passes() -> None:
    """The strictness is not blindness."""
    received = envelope(message("<t:Subject>x</t:Subject><t:Importance>High</t:Importance>"))
    assert Schema(published_schema()).violation(etree.fromstring(received), received) is None


def _fields(path: Path, type_names: tuple[str, ...]) -> list[str]:
    tree = etree.parse(path)
    return [
        str(field.get("name"))
        for type_name in type_names
        for kind in tree.iter(f"{XS}complexType")
        if kind.get("name") == type_name
        for field in kind.iter(f"{XS}element")
        if field.get("name")
    ]


def test_the_fields_of_a_message_stand_in_the_published_order() -> None:
    """Order is part of EWS: our list is a sub-sequence of the published one."""
    published = published_schema()
    if published is None:
        pytest.skip("the published EWS schema is not beside this checkout")
    own = Path(__file__).resolve().parents[2] / "addin_backend" / "sandbox" / "exchange" / "schema" / "types.xsd"
    nested = {"FileAttachment", "String", "InternetMessageHeader"}
    ours = [name for name in _fields(own, ("Message",)) if name not in nested]
    theirs = iter(_fields(published / "types.xsd", ("ItemType", "MessageType")))
    assert [] == [name for name in ours if name not in theirs]
