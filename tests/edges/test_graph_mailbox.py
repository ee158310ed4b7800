"""What is Graph's own: its limits, throttling, 200 without sending, large attachments, and mailboxes that change transport."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from addin_backend.edges.graph import client, sent_items
from addin_backend.edges.graph.saving import Limits
from addin_backend.errors import Conflict, NotYours, OutcomeUnknown, TooLarge, Unavailable
from addin_backend.model.item_ids import ews_id, rest_id
from addin_backend.model.ledger import SentEntry
from addin_backend.ports import Outgoing
from exchange_simulator import BO, KARIN, METTE, World, delivered, mail, running

KB = 1024
SMALL = Limits(request=64 * KB, attachment=40 * KB, piece=320 * KB)
SEALED = b'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\r\nContent-Transfer-Encoding: base64'


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One simulator for the file; at the end no request had a form that Graph does not know."""
    with running(tmp_path_factory.mktemp("exchange")) as world:
        yield world.over("graph")
        assert world.violations() == []


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """The switches as they start, also after a test that failed."""
    yield shared_world.over("graph")
    shared_world.switch(graph_request_bytes=4 * 1024 * KB, graph_silent_bytes=0)


def composed(*attachments: bytes, marker: str, save_to: str = "sentitems") -> Outgoing:
    """A mail as we make it: text, HTML, and attachments with Danish names."""
    made = EmailMessage(policy=policy.SMTP)
    made["From"], made["To"] = "Mette Holm <mette.holm@nordlys.example>", f"Bo Madsen <{BO}>"
    made["Subject"], made["Message-ID"] = "Sagen om æbletræet", f"<{marker}@nordlys.example>"
    made["In-Reply-To"] = made["References"] = "<first@postkasse.example>"
    made["Date"], made["Importance"] = "Sat, 28 Nov 2026 10:00:00 +0100", "high"
    made["X-SendSecurely-Ticket"] = "v1.abc"
    made.set_content("Kære Bo")
    made.add_alternative("<p>Kære Bo</p>", subtype="html")
    for number, content in enumerate(attachments):
        made.add_attachment(content, maintype="application", subtype="pdf", filename=f"bilag-æ{number}.pdf")
    return Outgoing(
        mime=made.as_bytes(), to=(BO,), cc=(), bcc=(KARIN,), message_id=f"<{marker}@nordlys.example>", marker=marker, save_to=save_to
    )


def contents(mime: bytes) -> list[bytes]:
    """What hangs on a message, decoded."""
    parsed = BytesParser(EmailMessage, policy=policy.default).parsebytes(mime)
    assert isinstance(parsed, EmailMessage)
    return [content for part in parsed.iter_attachments() if isinstance(content := part.get_payload(decode=True), bytes)]


def test_ids_have_two_forms_of_one_item() -> None:
    """What Office.js gives and what EWS gives name the same item; translating twice changes nothing."""
    theirs = "AAMk/x+y=="
    assert ("AAMk-x_y==", theirs, "AAMk-x_y==") == (rest_id(theirs), ews_id(rest_id(theirs)), rest_id(rest_id(theirs)))


def test_a_draft_is_found_under_either_form_of_its_id(world: World) -> None:
    """The pane may send the one or the other; we keep the one."""
    saved = world.graph.save(METTE, mail())
    assert saved == world.graph.fetch_draft(METTE, rest_id(saved.item_id))[0] == world.ews.fetch_draft(METTE, saved.item_id)[0]


@pytest.mark.parametrize(("first", "second"), [("ews", "graph"), ("graph", "ews")])
def test_a_mailbox_may_change_transport_between_disarm_and_restore(world: World, first: str, second: str) -> None:
    """Both read the one property that the other wrote, and both see the marker."""
    outgoing = mail(bcc=(KARIN,))
    saved = world.over(first).mailbox.save(METTE, outgoing)
    disarmed = world.mailbox.disarm(METTE, saved)
    assert disarmed == world.over(second).mailbox.disarm(METTE, disarmed)
    world.mailbox.restore(METTE, disarmed)
    (row,) = [item for item in world.items(METTE, "drafts") if item["id"] == saved.item_id]
    assert ([BO], [KARIN], False) == (
        [person["address"] for person in row["to"]], [person["address"] for person in row["bcc"]], row["disarmed"]
    )  # fmt: skip
    again = world.mailbox.save(METTE, outgoing)
    assert again.item_id == saved.item_id
    world.mailbox.send(METTE, again, outgoing)
    assert world.over(first).mailbox.was_sent(METTE, outgoing)
    assert [BO, KARIN] == [entry["recipient"] for entry in world.journal(outgoing.marker)]


