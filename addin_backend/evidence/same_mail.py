"""Whether a sent mail is the one that was checked, whatever Outlook and Exchange did to its layout in between (docs/decisions/061)."""

from __future__ import annotations

import html
import re

from addin_backend.evidence.calendar_request import place_of
from addin_backend.evidence.digest import digest_of
from addin_backend.evidence.extraction.decoration import decoration_ids, is_decoration
from addin_backend.evidence.html import to_text
from addin_backend.model.message import Attachment, BodyFormat, Message

LETTERS = re.compile(r"[\W_]+")
_TARGET = re.compile(r"[<\[]([^<>\[\]]{1,2000})[>\]]")  # where a link leads or a picture comes from, in a text made of HTML
_BULLET = re.compile(r"^[ \t]*(?:\d{1,2}\.|o)[ \t]+", re.MULTILINE)


def _letters(text: str) -> str:
    return LETTERS.sub("", text).lower()


def _repeats(item: Attachment, letters: str, source: str) -> bool:
    """Whether it is the plain alternative that Exchange makes of an HTML body: its letters, list numbers, and what the source links to."""
    if not item.inline or item.name or not item.media_type.startswith("text/plain"):
        return False
    text = _TARGET.sub(lambda found: "" if found[1] in source else found[0], item.content.decode("utf-8", "replace"))
    return letters in (_letters(text), _letters(_BULLET.sub("", text)))


def fingerprint(mailbox: str, message: Message) -> str:
    """The same for a draft that was checked and for the sent mail: SHA-256, 64 hexadecimal digits.

    Over mailbox, recipients, subject, the letters of the text, what could not be read of it, and every part but small pictures that the
    HTML shows and the plain alternative that repeats it. A part is judged by what it holds: any client may call any file inline. Of an
    invitation's request that says the mail again only the place counts, which stands below the text in what was checked.
    """
    rich = message.body_format is BodyFormat.HTML
    text = _letters(to_text(message.body).text if rich else message.body)
    source, shown = html.unescape(message.body) if rich else "", decoration_ids(message)
    places = {id(item): place for item in message.attachments if (place := place_of(item, message, text, _letters)) is not None}
    parts = [
        item
        for item in message.attachments
        if id(item) not in places and not is_decoration(item, shown) and not (rich and _repeats(item, text, source))
    ]
    unread = [] if message.readable and not message.defects else [str(message.readable), *sorted(message.defects)]
    who, place = mailbox.strip().lower(), _letters("".join(places.values()))
    plain = Message(
        sender=who,
        recipients=(),
        subject=" ".join(message.subject.split()),
        body="\n".join([who, *sorted({item.address.lower() for item in message.recipients}), text + place, *unread]),
        attachments=tuple(sorted(parts, key=lambda item: (item.name, item.content))),
    )
    return digest_of(plain)
