"""The transport ticket: for one mail, one sender, a short time; nothing of the mail can be read from it."""

from __future__ import annotations

import base64
import string
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin_backend.errors import BadInput, NotOpened, SendSecurelyError
from addin_backend.model.message import Message
from addin_backend.sealing.ticket import HEADER, Ticket, differences, issue_for, read
from sealing_lab import ANNA, AT, MESSAGES, PETER, SALARIES, message

KEY = bytes(range(32))
MAIL = message(attachments=(SALARIES,))
ID = "t" * 22


def issued(mail: Message = MAIL, key: bytes = KEY) -> str:
    """A ticket that lives five minutes."""
    return issue_for(key, mail, digest="sha256:" + "a" * 64, expires_at=AT + timedelta(minutes=5), ticket_id=ID)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_ticket_fits_its_mail(name: str) -> None:
    """The value is one short header-safe line; read again it names its id, expiry and decision, and fits the mail."""
    value = issued(MESSAGES[name])
    assert len(f"{HEADER}: {value}") <= 998
    assert set(value) <= set(string.ascii_letters + string.digits + "-_.")
    ticket = read(value, KEY, AT)
    assert (ID, AT + timedelta(minutes=5), "sha256:" + "a" * 64) == (ticket.ticket_id, ticket.expires_at, ticket.digest)
    assert () == differences(ticket, KEY, MESSAGES[name])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sender": "jonas.friis@nordlys.example"}, ("sender",)),
        ({"recipients": (ANNA,)}, ("recipients",)),
        ({"recipients": (*MAIL.recipients, msgspec.structs.replace(ANNA, address="x@y.example"))}, ("recipients",)),
        ({"recipients": tuple(reversed(MAIL.recipients))}, ()),
        ({"subject": "Andet"}, ("content",)),
        ({"body": MAIL.body + "mere"}, ("content",)),
        ({"body": MAIL.body.replace("\n", "\r\n") + "\r\n"}, ()),
        ({"attachments": ()}, ("attachments",)),
        ({"attachments": (msgspec.structs.replace(SALARIES, name="x"),)}, ("attachments",)),
        ({"attachments": (msgspec.structs.replace(SALARIES, content=SALARIES.content + b"x"),)}, ("attachments",)),
        ({"sender": MAIL.sender.upper(), "recipients": MAIL.recipients[:1], "subject": ""}, ("recipients", "content")),
    ],
)
def test_a_ticket_fits_no_other_mail(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    """Each part of the mail that changed is named; order of recipients and line ends are no change."""
    assert expected == differences(read(issued(), KEY, AT), KEY, msgspec.structs.replace(MAIL, **changes))


def test_a_ticket_ends() -> None:
    """It is good until the second it expires, and not then."""
    assert ID == read(issued(), KEY, AT + timedelta(minutes=5, seconds=-1)).ticket_id
    with pytest.raises(NotOpened, match="expired"):
        read(issued(), KEY, AT + timedelta(minutes=5))


def test_no_changed_character_is_accepted() -> None:
    """Every changed, dropped or added character is refused, and so is another key's ticket."""
    value = issued()
    for at in range(len(value)):
        for replacement in ("A", "B", "", "xx", "\n", "="):
            damaged = value[:at] + replacement + value[at + 1 :]
            if damaged != value:
                with pytest.raises(SendSecurelyError):
                    read(damaged, KEY, AT)
    with pytest.raises(NotOpened, match="not issued by us"):
        read(issued(key=bytes(32)), KEY, AT)


@given(st.text(max_size=60) | st.from_regex(r"v1\.[A-Za-z0-9_-]{1,60}\.[A-Za-z0-9_-]{43}", fullmatch=True))
def test_rubbish_is_refused(value: str) -> None:
    """Whatever stands in the header, only our own seal is read."""
    with pytest.raises((BadInput, NotOpened)):
        read(value, KEY, AT)


def test_nothing_of_the_mail_stands_in_it() -> None:
    """The payload has no address, name or word in clear, and its digests differ with the key, so that guesses cannot be tried."""
    payload = base64.urlsafe_b64decode(issued().split(".")[1] + "==")
    for secret in (ANNA.address, PETER.address, MAIL.sender, "nordlys", SALARIES.name, "Løn"):
        assert secret.encode() not in payload
    one, two = read(issued(), KEY, AT), read(issued(key=bytes(32)), bytes(32), AT)
    names = [item.name for item in msgspec.structs.fields(Ticket) if item.name not in {"ticket_id", "expires", "digest"}]
    assert all(getattr(one, name) != getattr(two, name) for name in names)


@pytest.mark.parametrize(("ticket_id", "digest"), [("x\r\ny" * 4, "a"), ("", "a"), (ID, "a b"), (ID, "x" * 101)])
def test_what_no_header_may_carry_is_not_issued(ticket_id: str, digest: str) -> None:
    """An id or digest of another form is refused when the ticket is made."""
    with pytest.raises(BadInput):
        issue_for(KEY, MAIL, digest=digest, expires_at=AT, ticket_id=ticket_id)
