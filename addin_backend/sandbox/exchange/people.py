"""t:Mailbox elements and people."""

from __future__ import annotations

from addin_backend.sandbox.exchange.mime import Person
from addin_backend.sandbox.exchange.xml import Element, child, find, text


def read(message: Element, prefixed: str) -> list[Person] | None:
    """The people under ``t:ToRecipients`` and the like; None when the element is absent (not the same as empty)."""
    holder = find(message, prefixed)
    if holder is None:
        return None
    return [_person(text(mailbox, "t:Name"), text(mailbox, "t:EmailAddress")) for mailbox in holder]


def _person(name: str, address: str) -> Person:
    return "" if name == address else name, address


def write(parent: Element, prefixed: str, persons: list[Person]) -> None:
    """Append the people; nothing when there are none, as Exchange does."""
    if persons:
        holder = child(parent, prefixed)
        for person in persons:
            mailbox(holder, person)


def mailbox(parent: Element, person: Person) -> None:
    """Append one t:Mailbox."""
    made = child(parent, "t:Mailbox")
    child(made, "t:Name", person[0] or person[1])
    child(made, "t:EmailAddress", person[1])
    child(made, "t:RoutingType", "SMTP")
    child(made, "t:MailboxType", "OneOff")
