"""The digest of a message: the same for the same message, another for any change."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin_backend.evidence.digest import digest_of
from addin_backend.model.message import Attachment, BodyFormat, Message, Recipient, RecipientKind

BASE = Message(
    sender="m@nordlys.example",
    recipients=(
        Recipient(address="a@b.example", domain="b.example"),
        Recipient(address="c@d.example", domain="d.example", kind=RecipientKind.CC),
    ),
    subject="Emne",
    body="Tekst",
    attachments=(
        Attachment(name="a.txt", media_type="text/plain", content=b"1"),
        Attachment(name="b.txt", media_type="text/plain", content=b"2"),
    ),
)
_replace = msgspec.structs.replace

texts = st.text(max_size=8)
messages = st.builds(
    lambda addresses, subject, body, files: Message(
        sender="s@x.example",
        recipients=tuple(Recipient(address=a, domain="", kind=k) for a, k in addresses),
        subject=subject,
        body=body,
        attachments=tuple(Attachment(name=n, media_type="text/plain", content=c) for n, c in files),
    ),
    st.lists(st.tuples(texts, st.sampled_from(list(RecipientKind))), max_size=3),
    texts,
    texts,
    st.lists(st.tuples(texts, st.binary(max_size=6)), max_size=3),
)


def _parts(message: Message) -> object:
    return (
        sorted({(r.kind.value, r.address) for r in message.recipients}),
        message.subject,
        message.body,
        [(a.name, a.content) for a in message.attachments],
    )


@pytest.mark.parametrize(
    "changed",
    [
        _replace(BASE, subject="Emne "),
        _replace(BASE, body="tekst"),
        _replace(BASE, subject="EmneTekst", body=""),
        _replace(BASE, body_format=BodyFormat.HTML),
        _replace(BASE, recipients=BASE.recipients[:1]),
        _replace(BASE, recipients=(BASE.recipients[0], _replace(BASE.recipients[1], kind=RecipientKind.BCC))),
        _replace(BASE, attachments=BASE.attachments[::-1]),
        _replace(BASE, attachments=(_replace(BASE.attachments[0], name="a.txtb", content=b""), BASE.attachments[1])),
        _replace(BASE, attachments=()),
    ],
)
def test_any_change_gives_another_digest(changed: Message) -> None:
    """Every field that a decision is bound to changes the digest."""
    assert digest_of(BASE) != digest_of(changed)


def test_order_of_recipients_does_not_count() -> None:
    """Outlook may give recipients in another order; the decision still holds."""
    assert digest_of(BASE) == digest_of(_replace(BASE, recipients=BASE.recipients[::-1]))


def test_the_digest_is_hexadecimal_sha_256() -> None:
    """64 lower-case hexadecimal digits, the same in every run."""
    assert len(digest_of(BASE)) == 64
    assert int(digest_of(BASE), 16) > 0


@given(messages, messages)
def test_no_two_different_messages_meet(one: Message, other: Message) -> None:
    """Equal digests only for equal parts, however the parts are cut."""
    assert (_parts(one) == _parts(other)) is (digest_of(one) == digest_of(other))
