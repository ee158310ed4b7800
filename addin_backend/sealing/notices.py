"""The mails that we write ourselves: the sender's readable copy and the notification with a link to the secure page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from addin_backend.errors import BadInput
from addin_backend.model.decision import Protection
from addin_backend.model.message import Message, Recipient, RecipientKind
from addin_backend.sealing.compose import compose

MAX_LINK = 900  # one line of a mail holds 998 octets

_LINK = re.compile(r"https?://[!-~]+")
_HOW = {
    "da": {
        Protection.PLAIN: "almindelig mail",
        Protection.TLS: "sikker forbindelse",
        Protection.SMIME: "krypteret",
        Protection.PORTAL: "sikker side, med et link i en mail",
        Protection.DIGITAL_POST: "ikke sendt; brug Digital Post",
        Protection.NONE: "ikke sendt",
    },
    "en": {
        Protection.PLAIN: "ordinary mail",
        Protection.TLS: "secure connection",
        Protection.SMIME: "encrypted",
        Protection.PORTAL: "secure page, by a link in a mail",
        Protection.DIGITAL_POST: "not sent; use Digital Post",
        Protection.NONE: "not sent",
    },
}
_RECORD = {"da": "I logbogen", "en": "In the log"}
_SEE = {
    "da": "Åbn mailen i Outlook, og tryk på Hvordan sendt? for at se mere.",
    "en": "Open the mail in Outlook and press Sent how? to see more.",
}
_OPENING = {"da": "Send sikkert: sådan blev mailen sendt", "en": "Send securely: how the mail was sent"}


def how_sent(deliveries: Sequence[tuple[Recipient, Protection]], language: str, record: str = "") -> tuple[str, ...]:
    """One line per recipient that says how, and one with the address of the ``record``, or its number and where the sender can look.

    A Bcc recipient gets a line without the address: a copy can be forwarded.
    """
    tongue = language if language in _HOW else "en"
    lines = [_OPENING[tongue]]
    for recipient, protection in deliveries:
        who = "Bcc" if recipient.kind is RecipientKind.BCC else recipient.address
        lines.append(f"{who}: {_HOW[tongue][protection]}")
    if record:
        lines.append(f"{_RECORD[tongue]}: {record}" if _LINK.fullmatch(record) else f"{_RECORD[tongue]}: {record}. {_SEE[tongue]}")
    return tuple(lines)


def sender_copy(
    message: Message,
    deliveries: Sequence[tuple[Recipient, Protection]],
    *,
    language: str,
    message_id: str,
    date: datetime,
    record: str = "",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The one readable copy for the sender's Sent Items: the whole mail, with a block on top that says how it reached whom.

    ``record`` is the address of the decision in the log, or its number where nobody can open the log's pages. The sender's categories
    stand in Keywords, which leave with no mail.
    """
    to = [item for item in message.recipients if item.kind is RecipientKind.TO]
    cc = [item for item in message.recipients if item.kind is RecipientKind.CC]
    top = how_sent(deliveries, language, record)
    kept = {"Keywords": ", ".join(message.categories)} if message.categories else {}
    return compose(message, to=to, cc=cc, message_id=message_id, date=date, headers={**kept, **(headers or {})}, top=top)


def _notification_text(organisation: str, link: str, until: datetime | None) -> str:
    da_until = f"\nBeskeden kan læses til og med den {until:%d.%m.%Y}.\n" if until else ""
    en_until = f"\nThe message can be read up to and including {until:%Y-%m-%d}.\n" if until else ""
    return (
        f"{organisation} har sendt dig en sikker besked. Den ligger på en sikker side og står ikke i denne mail.\n\n"
        f"Åbn beskeden:\n{link}\n{da_until}\n"
        "Linket er kun til dig. Send det ikke videre.\n"
        "Er du i tvivl, om mailen er ægte, så ring til afsenderen på et nummer, du selv finder.\n\n"
        "----\n\n"
        f"{organisation} has sent you a secure message. It is on a secure page and is not in this mail.\n\n"
        f"Open the message:\n{link}\n{en_until}\n"
        "The link is for you only. Do not pass it on.\n"
        "If you doubt that this mail is genuine, call the sender on a number that you find yourself.\n"
    )


def compose_notification(
    *,
    sender: str,
    organisation: str,
    recipient: Recipient,
    link: str,
    message_id: str,
    date: datetime,
    until: datetime | None = None,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The mail that tells one recipient where the secure message is: Danish and English, neutral subject, nothing of the content.

    ``sender`` may be an address for all such mails; answers go to ``reply_to`` then.

    Raises BadInput for a link that is no http(s) address in ASCII, and as ``compose``.
    """
    if len(link) > MAX_LINK or not _LINK.fullmatch(link):
        raise BadInput("The link is not a web address.", sentence_da="Linket er ikke en webadresse.", field="link")
    subject = f"Sikker besked fra {organisation} / Secure message from {organisation}"
    text = _notification_text(organisation, link, until)
    answers = (reply_to,) if reply_to and reply_to.lower() != sender.lower() else ()
    notice = Message(sender=sender, recipients=(), subject=subject, body=text, reply_to=answers)
    return compose(notice, to=[recipient], cc=(), message_id=message_id, date=date, headers=headers)
