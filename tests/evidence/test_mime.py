"""Message files: all of MIME becomes a Message; what cannot be trusted is unreadable, and nothing raises."""

from __future__ import annotations

import base64
import importlib.util
import random
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import read_terms
from addin_backend.evidence.mime import parse_message
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.message import BodyFormat, Message
from sizes import size

HEAD = b"From: Mette <mette@nordlys.example>\r\nTo: bo@postkasse.example\r\nSubject: Emne\r\n"
CPR = "040574-1235"


def _mail(rest: bytes) -> Message:
    return parse_message(HEAD + rest)


def _everything(message: Message) -> str:
    return message.subject + message.body + "".join(item.content.decode("utf-8", "replace") + item.name for item in message.attachments)


def _good_ones() -> list[bytes]:
    plain = EmailMessage()
    plain["From"], plain["To"], plain["Subject"] = "mette@nordlys.example", "Bo <bo@postkasse.example>", "Frokost på fredag"
    plain.set_content("Hej Bo\n\nVi ses på fredag. CPR 040574-1235 skal ikke med.\n")
    rich = EmailMessage()
    rich["From"], rich["To"], rich["Cc"], rich["Subject"] = "m@nordlys.example", "a@b.example", "Team: c@d.example;", "Sagen"
    rich.set_content("Hej\n")
    rich.add_alternative("<p>Hej <b>Anna</b> æøå <img src='cid:x'></p>", subtype="html")
    rich.add_attachment(b"navn;cpr\nBo;0405741235\n", maintype="text", subtype="csv", filename="løn.csv")
    rich.add_attachment(b"%PDF-1.4 \x00\x01", maintype="application", subtype="pdf", filename="scan.pdf")
    outer = EmailMessage()
    outer["From"], outer["To"], outer["Subject"] = "m@nordlys.example", "a@b.example", "VS: Sagen"
    outer.set_content("Se nedenfor")
    outer.add_attachment(plain)
    return [item.as_bytes() for item in (plain, rich, outer)]


def test_a_plain_mail() -> None:
    """Addresses, subject, body and threading headers are there."""
    message = _mail(b"In-Reply-To: <1@x>\r\nImportance: High\r\n\r\nHej\r\nBo\r\n")
    assert ("mette@nordlys.example", "Emne", "Hej\nBo\n", "<1@x>", "high") == (
        message.sender,
        message.subject,
        message.body,
        message.in_reply_to,
        message.importance,
    )
    assert message.readable


@pytest.mark.parametrize(
    ("expected", "charset", "raw"),
    [
        ("blåbær", "iso-8859-1", "blåbær".encode("latin-1")),
        ("blåbær", "utf-8", "blåbær".encode()),
        ("blåbær €", "windows-1252", "blåbær €".encode("cp1252")),
        ("blåbær", "utf-16", "blåbær".encode("utf-16")),
        ("blåbær", "utf-7", "blåbær".encode("utf-7")),
        ("blåbær", "x-unknown", "blåbær".encode()),
        ("blåbær", "us-ascii", "blåbær".encode("latin-1")),
    ],
)
def test_charsets(expected: str, charset: str, raw: bytes) -> None:
    """Known, unknown and wrongly declared charsets give the words."""
    part = (
        b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(raw)
    )
    message = _mail(part)
    assert expected == message.body
    assert message.readable


def test_both_alternatives_are_content() -> None:
    """The HTML is the body; a number that stands only in the plain text is read too, and equal words are not kept twice."""

    def mail(plain: str) -> Message:
        return _mail(
            b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\n"
            + plain.encode()
            + b"\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Hej <b>Bo</b></p>\r\n--x--\r\n"
        )

    assert ("<p>Hej <b>Bo</b></p>", BodyFormat.HTML, ()) == (mail("Hej Bo").body, mail("Hej Bo").body_format, mail("Hej Bo").attachments)
    assert CPR in _everything(mail(f"Hej Bo {CPR}"))


def test_names_and_subjects_are_decoded() -> None:
    """RFC 2231 and RFC 2047 names, and a subject whose encoded words cut a character in two."""
    message = parse_message(
        b"From: a@b.example\r\nTo: c@d.example\r\n"
        b"Subject: =?utf-8?B?bMOm?=\r\n =?utf-8?B?Z2U=?= =?utf-8?Q?erkl=C3?=\r\n =?utf-8?Q?=A6ring?=\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHej\r\n--x\r\nContent-Type: text/plain\r\n"
        b"Content-Disposition: attachment; filename*0*=utf-8''l%C3%B8; filename*1=n.txt\r\n\r\n1\r\n"
        b'--x\r\nContent-Type: text/plain; name="=?iso-8859-1?Q?=E6.txt?="\r\n\r\n2\r\n--x--\r\n'
    )
    assert ("lægeerklæring", ["løn.txt", "æ.txt"]) == (message.subject, [item.name for item in message.attachments])


def test_a_forwarded_mail_is_an_attachment_that_is_read() -> None:
    """message/rfc822 keeps its bytes, and its words count."""
    inner = f"From: x@y.example\r\nTo: z@y.example\r\nSubject: S\r\n\r\nCPR {CPR}\r\n"
    message = _mail(
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSe\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
        + inner.encode()
        + b"--x--"
    )
    assert ["message/rfc822"] == [item.media_type for item in message.attachments]
    assert CPR in _everything(message)


def test_text_around_the_parts_is_content() -> None:
    """What stands before the first and after the last part leaves with the mail, so it is read."""
    message = _mail(b"Content-Type: multipart/mixed; boundary=x\r\n\r\nforan 040574-1235\r\n--x\r\n\r\nHej\r\n--x--\r\nbagefter\r\n")
    assert CPR in _everything(message)
    assert "bagefter" in _everything(message)


