"""Who is asking: the person behind a bearer token, and the mailboxes that are theirs."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a person may do besides sending. An officer sees rules, registers and the log."""

    EMPLOYEE = "employee"
    OFFICER = "officer"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in person. ``mailboxes`` holds lower-case addresses that they may send from (their own, and delegated ones)."""

    address: str
    name: str
    mailboxes: frozenset[str]
    role: Role = Role.EMPLOYEE

    def owns(self, mailbox: str) -> bool:
        """Whether ``mailbox`` is theirs, whatever the case it is written in."""
        return mailbox.strip().lower() in self.mailboxes
