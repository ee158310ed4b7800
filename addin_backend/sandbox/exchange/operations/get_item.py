"""GetItem: items by id, in the shape that is asked for."""

from __future__ import annotations

from addin_backend.sandbox.exchange import items, shape
from addin_backend.sandbox.exchange.answers import Message, each, with_items
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.xml import Element, need


def answer(call: Call, request: Element) -> list[Message]:
    """One response message for each id, in order."""
    wanted, ids = need(request, "m:ItemShape"), need(request, "m:ItemIds")

    def one(reference: Element) -> Message:
        return with_items([shape.write(call, items.get(call, reference.get("Id", "")), wanted)])

    return each(ids, one, with_items([]))