@pytest.mark.parametrize(
    ("defect", "raw"),
    [
        ("no_headers", b""),
        ("no_headers", b"\r\nhej"),
        ("malformed_header", b"bare en linje tekst uden hoved"),
        ("no_headers", bytes(range(256)) * 20),
        ("nul_in_header", b"From: a\0@b.example\r\nTo: c@d.example\r\n\r\nhej"),
        ("malformed_header", HEAD + b"not a header\r\n\r\nhej"),
        ("bad_base64", HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!!!not base64!!!!"),
        ("unknown_transfer_encoding", HEAD + b"Content-Transfer-Encoding: x-zip\r\n\r\nabc"),
        ("binary_text", HEAD + b"\r\nabc\0\0def"),
        ("boundary_not_found", HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\nhej"),
        ("boundary_not_found", HEAD + b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhej\r\n--x--"),
        ("duplicate_header", HEAD + b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nhej"),
        (
            "encoded_multipart",
            HEAD + b"Content-Transfer-Encoding: base64\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhej\r\n--x--",
        ),
        ("headers_too_large", HEAD + b"X: " + b"a" * 1_100_000 + b"\r\nY: b\r\n\r\nhej"),
        ("too_many_parts", HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nhej\r\n" * 5000 + b"--x--"),
        ("uuencoded", HEAD + b"\r\nbegin 644 a.bin\r\nM" + b"A" * 60 + b"\r\nend\r\n"),
    ],
)
def test_what_cannot_be_trusted_is_unreadable(defect: str, raw: bytes) -> None:
    """Each way in which a client might show something that we did not see has its name, and the message is unreadable."""
    message = parse_message(raw)
    assert defect in message.defects
    assert not message.readable


@pytest.mark.parametrize(
    ("defect", "rest"),
    [
        ("no_closing_boundary", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhej"),
        ("unknown_charset", b"Content-Type: text/plain; charset=x-nope\r\n\r\nhej"),
        ("bad_content_type", b"Content-Type: text\r\n\r\nhej"),
        ("duplicate_header", b"Subject: to\r\n\r\nhej"),
        ("bad_encoded_word", b"X: y\r\nSubject: =?utf-8?B?!!!?=\r\n\r\nhej"),
    ],
)
def test_lenient_cases_are_read_with_a_defect(defect: str, rest: bytes) -> None:
    """A slip after which everything was still read is a defect, and no block."""
    message = _mail(rest)
    assert defect in message.defects
    assert (True, "hej") == (message.readable, message.body.strip())


@pytest.mark.parametrize("depth", [25, 300, 5000])
def test_a_depth_bomb_is_unreadable(depth: int) -> None:
    """Nesting beyond the limit neither recurses nor passes."""
    raw = b"From: a@b.example\r\nTo: c@d.example\r\n"
    for level in range(depth):
        raw += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
    assert "too_deep" in parse_message(raw + b"\r\nhej").defects


def test_a_damaged_attachment_is_said_and_not_read() -> None:
    """Base64 garbage in an attachment makes that part unreadable; the message itself can be read."""
    terms = read_terms(b'{"checked":"2026-01-01","source":"","groups":[],"idioms":[]}')
    message = _mail(
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHej\r\n--x\r\nContent-Type: text/plain; name=a.txt\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n%%%\r\n--x--\r\n"
    )
    evidence = classify(message, terms)
    assert [(0, "damaged")] == [(part.part, part.reason) for part in evidence.unreadable]
    assert SensitivityClass.UNKNOWN in evidence.classes


def _mutated(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(data) or 1)
        kind = chance.randrange(6)
        if kind == 0:
            del data[place : place + chance.randint(1, 60)]
        elif kind == 1:
            data[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 20)))
        elif kind == 2 and data:
            data[place % len(data)] = chance.randrange(256)
        elif kind == 3:
            data[place:place] = data[chance.randrange(len(data) or 1) :][: chance.randint(1, 200)]
        elif kind == 4:
            data = data[:place]
        else:
            data[place:place] = chance.choice(
                [b"\r\n\r\n", b"--", b"\0", b'Content-Type: multipart/mixed; boundary=""\r\n', b"=?utf-8?b?", b"\r"]
            )
    return bytes(data)


def _library_samples() -> list[bytes]:
    found = importlib.util.find_spec("test.test_email")
    if found is None or found.origin is None:
        return []
    return [path.read_bytes() for path in sorted((Path(found.origin).parent / "data").glob("*")) if path.is_file()]


def test_malformed_messages_never_raise_and_are_never_unreadable_but_clean(root: Path) -> None:
    """Mutated good mails and the library's own test data: always a Message, and an unreadable one is never without class."""
    terms = read_terms((root / "policies/rego/registers/content_terms/data.json").read_bytes())
    chance = random.Random(4711)
    good = _good_ones()
    samples = _library_samples() + [_mutated(chance.choice(good), chance) for _ in range(size(sample=100, full=500))]
    for raw in samples:
        message = parse_message(raw)
        evidence = classify(message, terms)
        assert message.readable or message.defects
        assert message.readable or evidence.classes & {SensitivityClass.UNKNOWN, SensitivityClass.UNREAD}


@settings(max_examples=size(sample=100, full=1000), deadline=None)
@given(st.binary(max_size=400) | st.text(alphabet="Content-Type:multipart/mixed; boundary=x\r\n-", max_size=200).map(str.encode))
def test_parsing_never_raises(raw: bytes) -> None:
    """Any bytes give a Message of their size."""
    assert parse_message(raw).size_bytes == len(raw)
    assert parse_message(HEAD + raw).sender == "mette@nordlys.example"
