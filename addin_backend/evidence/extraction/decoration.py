"""Logos: small pictures that the HTML body shows, and that are nothing else. A screenshot pasted into a mail is inline too."""

from __future__ import annotations

from addin_backend.evidence.html import referenced_ids
from addin_backend.evidence.pictures import is_small_picture
from addin_backend.model.message import Attachment, BodyFormat, Message


def decoration_ids(message: Message) -> frozenset[str]:
    """The Content-IDs that the HTML body shows."""
    return referenced_ids(message.body) if message.body_format is BodyFormat.HTML else frozenset()


def is_decoration(attachment: Attachment, shown: frozenset[str]) -> bool:
    """A logo: inline, shown by the HTML body, and nothing but a small picture (see ``pictures``). Anything else is ``unknown_type``."""
    if not attachment.inline or not attachment.content_id or attachment.content_id.strip("<>") not in shown:
        return False
    return is_small_picture(attachment.content, attachment.media_type.partition(";")[0].strip())
