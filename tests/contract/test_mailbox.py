"""What every Mailbox must do, over EWS and over Graph, against the simulator in its own process. Its journal is the judge."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from addin_backend.edges.ews.mailbox import EwsMailbox
from addin_backend.edges.graph.mailbox import GraphMailbox
from addin_backend.errors import (
    BadInput,
    Conflict,
    MailboxFull,
    NotFound,
    NotYours,
    OutcomeUnknown,
    SenderRefused,
    SendSecurelyError,
    TooLarge,
    Unavailable,
)
from addin_backend.model.ledger import SentEntry
from addin_backend.model.sending import Draft
from exchange_simulator import BO, JONAS, KARIN, METTE, SERVICE, TRANSPORTS, World, delivered, mail, running


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One simulator for the file; at the end nothing that went either way broke a schema."""
    with running(tmp_path_factory.mktemp("exchange")) as world:
        yield world
        assert world.violations() == []


@pytest.fixture(params=TRANSPORTS)
def world(shared_world: World, request: pytest.FixtureRequest) -> World:
    """Each transport in turn, and the switches as they start."""
    shared_world.switch(bcc_in_mime="honoured")
    return shared_world.over(request.param)


def another(world: World, *, timeout: float) -> EwsMailbox | GraphMailbox:
    """A second mailbox edge over the transport in use, with its own time-out."""
    if world.transport == "graph":
        return world.graph_mailbox(timeout=timeout)
    return EwsMailbox(world.simulator.endpoint, SERVICE, timeout=timeout)


def test_a_saved_mail_is_sent_once_and_found_in_its_folder(world: World) -> None:
    """Save, send, look: one delivery, the draft gone, the sent copy in our own folder."""
    outgoing = mail()
    saved = world.mailbox.save(METTE, outgoing)
    assert not world.mailbox.was_sent(METTE, outgoing)
    world.mailbox.send(METTE, saved, outgoing)
    assert world.mailbox.was_sent(METTE, outgoing)
    assert [BO] == [entry["recipient"] for entry in world.journal(outgoing.marker)]
    assert [outgoing.marker] == [item["marker"] for item in world.items(METTE, "krypterede kopier") if item["marker"] == outgoing.marker]
    assert outgoing.marker not in [item["marker"] for item in world.items(METTE, "drafts")]


def test_the_body_leaves_with_every_byte(world: World) -> None:
    """A sealed body comes out of the journal exactly as it went in, and its class is derived from the content type."""
    body = bytes(range(32, 127)) * 20 + b"\r\n"
    outgoing = mail(body=body, content_type=b'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"')
    world.mailbox.send(METTE, world.mailbox.save(METTE, outgoing), outgoing)
    (entry,) = world.journal(outgoing.marker)
    assert body == delivered(entry).split(b"\r\n\r\n", 1)[1]
    assert entry["item_class"] == "IPM.Note.SMIME"


def test_saving_again_gives_the_same_draft(world: World) -> None:
    """After a crash the marker finds what was saved."""
    outgoing = mail()
    first = world.mailbox.save(METTE, outgoing)
    assert first == world.mailbox.save(METTE, outgoing)
    assert [outgoing.marker] == [item["marker"] for item in world.items(METTE, "drafts") if item["marker"] == outgoing.marker]


@pytest.mark.parametrize("bcc_in_mime", ["honoured", "ignored"])
def test_bcc_never_stands_in_what_anyone_receives(world: World, bcc_in_mime: str) -> None:
    """The hidden recipient gets the mail and nobody's copy names it, whichever way the server reads a Bcc header."""
    world.switch(bcc_in_mime=bcc_in_mime)
    outgoing = mail(bcc=(KARIN,))
    world.mailbox.send(METTE, world.mailbox.save(METTE, outgoing), outgoing)
    entries = world.journal(outgoing.marker)
    assert {BO: False, KARIN: True} == {entry["recipient"]: entry["bcc"] for entry in entries}
    assert not any(KARIN.encode() in delivered(entry) for entry in entries)