def test_a_200_is_no_yes(world: World) -> None:
    """Graph answers 200 to a large mail and does not send it: unknown, and the look says that it did not leave."""
    outgoing = mail(body=b"x" * 4000)
    saved = world.mailbox.save(METTE, outgoing)
    world.switch(graph_silent_bytes=3000)
    with pytest.raises(OutcomeUnknown):
        world.mailbox.send(METTE, saved, outgoing)
    assert not world.mailbox.was_sent(METTE, outgoing)
    assert [] == world.journal(outgoing.marker)


def test_a_draft_changed_between_saving_and_sending_is_not_sent(world: World) -> None:
    """Graph's send knows no change key, so we look just before it."""
    outgoing = mail()
    stale = world.mailbox.save(METTE, outgoing)
    world.ews.restore(METTE, world.ews.disarm(METTE, stale))
    before = world.asked("SendItem")
    with pytest.raises(Conflict):
        world.mailbox.send(METTE, stale, outgoing)
    assert before == world.asked("SendItem")


def test_a_sealed_mail_over_the_request_limit_is_refused_before_anything_is_asked(world: World) -> None:
    """With the way out that is known to work; the setting that would take it apart is off."""
    outgoing = mail(body=b"A" * 5 * 1024 * KB, content_type=SEALED)
    before = world.counts()
    with pytest.raises(TooLarge) as caught:
        world.mailbox.save(METTE, outgoing)
    assert before == world.counts()
    assert "sikker side" in caught.value.next_step_da
    assert "secure page" in caught.value.next_step


def test_a_request_that_graph_finds_too_large_is_too_large(world: World) -> None:
    """413, whatever we thought of its size."""
    world.switch(graph_request_bytes=2 * KB)
    with pytest.raises(TooLarge):
        world.mailbox.save(METTE, mail(body=b"x" * 4 * KB))


def test_a_sealed_mail_in_pieces_leaves_with_every_byte(world: World) -> None:
    """Experimental, behind a setting: class IPM.Note.SMIME and smime.p7m in pieces. The marker is written last."""
    sealed = bytes(range(256)) * 4 * 700  # 700 kB: three pieces
    outgoing = mail(body=base64.encodebytes(sealed).replace(b"\n", b"\r\n"), content_type=SEALED, bcc=(KARIN,))
    apart = world.graph_mailbox(limits=Limits(request=64 * KB, attachment=40 * KB, piece=320 * KB, sealed_in_pieces=True))
    saved = apart.save(METTE, outgoing)
    assert saved == apart.save(METTE, outgoing)
    apart.send(METTE, saved, outgoing)
    assert apart.was_sent(METTE, outgoing)
    apart.close()
    entries = world.journal(outgoing.marker)
    assert [(BO, "IPM.Note.SMIME"), (KARIN, "IPM.Note.SMIME")] == [(entry["recipient"], entry["item_class"]) for entry in entries]
    parsed = BytesParser(EmailMessage, policy=policy.default).parsebytes(delivered(entries[0]))
    assert sealed == parsed.get_payload(decode=True)
    assert KARIN.encode() not in delivered(entries[0])
    assert str(parsed["Message-ID"]) == outgoing.message_id


