"""What counts as the mail that was checked, and what does not."""

from __future__ import annotations

import base64

import msgspec
import pytest

from addin_backend.evidence.mime import parse_message
from addin_backend.evidence.same_mail import fingerprint
from addin_backend.flows.intake import from_draft
from addin_backend.model.draft_input import DraftInput
from make_pdf import png

ANNA = "anna@nordlys.example"
HTML = '<p>Se <a href="https://nordlys.example/sag?x=1&amp;y=2">sagen</a></p><ol><li>Aftale</li></ol><img src="cid:logo"><p>Hilsen Anna</p>'
PLAIN = "Se sagen<https://nordlys.example/sag?x=1&y=2>\n\n  1.  Aftale\n[cid:logo]\nHilsen Anna\n"
LOGO = png(8, 8, bytes(64))
LOGO_PART = ("image/png", 'inline; filename="logo.png"', base64.b64encode(LOGO).decode(), "Content-ID: <logo>\r\n")
JOURNAL = base64.b64encode(b"CPR-nummer: 010190-1233").decode()


def _checked(**changes: object) -> str:
    made = {"from": ANNA, "to": [{"address": "bo@firma.example"}], "subject": "Sagen", "body": "Hej Bo", **changes}
    return fingerprint(ANNA, from_draft(msgspec.convert(made, DraftInput)))


def _part(media_type: str, disposition: str, content: str, more: str = "") -> str:
    shown = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    return f"--b\r\nContent-Type: {media_type}\r\n{shown}{more}Content-Transfer-Encoding: base64\r\n\r\n{content}\r\n"


def _sent(*parts: tuple[str, str, str, str] | tuple[str, str, str], kind: str = "mixed", last: str = "--b--\r\n") -> str:
    head = (
        f"From: {ANNA}\r\nTo: bo@firma.example\r\nSubject: Sagen\r\nMIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n"
    )
    return fingerprint(ANNA, parse_message((head + "".join(_part(*part) for part in parts) + last).encode()))


def _text(words: str, media_type: str = "text/plain") -> tuple[str, str, str]:
    return f"{media_type}; charset=utf-8", "", base64.b64encode(words.encode()).decode()


def test_a_mail_is_itself_in_another_wrapping() -> None:
    """A file is the same whatever its disposition says, and letters are the same in other lines."""
    file = {"name": "journal.txt", "media_type": "text/plain", "base64": JOURNAL}
    expected = _checked(attachments=[file])
    assert expected == _sent(_text("Hej\r\n  Bo\r\n"), ("text/plain; name=journal.txt", "attachment; filename=journal.txt", JOURNAL))
    assert expected == _sent(_text("Hej Bo"), ("text/plain; name=journal.txt", "inline; filename=journal.txt", JOURNAL))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a file called inline", [("application/octet-stream", "inline; filename=journal.docx", JOURNAL)]),
        ("a file without a disposition", [("application/octet-stream; name=journal.docx", "", JOURNAL)]),
        ("a second text", [_text("CPR-nummer: 010190-1233")]),
        ("a picture that no HTML shows", [LOGO_PART]),
    ],
)
def test_a_part_more_is_another_mail(name: str, parts: list[tuple[str, str, str]]) -> None:
    """Whatever a client calls a part, the mail that was checked did not have it."""
    assert _checked() == _sent(_text("Hej Bo")), name
    assert _checked() != _sent(_text("Hej Bo"), *parts), name


def test_what_cannot_be_read_is_another_mail() -> None:
    """A mail with a defect is not the draft that had none."""
    assert _checked() != _sent(_text("Hej Bo"), last="--b\r\nContent-Type: multipart/mixed\r\n\r\nx\r\n--b--\r\n")
    assert _checked() != _sent(_text("Hej Bo"), last="")


def test_logos_and_the_alternative_that_repeats_are_the_same_mail() -> None:
    """Exchange writes a plain alternative beside the HTML: links in brackets, list numbers, pictures. A logo is none of what is said."""
    logo = {
        "name": "image001.png",
        "media_type": "image/png",
        "base64": base64.b64encode(LOGO).decode(),
        "inline": True,
        "content_id": "logo",
    }
    checked = _checked(body=HTML, body_format="html", attachments=[logo])
    assert checked == _sent(_text(PLAIN), _text(HTML, "text/html"), LOGO_PART, kind="alternative")