def test_only_the_groups_own_recipients_get_the_copy(world: World) -> None:
    """The MIME's To header names Bo; the group is Jonas: only Jonas gets it."""
    base = mail()
    outgoing = type(base)(mime=base.mime, to=(JONAS,), cc=(), bcc=(), message_id=base.message_id, marker=base.marker, save_to=base.save_to)
    world.mailbox.send(METTE, world.mailbox.save(METTE, outgoing), outgoing)
    assert [JONAS] == [entry["recipient"] for entry in world.journal(outgoing.marker)]


@pytest.mark.parametrize(("ticket", "via"), [(b"X-SendSecurely-Ticket: v1.abc\r\n", "connector_always_tls"), (b"", "opportunistic")])
def test_a_ticket_takes_the_mail_through_the_connector(world: World, ticket: bytes, via: str) -> None:
    """With the ticket header the mail leaves by the connector with enforced TLS, and the header stays at home."""
    outgoing = mail(extra=ticket)
    world.mailbox.send(METTE, world.mailbox.save(METTE, outgoing), outgoing)
    (entry,) = world.journal(outgoing.marker)
    assert (via, bool(ticket)) == (entry["via"], entry["ticket"])
    assert b"X-SendSecurely-Ticket" not in delivered(entry)


COPY = (
    b"Sender: Karin Bach <karin.bach@nordlys.example>\r\nReply-To: sag12@nordlys.example\r\nImportance: High\r\nSensitivity: Private\r\n"
    b"Disposition-Notification-To: mette.holm@nordlys.example\r\nIn-Reply-To: <b@postkasse.example>\r\n"
    b"References: <a@postkasse.example> <b@postkasse.example>\r\nThread-Index: AdrXq1kq8X0c2m1pT0m4nq8v1y2w3A==\r\n"
    b"msip_labels: MSIP_Label_0f7d2b6e_Name=Fortrolig\r\nDate: Sat, 28 Nov 2026 10:00:00 +0100\r\n"
    b"Keywords: Sag 12, =?utf-8?q?Bl=C3=A5?=\r\n"
)


def test_the_readable_copy_keeps_what_the_mail_is_filed_by(world: World) -> None:
    """Category, thread, importance, sensitivity, delegate, answers' address, label: as the draft had them, once, as sent."""
    outgoing = mail(extra=COPY, save_to="sentitems")
    world.mailbox.store_copy(METTE, outgoing)
    world.mailbox.store_copy(METTE, outgoing)
    (row,) = [item for item in world.items(METTE, "sentitems") if item["marker"] == outgoing.marker]
    assert (False, ["Sendt sikkert", "Sag 12", "Blå"], "High", "Private", True) == (
        row["is_draft"], row["categories"], row["importance"], row["sensitivity"], row["read_receipt"]
    )  # fmt: skip
    assert ("<b@postkasse.example>", "<a@postkasse.example> <b@postkasse.example>") == (row["in_reply_to"], row["references"])
    seen = email.message_from_bytes(world.mime(METTE, row["id"]), policy=email.policy.default)
    assert ("karin.bach@nordlys.example", "sag12@nordlys.example") == tuple(
        seen[name].addresses[0].addr_spec for name in ("Sender", "Reply-To")
    )
    assert "MSIP_Label_0f7d2b6e_Name=Fortrolig" == seen["msip_labels"]
    assert "Keywords" not in seen


def test_a_draft_comes_with_its_categories(world: World) -> None:
    """They are no part of its MIME, so the port writes them there, and what is sent does not take them along."""
    saved = world.mailbox.save(METTE, mail())
    world.categorise(METTE, saved.item_id, ["Sag 12", "Blå"])
    mime = world.mailbox.fetch_draft(METTE, saved.item_id)[1]
    assert "Sag 12, Blå" == email.message_from_bytes(mime, policy=email.policy.default)["Keywords"]