@pytest.mark.parametrize("operation", ["CreateUploadSession", "UploadRange", "UpdateItem", "CreateItem"])
def test_a_draft_in_pieces_that_was_cut_off_is_made_anew(world: World, operation: str) -> None:
    """A crash between the pieces leaves no half mail that could be sent: the next save begins again, and one leaves, whole."""
    outgoing = composed(b"%PDF" * 30 * KB, marker=f"cut-{operation.lower()}", save_to="Krypterede kopier")
    apart = world.graph_mailbox(limits=SMALL)
    world.fault(operation, "drop_after_commit")
    try:
        apart.save(METTE, outgoing)
    except Unavailable:
        apart.save(METTE, outgoing)
    (row,) = [item for item in world.items(METTE, "drafts") if item["message_id"] == outgoing.message_id]
    assert row["marker"] == outgoing.marker
    apart.send(METTE, apart.save(METTE, outgoing), outgoing)
    apart.close()
    assert [BO, KARIN] == [entry["recipient"] for entry in world.journal(outgoing.marker)]
    entry = world.journal(outgoing.marker)[0]
    assert [b"%PDF" * 30 * KB] == contents(delivered(entry))
    assert entry["ticket"]


@pytest.mark.parametrize("sizes", [(), (1000,), (45_000, 20), (700_000, 50_000, 10)])
def test_the_readable_copy_stands_as_sent_with_everything_on_it(world: World, sizes: tuple[int, ...]) -> None:
    """Subject, recipients, thread, category, importance, and every attachment, whether it fits one request or not; once."""
    attached = [b"%PDF" + bytes([number]) * (size - 4) for number, size in enumerate(sizes)]
    outgoing = composed(*attached, marker=f"copy-{len(sizes)}")
    apart = world.graph_mailbox(limits=SMALL)
    apart.store_copy(METTE, outgoing)
    apart.store_copy(METTE, outgoing)
    apart.close()
    (row,) = [item for item in world.items(METTE, "sentitems") if item["message_id"] == outgoing.message_id]
    assert (outgoing.marker, False, ["Sendt sikkert"], "Sagen om æbletræet", "2026-11-28T09:00:00Z") == (
        row["marker"], row["is_draft"], row["categories"], row["subject"], row["sent"]
    )  # fmt: skip
    assert ([{"name": "Bo Madsen", "address": BO}], [KARIN]) == (row["to"], [person["address"] for person in row["bcc"]])
    mime = world.mime(METTE, row["id"])
    assert attached == contents(mime)
    assert b"K=C3=A6re Bo" in mime or base64.b64encode("<p>Kære Bo</p>".encode())[:12] in mime
    assert b"X-SendSecurely-Ticket" not in mime
    assert [] == world.journal(outgoing.marker)


def test_a_half_made_copy_is_made_anew(world: World) -> None:
    """The answer to a piece is lost and so is everything after it: the next attempt removes the half and leaves one whole copy."""
    outgoing = composed(b"%PDF" * 30 * KB, marker="half-copy")
    apart = world.graph_mailbox(limits=SMALL)
    world.fault("UploadRange", "drop_before")
    with pytest.raises(Unavailable):
        apart.store_copy(METTE, outgoing)
    apart.store_copy(METTE, outgoing)
    apart.close()
    (row,) = [item for item in world.items(METTE, "sentitems") if item["message_id"] == outgoing.message_id]
    assert row["marker"] == outgoing.marker


def test_throttled_reads_wait_as_long_as_they_are_told_and_no_longer_than_allowed(world: World) -> None:
    """Retry-After is respected inside a total time; after that it is Unavailable."""
    patient = world.graph_mailbox(patience=3.0)
    world.fault("ListMessages", "server_busy", seconds=1.0)
    started = time.monotonic()
    assert not patient.was_sent(METTE, mail(save_to="sentitems"))
    assert 1.0 <= time.monotonic() - started < 3.0
    world.fault("ListMessages", "server_busy", seconds=60.0)
    started = time.monotonic()
    with pytest.raises(Unavailable):
        patient.was_sent(METTE, mail(save_to="sentitems"))
    assert time.monotonic() - started < 1.0
    patient.close()


def sent_entries(world: World, count: int) -> list[SentEntry]:
    """As many mails in Sent Items, as the ledger sees them."""
    for _ in range(count):
        world.mailbox.store_copy(METTE, mail(save_to="sentitems"))
    page = world.graph.sent_since(METTE, "", 200)
    return list(page.entries[-count:])


