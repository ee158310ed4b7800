"""Attachments and HTML: what is text is read as a reader sees it, everything else says why not."""

from __future__ import annotations

import struct
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.extraction.attachment import extract
from addin_backend.evidence.extraction.decoration import decoration_ids, is_decoration
from addin_backend.evidence.extraction.reading import MAX_TEXT
from addin_backend.evidence.html import to_text
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment, BodyFormat, Message
from sizes import size

ZIP = b"PK\x03\x04\x14\x00\x00\x00\x08\x00"


def _file(name: str, content: bytes, media_type: str = "application/octet-stream") -> Attachment:
    return Attachment(name=name, media_type=media_type, content=content)


@pytest.mark.parametrize(
    ("expected", "attachment"),
    [
        ("løn;42", _file("a.csv", "løn;42".encode())),
        ("løn;42", _file("a.csv", "løn;42".encode("cp1252"))),
        ("løn;42", _file("a.csv", "løn;42".encode("utf-16"))),
        ("løn;42", _file("a.csv", "løn;42".encode("utf-16-le"))),
        ("løn;42", _file("a.csv", "løn;42".encode("utf-8-sig"))),
        ("løn;42", _file("a.txt", "løn;42".encode("latin-1"), "text/plain; charset=iso-8859-1")),
        ('{"a": 1}', _file("a.bin", b'{"a": 1}', "application/json")),
        ("<a>1</a>\n\n1", _file("a.xml", b"<a>1</a>", "application/xml")),
        ("010190-1234", _file("a.html", b"<p>0101<b>90</b>&#45;1234</p>", "text/html")),
        ("DESCRIPTION:010190-1234", _file("a.ics", b"DESCRIPTION:010190-\r\n 1234", "text/calendar")),
        ("anything", _file("a.pdf", b"anything", "text/plain; extracted=yes")),
    ],
)
def test_text_is_read(expected: str, attachment: Attachment) -> None:
    """Text in its charsets, HTML joined over inline tags, folded lines joined."""
    found = extract(attachment)
    assert (expected, "") == ((found.text or "").strip(), found.reason)


