"""Composed mails: what goes in comes out, for a reader that is not ours (Python's own parser), and nothing can be injected."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.errors import BadInput, NotSealed, SendSecurelyError
from addin_backend.model.decision import Protection
from addin_backend.model.message import Attachment, BodyFormat, Message, Recipient
from addin_backend.sealing import entities
from addin_backend.sealing.compose import compose
from addin_backend.sealing.notices import compose_notification, how_sent, sender_copy
from sealing_lab import ANNA, AT, HIDDEN, HTML, KARIN, MESSAGE_ID, MESSAGES, PETER, message
from sizes import size


def parsed(raw: bytes) -> EmailMessage:
    """``raw`` as Python's parser reads it."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def composed(mail: Message, headers: dict[str, str] | None = None) -> bytes:
    """The readable copy to Anna and Peter."""
    return compose(mail, to=[ANNA, PETER], cc=[KARIN], message_id=MESSAGE_ID, date=AT, headers=headers)


def newlines(text: str) -> str:
    """``text`` with every line end as one, the last line ended too."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def assert_clean(raw: bytes) -> None:
    """Only CRLF line ends, no line over 998 octets, ASCII throughout (RFC 5322 §2.1.1)."""
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("name", MESSAGES)
def test_content_comes_out_as_it_went_in(name: str) -> None:
    """Subject, body and every attachment's bytes and name round-trip through a foreign parser without a defect."""
    mail = MESSAGES[name]
    raw = composed(mail)
    assert_clean(raw)
    seen = parsed(raw)
    assert [] == [defect for part in seen.walk() for defect in part.defects]
    assert mail.subject == (seen["Subject"] or "")
    body = seen.get_body(("html",) if mail.body_format is BodyFormat.HTML else ("plain",))
    assert body is not None
    assert newlines(mail.body) == newlines(body.get_content())
    leaves = [part for part in seen.walk() if part.get_content_disposition() in {"attachment", "inline"}]
    expected = sorted((item.name.strip(), item.content) for item in mail.attachments)
    assert expected == sorted((part.get_filename(), part.get_payload(decode=True)) for part in leaves)


def test_recipients_are_named_but_never_bcc() -> None:
    """To and Cc stand in the mail with their names; the Bcc recipient does not, in any encoding."""
    raw = composed(MESSAGES["text with attachments"])
    seen = parsed(raw)
    expected = [(ANNA.display_name, ANNA.address), (PETER.display_name, PETER.address)]
    assert expected == [(item.display_name, item.addr_spec) for item in seen["To"].addresses]
    assert [KARIN.address] == [item.addr_spec for item in seen["Cc"].addresses]
    assert HIDDEN.address.encode() not in raw
    assert b"bcc" not in raw.lower()


def test_importance_sensitivity_and_thread_are_kept() -> None:
    """The draft's flags become headers; identifiers that are none are dropped."""
    mail = message(importance="high", sensitivity="private", in_reply_to="<a@b.example>", references="<a@b.example> rubbish\r\nX: y <c@d>")
    seen = parsed(composed(mail))
    assert "High" == seen["Importance"]
    assert "Private" == seen["Sensitivity"]
    assert "<a@b.example>" == seen["In-Reply-To"]
    assert ["<a@b.example>", "<c@d>"] == seen["References"].split()
    assert seen["X"] is None


def test_picture_belongs_to_the_html() -> None:
    """An inline picture stands in multipart/related beside the HTML that shows it, under the same identifier."""
    seen = parsed(composed(MESSAGES["HTML with picture and attachments"]))
    related = next(part for part in seen.walk() if part.get_content_type() == "multipart/related")
    assert ["text/html", "image/png"] == [part.get_content_type() for part in related.iter_parts()]
    assert "<logo@nordlys>" == list(related.iter_parts())[1]["Content-ID"]


EVIL = "x\r\nBcc: evil@example.test\r\n\r\n<b>\n\x00\u2028\x85\udc80y"