def test_a_draft_is_disarmed_and_armed_again(world: World) -> None:
    """Disarmed it has no recipients and cannot be sent; restored it has the same ones; both may be repeated."""
    outgoing = mail(bcc=(KARIN,))
    draft = world.mailbox.save(METTE, outgoing)
    disarmed = world.mailbox.disarm(METTE, draft)
    assert disarmed == world.mailbox.disarm(METTE, draft)
    row = next(item for item in world.items(METTE, "drafts") if item["id"] == draft.item_id)
    assert ([], [], [], True) == (row["to"], row["cc"], row["bcc"], row["disarmed"])
    with pytest.raises(BadInput):
        world.mailbox.send(METTE, disarmed, outgoing)
    assert [] == world.journal(outgoing.marker)
    world.mailbox.restore(METTE, disarmed)
    world.mailbox.restore(METTE, disarmed)
    row = next(item for item in world.items(METTE, "drafts") if item["id"] == draft.item_id)
    assert ([{"name": "Bo Madsen", "address": BO}], [KARIN], False) == (
        row["to"],
        [person["address"] for person in row["bcc"]],
        row["disarmed"],
    )


def test_a_draft_is_armed_again_for_some_of_its_recipients(world: World) -> None:
    """After a partly sent mail only those who are missing come back."""
    outgoing = replace(mail(), to=(BO, JONAS), cc=(KARIN,))
    disarmed = world.mailbox.disarm(METTE, world.mailbox.save(METTE, outgoing))
    world.mailbox.restore(METTE, disarmed, {JONAS})
    (found,) = [item for item in world.items(METTE, "drafts") if item["marker"] == outgoing.marker]
    assert [JONAS] == [person["address"] for kind in ("to", "cc", "bcc") for person in found[kind]]
    world.mailbox.discard(METTE, outgoing)


def test_an_unsent_copy_is_withdrawn_and_discarded(world: World) -> None:
    """Without its recipients it cannot be sent any more, also not by a request with the old change key; then it is taken away."""
    outgoing = mail()
    saved = world.mailbox.save(METTE, outgoing)
    world.mailbox.disarm(METTE, world.mailbox.fetch_draft(METTE, saved.item_id)[0])
    with pytest.raises(SendSecurelyError):
        world.mailbox.send(METTE, saved, outgoing)
    world.mailbox.discard(METTE, outgoing)
    world.mailbox.discard(METTE, outgoing)
    assert ([], False) == (world.journal(outgoing.marker), world.mailbox.was_sent(METTE, outgoing))
    assert [] == [item for item in world.items(METTE, "drafts") if item["marker"] == outgoing.marker]


def test_discarding_takes_no_copy_that_was_sent(world: World) -> None:
    """Only what lies among the drafts goes."""
    outgoing = mail()
    world.mailbox.send(METTE, world.mailbox.save(METTE, outgoing), outgoing)
    world.mailbox.discard(METTE, outgoing)
    assert world.mailbox.was_sent(METTE, outgoing)


def test_the_readable_copy_can_be_replaced(world: World) -> None:
    """One is taken away and another put in its place; taking away what is not there is done."""
    outgoing = mail(save_to="sentitems")
    world.mailbox.store_copy(METTE, outgoing)
    world.mailbox.remove_copy(METTE, outgoing)
    world.mailbox.remove_copy(METTE, outgoing)
    assert [] == [item for item in world.items(METTE, "sentitems") if item["marker"] == outgoing.marker]
    world.mailbox.store_copy(METTE, outgoing)
    assert 1 == len([item for item in world.items(METTE, "sentitems") if item["marker"] == outgoing.marker])


def test_a_draft_that_changed_meanwhile_is_a_conflict(world: World) -> None:
    """Disarming or sending under a stale change key changes nothing."""
    outgoing = mail()
    stale = world.mailbox.save(METTE, outgoing)
    world.mailbox.restore(METTE, world.mailbox.disarm(METTE, stale))
    with pytest.raises(Conflict):
        world.mailbox.disarm(METTE, stale)
    with pytest.raises(Conflict):
        world.mailbox.send(METTE, stale, outgoing)
    assert [] == world.journal(outgoing.marker)


