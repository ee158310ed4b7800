"""The response messages of an answer: one for each thing asked, success or error, each in its own right."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.store import Item
from addin_backend.sandbox.exchange.xml import Element, child, element

Message = list[Element] | tuple[EwsError, list[Element]]


def each(asked: Iterable[Element], one: Callable[[Element], Message], empty: list[Element]) -> list[Message]:
    """``one`` for each; an EwsError becomes an error message with the ``empty`` content that the schema wants."""
    answers: list[Message] = []
    for reference in asked:
        try:
            answers.append(one(reference))
        except EwsError as error:
            answers.append((error, [element(f"m:{part.tag.rpartition('}')[2]}") for part in empty]))
    return answers


def with_items(found: list[Element]) -> list[Element]:
    """The m:Items part."""
    holder = element("m:Items")
    for item in found:
        holder.append(item)
    return [holder]


def item_id(item: Item) -> Element:
    """A t:Message that only holds its id."""
    made = element("t:Message")
    child(made, "t:ItemId", None, Id=item.id, ChangeKey=item.change_key)
    return made


def response(operation: str, messages: list[Message]) -> Element:
    """The whole m:…Response."""
    root = element(f"m:{operation}Response")
    holder = child(root, "m:ResponseMessages")
    for message in messages:
        error, content = message if isinstance(message, tuple) else (None, message)
        made = child(holder, f"m:{operation}ResponseMessage", None, ResponseClass="Error" if error else "Success")
        if error:
            child(made, "m:MessageText", error.text)
        child(made, "m:ResponseCode", error.code if error else "NoError")
        if error:
            child(made, "m:DescriptiveLinkKey", "0")
        for part in content:
            made.append(part)
    return root