def test_nothing_breaks_out_of_a_header() -> None:
    """Line ends and controls in subject, names, file names, types, identifiers and headers stay inside their field."""
    evil = Attachment(name=EVIL, media_type=f"text/plain{EVIL}", content=b"z", inline=True, content_id=EVIL)
    mail = message(subject=EVIL, attachments=(evil,), in_reply_to=EVIL, references=EVIL, importance=EVIL, sensitivity=EVIL)
    to = [Recipient(address=ANNA.address, domain=ANNA.domain, display_name=EVIL)]
    raw = compose(mail, to=to, cc=[], message_id=MESSAGE_ID, date=AT, headers={"X-Marker": EVIL})
    assert_clean(raw)
    seen = parsed(raw)
    assert {"From", "To", "Subject", "Date", "Message-ID", "X-Marker", "MIME-Version", "Content-Type"} == set(seen.keys())
    assert 2 == len(list(seen.iter_parts()))
    assert [ANNA.address] == [item.addr_spec for item in seen["To"].addresses]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"message_id": "<a@b>\r\nBcc: x@y"}, BadInput),
        ({"message_id": "a@b"}, BadInput),
        ({"headers": {"Bcc": "x@y.example"}}, BadInput),
        ({"headers": {"X\r\nBcc": "x"}}, BadInput),
        ({"headers": {"Content-Type": "text/html"}}, BadInput),
        ({"to": [Recipient(address="a@b.example>\r\nBcc: <x@y.example", domain="b.example")]}, NotSealed),
        ({"to": [Recipient(address="søren@b.example", domain="b.example")]}, NotSealed),
        ({"to": [Recipient(address="a b@b.example", domain="b.example")]}, NotSealed),
        ({"to": [Recipient(address="a@b.example, c@d.example", domain="d.example")]}, NotSealed),
    ],
)
def test_what_no_header_can_carry_is_refused(changes: dict[str, object], error: type[SendSecurelyError]) -> None:
    """Identifiers, names and addresses of the wrong form are refused by name, not repaired."""
    arguments: dict[str, object] = {"to": [ANNA], "cc": [], "message_id": MESSAGE_ID, "date": AT}
    with pytest.raises(error):
        compose(message(), **(arguments | changes))  # type: ignore[arg-type]  # the differences are a case's own


