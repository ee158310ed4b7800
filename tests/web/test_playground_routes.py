"""The playground against the real Exchange simulator: drafts saved by EWS, sent with and without a ticket, and shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import make_pdf
from addin_backend.manifest.source import read_source
from addin_backend.sandbox.outlook import Outlook
from addin_backend.sandbox.playground import attached
from addin_backend.sandbox.playground.demo_world import PEOPLE, DemoWorld, SandboxSignIn
from addin_backend.sandbox.playground.drafts import SAMPLES, sample_view
from addin_backend.sandbox.playground.routes import FAKE, LINK, OFFICE, TEMPLATES, routes
from addin_backend.web.app import create_app
from addin_backend.web.wire import CheckBody, decode
from exchange_simulator import running
from service_set import METTE, Recorder, draft, services

JONAS = "jonas.friis@nordlys.example"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application with the playground over a running simulator."""
    with running(tmp_path_factory.mktemp("exchange")) as world:
        sign_in = SandboxSignIn()
        demo = DemoWorld(world.simulator.address, Outlook(world.simulator.endpoint), sign_in, lambda: datetime.now(UTC))
        made = services(Recorder(), identify=sign_in.identify)
        app = create_app(made, extra=routes(demo), links=(LINK,), templates=(TEMPLATES,))
        yield TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def _signed_in(page: TestClient, address: str = METTE) -> dict[str, str]:
    token = page.post("/playground/api/identity", json={"address": address}).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def _save(page: TestClient, **changes: Any) -> str:
    answer = page.post("/playground/api/drafts", json={"mailbox": METTE, "draft": draft(**changes)}, headers=_signed_in(page))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["item_id"])


def test_the_page_signs_in_sample_employees_only(page: TestClient) -> None:
    """A token for each of them, accepted by the API; 404 for anybody else."""
    for person in PEOPLE:
        assert page.get("/api/v1/send/none", headers=_signed_in(page, person.address)).status_code == 404
    assert page.post("/playground/api/identity", json={"address": "bo.madsen@postkasse.example"}).status_code == 404


def test_a_draft_is_saved_and_saved_again_as_one(page: TestClient) -> None:
    """The compose window has one draft in Drafts, with what was last in it."""
    first = _save(page, subject="Første udgave")
    _save(page, subject="Anden udgave", item_id=first)
    html = page.get(f"/playground/mailbox?mailbox={METTE}&folder=drafts&lang=da").text
    assert "Anden udgave" in html
    assert "Første udgave" not in html


@pytest.mark.parametrize(("ticket", "via"), [(None, "opportunistic"), ("v1.ticket", "connector_always_tls")])
def test_a_mail_leaves_as_outlook_sends_it(page: TestClient, ticket: str | None, via: str) -> None:
    """With the ticket header it takes the connector, without it the ordinary way; it then stands in Sent Items and in the journal."""
    subject = f"Vejen {via}"
    item_id = _save(page, subject=subject)
    header = {"header": "X-SendSecurely-Ticket", "value": ticket} if ticket else None
    body = {"mailbox": METTE, "item_id": item_id, "ticket": header}
    assert page.post("/playground/api/drafts/send", json=body, headers=_signed_in(page)).json() == {"sent": True}
    assert subject in page.get(f"/playground/mailbox?mailbox={METTE}&folder=sentitems").text
    journal = page.get(f"/playground/mailbox?mailbox={METTE}&folder=journal").text
    assert subject in journal
    assert f"via-{via}" in journal
    assert subject not in page.get(f"/playground/mailbox?mailbox={JONAS}&folder=journal").text


def test_an_open_mail_shows_text_as_text_and_its_raw_mime(page: TestClient) -> None:
    """Markup in a mail stays text on the page; the raw mail is shown and can be saved."""
    item_id = _save(page, subject="<b>fed</b>", body="<script>alert(1)</script>")
    html = page.get("/playground/mailbox", params={"mailbox": METTE, "folder": "drafts", "item": item_id}).text
    assert "&lt;b&gt;fed&lt;/b&gt;" in html
    assert "<script>alert" not in html
    assert "Message-ID" in html
    saved = page.get("/playground/mime", params={"mailbox": METTE, "folder": "drafts", "item": item_id})
    assert saved.headers["content-type"] == "message/rfc822"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert b"<script>alert(1)</script>" in saved.content


def test_nobody_saves_or_sends_in_another_mailbox(page: TestClient) -> None:
    """A sample employee's token is good for their own mailbox; without a token nothing happens."""
    body = {"mailbox": JONAS, "draft": draft()}
    assert page.post("/playground/api/drafts", json=body, headers=_signed_in(page)).status_code == 403
    assert page.post("/playground/api/drafts", json=body).status_code == 401
    assert page.post("/playground/api/drafts/send", json={"mailbox": JONAS, "item_id": "x"}, headers=_signed_in(page)).status_code == 403