def test_fetching_a_draft_gives_its_mime_and_change_key(world: World) -> None:
    """What is fetched can be disarmed under the key that came with it."""
    outgoing = mail()
    saved = world.mailbox.save(METTE, outgoing)
    draft, mime = world.mailbox.fetch_draft(METTE, saved.item_id)
    assert saved == draft
    assert mime.endswith(b"\r\n\r\nHej Bo\r\n")
    world.mailbox.disarm(METTE, draft)


@pytest.mark.parametrize("item_id", ["AAMkdoesnotexist", ""])
def test_an_unknown_draft_is_not_found(world: World, item_id: str) -> None:
    """For reading, disarming and restoring; removing what is gone is done."""
    gone = Draft(item_id=item_id, change_key="CQAAABYA")
    with pytest.raises(NotFound):
        world.mailbox.fetch_draft(METTE, item_id)
    with pytest.raises(NotFound):
        world.mailbox.disarm(METTE, gone)
    with pytest.raises(NotFound):
        world.mailbox.restore(METTE, gone)
    world.mailbox.remove_draft(METTE, gone)


def test_a_removed_draft_is_gone(world: World) -> None:
    """Also from Deleted Items, and also the second time."""
    draft = world.mailbox.save(METTE, mail())
    world.mailbox.remove_draft(METTE, draft)
    world.mailbox.remove_draft(METTE, draft)
    assert draft.item_id not in [item["id"] for folder in ("drafts", "deleteditems") for item in world.items(METTE, folder)]


def test_the_readable_copy_is_stored_once_and_sends_nothing(world: World) -> None:
    """One copy in Sent Items, as sent, with no delivery."""
    outgoing = mail(save_to="sentitems", bcc=(KARIN,))
    world.mailbox.store_copy(METTE, outgoing)
    world.mailbox.store_copy(METTE, outgoing)
    (row,) = [item for item in world.items(METTE, "sentitems") if item["marker"] == outgoing.marker]
    assert (False, ["Sendt sikkert"]) == (row["is_draft"], row["categories"])
    assert [] == world.journal(outgoing.marker)


def test_a_lost_answer_to_a_send_is_unknown_and_a_look_tells(world: World) -> None:
    """The connection breaks after the mail left: OutcomeUnknown, one POST, was_sent, exactly one delivery."""
    outgoing = mail()
    saved = world.mailbox.save(METTE, outgoing)
    before = world.asked("SendItem")
    world.fault("SendItem", "drop_after_commit", mailbox=METTE)
    with pytest.raises(OutcomeUnknown):
        world.mailbox.send(METTE, saved, outgoing)
    assert before + 1 == world.asked("SendItem")
    assert world.mailbox.was_sent(METTE, outgoing)
    assert 1 == len(world.journal(outgoing.marker))
    with pytest.raises(NotFound):
        world.mailbox.send(METTE, saved, outgoing)
    assert 1 == len(world.journal(outgoing.marker))


@pytest.mark.parametrize(
    ("kind", "more", "raised", "sent"),
    [
        ("drop_before", {}, OutcomeUnknown, False),
        ("http_after_commit", {"status": 504, "text": "gateway"}, OutcomeUnknown, True),
        ("http_after_commit", {"status": 503, "text": "gateway"}, OutcomeUnknown, True),
        ("http", {"status": 500, "text": "broken"}, OutcomeUnknown, False),
        ("http", {"status": 429, "text": "slow down"}, Unavailable, False),
        ("http", {"status": 403, "text": "EWS is disabled"}, Unavailable, False),
        ("server_busy", {}, Unavailable, False),
        ("fault", {"code": "ErrorInternalServerError"}, OutcomeUnknown, False),
        ("fault", {"code": "ErrorInvalidRequest"}, Unavailable, False),
        ("fault", {"code": "ErrorTimeoutExpired"}, OutcomeUnknown, False),
        ("error", {"code": "ErrorQuotaExceeded"}, MailboxFull, False),
        ("error", {"code": "ErrorSendAsDenied"}, SenderRefused, False),
        ("item_not_found_first_n", {}, NotFound, False),
    ],
)
def test_what_goes_wrong_with_a_send_is_told_as_it_is(
    world: World, kind: str, more: dict[str, object], raised: type[SendSecurelyError], sent: bool
) -> None:
    """A clear no is a no; anything less is unknown; never a second POST; and the look afterwards is right."""
    outgoing = mail()
    saved = world.mailbox.save(METTE, outgoing)
    before = world.asked("SendItem")
    world.fault("SendItem", kind, mailbox=METTE, **more)
    with pytest.raises(raised) as caught:
        world.mailbox.send(METTE, saved, outgoing)
    assert raised is caught.type
    assert before + 1 == world.asked("SendItem")
    assert sent == world.mailbox.was_sent(METTE, outgoing) == bool(world.journal(outgoing.marker))


