"""Ways to show a reader what a checker does not see: each is found or unknown, never passed; ordinary mail stays ordinary."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from addin_backend.evidence.content.terms import Terms, read_terms
from addin_backend.evidence.extraction.reader import read_here
from addin_backend.evidence.gather import content_of
from addin_backend.evidence.mime import body_defects, parse_message
from addin_backend.evidence.pictures import is_small_picture
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.message import BodyFormat, Message
from work import grows_with

HEAD = b"From: mette@nordlys.example\r\nTo: bo@postkasse.example\r\nSubject: Hej\r\n"
NUMBER = b"CPR-nummer: 070761-4285"
B64 = base64.b64encode(NUMBER)
HEJ = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHej"


@pytest.fixture(scope="module", name="terms")
def _terms(root: Path) -> Terms:
    return read_terms((root / "policies/rego/registers/content_terms/data.json").read_bytes())


def _text(body: bytes, media_type: bytes = b"text/plain; charset=utf-8", encoding: bytes = b"8bit") -> bytes:
    return HEAD + b"Content-Type: " + media_type + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body + b"\r\n"


def _html(body: bytes) -> bytes:
    return _text(body, b"text/html; charset=utf-8")


def _parts(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    inner = b"".join(b"--B\r\n" + part + b"\r\n" for part in parts)
    return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=B\r\n\r\n" + inner + b"--B--\r\n"


def _file(name: bytes, media_type: bytes, content: bytes) -> bytes:
    head = b"Content-Type: " + media_type + b'; name="' + name + b'"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return _parts(HEJ, head + base64.b64encode(content))


HTML = {
    "comment holds style": b"<!-- <style> -->CPR 070761-4285<!-- </style> -->",
    "comment holds script": b"<!-- <script> -->Hej CPR 070761-4285",
    "title": b"<title><style></title>CPR 070761-4285<p></style>",
    "textarea": b"<textarea><style></textarea>CPR 070761-4285<textarea></style></textarea>",
    "textarea, split": b"<textarea><style></textarea>CPR 070761</style>-4285",
    "xmp": b"<xmp><style></xmp>CPR 070761-4285<xmp></style></xmp>",
    "plaintext": b"<plaintext><style>CPR 070761-4285</style>",
    "svg style": b"<svg><style/>CPR 070761-4285</svg><style></style>",
    "style content": b'<style>p:before{content:"070761-4285"}</style><p>CPR</p>',
    "script": b'<script>document.write("CPR 070761-4285")</script>Hej',
    "quote in a tag": b'<p ">CPR 070761-4285<p ">',
    "comment splits": b"CPR: <!-- -->0707<!-- x -->61<!---->-<!-->4285",
    "instruction splits": b"CPR-nummer: 0707<?x y?>61-4285",
    "declaration splits": b"CPR-nummer: 0707<!foo>61-4285",
    "empty tags split": b"CPR-nummer: 0707</ foo>61-42</>85",
    "cdata splits": b"CPR-nummer: 0707<![CDATA[x]]>61-4285",
    "cdata holds": b"CPR-nummer: 0707<![CDATA[61]]>-4285",
    "attribute splits": b"CPR-nummer: 0707<b title=x>61</b>-4285",
    "conditional holds": b"CPR-nummer: 0707<!--[if mso]>61<![endif]-->-4285",
    "conditional splits": b"CPR-nummer: 0707<!--[if mso]>99<![endif]-->61-4285",
    "hidden splits": b'CPR-nummer: 0707<span style="display:none">99</span>61-4285',
    "reversed": b'<bdo dir="rtl">5824-167070</bdo>',
    "long references": b"CPR-nummer: &#0000000000048;7&#x0000000000030;761-4285",
    "data picture": b'<img src="data:image/png;base64,' + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 200) + b'">Hej',
    "data link": b'<a href="data:text/plain;base64,' + B64 + b'">klik</a>',
    "data in css": b'<style>p{background:url("data:image/png;base64,eHg=")}</style>Hej',
    "frame": b'<iframe srcdoc="CPR 070761-4285"></iframe>',
    "uuencode": b"<pre>\nbegin 644 a.txt\n#0P  \n`\nend</pre>",
    "control characters": b"CPR-nummer: 0707\x0161-42\x0285",
}
BODIES = {
    "unknown charset": (b"Hej", b"text/plain; charset=x-nope", b"8bit"),
    "ebcdic": (base64.b64encode(NUMBER.decode().encode("cp500")), b"text/plain", b"base64"),
    "two charsets": (b"Hej", b"text/plain; charset=us-ascii; charset=ibm500", b"8bit"),
    "utf-7": (b"CPR-nummer: 070761+-4285", b"text/plain; charset=utf-7", b"8bit"),
    "soft break with blanks": (b"CPR-nummer: 0707=  \r\n61-42=\t\r\n85", b"text/plain", b"quoted-printable"),
    "bare CR": (b"Hej=\rBo", b"text/plain", b"quoted-printable"),
    "comment before": (B64, b"text/plain", b"(x) base64"),
    "comment behind": (B64, b"text/plain", b"base64 (x)"),
    "html in plain": (b"<p>0707<b>61</b>-4285 CPR</p>", b"text/plain", b"8bit"),
    "odd type": (b"CPR 0707<b>61</b>-4285", b"html", b"8bit"),
    "odd type with more": (b"CPR 0707<b>61</b>-4285", b"text/html garbage", b"8bit"),
    "commented type": (b"CPR 0707<b>61</b>-4285", b"(x) text/html", b"8bit"),
    "xhtml": (b"CPR 0707<b>61</b>-4285", b"application/xhtml+xml", b"8bit"),
    "short uuencode": (b"Hej\r\n begin  644 a.txt\r\n#0P  \r\n`\r\nend", b"text/plain", b"8bit"),
    "yenc": (b"=ybegin line=128 size=23 name=a.txt\r\nxx", b"text/plain", b"8bit"),
    "binhex": (b"(This file must be converted with BinHex 4.0)\r\n\r\n:abc:", b"text/plain", b"8bit"),
    "armour": (b"Hej\r\n-----BEGIN PGP MESSAGE-----\r\nxx", b"text/plain", b"8bit"),
    "nothing but base64": (B64, b"text/plain", b"7bit"),
    "C1": ("CPR 0707\x8561-4285".encode(), b"text/plain; charset=utf-8", b"8bit"),
}
MAIL = b"From: x@x.example\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + B64
FILES = {
    "ebcdic": (b"a.csv", b"text/csv", NUMBER.decode().encode("cp500")),
    "xml references": (b"a.xml", b"application/xml", b"<a>CPR &#48;&#55;0761-4285</a>"),
    "xml tags": (b"a.xml", b"text/xml", b"<a>CPR <b>0707</b><b>61-4285</b></a>"),
    "xml entity": (b"a.xml", b"text/xml", b'<!DOCTYPE a [<!ENTITY x "0707">]><a>CPR &x;61-4285</a>'),
    "json escapes": (b"a.json", b"application/json", b'{"cpr":"\\u0030\\u00370761-4285"}'),
    "vcard qp": (b"a.vcf", b"text/vcard", b"BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:CPR =30=37=30=37=36=31=2D4285\nEND:VCARD"),
    "vcard base64": (b"a.vcf", b"text/vcard", b"BEGIN:VCARD\nNOTE;ENCODING=B:" + B64 + b"\nEND:VCARD"),
    "calendar attachment": (b"a.ics", b"text/calendar", b"ATTACH;ENCODING=BASE64;VALUE=BINARY:" + B64 + b"\nEND:VCALENDAR"),
    "ldif": (b"a.ldif", b"text/plain", b"cpr:: " + B64),
    "mail as text": (b"a.txt", b"text/plain", MAIL),
    "mail as html": (b"a.eml", b"text/html", MAIL),
    "mail as anything": (b"a.eml", b"application/x-foo", MAIL),
    "svg": (b"a.svg", b"image/svg+xml", b'<svg><image href="x"/></svg>'),
    "pdf behind junk": (b"a.txt", b"text/plain", b"\r\nxx%PDF-1.4\n"),
    "postscript": (b"a.txt", b"text/plain", b" %!PS\n(0707) show"),
    "armour": (b"a.txt", b"text/plain", b"Hej\n-----BEGIN PGP MESSAGE-----\nxxx"),
    "html without a name": (b"a", b"text/plain", b"<p>CPR 0707<b>61</b>-4285"),
}
WHOLE = {
    "signature of text": _parts(HEJ, b"Content-Type: text/plain; x=signature\r\n\r\n" + NUMBER, kind=b"signed"),
    "signature by name": _parts(HEJ, b'Content-Type: text/html; name="signature.html"\r\n\r\n' + NUMBER, kind=b"signed"),
    "subject, unknown charset": HEAD.replace(b"Hej", b"=?x-foo?b?" + B64 + b"?=") + b"\r\nHej",
    "subject, bad base64": HEAD.replace(b"Hej", b"=?utf-8?b?!" + B64 + b"?=") + b"\r\nHej",
    "subject, blank in a word": HEAD.replace(b"Hej", b"=?utf-8?q?CPR 070761=2D4285?=") + b"\r\nHej",
    "plain alternative": _parts(
        b"Content-Type: text/plain\r\n\r\n070761-4285",
        b"Content-Type: text/html\r\n\r\n<table><tr><td>070761</td><td>!</td><td>4285</td></tr></table>",
        kind=b"alternative",
    ),
    "preamble": HEAD + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + MAIL + b"\r\n--B\r\n\r\nHej\r\n--B--\r\n",
}
ATTACKS = {
    **{f"html: {name}": _html(body) for name, body in HTML.items()},
    **{f"body: {name}": _text(*given) for name, given in BODIES.items()},
    **{f"file: {name}": _file(*given) for name, given in FILES.items()},
    **WHOLE,
}


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_nothing_that_a_client_may_show_is_passed(name: str, terms: Terms) -> None:
    """Each mail holds a number, or a part that cannot be read: the message is unreadable or its class is not empty."""
    message = parse_message(ATTACKS[name])
    assert not message.readable or content_of(message, terms, read_here).classes


def _png(width: int, height: int, behind: bytes = b"") -> bytes:
    header = struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0crc."
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 0) + b"IENDcrc." + behind


def _gif(width: int, height: int, frames: int = 1) -> bytes:
    frame = b"\x2c\0\0\0\0" + struct.pack("<HH", width, height) + b"\0\x02\x02\x4c\x01\0"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + b"\0" * 6 + frame * frames + b";"


JPEG = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x30\0\x50\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0abc\xff\0def\xff\xd9"


@pytest.mark.parametrize(
    ("expected", "content", "media_type"),
    [
        (True, _png(300, 60), "image/png"),
        (True, _gif(300, 60), "image/gif"),
        (True, JPEG, "image/jpeg"),
        (False, _png(2000, 60), "image/png"),
        (False, _png(300, 101), "image/png"),
        (False, _png(300, 60, b"PK\x03\x04"), "image/png"),
        (False, _png(300, 60), "text/plain"),
        (False, _png(300, 60), "application/pdf"),
        (False, _png(300, 60)[:-4], "image/png"),
        (False, _gif(300, 60, frames=2), "image/gif"),
        (False, JPEG + b"x", "image/jpeg"),
        (False, b"GIF89a  \x01\0 CPR", "image/gif"),
    ],
)
def test_a_decoration_is_one_small_whole_picture(expected: bool, content: bytes, media_type: str) -> None:
    """Low, narrow, declared as an image, and with nothing behind its end."""
    assert expected is is_small_picture(content, media_type)


@pytest.mark.parametrize(("expected", "body"), [((), "Hej\r\n\tBo\f"), (("binary_text",), "a\0b"), (("binary_text",), "\x01" * 9)])
def test_text_from_the_add_in_is_read_like_a_file(expected: tuple[str, ...], body: str) -> None:
    """The same body gives the same defects, whether it is taken in as text or as bytes."""
    assert expected == body_defects(body)
    assert bool(expected) is not parse_message(_text(body.encode())).readable


def test_one_control_character_in_a_draft_is_unknown(terms: Terms) -> None:
    """What is too little for "no text" is still a part that cannot be read."""
    message = Message(sender="", recipients=(), subject="Hej", body="0707\x0161" + "a" * 2000, body_format=BodyFormat.PLAIN)
    assert {SensitivityClass.UNKNOWN} == content_of(message, terms, read_here).classes


OUTLOOK = (
    b'<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><head>'
    b'<meta http-equiv=Content-Type content="text/html; charset=utf-8"><!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style>'
    b"<![endif]--><style><!-- @font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;} p.MsoNormal {margin:0cm;font-size:11.0pt;}"
    b" @page WordSection1 {size:612.0pt 792.0pt; margin:3.0cm 2.0cm 3.0cm 2.0cm;} --></style><!--[if gte mso 9]><xml>"
    b'<o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]--></head><body lang=DA link="#0563C1"><div class=WordSection1>'
    b"<p class=MsoNormal>Hej Lise<o:p></o:p></p><p class=MsoNormal>Skal vi spise frokost fredag kl. 12?<o:p>&nbsp;</o:p></p>"
    b'<p>Venlig hilsen<br>Mette Holm<br><img width=120 height=40 src="cid:logo@nordlys" alt="Nordlys"></p></div></body></html>'
)
NEWSLETTER = (
    b'<!doctype html><html><head><title>Nyheder</title><style type="text/css">@import url(https://fonts.example/css?family=Lato:400,700);'
    b"body,table,td{font-family:'Segoe UI','Times New Roman',Helvetica,Arial!important}@media only screen and (max-width:600px)"
    b"{.full{width:100%!important}.hide{display:none!important}}#outlook a{padding:0}.ExternalClass{width:100%}</style>"
    b"<!--[if mso]><noscript><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml>"
    b'</noscript><![endif]--></head><body><div style="display:none;max-height:0;overflow:hidden">Vores nyheder&#847;&zwnj;&nbsp;</div>'
    b'<!--[if mso]><table width="600"><tr><td><![endif]--><table role="presentation"><tr><td><h1>Forsikring til din cykel</h1>'
    b'<p>Se vores nye priser.</p><a href="https://nordlys.example/?id=12345">L\xc3\xa6s mere</a></td></tr></table>'
    b"<!--[if mso]></td></tr></table><![endif]--><!-- footer --><p>Nordlys, Havnegade 1</p></body></html>"
)


@pytest.mark.parametrize("html", [OUTLOOK, NEWSLETTER], ids=["outlook", "newsletter"])
def test_ordinary_html_stays_ordinary(html: bytes, terms: Terms) -> None:
    """Style sheets, conditional comments, a hidden preview text and a logo are neither findings nor unknown."""
    logo = (
        b"Content-Type: image/png\r\nContent-ID: <logo@nordlys>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    plain = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHej Lise\r\n\r\nSkal vi spise frokost?\r\n"
    page = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html
    pair = b"Content-Type: multipart/alternative; boundary=C\r\n\r\n--C\r\n" + plain + b"\r\n--C\r\n" + page + b"\r\n--C--"
    parts = [pair, logo + base64.b64encode(_png(120, 40))] if b"cid:" in html else [pair]
    message = parse_message(_parts(*parts, kind=b"related"))
    found = content_of(message, terms, read_here)
    assert (True, set(), ()) == (message.readable, set(found.classes), found.unreadable)


@pytest.mark.parametrize(
    "make",
    [
        lambda count: b"To: " + b"@:" * (20 * count) + b"\r\n\r\nHej",
        lambda count: HEAD + b"X: y\r\n" + b" x\r\n" * (10 * count) + b"\r\nHej",
        lambda count: _parts(
            b"Content-Type: text/html\r\n\r\n" + b"hej <p>" * (5 * count),
            *[b"Content-Type: text/plain\r\n\r\nhej"] * (count // 10),
            kind=b"alternative",
        ),
    ],
    ids=["routes", "folds", "alternatives"],
)
def test_the_work_of_a_hostile_mail_grows_with_its_length(make: Callable[[int], bytes]) -> None:
    """What once took quadratic time; every byte is counted."""
    assert parse_message(make(2_000)).size_bytes == len(make(2_000))
    assert grows_with(lambda count: lambda: parse_message(make(count)), 500) < 6
