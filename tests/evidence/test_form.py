"""How a mail came about, addresses that nobody reads, and labels."""

from __future__ import annotations

import pytest

from addin_backend.evidence.form import domains_in, form_of, is_no_reply, plain_subject, thread_ids
from addin_backend.evidence.labels import label_of
from addin_backend.model.facts import MessageForm, SensitivityLabel
from addin_backend.model.message import Message, Recipient

ONE = (Recipient(address="bo@f.example", domain="f.example"),)
TWO = (*ONE, Recipient(address="anna@f.example", domain="f.example"))


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("SV: Sag 4471", MessageForm.REPLY),
        ("Sv: Sag", MessageForm.REPLY),
        ("Re: Sag", MessageForm.REPLY),
        ("RE[2]: Sag", MessageForm.REPLY),
        ("AW: Sag", MessageForm.REPLY),
        ("SV: VS: Sag", MessageForm.REPLY),
        ("VS: Sag", MessageForm.FORWARD),
        ("FW: Sag", MessageForm.FORWARD),
        ("Fwd: SV: Sag", MessageForm.FORWARD),
        ("Vedr.: Sag", MessageForm.NEW),
        ("Vedr. Sag", MessageForm.NEW),
        ("Sag: Re 12", MessageForm.NEW),
        ("Regning: 12", MessageForm.NEW),
        ("Sv", MessageForm.NEW),
        ("", MessageForm.NEW),
    ],
)
def test_the_form_follows_from_the_prefix(subject: str, expected: MessageForm) -> None:
    """Danish, English and neighbours; the first prefix is the newest."""
    assert form_of(Message(sender="m@n.example", recipients=ONE, subject=subject, body="")) is expected


def test_in_reply_to_makes_a_reply_and_several_recipients_a_reply_to_all() -> None:
    """Without a prefix the headers tell; a forward keeps its prefix; an unreadable mail has no form."""
    mail = Message(sender="m@n.example", recipients=TWO, subject="Sag", body="", in_reply_to="<a@x>", references="<b@x> <a@x>")
    assert form_of(mail) is MessageForm.REPLY_ALL
    assert thread_ids(mail) == ("<b@x>", "<a@x>")
    assert form_of(Message(sender="", recipients=ONE, subject="FW: x", body="", in_reply_to="<a@x>")) is MessageForm.FORWARD
    assert form_of(Message(sender="", recipients=ONE, subject="", body="", readable=False)) is MessageForm.UNKNOWN


def test_the_subject_of_a_thread_is_without_prefixes_and_case() -> None:
    """A reply and its reply are one thread."""
    assert plain_subject("SV: RE[3]: Din  Sag ") == plain_subject("din sag") == "din sag"


@pytest.mark.parametrize(
    "local",
    [
        "noreply",
        "no-reply",
        "no_reply",
        "NoReply",
        "donotreply",
        "do-not-reply",
        "do.not.reply",
        "ikke-svar",
        "ikkesvar",
        "svar-ikke",
        "noreply+4471",
        "firma-noreply",
        "noreply.dk",
        "mailer-daemon",
        "bounce",
        "no-replies",
    ],
)
def test_an_address_that_only_sends_is_told(local: str) -> None:
    """By its local part."""
    assert is_no_reply(f"{local}@firma.example")


@pytest.mark.parametrize("local", ["reply", "bo.noren", "info", "nora.reply", "casanoreplyx", "svar", "ikke", "norep", "debounced", "anna"])
def test_other_addresses_are_not(local: str) -> None:
    """Parts of other words do not count."""
    assert not is_no_reply(f"{local}@noreply.example")


def test_domains_are_read_from_quoted_headers() -> None:
    """As Outlook writes them."""
    assert domains_in("> Fra: Anna <anna@a.example>\n> Til: 'bo@B.example'; c@c.co.example") == {"a.example", "b.example", "c.co.example"}


NAMES = {
    "fortrolig": SensitivityLabel.CONFIDENTIAL,
    "intern": SensitivityLabel.GENERAL,
    "11111111-aaaa": SensitivityLabel.HIGHLY_CONFIDENTIAL,
}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", SensitivityLabel.NONE),
        ("Fortrolig", SensitivityLabel.CONFIDENTIAL),
        ("Ukendt", SensitivityLabel.NONE),
        ("MSIP_Label_22222222-bbbb_Enabled=true; MSIP_Label_22222222-bbbb_Name=Fortrolig", SensitivityLabel.CONFIDENTIAL),
        ("MSIP_Label_22222222-bbbb_Enabled=False; MSIP_Label_22222222-bbbb_Name=Fortrolig", SensitivityLabel.NONE),
        ("MSIP_Label_11111111-AAAA_Enabled=true", SensitivityLabel.HIGHLY_CONFIDENTIAL),
        (
            "MSIP_Label_22222222-bbbb_Name=Intern;MSIP_Label_33333333-bbbb_Name=Fortrolig;MSIP_Label_33333333-bbbb_Enabled=True",
            SensitivityLabel.CONFIDENTIAL,
        ),
    ],
)
def test_the_strictest_label_counts(raw: str, expected: SensitivityLabel) -> None:
    """By the organisation's names and ids."""
    assert label_of(raw, NAMES) is expected
