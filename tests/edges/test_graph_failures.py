"""How failures of Graph are told, case by case, with answers that no simulator would give; and that nothing of a mail comes out."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator

import pytest

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
    SignInRefused,
    TooLarge,
    Unavailable,
    WrongAudience,
)
from addin_backend.model.sending import Draft
from canned_server import DROP, Canned, canned
from exchange_simulator import METTE, mail

DRAFT = Draft(item_id="AAMk/1+", change_key="CQAAABYA")
SAVED = json.dumps(
    {
        "id": "AAMk-1_",
        "changeKey": "CQAAABYA",
        "isDraft": True,
        "toRecipients": [{"emailAddress": {"address": "bo.madsen@postkasse.example"}}],
    }
).encode()
PLANTED = "231145-0637 Sygemelding"
TOKEN = "tøp-sikret"  # not ASCII on purpose: a header that cannot be encoded is an error too


def error(code: str) -> bytes:
    """An error as Graph writes it."""
    return json.dumps({"error": {"code": code, "message": PLANTED}}).encode()


@pytest.fixture(scope="module")
def running_server() -> Iterator[Canned]:
    """One server for the file."""
    with canned() as server:
        yield server


@pytest.fixture
def server(running_server: Canned) -> Canned:
    """No plans left from before."""
    running_server._plans.clear()
    running_server.asked.clear()
    return running_server


@pytest.fixture
def mailbox(server: Canned) -> Iterator[GraphMailbox]:
    """A mailbox on the canned server; nothing waits."""
    made = GraphMailbox(lambda claims: "new" if claims else "old", f"{server.address}/v1.0", timeout=5.0, patience=0.0)
    yield made
    made.close()


SENDS = [
    (200, b"", OutcomeUnknown),
    (200, error("ErrorAccessDenied"), OutcomeUnknown),
    (201, b"", OutcomeUnknown),
    (204, b"", OutcomeUnknown),
    (302, b"", OutcomeUnknown),
    (400, b"<html>proxy</html>", Unavailable),
    (400, error("ErrorInvalidRecipients"), BadInput),
    (400, error("ErrorMimeContentInvalid"), BadInput),
    (400, error("ErrorInvalidIdMalformed"), NotFound),
    (400, error("ErrorNobodyHasHeardOf"), Unavailable),
    (401, error("InvalidAuthenticationToken"), WrongAudience),
    (401, b"", SignInRefused),
    (403, error("ErrorAccessDenied"), NotYours),
    (403, error("ErrorSendAsDenied"), SenderRefused),
    (403, b"forbidden", Unavailable),
    (404, error("ErrorItemNotFound"), NotFound),
    (404, error("MailboxNotEnabledForRESTAPI"), NotYours),
    (404, b"no such page", Unavailable),
    (408, b"", OutcomeUnknown),
    (409, b"", Conflict),
    (412, error("ErrorIrresolvableConflict"), Conflict),
    (413, b"", TooLarge),
    (413, error("ErrorMessageSizeExceeded"), TooLarge),
    (429, error("TooManyRequests"), Unavailable),
    (500, error("ErrorInternalServerError"), OutcomeUnknown),
    (502, b"", OutcomeUnknown),
    (503, b"", OutcomeUnknown),
    (503, error("ErrorServerBusy"), OutcomeUnknown),
    (504, b"", OutcomeUnknown),
    (504, error("UnknownError"), OutcomeUnknown),
    (507, error("ErrorQuotaExceeded"), MailboxFull),
    (507, b"", MailboxFull),
    (DROP, b"", OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "body", "raised"), SENDS)
def test_a_send_is_unknown_unless_graph_said_clearly_no(
    server: Canned, mailbox: GraphMailbox, status: int, body: bytes, raised: type[SendSecurelyError]
) -> None:
    """One POST, whatever comes back, and the word that it deserves. Every sentence has a next step in both languages."""
    server.plan("GET", "/messages/AAMk-1_", 200, SAVED)
    server.plan("POST", "/send", status, body)
    with pytest.raises(SendSecurelyError) as caught:
        mailbox.send(METTE, DRAFT, mail(save_to="sentitems"))
    assert raised is caught.type
    assert 1 == [method for method, *_ in server.asked].count("POST")
    assert all([caught.value.sentence, caught.value.sentence_da, caught.value.next_step, caught.value.next_step_da])
    assert PLANTED not in "".join(traceback.format_exception(caught.value))


def test_only_202_is_a_yes(server: Canned, mailbox: GraphMailbox) -> None:
    """The documented success."""
    server.plan("GET", "/messages/AAMk-1_", 200, SAVED)
    server.plan("POST", "/send", 202)
    mailbox.send(METTE, DRAFT, mail(save_to="sentitems"))
    assert ["GET", "POST"] == [method for method, *_ in server.asked]


ACTS: list[Callable[[GraphMailbox], object]] = [
    lambda box: box.was_sent(METTE, mail(save_to="sentitems")),
    lambda box: box.fetch_draft(METTE, "AAMk"),
    lambda box: box.disarm(METTE, DRAFT),
    lambda box: box.save(METTE, mail(body=PLANTED.encode() + b"\r\n")),
    lambda box: box.store_copy(METTE, mail(body=PLANTED.encode() + b"\r\n", save_to="sentitems")),
    lambda box: box.send(METTE, DRAFT, mail()),
    lambda box: box.restore(METTE, DRAFT),
    lambda box: box.remove_draft(METTE, DRAFT),
]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (503, PLANTED.encode()), (200, b"<html>"), (200, PLANTED.encode()), (200, b'{"value": "x"}'), (200, b"\xff"), (DROP, b"")],
)
def test_a_look_that_got_no_answer_is_unavailable_and_says_nothing_of_the_mail(
    server: Canned, mailbox: GraphMailbox, act: Callable[[GraphMailbox], object], status: int, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Never "not sent", and no text of mail or answer, no address and no token in the exception or in any log."""
    for method in ("GET", "POST", "PATCH"):
        server.plan(method, "", status, body)
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as caught:
        act(mailbox)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert not [word for word in (PLANTED.split()[0], METTE, "Bearer") if word in shown]


