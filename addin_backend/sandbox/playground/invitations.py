"""What Outlook sends for a meeting: a mail with an iCalendar request in it (RFC 5546 §3.2.2), and the ready-made invitations."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from addin_backend.evidence.html import to_text

MAX_OCTETS = 75  # of a line (RFC 5545 §3.1)
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})
METTE = "mette.holm@nordlys.example"
JONAS = ("Jonas Friis", "jonas.friis@nordlys.example")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A ready-made invitation. ``title`` is the button; ``note`` says what it shows. The invitation itself is Danish in both languages."""

    key: str
    title: dict[str, str]
    note: dict[str, str]
    required: tuple[tuple[str, str], ...]
    subject: str
    body: str
    location: str = ""
    optional: tuple[tuple[str, str], ...] = ()
    attachments: tuple[tuple[str, str, bytes], ...] = ()


INVITATIONS: tuple[Invitation, ...] = (
    Invitation(
        key="lunch",
        title={"da": "Frokostmøde", "en": "Lunch meeting"},
        note={"da": "Til en kollega og en café", "en": "To a colleague and a café"},
        required=(JONAS, ("Lise", "lise@cafehavnen.example")),
        subject="Frokost på torsdag",
        body="Vi tager bordet ved vinduet.\n\nMette\n",
        location="Café Havnen",
    ),
    Invitation(
        key="illness",
        title={"da": "Sygefravær", "en": "Sick leave"},
        note={"da": "Helbred og CPR-nummer", "en": "Health and a CPR number"},
        required=(("Bo Madsen", "bo.madsen@postkasse.example"), ("Anna Lund", "anna.lund@fynskpension.example")),
        optional=(JONAS,),
        subject="Samtale om Bo Madsens sygemelding",
        body=(
            "Vi taler om tilbagevenden til arbejdet. Speciallægen har stillet diagnosen svær depression.\n"
            "CPR-nummer: 010190-1234\n\nMette\n"
        ),
        location="Lokale 2",
        attachments=(("lægeerklæring.txt", "text/plain", "Diagnose: svær depression. CPR-nummer: 010190-1234\n".encode()),),
    ),
    Invitation(
        key="look_alike",
        title={"da": "Ligner en partner", "en": "Looks like a partner"},
        note={"da": "Bekræft modtageren", "en": "Confirm the recipient"},
        required=(("Anna Lund", "anna.lund@fynskpensjon.example"),),
        subject="Statusmøde",
        body="Skal vi tage en kort status?\n\nMette\n",
        location="Teams",
    ),
)


def invitation_view(invitation: Invitation, language: str) -> dict[str, object]:
    """A ready-made invitation as the page reads it: the API's DRAFT with a key, a title and the place."""

    def people(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
        return [{"name": name, "address": address} for name, address in pairs]

    files = [
        {"name": name, "media_type": kind, "base64": base64.b64encode(content).decode(), "inline": False, "content_id": ""}
        for name, kind, content in invitation.attachments
    ]
    return {
        "key": invitation.key,
        "title": invitation.title[language],
        "note": invitation.note[language],
        "location": invitation.location,
        "draft": {
            "from": METTE,
            "to": people(invitation.required),
            "cc": people(invitation.optional),
            "bcc": [],
            "subject": invitation.subject,
            "body": invitation.body,
            "attachments": files,
        },
    }


def _folded(line: str) -> str:
    """A content line in pieces of at most 75 octets, each after the first behind a blank (RFC 5545 §3.1)."""
    pieces, current, size = [], "", 0
    for sign in line:
        width = len(sign.encode())
        if size + width > MAX_OCTETS:
            pieces.append(current)
            current, size = " ", 1
        current, size = current + sign, size + width
    return "\r\n".join([*pieces, current])


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _attendees(people: Sequence[Mapping[str, str]], role: str) -> list[str]:
    shown = (one.get("name") or one["address"] for one in people)
    return [
        f'ATTENDEE;ROLE={role};RSVP=TRUE;CN="{name.replace(chr(34), "")}":mailto:{one["address"]}'
        for name, one in zip(shown, people, strict=True)
    ]


def _described(draft: Mapping[str, Any]) -> list[str]:
    """The text, and the HTML that it was written in."""
    body = str(draft.get("body", ""))
    if draft.get("body_format") != "html":
        return [f"DESCRIPTION:{body.translate(_ESCAPES)}"]
    return [f"DESCRIPTION:{to_text(body).text.translate(_ESCAPES)}", f"X-ALT-DESC;FMTTYPE=text/html:{body.translate(_ESCAPES)}"]


def calendar_request(draft: Mapping[str, Any], begins: datetime, ends: datetime, location: str, uid: str, at: datetime) -> str:
    """The request as text, CRLF. ``draft`` is the API's: To are required, Cc optional."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Send sikkert//Legeplads//DA",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{_time(at)}",
        f"DTSTART:{_time(begins)}",
        f"DTEND:{_time(ends)}",
        f"ORGANIZER:mailto:{draft['from']}",
        *_attendees(draft.get("to", []), "REQ-PARTICIPANT"),
        *_attendees(draft.get("cc", []), "OPT-PARTICIPANT"),
        f"SUMMARY:{str(draft.get('subject', '')).translate(_ESCAPES)}",
        f"LOCATION:{location.translate(_ESCAPES)}",
        *_described(draft),
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)