@settings(max_examples=size(sample=80, full=2000), deadline=None)
@given(subject=st.text(max_size=300), body=st.text(max_size=400), name=st.text(min_size=1, max_size=120), content=st.binary(max_size=300))
def test_any_text_composes_cleanly(subject: str, body: str, name: str, content: bytes) -> None:
    """Whatever the words, the mail is clean on the wire, has the fields it should have, and gives body and attachment back."""
    mail = message(subject=subject, body=body, attachments=(Attachment(name=name, media_type="a/b", content=content),))
    raw = composed(mail)
    assert_clean(raw)
    seen = parsed(raw)
    assert {"From", "To", "Cc", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"} == set(seen.keys())
    text, attached = seen.iter_parts()
    assert content == attached.get_payload(decode=True)
    expected = newlines(body.encode("utf-8", "replace").decode())
    shown = text.get_payload(decode=True)
    assert isinstance(shown, bytes)
    assert expected == newlines(shown.decode())


def test_sender_copy_tells_how_each_was_reached() -> None:
    """The sender's copy has a line per recipient, in the sender's language; the Bcc address stays out of it."""
    deliveries = [(ANNA, Protection.TLS), (PETER, Protection.SMIME), (HIDDEN, Protection.PORTAL)]
    for mail in (message(), message(body=HTML, body_format=BodyFormat.HTML)):
        raw = sender_copy(mail, deliveries, language="da", message_id=MESSAGE_ID, date=AT)
        for kind in ("plain", "html") if mail.body_format is BodyFormat.HTML else ("plain",):
            body = parsed(raw).get_body((kind,))
            assert body is not None
            text = body.get_content()
            assert "anna.lund@fynskpension.example: sikker forbindelse" in text
            assert "peter.skov@skovadvokat.example: krypteret" in text
            assert "Bcc: sikker side" in text
            assert "Blåbærgrød" in text
        assert HIDDEN.address.encode() not in raw


def test_notification_holds_the_link_and_nothing_of_the_mail() -> None:
    """The notification is in both languages, has a neutral subject and the link on a line of its own."""
    link = "https://sikker.nordlys.example/p/abc?x=1"
    raw = compose_notification(
        sender="sikker@nordlys.example", organisation="Nordlys", recipient=ANNA, link=link, message_id=MESSAGE_ID, date=AT, until=AT
    )
    assert_clean(raw)
    seen = parsed(raw)
    assert "Sikker besked fra Nordlys / Secure message from Nordlys" == seen["Subject"]
    text = seen.get_content()
    assert link in text.splitlines()
    assert "har sendt dig en sikker besked" in text
    assert "has sent you a secure message" in text


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://a.example/\r\nBcc: x@y", "https://a.example/æ", "https://a/" + "x" * 900])
def test_notification_refuses_what_is_no_web_address(link: str) -> None:
    """A link that could break the mail or mislead is refused."""
    with pytest.raises(BadInput):
        compose_notification(sender="a@b.example", organisation="N", recipient=ANNA, link=link, message_id=MESSAGE_ID, date=AT)


@settings(max_examples=size(sample=200, full=5000), deadline=None)
@given(raw=st.binary(max_size=300) | st.text(alphabet="a:\r\n \tb", max_size=60).map(str.encode))
def test_splitting_loses_nothing(raw: bytes) -> None:
    """Fields and body put together again are the bytes that came in, whatever they are."""
    fields, body = entities.split(raw)
    lines = b"".join(line for _, line in fields)
    assert raw.endswith(body)
    kept = raw[: len(raw) - len(body)]
    assert kept.rstrip(b"\r\n").endswith(lines.rstrip(b"\r\n"))


_ANY = st.text(alphabet=st.characters(codec="utf-8", categories=None), max_size=60)
_NASTY = st.sampled_from(
    [
        "\r",
        "\n",
        "\r\n",
        "\r\nBcc: evil@example.test\r\n",
        "\0",
        "\u2028",
        "\u2029",
        "\x85",
        "\x0b",
        "\x0c",
        "\x1c",
        "\ud800",
        "=?utf-8?q?=0D=0A?=",
    ]
)
_HOSTILE = st.lists(st.one_of(_ANY, _NASTY), min_size=1, max_size=5).map("".join)
_FIELDS = {
    "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Importance", "Sensitivity",
    "Disposition-Notification-To", "Thread-Index", "msip_labels", "Keywords", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip


_TEXTS = ("subject", "sender_name", "in_reply_to", "references", "importance", "sensitivity", "thread_index", "msip_labels")


@pytest.mark.parametrize(
    ("record", "language", "line"),
    [
        ("https://nordlys.example/log/why/e-1", "da", "I logbogen: https://nordlys.example/log/why/e-1"),
        ("e-1", "da", "I logbogen: e-1. Åbn mailen i Outlook, og tryk på Hvordan sendt? for at se mere."),
        ("e-1", "en", "In the log: e-1. Open the mail in Outlook and press Sent how? to see more."),
    ],
)
def test_a_copy_leads_only_where_the_sender_can_look(record: str, language: str, line: str) -> None:
    """A link where the log's pages are open; else the record's number and the button in Outlook, never a link to a closed page."""
    assert line == how_sent([(ANNA, Protection.TLS)], language, record)[-1]


@settings(max_examples=size(sample=60, full=3000), deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(_TEXTS, _HOSTILE)), _HOSTILE, _HOSTILE, _HOSTILE)
def test_no_text_becomes_a_field_of_its_own(texts: dict[str, str], name: str, category: str, file: str) -> None:
    """Whatever stands in any text that reaches a header: the fields are ours, each once, and one addressee gets the mail."""
    attached = Attachment(name=file, media_type=f"text/plain{file}", content=b"z", content_id=file, inline=True)
    mail = message(**texts, attachments=(attached,), categories=(category,), read_receipt=True, reply_to=(KARIN.address,),
                   submitter=KARIN.address)  # fmt: skip
    to = Recipient(address=ANNA.address, domain=ANNA.domain, display_name=name)
    copy = sender_copy(mail, [(to, Protection.TLS)], language="da", message_id=MESSAGE_ID, date=AT, record="https://nordlys.example/x")
    for raw in (compose(mail, to=[to], cc=[], message_id=MESSAGE_ID, date=AT), copy):
        assert_clean(raw)
        head = [line.split(b":")[0].decode() for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] not in (b" ", b"\t")]
        assert set(head) <= _FIELDS
        assert len(head) == len(set(head))
        assert b"\r\nBcc" not in raw.split(b"\r\n\r\n")[0]
    assert [ANNA.address] == [
        item.addr_spec for item in parsed(compose(mail, to=[to], cc=[], message_id=MESSAGE_ID, date=AT))["To"].addresses
    ]
