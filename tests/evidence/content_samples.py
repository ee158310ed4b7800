"""What the content tests share: the product's terms, a mail in one line, and the labelled mails."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import Terms, read_terms
from addin_backend.model.evidence import ContentEvidence
from addin_backend.model.message import Attachment, BodyFormat, Message

HERE = Path(__file__).resolve().parent


@cache
def terms() -> Terms:
    """The product's own register."""
    return read_terms((HERE.parent.parent / "policies/rego/registers/content_terms/data.json").read_bytes())


def mail(body: str, subject: str = "", *, html: bool = False, attachments: tuple[Attachment, ...] = ()) -> Message:
    """A mail with these words."""
    form = BodyFormat.HTML if html else BodyFormat.PLAIN
    return Message(sender="", recipients=(), subject=subject, body=body, body_format=form, attachments=attachments)


def evidence(body: str, subject: str = "", *, html: bool = False, attachments: tuple[Attachment, ...] = ()) -> ContentEvidence:
    """What the product finds in it."""
    return classify(mail(body, subject, html=html, attachments=attachments), terms())


def text_file(name: str, text: str) -> Attachment:
    """An attachment whose text is known."""
    return Attachment(name=name, media_type="text/plain; extracted=yes", content=text.encode())


def labelled() -> list[dict[str, Any]]:
    """The invented, labelled mails."""
    return [json.loads(line) for line in (HERE / "data/mails.jsonl").read_text(encoding="utf-8").splitlines()]


def as_message(item: dict[str, Any]) -> Message:
    """A labelled mail as a message."""
    files = tuple(
        text_file(one["name"], one["text"])
        if "text" in one
        else Attachment(name=one["name"], media_type="application/octet-stream", content=base64.b64decode(one["base64"]))
        for one in item["attachments"]
    )
    return mail(item["body"], item["subject"], html=item["format"] == "html", attachments=files)