def test_a_claims_challenge_gets_a_token_with_the_claims_once(server: Canned, mailbox: GraphMailbox) -> None:
    """A 401 with claims is answered with a new token; a second one is a refusal."""
    challenge = {"WWW-Authenticate": 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'}
    server.plan("GET", "/messages/AAMk-1_", 200, SAVED)
    server.plan("POST", "/send", 401, error("InvalidAuthenticationToken"), challenge)
    server.plan("POST", "/send", 202)
    mailbox.send(METTE, DRAFT, mail(save_to="sentitems"))
    assert ["Bearer old", "Bearer old", "Bearer new"] == [headers["Authorization"] for _, _, headers, _ in server.asked]
    server.plan("POST", "/send", 401, error("InvalidAuthenticationToken"), challenge)
    server._plans = [plan for plan in server._plans if plan[2] != 202]
    with pytest.raises(Unavailable):
        mailbox.send(METTE, DRAFT, mail(save_to="sentitems"))


def test_a_provider_that_fails_leaves_no_trace_of_the_token(server: Canned, caplog: pytest.LogCaptureFixture) -> None:
    """Its exception may hold the token; out comes ours, and nothing was asked."""

    def failing(claims: str | None) -> str:
        raise ValueError(TOKEN)

    for provider in (failing, lambda claims: TOKEN):
        made = GraphMailbox(provider, f"{server.address}/v1.0")
        with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as caught:
            made.fetch_draft(METTE, "AAMk")
        made.close()
        assert caught.value.__context__ is None
        assert TOKEN not in caplog.text + "".join(traceback.format_exception(caught.value))
    assert [] == server.asked


def test_a_write_goes_under_the_change_key(server: Canned, mailbox: GraphMailbox) -> None:
    """If-Match carries the version that was read, and the recipients move in the same request."""
    server.plan("GET", "/messages/AAMk-1_", 200, SAVED)
    server.plan("PATCH", "/messages/AAMk-1_", 200, SAVED.replace(b"CQAAABYA", b"CQAAABYB"))
    assert Draft(item_id="AAMk/1+", change_key="CQAAABYB") == mailbox.disarm(METTE, DRAFT)
    _, _, headers, body = server.asked[-1]
    written = json.loads(body)
    assert 'W/"CQAAABYA"' == headers["If-Match"]
    assert ([], [], []) == (written["toRecipients"], written["ccRecipients"], written["bccRecipients"])
    assert "bo.madsen@postkasse.example" in written["singleValueExtendedProperties"][0]["value"]


def test_a_draft_that_came_out_with_other_recipients_is_thrown_away(server: Canned, mailbox: GraphMailbox) -> None:
    """Exchange says whom the mail would go to; when it is not whom we said, nothing is sent."""
    wrong = SAVED.replace(b'"toRecipients": [', b'"toRecipients": [{"emailAddress": {"address": "x@other.example"}}, ')
    server.plan("GET", "/messages", 200, b'{"value": []}')
    server.plan("POST", "/messages", 201, wrong)
    server.plan("PATCH", "/messages/AAMk-1_", 200, wrong)
    server.plan("POST", "/permanentDelete", 204)
    with pytest.raises(Unavailable):
        mailbox.save(METTE, mail())
    assert server.asked[-1][1].endswith("/messages/AAMk-1_/permanentDelete")


def test_a_message_id_that_is_not_in_the_mime_is_refused(mailbox: GraphMailbox) -> None:
    """A copy that could not be found again is not saved at all."""
    good = mail()
    other = type(good)(
        mime=good.mime, to=good.to, cc=(), bcc=(), message_id="<other@nordlys.example>", marker=good.marker, save_to=good.save_to
    )
    with pytest.raises(ValueError, match="Message-ID"):
        mailbox.save(METTE, other)