def test_a_slow_send_is_unknown_and_comes_out_in_the_journal(world: World) -> None:
    """A time-out is no answer: the mail leaves later and the look finds it."""
    hasty = another(world, timeout=0.5)
    outgoing = mail()
    saved = world.mailbox.save(METTE, outgoing)
    world.mailbox.was_sent(METTE, outgoing)
    world.fault("SendItem", "delay", mailbox=METTE, seconds=1.0)
    with pytest.raises(OutcomeUnknown):
        hasty.send(METTE, saved, outgoing)
    hasty.close()
    deadline = time.monotonic() + 10
    while not world.mailbox.was_sent(METTE, outgoing) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert 1 == len(world.journal(outgoing.marker))


@pytest.mark.parametrize("operation", ["CreateItem", "UpdateItem"])
def test_a_lost_answer_to_a_write_that_sends_nothing_is_looked_up(world: World, operation: str) -> None:
    """Saving and disarming find out for themselves what became of the lost request."""
    outgoing = mail()
    if operation == "CreateItem":
        world.fault(operation, "drop_after_commit", mailbox=METTE)
        saved = world.mailbox.save(METTE, outgoing)
    else:
        saved = world.mailbox.save(METTE, outgoing)
        world.fault(operation, "drop_after_commit", mailbox=METTE)
        saved = world.mailbox.disarm(METTE, saved)
    rows = [item for item in world.items(METTE, "drafts") if item["marker"] == outgoing.marker]
    assert [(saved.item_id, saved.change_key)] == [(row["id"], row["change_key"]) for row in rows]


def test_disarming_that_cannot_be_looked_up_is_unknown(world: World) -> None:
    """The answer is lost and so is the look: not "nothing happened"; restoring puts it right."""
    saved = world.mailbox.save(METTE, mail())
    world.fault("UpdateItem", "drop_after_commit", mailbox=METTE)
    world.fault("GetItem", "delay", mailbox=METTE, seconds=0.0)
    world.fault("GetItem", "drop_before", mailbox=METTE)
    with pytest.raises(OutcomeUnknown):
        world.mailbox.disarm(METTE, saved)
    assert [True] == [item["disarmed"] for item in world.items(METTE, "drafts") if item["id"] == saved.item_id]
    world.mailbox.restore(METTE, saved)
    (row,) = [item for item in world.items(METTE, "drafts") if item["id"] == saved.item_id]
    assert ([BO], False) == ([person["address"] for person in row["to"]], row["disarmed"])


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_that_is_not_there_is_unavailable(transport: str) -> None:
    """Nothing can have happened, not even for a send."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    nowhere: EwsMailbox | GraphMailbox = EwsMailbox(f"{address}/EWS/Exchange.asmx", SERVICE, timeout=2.0)
    if transport == "graph":
        nowhere = GraphMailbox(lambda claims: "token", f"{address}/v1.0", timeout=2.0)
    draft, outgoing = Draft(item_id="AAMk", change_key="CQ"), mail(save_to="sentitems")
    for act in (
        lambda: nowhere.send(METTE, draft, outgoing),
        lambda: nowhere.disarm(METTE, draft),
        lambda: nowhere.was_sent(METTE, outgoing),
        lambda: nowhere.save(METTE, outgoing),
    ):
        with pytest.raises(Unavailable):
            act()
    nowhere.close()


def test_a_mailbox_that_is_not_there_is_refused(world: World) -> None:
    """The service account cannot reach what does not exist."""
    with pytest.raises(NotYours):
        world.mailbox.fetch_draft("nobody@nordlys.example", "AAMk")


def test_a_mail_over_the_limit_is_too_large(world: World) -> None:
    """The limit is the server's."""
    world.switch(max_message_bytes=1000)
    try:
        with pytest.raises(TooLarge):
            world.mailbox.save(METTE, mail(body=b"x" * 2000))
    finally:
        world.switch(max_message_bytes=35 * 1024 * 1024)


