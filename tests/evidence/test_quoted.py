"""Leaving out the earlier mails: what the writer wrote stays, in whichever way the answer was written."""

from __future__ import annotations

import pytest

from addin_backend.evidence.content.quoted import without_quoted
from addin_backend.evidence.html import to_text
from addin_backend.model.message import BodyFormat, Message

HEADER = "Fra: Bo Madsen\nSendt: 3. maj 2026\nTil: Mette Holm\nEmne: Forsikring\n\nMit CPR-nummer er 010190-1234."
PLAIN = [
    ("Outlook, Danish", f"Hej Bo\n\nDet er fint.\n\n{HEADER}", "Hej Bo\n\nDet er fint.\n"),
    ("Outlook, English", "Fine.\n\nFrom: Bo\nSent: Monday\nTo: Mette\nSubject: x\n\nsecret", "Fine.\n"),
    ("a line of dashes", "Svar\n\n-----Oprindelig meddelelse-----\ngammelt", "Svar\n"),
    ("marked lines", "Svar\n\nDen 3. maj 2026 kl. 10.12 skrev Bo <bo@x.example>:\n> gammelt\n> mere\n", "Svar\n"),
    ("written below", "Den 3. maj 2026 kl. 10.12 skrev Bo:\n> gammelt\n\nMit svar\n", "\n\nMit svar\n"),
    ("written in between", "Den 3. maj 2026 kl. 10.12 skrev Bo:\n> et\nja\n> to\nnej\n", "\n\nja\nnej\n"),
    ("nothing quoted", "Hej\nIngen citat her", "Hej\nIngen citat her"),
    ("nothing at all", "", ""),
]


def _left(body: str, form: BodyFormat = BodyFormat.PLAIN) -> str:
    return without_quoted(Message(sender="m@x.example", recipients=(), subject="Hej", body=body, body_format=form)).body


@pytest.mark.parametrize(("what", "body", "expected"), PLAIN, ids=[case[0] for case in PLAIN])
def test_plain_text_keeps_what_the_writer_wrote(what: str, body: str, expected: str) -> None:
    """The earlier mail goes; words above, below and between its lines stay."""
    assert expected == _left(body)


def test_html_is_cut_where_the_earlier_mail_begins() -> None:
    """Outlook's reply: the text above stays whole, nothing of the mail below is left, not even in another reading of the source."""
    source = (
        "<html><body><p>Hej Bo, det er <b>fint</b> &aelig;</p><div id='divRplyFwdMsg'><b>Fra:</b> Bo &lt;bo@x.example&gt;<br>"
        "<b>Sendt:</b> 3. maj 2026<br><b>Til:</b> Mette<br><b>Emne:</b> x</div><div title='010190-1234'>010190-1234</div></body></html>"
    )
    left = _left(source, BodyFormat.HTML)
    assert "Hej Bo, det er fint æ" == to_text(left).text.strip()
    assert "010190" not in left


def test_html_without_an_earlier_mail_stays_as_it_is() -> None:
    """Not a byte changes."""
    assert "<p>Hej</p>" == _left("<p>Hej</p>", BodyFormat.HTML)
