"""What an officer does from the pages: asked first, done by a form of ours only, and by nobody where nobody acts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.testclient import TestClient

from addin_backend.errors import Conflict
from addin_backend.model.identity import Identity, Role
from addin_backend.model.sending import Act
from addin_backend.web.services import LedgerRow, LedgerView
from service_set import EVENT, NOW, Recorder, client

KARIN = Identity(
    address="karin.bach@nordlys.example", name="Karin Bach", mailboxes=frozenset({"karin.bach@nordlys.example"}), role=Role.OFFICER
)
ITEM = "c" * 64
VIEW = LedgerView({"case": 1}, 1, NOW, (LedgerRow(NOW, "p" * 40, True, "block", ("CO-01",), EVENT, ITEM),), 1)
REASON = "Modtageren har slettet mailen og bekræftet det."
SEND, CASE = "/console/sends/job-1/give_back", f"/console/ledger/{ITEM}"


@dataclass
class Desk:
    """The pages with somebody who acts on them, and what reached the services."""

    recorder: Recorder = field(default_factory=Recorder)
    closed: list[tuple[str, str, str]] = field(default_factory=list)

    def client(self, **changes: Any) -> TestClient:
        """The application."""
        given: dict[str, Any] = {"officer": KARIN, "ledger": lambda: VIEW, "close_case": lambda *case: self.closed.append(case)}
        return client(self.recorder, **{**given, **changes})


def token(page: str) -> str:
    """What the form brings along."""
    return str(re.findall(r'name="token" value="([0-9a-f]{64})"', page)[0])


@pytest.mark.parametrize(("act", "words"), [(act, {"da": "Det bliver skrevet i logbogen", "en": "The log will say"}) for act in Act])
def test_an_act_is_asked_first_and_then_done(act: Act, words: dict[str, str]) -> None:
    """In both languages: the consequence and who does it; the form does it and leads back to the list."""
    desk = Desk()
    pages = desk.client()
    for language, word in words.items():
        asked = pages.get(f"/console/sends/job-1/{act.value}?lang={language}")
        assert (200, True, True) == (asked.status_code, word in asked.text, "Karin Bach" in asked.text)
        assert "@" not in asked.text
    done = pages.post(f"/console/sends/job-1/{act.value}", data={"token": token(asked.text), "lang": "en"}, follow_redirects=False)
    assert (303, "/console/sends?lang=en") == (done.status_code, done.headers["location"])
    assert [(act, "job-1", KARIN)] == [(call.act, call.job_id, call.identity) for call in desk.recorder.acted]


def test_the_list_has_buttons_only_where_somebody_acts() -> None:
    """Elsewhere it is for reading."""
    assert f'href="{SEND}' in Desk().client().get("/console/sends").text
    alone = Desk().client(officer=None)
    assert f'href="{SEND}' not in alone.get("/console/sends").text
    assert [403] * 4 == [alone.request(method, path).status_code for method in ("GET", "POST") for path in (SEND, CASE)]


def test_a_case_is_closed_with_a_reason() -> None:
    """The list says how many are open; the form carries the reason and who."""
    desk = Desk()
    pages = desk.client()
    assert "Åbne sager: 1" in pages.get("/console/ledger?lang=da").text
    asked = pages.get(f"{CASE}?lang=da")
    done = pages.post(CASE, data={"token": token(asked.text), "reason": REASON}, follow_redirects=False)
    assert (303, [(ITEM, KARIN.address, REASON)]) == (done.status_code, desk.closed)


def test_a_closed_case_says_when_by_whom_and_why_as_text() -> None:
    """What was written is text, never markup; and it cannot be closed again."""
    row = LedgerRow(NOW, "p" * 40, True, "block", ("CO-01",), EVENT, ITEM, "q" * 40, NOW, "<b>Talt</b> med modtageren")
    pages = Desk().client(ledger=lambda: LedgerView({"case": 1}, 1, NOW, (row,), 0))
    page = pages.get("/console/ledger?lang=en").text
    assert (True, False) == ("closed" in page and "&lt;b&gt;Talt&lt;/b&gt; med" in page and "q" * 16 in page, "Close the case" in page)
    assert 404 == pages.get(CASE).status_code


@pytest.mark.parametrize("path", [SEND, CASE])
@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({}, {}),
        ({"token": "0" * 64}, {}),
        ({"token": "æ"}, {}),
        ({"token": "right"}, {"Sec-Fetch-Site": "cross-site"}),
        ({"token": "right"}, {"Sec-Fetch-Site": "same-site"}),
        ({"token": "other"}, {}),
    ],
)
def test_another_site_cannot_fill_in_the_form(path: str, fields: dict[str, str], headers: dict[str, str]) -> None:
    """Without the token, with a guessed one, with that of another form, or sent from elsewhere: nothing is done."""
    desk = Desk()
    pages = desk.client()
    tokens = {"right": token(pages.get(path).text), "other": token(pages.get("/console/sends/job-1/cancel").text)}
    given = {name: tokens.get(value, value) for name, value in fields.items()}
    assert (403, [], []) == (pages.post(path, data=given, headers=headers).status_code, desk.recorder.acted, desk.closed)


def test_a_form_that_is_too_large_is_not_read() -> None:
    """It ends at the bound."""
    pages = Desk().client()
    assert 413 == pages.post(CASE, data={"token": "x", "reason": "x" * 10_000}).status_code


def test_what_cannot_be_done_is_said_on_a_page() -> None:
    """A send that is not waiting any more, an act or a case that is none."""
    desk = Desk(Recorder(failure=Conflict(field="action")))
    pages = desk.client()
    assert 409 == pages.post(SEND, data={"token": token(pages.get(SEND).text)}).status_code
    paths = ("/console/sends/job-1/shout", "/console/sends/job-2/cancel", f"/console/ledger/{'d' * 64}")
    assert [404] * 3 == [pages.get(path).status_code for path in paths]
