"""What an address of ours leads to: groups are opened to the last member and forwards followed, loops and size notwithstanding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from addin_backend.errors import SendSecurelyError
from addin_backend.evidence.recipients import may_leave
from addin_backend.model.directory import DirectoryEntry, EntryKind
from addin_backend.model.facts import MailboxKind

MAX_DEPTH = 20  # groups within groups; deeper counts as not opened


class Directory(Protocol):
    """The organisation's own directory."""

    def entries(self, addresses: Sequence[str], budget: float) -> Mapping[str, DirectoryEntry]:
        """What stands behind each address (lower case) within ``budget`` seconds; one that nobody has is left out. Raises Unavailable."""
        ...


@dataclass(slots=True)
class _Opened:
    """What following one address came to."""

    outsiders: bool = False
    unknown: bool = False


class _Asking:
    """The directory, asked once about each address."""

    def __init__(self, directory: Directory, budget: float) -> None:
        self._directory, self._budget = directory, budget
        self._known: dict[str, DirectoryEntry | None] = {}
        self.failed = False

    def look_up(self, addresses: Iterable[str]) -> None:
        wanted = [item for item in dict.fromkeys(addresses) if item not in self._known]
        if not wanted or self.failed:
            return
        try:
            found = self._directory.entries(wanted, self._budget)
        except SendSecurelyError:
            self.failed = True
            return
        self._known.update({item: found.get(item) for item in wanted})

    def entry(self, address: str) -> DirectoryEntry | None:
        return self._known.get(address)


def _outside(address: str, own: Set[str]) -> bool:
    return address.rpartition("@")[2] not in own or may_leave(address)


def _follow(start: DirectoryEntry, own: Set[str], limit: int, asking: _Asking) -> _Opened:
    """Level by level, so that the directory is asked once a level. ``limit`` is the number of members of all levels together."""
    opened = _Opened()
    seen: set[str] = set()
    level = [start]
    for _ in range(MAX_DEPTH):
        opened.unknown = opened.unknown or any(not item.complete for item in level)
        named = {address.strip().lower() for item in level for address in (*item.members, *item.forwards_to)}
        new = named - seen
        seen |= new
        if len(seen) > limit:
            opened.unknown = True
            return opened
        inside = [address for address in new if not _outside(address, own)]
        opened.outsiders = opened.outsiders or len(inside) < len(new)
        if not inside:
            return opened
        asking.look_up(inside)
        entries = [asking.entry(address) for address in inside]
        opened.unknown = opened.unknown or asking.failed or any(item is None for item in entries)
        level = [item for item in entries if item is not None]
        opened.outsiders = opened.outsiders or any(item.kind in (EntryKind.GUEST, EntryKind.CONTACT) for item in level)
    opened.unknown = True
    return opened


def _kind(entry: DirectoryEntry | None, own: Set[str], limit: int, asking: _Asking) -> MailboxKind:
    if entry is None:
        return MailboxKind.UNKNOWN
    if entry.kind is EntryKind.GUEST:
        return MailboxKind.GUEST
    if entry.kind is EntryKind.CONTACT:
        return MailboxKind.CONTACT
    opened = _follow(entry, own, limit, asking)
    if entry.kind is EntryKind.GROUP:
        if opened.outsiders:
            return MailboxKind.GROUP_WITH_OUTSIDERS
        return MailboxKind.GROUP_UNEXPANDED if opened.unknown else MailboxKind.GROUP_INSIDE
    if opened.outsiders:
        return MailboxKind.FORWARDS_OUTSIDE
    return MailboxKind.UNKNOWN if opened.unknown else MailboxKind.MAILBOX


def mailbox_kinds(
    addresses: Iterable[str], own: Set[str], directory: Directory | None, limit: int, budget: float
) -> Mapping[str, MailboxKind]:
    """The kind of each address (lower case, in a domain of ours). A guest's name gives it away; what nobody can say is `unknown`."""
    asked = tuple(dict.fromkeys(addresses))
    guests = {address for address in asked if "#ext#" in address}
    rest = [address for address in asked if address not in guests]
    found = dict.fromkeys(guests, MailboxKind.GUEST) | dict.fromkeys(rest, MailboxKind.UNKNOWN)
    if directory is None or not rest:
        return found
    asking = _Asking(directory, budget)
    asking.look_up(rest)
    for address in rest:
        if not asking.failed:
            found[address] = _kind(asking.entry(address), own, limit, asking)
    return found


def groups_of(sender: str, named: Iterable[str], directory: Directory | None, budget: float) -> frozenset[str]:
    """Of the groups that are ``named`` ("group:skade@…"), those that hold the sender; groups within groups are opened.

    What the directory does not say is no membership: it would only permit more.
    """
    groups = sorted({item.removeprefix("group:").strip().lower() for item in named if item.startswith("group:")})
    if directory is None or not groups:
        return frozenset()
    asking = _Asking(directory, budget)
    found: set[str] = set()
    for group in groups:
        level, seen = {group}, {group}
        for _ in range(MAX_DEPTH):
            asking.look_up(level)
            entries = [asking.entry(address) for address in level]
            members = {member.lower() for item in entries if item is not None and item.kind is EntryKind.GROUP for member in item.members}
            if sender in members:
                found.add(group)
            level = members - seen
            seen |= members
            if not level or sender in seen:
                break
    return frozenset(found)
