"""A large mail is put into its request while it is sent: the octets are those that exchangelib would have written."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest
import requests
import responses
from lxml import etree

from addin_backend.edges.ews.adapter import STAND_IN, Adapter, Spliced, in_place_of_stand_in
from addin_backend.edges.ews.folders import DRAFTS, distinguished
from addin_backend.edges.ews.mailbox import EwsMailbox
from addin_backend.edges.ews.requests import Requests
from addin_backend.edges.ews.writing import outgoing_item
from addin_backend.errors import SendSecurelyError
from exchange_simulator import METTE, SERVICE, mail

ENDPOINT = "https://mail.nordlys.example/EWS/Exchange.asmx"
TYPES = "{http://schemas.microsoft.com/exchange/services/2006/types}"


@pytest.mark.parametrize("octets", [0, 1, 2, 3, 196_607, 196_608, 196_609, 1_000_003])
def test_the_pieces_make_the_very_base64(octets: int) -> None:
    """Also at and beside the borders of a piece; as often as it is asked for, and as long as it says."""
    content = os.urandom(octets)
    body = Spliced(b"<a>", content, b"</a>")
    wanted = b"<a>" + base64.b64encode(content) + b"</a>"
    assert wanted == b"".join(body)
    assert wanted == b"".join(body)
    assert len(wanted) == len(body)


@responses.activate
def test_the_mail_of_a_request_is_the_mail() -> None:
    """What is posted holds it once, and its length is the one that the header says."""
    posted: list[tuple[bytes, str]] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        body: Any = request.body
        posted.append((body if isinstance(body, bytes) else b"".join(body), request.headers["Content-Length"]))
        return 500, {}, ""

    responses.add_callback(responses.POST, ENDPOINT, answer)
    outgoing = mail(body=os.urandom(300_000).hex().encode() + b"\r\n", save_to="sentitems")
    made = EwsMailbox(ENDPOINT, SERVICE)
    requests_of = Requests(made._account(METTE), 5.0)
    item, mime = outgoing_item(requests_of.account, outgoing, as_sent=False)
    with pytest.raises(SendSecurelyError):
        requests_of.save(item, distinguished(DRAFTS, METTE), mime)
    with pytest.raises(SendSecurelyError):
        requests_of.get("AAMk", "is_draft")  # a request without a mail is as it always was
    made.close()
    (saving, length), (getting, short) = posted
    (content,) = etree.fromstring(saving).iter(f"{TYPES}MimeContent")
    assert mime == base64.b64decode(content.text or "", validate=True)
    assert len(mime) > 600_000
    assert (str(len(saving)), str(len(getting))) == (length, short)


def test_a_request_without_a_place_for_the_mail_is_not_posted() -> None:
    """Nothing is left out in silence."""
    made = requests.Session()
    made.mount("https://", Adapter())
    with in_place_of_stand_in(b"mail"), pytest.raises(ValueError, match="do not come together"):
        made.post(ENDPOINT, data=b"<nothing/>")


def test_the_stand_in_is_never_posted_as_the_mail() -> None:
    """A caller who forgets the mail saves nothing."""
    made = requests.Session()
    made.mount("https://", Adapter())
    with pytest.raises(ValueError, match="do not come together"):
        made.post(ENDPOINT, data=b"<a>" + base64.b64encode(STAND_IN) + b"</a>")
