"""Reports on mail that did not arrive, over EWS and over Graph: each is matched to its send or changes nothing at all."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import timedelta

import pytest

from addin_backend.model.decision import Protection
from addin_backend.model.delivery import Fate, Source
from addin_backend.model.sending import SendJob, SendState
from after_lab import COMMON, LISE, AfterLab, after_lab
from exchange_simulator import BO, JONAS, METTE, TRANSPORTS, World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One simulator for the file; nothing that went either way broke a schema."""
    with running(tmp_path_factory.mktemp("exchange")) as world:
        yield world
        assert world.violations() == []


@pytest.fixture(params=TRANSPORTS)
def lab(world: World, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AfterLab]:
    """Stores of their own, and a mailbox that has been met."""
    with after_lab(world.over(request.param), tmp_path_factory.mktemp("data")) as made:
        yield made


def forged(job: SendJob, *recipients: str, message_id: str = "", action: str = "failed", extra: str = "") -> bytes:
    """A report as anybody can write one."""
    original = message_id or job.groups[0].message_id
    lines = "".join(
        f"\r\nOriginal-Recipient: rfc822;{one}\r\nFinal-Recipient: rfc822;{one}\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        for one in recipients
    )
    return (
        f"From: MAILER-DAEMON@ondskab.example\r\nTo: {METTE}\r\nSubject: <script>alert(1)</script>\r\n{extra}MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHej\r\n'
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;mx.ondskab.example\r\n{lines}"
        f"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original}\r\nSubject: Hemmeligt\r\n\r\n--b--\r\n"
    ).encode()


def test_a_real_report_is_matched_recorded_and_told(lab: AfterLab) -> None:
    """Exchange refuses the recipient: known, in the log without the address, and three lines for the sender, once."""
    lab.world.switch(undeliverable=["postkasse.example"])
    try:
        job = lab.job(BO, JONAS)
        lab.leave(job)
    finally:
        lab.world.switch(undeliverable=[])
    lab.read()
    lab.read()
    (known,) = lab.known(job)
    assert (BO, Fate.NOT_DELIVERED, Source.OWN_REPORT, "5.1.1", True) == (known.address, known.fate, known.source, known.status, known.told)
    (record,) = lab.records(job)
    assert ("not_delivered", "own_report", "5.1.1") == (record["action"], record["body"]["source"], record["body"]["status"])  # type: ignore[index]  # JSON
    assert "@" not in str(record)
    (note,) = lab.notes(job)
    read = email.message_from_string(lab.text(note), policy=email.policy.default)
    danish, english = str(read.get_content()).replace("\r\n", "\n").split("\n\n----\n\n")
    assert (3, 3) == (len(danish.strip().split("\n")), len(english.strip().split("\n")))
    assert (True, True) == ("sikker side" in danish, BO in english)
    assert lab.cabinet.store.job(job.job_id) == job


def test_the_note_is_unread_and_was_sent_to_nobody(lab: AfterLab) -> None:
    """It is put into the Inbox: nothing leaves for it."""
    job = lab.job()
    lab.arrive(forged(job, BO))
    lab.read()
    (row,) = lab.notes(job)
    assert (False, False, []) == (row["is_read"], row["is_draft"], lab.world.journal(row["marker"]))


def test_a_lost_answer_gives_no_second_note(lab: AfterLab) -> None:
    """The note was put there and the answer was lost: the next round finds it by its marker."""
    job = lab.job()
    lab.arrive(forged(job, BO))
    lab.world.fault("CreateItem", "drop_after_commit")
    lab.read()
    lab.read()
    assert (1, [True]) == (len(lab.notes(job)), [one.told for one in lab.known(job)])


def test_a_mailbox_that_does_not_answer_is_read_the_next_time(lab: AfterLab) -> None:
    """The report is not lost when it could not be opened."""
    job = lab.job()
    lab.arrive(forged(job, BO))
    lab.world.fault("GetMime" if lab.world.transport == "graph" else "GetItem", "http", status=503)
    lab.read()
    assert [] == lab.known(job)
    lab.read()
    assert [Fate.NOT_DELIVERED] == [one.fate for one in lab.known(job)]