@pytest.mark.parametrize("more", ["\nCPR-nummer: 010190-1233", "<https://x.example/010190-1233>", "\n 010190. 1233"])
def test_an_alternative_that_says_more_is_another_mail(more: str) -> None:
    """What only the alternative says, in its words or in brackets, was not checked."""
    checked = _checked(body=HTML, body_format="html")
    assert checked == _sent(_text(PLAIN), _text(HTML, "text/html"), kind="alternative")
    assert checked != _sent(_text(PLAIN + more), _text(HTML, "text/html"), kind="alternative")


REQUEST = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//X//Y//DA\r\nMETHOD:REQUEST\r\n"
    "BEGIN:VTIMEZONE\r\nTZID:Romance Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\n"
    "TZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    "BEGIN:VEVENT\r\nUID:u-1\r\nDTSTAMP:20261129T100000Z\r\nDTSTART;TZID=Romance Standard Time:20261130T100000\r\n"
    "ORGANIZER;CN=\"Lund; Anna\":mailto:anna@nordlys.example\r\nATTENDEE;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:bo@firma.exam\r\n ple\r\n"
    "SUMMARY:Sagen\r\nLOCATION:Lokale 2\\, stuen\r\nDESCRIPTION:Vi mødes kl. ti.\\n\\nAnna\r\n{more}"
    "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\r\nX-MICROSOFT-LOCATIONS:[{{\"DisplayName\":\"Lokale 2\\, stuen\"}}]\r\n"
    "BEGIN:VALARM\r\nDESCRIPTION:REMINDER\r\nTRIGGER;RELATED=START:-PT15M\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)  # fmt: skip
WRITTEN = "Vi mødes kl. ti.\n\nAnna\n"


def _invited(request: str, text: str = WRITTEN, html: str = "") -> str:
    plain = ("text/plain; charset=utf-8", "", base64.b64encode(text.encode()).decode())
    rich = ("text/html; charset=utf-8", "", base64.b64encode(html.encode()).decode())
    calendar = ("text/calendar; charset=utf-8; method=REQUEST", "", base64.b64encode(request.encode()).decode())
    return _sent(plain, *([rich] if html else []), calendar, kind="alternative")


def test_an_invitation_is_the_one_that_was_checked_when_its_request_says_nothing_more() -> None:
    """The event code reads title, text and place; Exchange sends a mail with a request, in plain text or with HTML beside it."""
    assert _checked(body=f"{WRITTEN}\nLokale 2, stuen") == _invited(REQUEST.format(more=""))
    rich = "<p>Vi mødes kl. ti.</p><p>Anna</p>"
    sent = _invited(REQUEST.format(more=f"X-ALT-DESC;FMTTYPE=text/html:{rich}\r\n"), html=rich)
    assert _checked(body=f"{rich}\nLokale 2, stuen", body_format="html") == sent


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("DESCRIPTION:Vi mødes", "DESCRIPTION:CPR 010190-1233. Vi mødes"),
        ("SUMMARY:Sagen", "SUMMARY:Sagen om Bo"),
        ("LOCATION:Lokale 2", "LOCATION:Lokale 3"),
        ("SUMMARY:Sagen", "LOCATION:Et andet sted\r\nSUMMARY:Sagen"),
        ("SUMMARY:Sagen", "COMMENT:Bo er syg\r\nSUMMARY:Sagen"),
        ("SUMMARY:Sagen", "ATTACH:https://x.example/journal\r\nSUMMARY:Sagen"),
        ("SUMMARY:Sagen", "X-NOTE:Bo er syg\r\nSUMMARY:Sagen"),
        ("SUMMARY:Sagen", "Bo er syg\r\nSUMMARY:Sagen"),
        ("SUMMARY:Sagen", "UID:" + "Bo er syg. " * 40 + "\r\nSUMMARY:Sagen"),
        ("DESCRIPTION:REMINDER", "DESCRIPTION:Bo er syg"),
        ("mailto:anna@", "mailto:eva@"),
        ('"DisplayName":"Lokale 2', '"DisplayName":"Lokale 3'),
        ("METHOD:REQUEST", "METHOD:CANCEL"),
    ],
)
def test_a_request_that_says_anything_else_is_another_mail(old: str, new: str) -> None:
    """Nothing is hidden in it: such an invitation is judged as it was sent."""
    request = REQUEST.format(more="")
    assert old in request
    assert _checked(body=f"{WRITTEN}\nLokale 2, stuen") != _invited(request.replace(old, new))
