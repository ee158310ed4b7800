"""How failures of EWS are told, case by case, with answers that no simulator would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import responses

from addin_backend.edges.ews.mailbox import EwsMailbox
from addin_backend.errors import Conflict, NotFound, OutcomeUnknown, SendSecurelyError, SignInRefused, Unavailable
from addin_backend.model.sending import Draft
from exchange_simulator import METTE, SERVICE, mail

ENDPOINT = "https://mail.nordlys.example/EWS/Exchange.asmx"
DRAFT = Draft(item_id="AAMk", change_key="CQAAABYA")
_M = "http://schemas.microsoft.com/exchange/services/2006/messages"
_ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
_ANSWER = (
    f'<m:SendItemResponse xmlns:m="{_M}"><m:ResponseMessages><m:SendItemResponseMessage ResponseClass="{{}}">'
    "<m:ResponseCode>{}</m:ResponseCode></m:SendItemResponseMessage></m:ResponseMessages></m:SendItemResponse>"
)


def answer(code: str) -> str:
    """A SendItem answer with this code."""
    return _ENVELOPE.format(_ANSWER.format("Success" if code == "NoError" else "Error", code))


@pytest.fixture
def mailbox() -> Iterator[EwsMailbox]:
    """A mailbox whose server is played by ``responses``."""
    made = EwsMailbox(ENDPOINT, SERVICE, max_connections=4)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("reply", "raised"),
    [
        ({"body": answer("ErrorItemNotFound")}, NotFound),
        ({"body": answer("ErrorIrresolvableConflict")}, Conflict),
        ({"body": answer("ErrorStaleObject")}, Conflict),
        ({"body": answer("ErrorServerBusy")}, Unavailable),
        ({"body": answer("ErrorTimeoutExpired")}, OutcomeUnknown),
        ({"body": answer("ErrorInternalServerError")}, OutcomeUnknown),
        ({"body": answer("ErrorNobodyHasHeardOf")}, OutcomeUnknown),
        ({"body": _ENVELOPE.format("")}, OutcomeUnknown),
        ({"body": "<html>proxy</html>"}, OutcomeUnknown),
        ({"body": answer("NoError")[:80]}, OutcomeUnknown),
        ({"body": "", "status": 200}, OutcomeUnknown),
        ({"body": "x", "status": 500}, OutcomeUnknown),
        ({"body": "x", "status": 502}, OutcomeUnknown),
        ({"body": "x", "status": 503}, OutcomeUnknown),
        ({"body": "x", "status": 503, "headers": {"connection": "close"}}, OutcomeUnknown),
        ({"body": "x", "status": 401}, SignInRefused),
        ({"body": "x", "status": 403}, Unavailable),
        ({"body": "x", "status": 429}, Unavailable),
        ({"body": requests.exceptions.ReadTimeout("slow")}, OutcomeUnknown),
        ({"body": requests.exceptions.ConnectionError("reset by peer")}, OutcomeUnknown),
        ({"body": requests.exceptions.ChunkedEncodingError("cut")}, OutcomeUnknown),
        ({"body": requests.exceptions.SSLError("a damaged record")}, OutcomeUnknown),
        ({"body": requests.exceptions.ConnectTimeout("nobody")}, Unavailable),
        ({"body": RuntimeError("anything")}, OutcomeUnknown),
    ],
)
@responses.activate
def test_a_send_is_unknown_unless_the_server_said_clearly_no(
    mailbox: EwsMailbox, reply: dict[str, Any], raised: type[SendSecurelyError]
) -> None:
    """One POST, whatever comes back, and the word that it deserves."""
    responses.add(responses.POST, ENDPOINT, **reply)
    with pytest.raises(SendSecurelyError) as caught:
        mailbox.send(METTE, DRAFT, mail(save_to="sentitems"))
    assert raised is caught.type
    assert 1 == len(responses.calls)


@pytest.mark.parametrize("ask", [lambda box: box.was_sent(METTE, mail(save_to="sentitems")), lambda box: box.fetch_draft(METTE, "AAMk")])
@responses.activate
def test_a_read_that_fails_is_unavailable(mailbox: EwsMailbox, ask: Callable[[EwsMailbox], object]) -> None:
    """A look that got no answer never says "not sent"."""
    responses.add(responses.POST, ENDPOINT, body="x", status=500)
    with pytest.raises(Unavailable):
        ask(mailbox)


@responses.activate
def test_a_claims_challenge_gets_a_token_with_the_claims() -> None:
    """A 401 with claims (continuous access evaluation) is answered once with a new token; nothing was sent before."""
    asked: list[str | None] = []

    def provider(claims: str | None) -> str:
        asked.append(claims)
        return "new" if claims else "old"

    challenge = {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'}
    responses.add(responses.POST, ENDPOINT, status=401, headers=challenge)
    responses.add(responses.POST, ENDPOINT, body=answer("NoError"))
    by_token = EwsMailbox(ENDPOINT, provider)
    by_token.send(METTE, DRAFT, mail(save_to="sentitems"))
    by_token.close()
    assert [None, '{"access_token":{}}'] == asked
    assert ["Bearer old", "Bearer new"] == [call.request.headers["Authorization"] for call in responses.calls]


@responses.activate
def test_the_request_impersonates_the_sender_and_probes_nothing(mailbox: EwsMailbox) -> None:
    """The very first request is the one we want, as the mailbox we want."""
    responses.add(responses.POST, ENDPOINT, body=answer("NoError"))
    mailbox.send(METTE, DRAFT, mail(save_to="sentitems"))
    (call,) = responses.calls
    sent = call.request.body
    assert isinstance(sent, bytes)
    assert f"<t:PrimarySmtpAddress>{METTE}</t:PrimarySmtpAddress>".encode() in sent
    assert METTE == call.request.headers["X-AnchorMailbox"]


def test_new_mailboxes_do_not_fill_exchangelibs_cache() -> None:
    """Two hundred tokens on one connection are one protocol, and closing takes it out."""
    from exchangelib.protocol import CachingProtocol

    before = len(CachingProtocol._protocol_cache)
    tokens = iter(range(200))
    made = EwsMailbox(ENDPOINT, lambda claims: f"token {next(tokens)}")
    with responses.RequestsMock() as server:
        server.add(responses.POST, ENDPOINT, body=answer("NoError"))
        for _ in range(200):
            made.send(METTE, DRAFT, mail(save_to="sentitems"))
    assert before + 1 == len(CachingProtocol._protocol_cache)
    made.close()
    assert before == len(CachingProtocol._protocol_cache)


def test_a_message_id_that_is_not_in_the_mime_is_refused(mailbox: EwsMailbox) -> None:
    """A copy that could not be found again is not saved at all."""
    good = mail()
    other = type(good)(
        mime=good.mime, to=good.to, cc=(), bcc=(), message_id="<other@nordlys.example>", marker=good.marker, save_to=good.save_to
    )
    from addin_backend.edges.ews.writing import outgoing_item

    with pytest.raises(ValueError, match="Message-ID"):
        outgoing_item(None, other, as_sent=False)
