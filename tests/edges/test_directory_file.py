"""The directory file says who may send from which mailbox."""

from __future__ import annotations

import json

from addin_backend.edges.directory_file import read_directory

METTE, SHARED = "mette.holm@nordlys.example", "faelles@nordlys.example"


def test_a_person_sends_from_their_own_and_from_delegated_mailboxes() -> None:
    """Their own stands first, wherever the file has it; an id that nobody has owns nothing."""
    entries = {
        SHARED: {"kind": "mailbox", "owners": ["id-karin", "id-mette"]},
        METTE: {"kind": "mailbox", "owners": ["id-mette"]},
        "info@nordlys.example": {"kind": "mailbox"},
    }
    directory = read_directory(json.dumps({"entries": entries}).encode())
    assert (METTE, SHARED) == directory.sends_from("id-mette")
    assert (SHARED,) == directory.sends_from("id-karin")
    assert () == directory.sends_from("")


def test_a_delegated_mailbox_is_nobodys_own() -> None:
    """On an Exchange Server the own address is who the person is: it is theirs without doubt, or there is none."""
    entries = {
        SHARED: {"kind": "mailbox", "owners": ["id-mette", "id-karin", "id-jonas"]},
        METTE: {"kind": "mailbox", "owners": ["id-mette"]},
        "jonas.friis@nordlys.example": {"kind": "mailbox", "owners": ["id-jonas", "id-mette"]},
        "a@nordlys.example": {"kind": "mailbox", "owners": ["id-leif"]},
        "b@nordlys.example": {"kind": "mailbox", "owners": ["id-leif"]},
        "info@nordlys.example": {"kind": "mailbox"},
    }
    directory = read_directory(json.dumps({"entries": entries}).encode())
    found = {person: directory.own_address(f"id-{person}") for person in ("mette", "jonas", "karin", "leif", "nobody")}
    assert {"mette": METTE, "jonas": "jonas.friis@nordlys.example", "karin": "", "leif": "", "nobody": ""} == found
    assert "" == directory.own_address("")
