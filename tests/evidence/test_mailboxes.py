"""What an address of ours leads to: groups to the last member, forwards, guests, loops, limits, and a directory that fails."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from addin_backend.edges.directory_file import read_directory
from addin_backend.errors import BadRegister, Unavailable
from addin_backend.evidence.mailboxes import groups_of, mailbox_kinds
from addin_backend.model.directory import DirectoryEntry
from addin_backend.model.facts import MailboxKind

OWN = frozenset({"n.example"})
DIRECTORY = read_directory(
    json.dumps(
        {
            "entries": {
                "a@n.example": {"kind": "mailbox"},
                "B@n.example": {"kind": "mailbox"},
                "team@n.example": {"kind": "group", "members": ["a@n.example", "b@n.example"]},
                "all@n.example": {"kind": "group", "members": ["team@n.example", "all@n.example", "A@n.example"]},
                "loop1@n.example": {"kind": "group", "members": ["loop2@n.example"]},
                "loop2@n.example": {"kind": "group", "members": ["loop1@n.example", "x@firma.example"]},
                "deep@n.example": {"kind": "group", "members": ["mixed@n.example"]},
                "mixed@n.example": {"kind": "group", "members": ["a@n.example", "g@n.example"]},
                "gone@n.example": {"kind": "group", "members": ["nobody@n.example"]},
                "part@n.example": {"kind": "group", "members": ["a@n.example"], "complete": False},
                "empty@n.example": {"kind": "group"},
                "g@n.example": {"kind": "guest"},
                "c@n.example": {"kind": "contact"},
                "f@n.example": {"kind": "mailbox", "forwards_to": ["x@firma.example"]},
                "f2@n.example": {"kind": "mailbox", "forwards_to": ["a@n.example"]},
                "f3@n.example": {"kind": "mailbox", "forwards_to": ["f@n.example"]},
                "ext@n.example": {"kind": "group", "members": ["x_firma.example#ext#@n.example"]},
            }
        }
    ).encode()
)
TABLE = [
    ("a@n.example", MailboxKind.MAILBOX),
    ("b@n.example", MailboxKind.MAILBOX),
    ("team@n.example", MailboxKind.GROUP_INSIDE),
    ("all@n.example", MailboxKind.GROUP_INSIDE),
    ("loop1@n.example", MailboxKind.GROUP_WITH_OUTSIDERS),
    ("deep@n.example", MailboxKind.GROUP_WITH_OUTSIDERS),
    ("gone@n.example", MailboxKind.GROUP_UNEXPANDED),
    ("part@n.example", MailboxKind.GROUP_UNEXPANDED),
    ("empty@n.example", MailboxKind.GROUP_INSIDE),
    ("g@n.example", MailboxKind.GUEST),
    ("c@n.example", MailboxKind.CONTACT),
    ("f@n.example", MailboxKind.FORWARDS_OUTSIDE),
    ("f2@n.example", MailboxKind.MAILBOX),
    ("f3@n.example", MailboxKind.FORWARDS_OUTSIDE),
    ("ext@n.example", MailboxKind.GROUP_WITH_OUTSIDERS),
    ("x_firma.example#ext#@n.example", MailboxKind.GUEST),
    ("nobody@n.example", MailboxKind.UNKNOWN),
]


@pytest.mark.parametrize(("address", "expected"), TABLE)
def test_an_address_leads_where_the_directory_says(address: str, expected: MailboxKind) -> None:
    """Each kind, directly and through others."""
    assert mailbox_kinds([address], OWN, DIRECTORY, 500, 1.0)[address] is expected


def test_a_group_over_the_limit_is_not_expanded() -> None:
    """The limit counts the members of all levels together."""
    assert mailbox_kinds(["all@n.example"], OWN, DIRECTORY, 2, 1.0)["all@n.example"] is MailboxKind.GROUP_UNEXPANDED


class _Failing:
    """A directory that answers ``rounds`` times and then no more."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def entries(self, addresses: Sequence[str], budget: float) -> Mapping[str, DirectoryEntry]:
        """As the file, until it fails."""
        self.rounds -= 1
        if self.rounds < 0:
            raise Unavailable
        return DIRECTORY.entries(addresses, budget)


@pytest.mark.parametrize("address", [address for address, _ in TABLE])
@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_a_directory_that_fails_never_makes_an_address_a_colleagues(address: str, rounds: int) -> None:
    """Whenever it fails, the kind is the true one or an outsider's: never a mailbox or an inside group that it is not."""
    true = mailbox_kinds([address], OWN, DIRECTORY, 500, 1.0)[address]
    found = mailbox_kinds([address], OWN, _Failing(rounds), 500, 1.0)[address]
    assert found is true or found not in {MailboxKind.MAILBOX, MailboxKind.GROUP_INSIDE, MailboxKind.NOT_ASKED}


def test_without_a_directory_everything_is_unknown() -> None:
    """Nobody to ask is not good news."""
    assert set(mailbox_kinds(["a@n.example", "g@n.example"], OWN, None, 500, 1.0).values()) == {MailboxKind.UNKNOWN}


def test_the_groups_of_a_sender_are_those_that_hold_them_through_others() -> None:
    """For dispensations that name a group; one that nobody can open lets nobody in."""
    named = {"group:all@n.example", "group:mixed@n.example", "a@n.example"}
    assert groups_of("b@n.example", named, DIRECTORY, 1.0) == {"all@n.example"}
    assert groups_of("b@n.example", named, _Failing(0), 1.0) == frozenset()
    assert groups_of("b@n.example", named, None, 1.0) == frozenset()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"entries": {"a@n.example": {"kind": "robot"}}}',
        b'{"entries": {"a@n.example": {"kind": "mailbox", "boss": 1}}}',
        b'{"entries": {"no address": {"kind": "mailbox"}}}',
        b'{"entries": {"a@n.example": {"kind": "group", "members": ["b"]}}}',
        b'{"entries": {"a@n.example": {"kind": "mailbox"}, "A@n.example": {"kind": "guest"}}}',
        b'{"entries": {"a@n.example": {"kind": "mailbox"}',
        b"\xff\xfe",
    ],
)
def test_a_malformed_directory_file_is_refused(raw: bytes) -> None:
    """With a place and without quoting an address."""
    with pytest.raises(BadRegister) as told:
        read_directory(raw)
    assert "n.example" not in str(told.value)