def test_many_mails_are_read_in_few_requests_and_only_what_was_throttled_is_asked_again(world: World) -> None:
    """23 mails are two batches; two throttled parts cost one more, after the time they ask for; what is gone is left out."""
    patient = world.graph_mailbox(patience=5.0)
    entries = sent_entries(world, 23)
    gone = [SentEntry(item_id=ews_id("AAMkgone"), message_id="", marker="", ticket="", sent_at=None)]
    batches, mimes = world.asked("Batch"), world.asked("GetMime")
    world.fault("GetMime", "server_busy", seconds=1.0, count=2)
    started = time.monotonic()
    found = patient.read_sent(METTE, [*entries, *gone])
    patient.close()
    assert ({entry.item_id for entry in entries}, True) == (set(found), time.monotonic() - started >= 1.0)
    assert all(b"Message-ID: " + entry.message_id.encode() in found[entry.item_id] for entry in entries)
    assert (3, 26) == (world.asked("Batch") - batches, world.asked("GetMime") - mimes)
    assert all(entry.size > 0 for entry in entries)


def test_parts_that_stay_throttled_are_unavailable(world: World) -> None:
    """Rather nothing than half of it: the ledger reads the page again later. A part that is refused says so."""
    entries = sent_entries(world, 2)
    world.fault("GetMime", "server_busy", seconds=60.0)
    with pytest.raises(Unavailable):
        world.graph.read_sent(METTE, entries)
    world.fault("GetMime", "error", code="ErrorAccessDenied")
    with pytest.raises(NotYours):
        world.graph.read_sent(METTE, entries)


def test_large_mails_are_read_by_fewer_at_a_time() -> None:
    """No more than eight megabytes are asked for at once, unless one mail alone is larger; 20 parts at most."""

    def sizes(*megabytes: float) -> list[int]:
        entries = [SentEntry(item_id=str(at), message_id="", marker="", ticket="", sent_at=None, size=int(mb * 1024 * 1024))
                   for at, mb in enumerate(megabytes)]  # fmt: skip
        return [len(few) for few in sent_items.batches(entries)]

    assert ([2, 1, 1], [20, 5], []) == (sizes(4, 4, 30, 1), sizes(*[0.01] * 25), sizes())


def test_a_throttled_send_is_not_repeated(world: World) -> None:
    """Not even when the server says that it may: one POST, a clear no."""
    patient = world.graph_mailbox(patience=3.0)
    outgoing = mail()
    saved = patient.save(METTE, outgoing)
    before = world.asked("SendItem")
    world.fault("SendItem", "server_busy", seconds=1.0)
    with pytest.raises(Unavailable):
        patient.send(METTE, saved, outgoing)
    patient.close()
    assert before + 1 == world.asked("SendItem")


def test_a_sealed_copy_is_filed_later_when_it_could_not_be_at_once(world: World) -> None:
    """Graph puts every sent copy into Sent Items; what could not be moved then is moved with the readable copy."""
    outgoing = mail()
    saved = world.mailbox.save(METTE, outgoing)
    world.fault("MoveMessage", "http", status=503)
    world.mailbox.send(METTE, saved, outgoing)
    assert world.mailbox.was_sent(METTE, outgoing)
    assert [outgoing.marker] == [item["marker"] for item in world.items(METTE, "sentitems") if item["marker"] == outgoing.marker]
    world.mailbox.store_copy(METTE, mail(save_to="sentitems"))
    assert [] == [item["marker"] for item in world.items(METTE, "sentitems") if item["marker"] == outgoing.marker]
    assert [outgoing.marker] == [item["marker"] for item in world.items(METTE, "krypterede kopier") if item["marker"] == outgoing.marker]


def test_an_answer_without_end_is_cut_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of a mail is read than one that can be judged may have; it counts as one that could not be read."""
    outgoing = composed(b"x" * 200 * KB, marker="cut-off")
    world.graph.send(METTE, world.graph.save(METTE, outgoing), outgoing)
    entries = [one for one in world.graph.sent_since(METTE, "", 200).entries if one.message_id == outgoing.message_id]
    assert 1 == len(world.graph.read_sent(METTE, entries))
    monkeypatch.setattr(client, "LARGEST", 100 * KB)
    assert {} == world.graph.read_sent(METTE, entries)