def test_an_unknown_item_is_not_found(page: TestClient) -> None:
    """404 for sending or fetching what is not there."""
    answer = page.post("/playground/api/drafts/send", json={"mailbox": METTE, "item_id": "bm90LWhlcmU="}, headers=_signed_in(page))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    for folder in ("drafts", "journal"):
        assert page.get("/playground/mime", params={"mailbox": METTE, "folder": folder, "item": "none"}).status_code == 404


@pytest.mark.parametrize("path", ["/playground", "/playground/mailbox", "/playground/mime", "/playground/api/samples"])
def test_another_host_name_gets_nothing(page: TestClient, path: str) -> None:
    """A name that points at this machine from outside (DNS rebinding) is refused."""
    assert page.get(path, headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_ready_made_drafts_are_drafts_of_the_api(page: TestClient, language: str) -> None:
    """Each of them can be decoded as the API decodes a draft, in both languages."""
    shown = page.get(f"/playground/api/samples?lang={language}").json()
    assert [sample["key"] for sample in shown] == ["lunch", "cpr", "health", "salaries", "third_country", "prose", "archive", "locked"]
    for sample in shown:
        body = {"mailbox": METTE, "draft": sample["draft"]}
        assert decode(json.dumps(body).encode(), CheckBody).draft.subject


def test_the_locked_draft_is_the_file_that_the_tests_make() -> None:
    """The bytes in the drafts can be made again."""
    assert make_pdf.locked_pdf() == attached.locked_pdf()


def test_the_ready_made_drafts_name_invented_addresses_only() -> None:
    """Every address in them is in .example."""
    for sample in SAMPLES:
        shown = sample_view(sample, "da")["draft"]
        assert isinstance(shown, dict)
        for line in ("to", "cc", "bcc"):
            assert all(person["address"].endswith(".example") for person in shown[line])


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("path", ["/playground", "/playground/mailbox?folder=drafts", "/playground/mailbox?folder=sealed"])
def test_the_pages_of_the_playground_have_their_language(page: TestClient, path: str, language: str) -> None:
    """The page and the links in it stay in the language that was chosen."""
    html = page.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text
    assert f'<html lang="{language}">' in html
    assert f"lang={language}" in html
    assert html.count("<h1") == 1


def test_the_button_beside_a_mail_that_was_sent_is_the_manifests(page: TestClient, root: Path) -> None:
    """What stands in the playground is what Outlook shows."""
    signed = _signed_in(page)
    item = page.post("/playground/api/drafts", json={"mailbox": METTE, "draft": draft()}, headers=signed).json()["item_id"]
    page.post("/playground/api/drafts/send", json={"mailbox": METTE, "item_id": item, "ticket": None}, headers=signed)
    source = read_source(root / "manifest" / "build.toml")
    for language, words in (("da", source.da), ("en", source.en)):
        html = page.get(f"/playground/mailbox?folder=sentitems&mailbox={METTE}&lang={language}").text
        assert f'type="button">{words.how_label}</button>' in html


def test_a_window_that_is_closed_after_a_send_takes_its_draft_along(page: TestClient) -> None:
    """As Outlook's own; a draft that the service has taken away already is none to complain of; somebody else's is not to be had."""
    signed = _signed_in(page)
    item = page.post("/playground/api/drafts", json={"mailbox": METTE, "draft": draft()}, headers=signed).json()["item_id"]
    body = {"mailbox": METTE, "item_id": item}
    assert 403 == page.post("/playground/api/drafts/discard", json=body, headers=_signed_in(page, JONAS)).status_code
    assert [200, 200] == [page.post("/playground/api/drafts/discard", json=body, headers=signed).status_code for _ in range(2)]
    assert item not in page.get(f"/playground/mailbox?folder=drafts&mailbox={METTE}").text


@pytest.mark.parametrize("name", ["taskpane.html", "launchevent.html"])
def test_the_pages_of_the_add_in_are_its_own_but_for_office(page: TestClient, name: str) -> None:
    """Byte for byte what Outlook loads, with the playground's Office in place of Microsoft's, and framed by this origin only."""
    own, hosted = page.get(f"/addin/{name}").text, page.get(f"/playground/host/{name}")
    assert hosted.text == own.replace(OFFICE, FAKE)
    assert own.count(OFFICE) == 1
    assert "frame-ancestors 'self'" in hosted.headers["content-security-policy"]
    assert "unsafe" not in hosted.headers["content-security-policy"]
