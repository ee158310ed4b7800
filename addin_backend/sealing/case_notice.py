"""The mail that tells manager and data protection officer of a mail that went to the wrong person. Nothing of that mail's content."""

from __future__ import annotations

from datetime import datetime

from addin_backend.model.after_send import Case
from addin_backend.model.message import Message, Recipient
from addin_backend.sealing.compose import compose


def _text(case: Case, name: str, closed: tuple[str, ...]) -> str:
    """Danish first. GDPR Art. 33 counts 72 hours from when the organisation knows."""
    who = "\n".join(f"  {address}{' (linket er lukket / the link is closed)' if address in closed else ''}" for address in case.recipients)
    at = f"{case.opened_at:%d.%m.%Y %H.%M} UTC"
    return (
        f"{name} har meldt, at en mail kan være sendt til en forkert modtager.\n\n"
        f"Sag: {case.case_id}\nMeldt: {at}\nMailens id: {case.message_id or '-'}\nModtagere, der ikke skulle have haft den:\n{who}\n\n"
        "Vurder, om det er et brud på persondatasikkerheden. Skal Datatilsynet have besked, er fristen 72 timer fra nu.\n"
        f"{name} har gjort det rigtige ved at melde det med det samme.\n\n----\n\n"
        f"{name} has reported that a mail may have gone to the wrong recipient.\n\n"
        f"Case: {case.case_id}\nReported: {at}\nId of the mail: {case.message_id or '-'}\nRecipients who should not have had it:\n{who}\n\n"
        "Assess whether it is a personal data breach. If the supervisory authority must be told, the limit is 72 hours from now.\n"
        f"{name} did the right thing by reporting it at once.\n"
    )


def compose_case_notice(case: Case, *, name: str, closed: tuple[str, ...], to: str, message_id: str, date: datetime) -> bytes:
    """The notice to one address. Raises as ``compose``."""
    recipient = Recipient(address=to, domain=to.rpartition("@")[2])
    subject = f"Sendt forkert? Sag {case.case_id} / Sent to the wrong person? Case {case.case_id}"
    notice = Message(sender=case.mailbox, recipients=(), subject=subject, body=_text(case, name, closed))
    return compose(notice, to=[recipient], cc=(), message_id=message_id, date=date)
