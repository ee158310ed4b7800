"""Notes for the sender, put into their own Inbox, about a mail that waits for a secure connection. In Danish and English (sender_note)."""

from __future__ import annotations

from datetime import datetime

from addin_backend.model.decision import Texts
from addin_backend.sealing.sender_note import written

_SUBJECT = Texts(da="En mail venter på en sikker forbindelse", en="A mail waits for a secure connection")
_WAITS = Texts(
    da="Mailen til {address} fra {at:%d.%m.%Y} venter. Modtagerens mailserver tager lige nu ikke imod den over en sikker forbindelse.",
    en="The mail to {address} of {at:%Y-%m-%d} waits. The recipient's mail server does not take it over a secure connection now.",
)
_NOT_LOST = Texts(da="Den er ikke tabt, og vi prøver videre.", en="It is not lost, and we keep trying.")
_HOW = Texts(
    da="Kan det ikke vente? Åbn mailen i Sendt post, tryk på Hvordan sendt?, og vælg Send som sikker side i stedet.",
    en="Can it not wait? Open the mail in Sent Items, press Sent how?, and choose Send as a secure page instead.",
)
_NOTES: dict[str, tuple[Texts, tuple[Texts, ...]]] = {
    "offer": (_SUBJECT, (_WAITS, _NOT_LOST, _HOW)),
    "sent": (
        Texts(da="Mailen er sendt som sikker side", en="The mail was sent as a secure page"),
        (
            Texts(
                da="Mailen til {address} fra {at:%d.%m.%Y} kom ikke frem og er taget ud af køen.",
                en="The mail to {address} of {at:%Y-%m-%d} did not arrive and has been taken out of the queue.",
            ),
            Texts(
                da="Modtageren har i stedet fået et link til den på en sikker side.",
                en="The recipient has got a link to it on a secure page instead.",
            ),
        ),
    ),
    "void": (
        Texts(da="Mailen er kommet frem", en="The mail has arrived"),
        (
            Texts(
                da="Mailen til {address} fra {at:%d.%m.%Y} nåede frem, før den kunne trækkes tilbage.",
                en="The mail to {address} of {at:%Y-%m-%d} arrived before it could be withdrawn.",
            ),
            Texts(da="Den er ikke sendt som sikker side.", en="It has not been sent as a secure page."),
        ),
    ),
    "not_withdrawn": (
        Texts(da="Mailen kunne ikke trækkes tilbage", en="The mail could not be withdrawn"),
        (
            Texts(
                da="Vi kunne ikke få mailen til {address} fra {at:%d.%m.%Y} ud af køen, så den kan stadig nå frem.",
                en="We could not take the mail to {address} of {at:%Y-%m-%d} out of the queue, so it may still arrive.",
            ),
            Texts(
                da="Den er derfor ikke sendt som sikker side. Ring til modtageren, hvis det haster.",
                en="So it has not been sent as a secure page. Call the recipient if it is urgent.",
            ),
        ),
    ),
    "not_sent": (
        Texts(da="Mailen er ikke sendt", en="The mail has not been sent"),
        (
            Texts(
                da="Mailen til {address} fra {at:%d.%m.%Y} kom ikke frem, og den kunne heller ikke sendes som sikker side.",
                en="The mail to {address} of {at:%Y-%m-%d} did not arrive, and could not be sent as a secure page either.",
            ),
            Texts(
                da="Åbn den i Sendt post, tryk på Hvordan sendt?, og prøv igen, eller skriv en ny mail.",
                en="Open it in Sent Items, press Sent how? and try again, or write a new mail.",
            ),
        ),
    ),
}
KINDS = frozenset(_NOTES)


def note_of(kind: str, sender: str, address: str, *, sent_at: datetime, message_id: str, date: datetime, about: str) -> bytes:
    """The note of a ``kind`` (one of KINDS) about the copy to ``address``. ``about``: that copy's Message-ID."""
    subject, lines = _NOTES[kind]
    told = [Texts(da=line.da.format(address=address, at=sent_at), en=line.en.format(address=address, at=sent_at)) for line in lines]
    return written(sender, subject, told, message_id=message_id, date=date, about=about)