def test_a_wrong_sign_in_is_unavailable(world: World) -> None:
    """Our own sign-in is not the sender's fault, and nothing has happened."""
    stranger: EwsMailbox | GraphMailbox = EwsMailbox(world.simulator.endpoint, type(SERVICE)("addin-backend", "wrong"))
    if world.transport == "graph":
        stranger = GraphMailbox(lambda claims: "wrong", world.simulator.graph)
    with pytest.raises(Unavailable):
        stranger.send(METTE, Draft(item_id="AAMk", change_key="CQ"), mail(save_to="sentitems"))
    stranger.close()


@pytest.mark.parametrize(("asked_as", "token", "served"), [
    ("ews", "sandbox-token", True), ("graph", "sandbox-graph-token", True),
    ("ews", "sandbox-graph-token", False), ("graph", "sandbox-token", False),
])  # fmt: skip
def test_a_token_signs_in_to_its_own_audience_only(shared_world: World, asked_as: str, token: str, served: bool) -> None:
    """The provider is asked at each request; a token for the other API is no sign-in, the commonest mistake of all."""
    asked: list[str | None] = []

    def provider(claims: str | None) -> str:
        asked.append(claims)
        return token

    simulator = shared_world.simulator
    by_token = EwsMailbox(simulator.endpoint, provider) if asked_as == "ews" else GraphMailbox(provider, simulator.graph)
    if served:
        assert not by_token.was_sent(METTE, mail(save_to="sentitems"))
    else:
        with pytest.raises(Unavailable):
            by_token.was_sent(METTE, mail(save_to="sentitems"))
    assert set(asked) == {None}
    by_token.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_claims_challenge_is_answered_once(shared_world: World, transport: str) -> None:
    """Continuous access evaluation: a 401 with claims leads to one new token with these claims, also for a send."""
    world = shared_world.over(transport)
    asked: list[str | None] = []

    def provider(claims: str | None) -> str:
        asked.append(claims)
        return "sandbox-token" if transport == "ews" else "sandbox-graph-token"

    mailbox: EwsMailbox | GraphMailbox = EwsMailbox(world.simulator.endpoint, provider)
    if transport == "graph":
        mailbox = GraphMailbox(provider, world.simulator.graph)
    outgoing = mail()
    saved = mailbox.save(METTE, outgoing)
    world.fault("SendItem", "claims_challenge", mailbox=METTE)
    mailbox.send(METTE, saved, outgoing)
    mailbox.close()
    assert 1 == len([claims for claims in asked if claims is not None and "1795000000" in claims])
    assert 1 == len(world.journal(outgoing.marker))


def test_many_threads_share_the_connections(world: World) -> None:
    """Sixteen threads over eight connections: every mail once."""
    outgoing = [mail() for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda one: world.mailbox.send(METTE, world.mailbox.save(METTE, one), one), outgoing))
    assert [1] * 16 == [len(world.journal(one.marker)) for one in outgoing]