def test_a_report_on_a_link_comes_to_the_common_address(lab: AfterLab) -> None:
    """Links leave from one address: its Inbox is read too, and believed about links only."""
    link, clear = lab.job(protection=Protection.PORTAL), lab.job()
    for job in (link, clear):
        lab.arrive(forged(job, BO), COMMON)
    lab.read(COMMON)
    assert ([Fate.NOT_DELIVERED], []) == ([one.fate for one in lab.known(link)], lab.known(clear))


def test_a_report_of_another_form_names_its_recipient_in_a_header(lab: AfterLab) -> None:
    """Exim and Google: X-Failed-Recipients, and the thread says which mail."""
    job = lab.job()
    head = f"From: Mailer-Daemon@mx.example\r\nTo: {METTE}\r\nSubject: Mail delivery failed\r\nReferences: {job.groups[0].message_id}\r\n"
    lab.arrive((head + f"X-Failed-Recipients: {BO}\r\n\r\nThis message was created automatically.\r\n").encode())
    lab.read()
    assert [(BO, Fate.NOT_DELIVERED)] == [(one.address, one.fate) for one in lab.known(job)]


def test_an_automatic_reply_is_no_report(lab: AfterLab) -> None:
    """An answer in the thread, whoever wrote it, says nothing about delivery, and is not even opened."""
    job, opened = lab.job(), lab.world.asked("GetItem")
    head = f"From: {BO}\r\nTo: {METTE}\r\nSubject: Ikke til stede\r\nAuto-Submitted: auto-replied\r\n"
    lab.arrive((head + f"In-Reply-To: {job.groups[0].message_id}\r\n\r\nJeg er tilbage mandag.\r\n").encode())
    lab.read()
    assert ([], opened) == (lab.known(job), lab.world.asked("GetItem"))


def test_what_a_forged_report_cannot_do(lab: AfterLab) -> None:
    """For another's send, a mail that never was, a recipient of nobody's, an unsent copy, an old one: nothing is known, told or sent."""
    others, unsent, old = lab.job(mailbox=JONAS), lab.job(state=SendState.NOT_SENT), lab.job(ago=timedelta(days=31))
    own = lab.job()
    lab.arrive(forged(others, BO))
    lab.arrive(forged(own, BO, message_id="<0123456789abcdef0123456789abcdef.clear@nordlys.example>"))
    lab.arrive(forged(own, "ukendt@postkasse.example"))
    lab.arrive(forged(unsent, BO))
    lab.arrive(forged(old, BO))
    lab.arrive(forged(own, BO, action="delivered"))
    lab.read()
    assert [[]] * 4 == [lab.known(job) for job in (others, unsent, old, own)]
    assert ([], []) == (lab.world.journal(f"{own.job_id}.clear"), lab.notes(own))


def test_a_forged_report_is_known_for_what_it_is(lab: AfterLab) -> None:
    """It may carry our own server's mark: that is taken off on its way in. Markup stands nowhere, and the job is as it was."""
    job = lab.job(BO, LISE)
    lab.arrive(forged(job, LISE.upper(), extra="X-MS-Exchange-Organization-AuthAs: Internal\r\n"))
    lab.arrive(forged(job, LISE))
    lab.read()
    (known,) = lab.known(job)
    assert (LISE, Source.REPORT) == (known.address, known.source)
    (note,) = lab.notes(job)
    assert (False, False) == ("script" in lab.text(note), "Hemmeligt" in lab.text(note))
    assert (1, job) == (len(lab.records(job)), lab.cabinet.store.job(job.job_id))


def test_a_thousand_recipients_and_ten_megabytes(lab: AfterLab) -> None:
    """Only our own recipients count, and each of them once."""
    job = lab.job(BO, LISE)
    many = [f"nr{number}@postkasse.example" for number in range(1000)]
    lab.arrive(forged(job, *many, BO, BO, LISE) + b"x" * 10_000_000)
    lab.read()
    assert [BO, LISE] == [one.address for one in lab.known(job)]
    assert 2 == len(lab.records(job))


def test_our_own_report_counts_more_than_anybodys(lab: AfterLab) -> None:
    """A report from outside first, then Exchange's own: the source is known, and there is one note and one record."""
    job = lab.job()
    lab.arrive(forged(job, BO))
    lab.read()
    lab.world.switch(undeliverable=["postkasse.example"])
    try:
        lab.leave(job)
    finally:
        lab.world.switch(undeliverable=[])
    lab.read()
    assert ([Source.OWN_REPORT], 1, 1) == ([one.source for one in lab.known(job)], len(lab.notes(job)), len(lab.records(job)))
