"""What the organisation's directory says about an address of its own."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class EntryKind(StrEnum):
    """What stands behind an address."""

    MAILBOX = "mailbox"
    GUEST = "guest"
    CONTACT = "contact"
    GROUP = "group"


class DirectoryEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One address. ``members`` are a group's, by address; ``complete`` is False where the directory does not show all of them.

    ``forwards_to`` are the addresses that the mailbox sends its mail on to; ``manager`` is the address of the person's manager, or "".
    ``phone`` is where a text message reaches the person, or "".
    ``owners`` are the ids of those who may send from it: object ids of Entra ID, or user ids of an Exchange Server. Whose own mailbox it is
    stands first; the others have it delegated.
    """

    kind: EntryKind
    forwards_to: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    complete: bool = True
    manager: str = ""
    phone: str = ""
    owners: tuple[str, ...] = ()