def test_a_large_mail_is_read_and_sent_in_seconds(shared_world: World) -> None:
    """25 MB over EWS: the read takes well under the thirteen seconds of exchangelib's own way."""
    world = shared_world.over("ews")
    outgoing = mail(body=(b"A" * 76 + b"\r\n") * (25 * 1024 * 1024 // 78))
    saved = world.mailbox.save(METTE, outgoing)
    started = time.process_time()  # this process's own: however loaded the machine is
    draft, mime = world.mailbox.fetch_draft(METTE, saved.item_id)
    assert time.process_time() - started < 6  # seconds; 0.6 on an idle machine
    assert len(mime) > 25_000_000
    world.mailbox.send(METTE, draft, outgoing)
    assert 1 == len(world.journal(outgoing.marker))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_kill_in_the_middle_of_a_send_loses_and_doubles_nothing(tmp_path_factory: pytest.TempPathFactory, transport: str) -> None:
    """SIGKILL before and after the commit: unknown both times, and the look says which of them left."""
    with running(tmp_path_factory.mktemp("killed")) as world:
        world.over(transport)
        for kind, sent in (("delay_after_commit", True), ("delay", False)):
            outgoing = mail(save_to="sentitems")
            saved = world.mailbox.save(METTE, outgoing)
            world.fault("SendItem", kind, seconds=30.0)
            killer = threading.Timer(0.7, world.simulator.kill)
            killer.start()
            with pytest.raises(OutcomeUnknown):
                world.mailbox.send(METTE, saved, outgoing)
            killer.join()
            world.kill_and_start_again()
            assert sent == world.mailbox.was_sent(METTE, outgoing)
            assert (1 if sent else 0) == len(world.journal(outgoing.marker))
            if not sent:
                world.mailbox.send(METTE, world.mailbox.save(METTE, outgoing), outgoing)
                assert 1 == len(world.journal(outgoing.marker))
        assert world.violations() == []


def test_sent_items_are_listed_by_what_came_since(world: World) -> None:
    """First all of it by pages, then only what is new; each with its Message-ID and marker; the mail behind it can be read."""
    first = [mail(save_to="sentitems", sender=KARIN) for _ in range(3)]
    for outgoing in first:
        world.mailbox.send(KARIN, world.mailbox.save(KARIN, outgoing), outgoing)
    box = world.graph if world.transport == "graph" else world.ews
    met: list[SentEntry] = []
    state, more = "", True
    while more:
        page = box.sent_since(KARIN, state, 2)
        met, state, more = [*met, *page.entries], page.state, page.more
    assert {(one.message_id, one.marker) for one in first} <= {(entry.message_id, entry.marker) for entry in met}
    assert all(entry.sent_at is not None for entry in met)
    later = mail(save_to="sentitems", sender=KARIN)
    world.mailbox.send(KARIN, world.mailbox.save(KARIN, later), later)
    page = box.sent_since(KARIN, state, 50)
    assert ([later.message_id], False) == ([entry.message_id for entry in page.entries], page.more)
    assert b"Hej Bo" in box.read_sent(KARIN, page.entries)[page.entries[0].item_id]
    assert () == box.sent_since(KARIN, page.state, 50).entries


def test_a_state_that_the_server_does_not_know_is_not_found(world: World) -> None:
    """The caller begins again; nothing is passed over in silence."""
    box = world.graph if world.transport == "graph" else world.ews
    with pytest.raises(NotFound):
        box.sent_since(KARIN, "%24deltatoken=gone" if world.transport == "graph" else "Z29uZQ==", 50)


@pytest.mark.parametrize("folder", ["sentitems", "Krypterede kopier"])
def test_a_sent_copy_is_read_by_its_message_id(world: World, folder: str) -> None:
    """Where it was put; a draft with that Message-ID is none, and one that nobody sent is not found."""
    outgoing, edge = mail(save_to=folder), world.graph if world.transport == "graph" else world.ews
    saved = world.mailbox.save(METTE, outgoing)
    with pytest.raises(NotFound):
        edge.sent_mime(METTE, outgoing.message_id, folder)
    world.mailbox.send(METTE, saved, outgoing)
    assert outgoing.message_id.encode() in edge.sent_mime(METTE, outgoing.message_id, folder)
    with pytest.raises(NotFound):
        edge.sent_mime(METTE, "<nobody@nordlys.example>", folder)
