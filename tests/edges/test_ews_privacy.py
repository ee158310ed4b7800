"""Nothing of a mail gets into logs or exceptions, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from addin_backend.edges.ews.mailbox import EwsMailbox
from addin_backend.errors import SendSecurelyError
from addin_backend.model.sending import Draft
from exchange_simulator import METTE, SERVICE, mail

ENDPOINT = "https://mail.nordlys.example/EWS/Exchange.asmx"
PLANTED = "231145-0637 Sygemelding"
TOKEN = "tøp-sikret"  # not ASCII on purpose: a header that cannot be encoded is an error too


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The root logger at its most talkative."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize(
    "reply",
    [
        {"body": RuntimeError(PLANTED)},
        {"body": requests.exceptions.ConnectionError(PLANTED)},
        {"body": f"<broken>{PLANTED}"},
        {"body": f"<a><Body>{PLANTED}</Body></a>"},
        {"body": f"{PLANTED}", "status": 500},
        {"body": f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{PLANTED}<x/></s:Body></s:Envelope>'},
        {"body": KeyError(PLANTED)},
    ],
)
@responses.activate
def test_no_mail_text_in_logs_or_exceptions(reply: dict[str, Any], everything_logged: pytest.LogCaptureFixture) -> None:
    """Planted text in the mail, the address and the server's answer comes out nowhere, nor hangs on the exception."""
    responses.add(responses.POST, ENDPOINT, **reply)
    mailbox = EwsMailbox(ENDPOINT, SERVICE)
    outgoing = mail(body=PLANTED.encode() + b"\r\n", save_to="sentitems")
    acts = (
        lambda: mailbox.save(METTE, outgoing),
        lambda: mailbox.send(METTE, Draft(item_id=PLANTED, change_key="CQ"), outgoing),
        lambda: mailbox.fetch_draft(METTE, "AAMk"),
        lambda: mailbox.store_copy(METTE, outgoing),
    )
    for act in acts:
        with pytest.raises(SendSecurelyError) as caught:
            act()
        error = caught.value
        assert error.__cause__ is None
        assert error.__context__ is None
        shown = "".join(traceback.format_exception(error)) + repr(error)
        assert PLANTED.split()[0] not in shown
        assert METTE not in str(error)
    mailbox.close()
    logged = everything_logged.text
    assert PLANTED.split()[0] not in logged
    assert METTE not in logged
    assert "<t:MimeContent" not in logged


@responses.activate
def test_a_provider_that_fails_leaves_no_trace_of_the_request(everything_logged: pytest.LogCaptureFixture) -> None:
    """An exception of the token provider passes through exchangelib, and out comes ours."""

    def provider(claims: str | None) -> str:
        raise ValueError(TOKEN)

    mailbox = EwsMailbox(ENDPOINT, provider)
    with pytest.raises(SendSecurelyError) as caught:
        mailbox.fetch_draft(METTE, "AAMk")
    mailbox.close()
    assert caught.value.__context__ is None
    assert TOKEN not in everything_logged.text + "".join(traceback.format_exception(caught.value))