@pytest.mark.parametrize(
    ("reason", "attachment"),
    [
        ("empty", _file("a.txt", b"")),
        ("empty", _file("a.txt", b" \r\n")),
        ("empty", _file("a.pdf", b"", "text/plain; extracted=yes")),
        ("damaged", _file("a.txt", ZIP, "text/plain")),
        ("damaged", _file("a.csv", ZIP, "text/csv")),
        ("damaged", _file("a.pdf", b"%PDF-1.7 /Encrypt 5 0 R", "application/pdf")),
        ("encrypted", _file("smime.p7m", b"\x30\x82", "application/pkcs7-mime; smime-type=enveloped-data")),
        ("damaged", _file("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 99)),
        ("damaged", _file("a.pdf", b"%PDF-1.4")),
        ("unknown_type", _file("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "image/png")),
        ("unknown_type", _file("winmail.dat", b"\x78\x9f\x3e\x22rest", "application/ms-tnef")),
        ("damaged", _file("a.docx", b"PK\x03\x04\x14\x00\x00\x00")),
        ("unknown_type", _file("a.txt", b"abc\0def" * 20, "text/plain")),
        ("damaged", _file("a.txt", b"%%%", "text/plain; damaged=yes")),
        ("too_large", _file("a.txt", b"a" * (MAX_TEXT + 1), "text/plain")),
    ],
)  # fmt: skip
def test_what_is_not_read_says_why(reason: str, attachment: Attachment) -> None:
    """First bytes go before the declared type and name."""
    assert Extracted(None, reason) == extract(attachment)


def test_text_under_an_unknown_name_counts_and_is_in_doubt() -> None:
    """The words of a file are read whatever it is called; what its program shows besides is not known."""
    assert Extracted("ordinary words", "unknown_type") == extract(_file("a.dat", b"ordinary words"))


def _wrapped(text: str, times: int) -> EmailMessage:
    inner = EmailMessage()
    inner["From"], inner["To"], inner["Subject"] = "a@b.example", "c@d.example", "Inderst"
    inner.set_content(text)
    for _ in range(times):
        outer = EmailMessage()
        outer["From"], outer["To"], outer["Subject"] = "a@b.example", "c@d.example", "VS"
        outer.set_content("Se nedenfor")
        outer.add_attachment(inner)
        inner = outer
    return inner


@pytest.mark.parametrize(("times", "found"), [(0, True), (2, True), (5, True), (6, False)])
def test_mails_within_mails_are_read_five_deep(times: int, found: bool) -> None:
    """Subject, words and attachments of an attached mail count; one that lies deeper is unknown, not left out."""
    result = extract(_file("a.eml", _wrapped("CPR 040574-1235", times).as_bytes(), "message/rfc822"))
    assert found is ("040574-1235" in (result.text or ""))
    assert found is (result.reason == "")


def test_an_unreadable_part_of_an_attached_mail_is_passed_on() -> None:
    """A PDF inside a forwarded mail makes that attachment unknown, and its name is read."""
    mail = _wrapped("Hej", 0)
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Lægeerklæring.pdf")
    result = extract(_file("a.eml", mail.as_bytes(), "message/rfc822"))
    assert ("damaged", "Lægeerklæring.pdf") == (result.reason, result.inside)
    assert "Lægeerklæring.pdf" in (result.text or "")


def _png(height: int) -> bytes:
    header = struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 300, height) + b"\x08\x02\0\0\0" + b"crc."
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 5) + b"IDATabcdecrc." + struct.pack(">I", 0) + b"IENDcrc."


@pytest.mark.parametrize(
    ("expected", "attachment"),
    [
        (True, Attachment(name="logo.png", media_type="image/png", content=_png(60), inline=True, content_id="logo")),
        (False, Attachment(name="logo.png", media_type="image/png", content=_png(400), inline=True, content_id="logo")),
        (False, Attachment(name="logo.png", media_type="image/png", content=_png(60), inline=True, content_id="other")),
        (False, Attachment(name="logo.png", media_type="image/png", content=_png(60), inline=False, content_id="logo")),
        (False, Attachment(name="logo.png", media_type="image/png", content=_png(60) + b"\0" * 200_000, inline=True, content_id="logo")),
        (False, Attachment(name="logo.png", media_type="image/png", content=ZIP, inline=True, content_id="logo")),
    ],
)
def test_only_a_low_picture_that_the_body_shows_is_decoration(expected: bool, attachment: Attachment) -> None:
    """A logo is not "unknown"; a pasted screenshot, a picture that is not shown, or something that is no picture is."""
    body = '<p>Hej <img src="cid:logo"></p>'
    message = Message(sender="", recipients=(), subject="", body=body, body_format=BodyFormat.HTML)
    assert expected is is_decoration(attachment, decoration_ids(message))


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ("CPR 010190-1234", "CPR 01<b>01</b>90&#45;<span>1234</span>"),
        ("A\tB\nC\tD", "<table><tr><td>A</td><td>B</td></tr><tr><td>C</td><td>D</td></tr></table>"),
        ("Hej\nBo", "Hej<br>Bo"),
        ("Hej", "<style>p{color:red}</style><script>var a='<p>x</p>'</script>Hej"),
        ("1 < 2 & 3", "1 < 2 &amp; 3"),
        ("foto af pas", "<img alt='foto af pas' src=x>"),
        ("skjult", "<span style='display:none'>skjult</span>"),
        ("Hej", '<p title="">Hej</p>'),
        ("a > b", '<p data-x="a > b"></p>a &gt; b'),
        ("x", "<![if !mso]>x<![endif]>"),
        ("uafsluttet", "<style>uafsluttet"),
    ],
)  # fmt: skip
def test_html_reads_as_a_reader_sees_it(expected: str, source: str) -> None:
    """Inline tags join, cells and blocks separate, style and script are left out, hidden text counts."""
    assert expected in to_text(source).text.strip().replace(" -->", "")


@pytest.mark.parametrize(
    "piece", ["<div>", '<a "', "<!--", "<style>", "<", "&", "<a b='", "<a href=x ", "<![if ", "<script>a", "&#1", "<td"]
)
def test_hostile_html_is_linear(piece: str) -> None:
    """200,000 times one piece neither recurses nor takes quadratic time (the time limit of the test would be passed)."""
    assert isinstance(to_text(piece * 200_000).text, str)


@settings(max_examples=size(sample=150, full=2000), deadline=None)
@given(st.text(alphabet="<>/ab&;#x1 \"'=!-\nptd\u00e6", max_size=120))
def test_every_character_knows_its_place(source: str) -> None:
    """Each character of the text stands at the place in the source that it names, unless it is a separator or was decoded."""
    shown = to_text(source)
    for index, char in enumerate(shown.text):
        span = shown.source_span(index)
        if span and span[1] - span[0] == 1:
            assert char == source[span[0]].replace("\n", " ").replace("\r", " ") or char == "\n"
