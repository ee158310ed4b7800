"""ResolveNames: people in the address list whose name or address begins with what was typed."""

from __future__ import annotations

from addin_backend.sandbox.exchange import people
from addin_backend.sandbox.exchange.answers import Message, each
from addin_backend.sandbox.exchange.context import Call
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.exchange.xml import Element, boolean, child, element, is_true, need


def answer(call: Call, request: Element) -> list[Message]:
    """One response message; nobody found is an error, as Exchange has it."""
    entry = need(request, "m:UnresolvedEntry")
    typed = (entry.text or "").lower().removeprefix("smtp:")

    def one(_: Element) -> Message:
        found = [person for person in call.store.mailboxes() if _matches(person, typed)]
        if not found:
            raise EwsError("ErrorNameResolutionNoResults", "No results were found.")
        resolutions = element("m:ResolutionSet", None, TotalItemsInView=str(len(found)), IncludesLastItemInRange=boolean(True))
        for person in found:
            resolution = child(resolutions, "t:Resolution")
            people.mailbox(resolution, person)
            if is_true(request.get("ReturnFullContactData")):
                contact = child(resolution, "t:Contact")
                child(contact, "t:DisplayName", person[0])
                child(child(contact, "t:EmailAddresses"), "t:Entry", f"SMTP:{person[1]}", Key="EmailAddress1")
        return [resolutions]

    return each([entry], one, [])


def _matches(person: tuple[str, str], typed: str) -> bool:
    display_name, address = person
    return address.startswith(typed) or any(word.startswith(typed) for word in [display_name.lower(), *display_name.lower().split()])
