"""The note about a draft that was put into the folder *Send sikkert* and was not sent: why, and what to do. In Danish and English.

It is put into the writer's own Inbox and names the draft by its subject, so that it can be found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from addin_backend.model.decision import Texts
from addin_backend.model.message import Message, Recipient
from addin_backend.sealing.compose import compose

MOST_REASONS = 4
LONGEST_SUBJECT = 120
NO_RECIPIENTS = Texts(da="Der er ingen modtagere på den.", en="There are no recipients on it.")
OTHER_SENDER = Texts(da="Den er skrevet fra en anden adresse end din egen.", en="It is written from another address than your own.")
NOT_A_DRAFT = Texts(
    da="Det er ikke en kladde, men en mail, der er modtaget eller sendt.", en="It is no draft but a mail that was received or sent."
)
NOT_TAKEN_APART = Texts(
    da="Den er bygget på en måde, som vi ikke kan sende herfra.", en="It is built in a way that we cannot send from here."
)
SOME_HAVE_IT = Texts(da="Nogle af modtagerne har fået den. De andre står på den.", en="Some recipients have got it. The others are on it.")
NOT_SENT = Texts(da="Exchange tog ikke imod den.", en="Exchange did not take it.")
IN_OUTLOOK = Texts(
    da="Åbn den i Outlook på computeren, og tryk på Send sikkert. Der kan du svare og rette.",
    en="Open it in Outlook on a computer and press Send securely. There you can answer and change it.",
)
TRY_AGAIN = Texts(da="Læg den i mappen igen, når det er rettet.", en="Put it into the folder again once that is mended.")


def put_back(
    sender: str, subject: str, reasons: Sequence[Texts], to_do: Texts, *, in_drafts: bool, message_id: str, date: datetime
) -> bytes:
    """The note. ``in_drafts``: the draft lies in Drafts again; otherwise the mail lies in the Inbox."""
    name = " ".join(subject.split())[:LONGEST_SUBJECT] or "-"
    where = Texts(da="Kladder", en="Drafts") if in_drafts else Texts(da="Indbakken", en="the Inbox")
    shown = list(dict.fromkeys(reasons))[:MOST_REASONS]
    da = "\n".join([f"Mailen er ikke sendt: »{name}«. Den ligger i {where.da}.", *(one.da for one in shown), to_do.da])
    en = "\n".join([f"The mail has not been sent: “{name}”. It is in {where.en}.", *(one.en for one in shown), to_do.en])
    mail = Message(
        sender=sender, recipients=(), subject="Mailen er ikke sendt / The mail has not been sent", body=f"{da}\n\n----\n\n{en}\n"
    )
    me = Recipient(address=sender, domain=sender.rpartition("@")[2])
    return compose(mail, to=[me], cc=(), message_id=message_id, date=date, headers={"Auto-Submitted": "auto-generated"})
