"""A draft as it lies in the mailbox becomes what the pane would have sent in: text, recipients, what hangs on it. Whole, or not at all.

A file that is only judged may be read generously (evidence/mime.py). This one is sent on, so what cannot be taken apart without losing
something is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart

import msgspec

from addin_backend.evidence.mime import parse_message
from addin_backend.flows.intake import from_draft
from addin_backend.model.draft_input import AddressInput, AttachmentInput, DraftInput, Importance
from addin_backend.model.mail_tree import mail_tree
from addin_backend.model.message import BodyFormat, Message
from addin_backend.model.send_folder import Written

_TEXT = {"text/plain": BodyFormat.PLAIN, "text/html": BodyFormat.HTML}
_CLOSED = frozenset({"multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_MOST_PARTS = 500
_DEEPEST = 20


class CannotBeTakenApart(Exception):
    """The draft is built in a way that cannot be sent on without losing something."""


def _leaves(part: MIMEPart, depth: int = 0) -> Iterator[MIMEPart]:
    """What the mail consists of: of alternatives the best that is text, with what belongs to it."""
    kind = part.get_content_type()
    if depth > _DEEPEST or kind in _CLOSED or kind == "text/calendar":
        raise CannotBeTakenApart
    if kind == "multipart/alternative":
        choices = list(part.iter_parts())
        rich = [one for one in choices if one.get_content_type() in ("text/html", "multipart/related", "multipart/mixed")]
        if any(one.get_content_type() == "text/calendar" for one in choices) or not choices:
            raise CannotBeTakenApart
        yield from _leaves((rich or choices)[-1], depth + 1)
    elif part.get_content_maintype() == "multipart":
        for one in part.iter_parts():
            yield from _leaves(one, depth + 1)
    else:
        yield part


def _is_text(part: MIMEPart) -> bool:
    return part.get_content_type() in _TEXT and not part.get_filename() and part.get_content_disposition() != "attachment"


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content(errors="strict")).replace("\r\n", "\n")
    except (LookupError, UnicodeError):
        raise CannotBeTakenApart from None


def _attached(part: MIMEPart) -> AttachmentInput:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0)
        content = inner.as_bytes() if isinstance(inner, MIMEPart) else b""
    else:
        raw = part.get_payload(decode=True)
        content = raw if isinstance(raw, bytes) else b""
    content_id = str(part.get("Content-ID", "")).strip().strip("<>")
    inline = part.get_content_disposition() != "attachment" and bool(content_id)
    return AttachmentInput(
        name=part.get_filename() or "", media_type=part.get_content_type(), base64=content, inline=inline, content_id=content_id
    )


def _importance(mail: EmailMessage) -> Importance:
    said = str(mail.get("Importance", "")).strip().lower()
    return Importance(said) if said in set(Importance) else Importance.NORMAL


def read_draft(mailbox: str, written: Written) -> Message:
    """The mail, from ``mailbox``, to exactly the people who stand on the item. Raises CannotBeTakenApart."""
    judged = parse_message(written.mime)  # says what a careful reader stumbles over
    try:
        mail = mail_tree(written.mime)
        leaves = list(_leaves(mail))
        texts = [part for part in leaves if _is_text(part)]
        if len(texts) > 1 or len(leaves) > _MOST_PARTS or not judged.readable:
            raise CannotBeTakenApart
        body = _text(texts[0]) if texts else ""
        files = [_attached(part) for part in leaves if part not in texts]
        importance = _importance(mail)
    except CannotBeTakenApart:
        raise
    except Exception:  # noqa: BLE001 the library raises many kinds of error on malformed mail; all mean: it is not sent from here
        raise CannotBeTakenApart from None
    people = {kind: [AddressInput(address=address, name=name) for name, address in pairs] for kind, pairs in written.people.items()}
    draft = DraftInput(
        sender=judged.sender or mailbox, to=people.get("to", []), cc=people.get("cc", []), bcc=people.get("bcc", []),
        subject=judged.subject, body=body, body_format=_TEXT[texts[0].get_content_type()] if texts else BodyFormat.PLAIN,
        attachments=files, importance=importance,
    )  # fmt: skip
    return msgspec.structs.replace(from_draft(draft), in_reply_to=judged.in_reply_to, references=judged.references, label=judged.label)
