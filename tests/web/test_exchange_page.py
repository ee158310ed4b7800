"""The page on mailboxes and faults, over a running simulator: what is pressed there happens, in both languages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from addin_backend.edges.route_store import RouteStore
from addin_backend.errors import MailboxFull, NotFound, SendSecurelyError
from addin_backend.model.routing import Transport
from addin_backend.sandbox.exchange_page import routes as page
from addin_backend.sandbox.exchange_page.catalogue import FAULTS, SENT, SWITCHES, UNCERTAIN, UNDER_WAY, Offered
from addin_backend.sandbox.outlook import Outlook
from addin_backend.web.app import create_app
from addin_backend.web.send_reasons import REASONS
from exchange_simulator import METTE, World, mail, running
from route_store import route_store
from service_set import Recorder, services

GRAPH = {"Authorization": "Bearer sandbox-graph-token"}
CREATE = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    b'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
    b'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">\n<s:Body><m:CreateItem MessageDisposition="SaveOnly">'
    b"<m:Items><t:Message><t:Subject>Hej</t:Subject></t:Message></m:Items></m:CreateItem></s:Body></s:Envelope>"
)


@dataclass
class Opened:
    """The page, and what it works on."""

    world: World
    store: RouteStore
    client: TestClient

    def press(self, **fields: str) -> int:
        """Send a form; the status."""
        status: int = self.client.post("/demo/exchange", data=fields, follow_redirects=False).status_code
        return status


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """One simulator and one page for the file."""
    folder = tmp_path_factory.mktemp("page")
    with running(folder / "exchange") as world:
        store = route_store(folder / "routes.sqlite")
        desk = page.Desk(world.simulator.address, store, Transport.EWS, lambda: datetime(2026, 11, 28, tzinfo=UTC))
        app = create_app(services(Recorder()), extra=page.routes(desk), links=(page.LINK,), templates=(page.TEMPLATES,))
        yield Opened(world, store, TestClient(app))
        store.close()


@pytest.mark.parametrize(("language", "words"), [("da", "Lad noget gå galt"), ("en", "Let something go wrong")])
def test_the_page_shows_every_mailbox_fault_and_switch(opened: Opened, language: str, words: str) -> None:
    """In its own language."""
    shown = opened.client.get(f"/demo/exchange?lang={language}").text
    assert words in shown
    assert all(f'value="{fault.name}"' in shown for fault in FAULTS)
    assert all(f'value="{name}"' in shown for name in SWITCHES)
    assert METTE in shown
    assert "{{" not in shown


def test_a_mailbox_changes_its_transport_and_back(opened: Opened) -> None:
    """What the router reads is what was pressed."""
    assert 303 == opened.press(act="use", mailbox=METTE, transport="graph")
    assert Transport.GRAPH is opened.store.chosen(METTE)
    assert 303 == opened.press(act="use", mailbox=METTE, transport="ews", lang="en")
    assert Transport.EWS is opened.store.chosen(METTE)


@pytest.mark.parametrize(("transport", "fault"), [(transport, fault) for fault in FAULTS for transport in fault.operations],
                         ids=lambda value: getattr(value, "name", value))  # fmt: skip
def test_every_fault_of_both_apis_can_be_had(opened: Opened, transport: Transport, fault: Offered) -> None:
    """Each one really meets a send over that API: it fails, or is late, and nothing leaves twice."""
    world = opened.world.over(transport.value)
    reading = opened.world.graph if transport is Transport.GRAPH else opened.world.ews
    begun = reading.sent_since(METTE, "", 10).state if fault.name == "sync_lost" else ""
    assert 303 == opened.press(act="fault", fault=fault.name, mailbox=METTE, transport=transport.value)
    assert fault.text.da in html.unescape(opened.client.get("/demo/exchange").text.partition('id="set"')[2].partition("<table>")[0])
    outgoing = mail()
    failed = []
    for step in range(3):
        try:
            saved = world.mailbox.save(METTE, outgoing)
            draft, _ = world.mailbox.fetch_draft(METTE, saved.item_id)
            world.mailbox.restore(METTE, world.mailbox.disarm(METTE, draft))
            draft, _ = world.mailbox.fetch_draft(METTE, saved.item_id)
            world.mailbox.send(METTE, draft, outgoing)
        except SendSecurelyError as error:
            failed.append((step, error.code))
        if fault.name == "sync_lost":
            with pytest.raises(NotFound):
                reading.sent_since(METTE, begun, 10)
            failed.append((step, "not_found"))
        if world.get("faults") == [] and (failed or world.journal(outgoing.marker)):
            break
    if fault.kind == "away_after_commit":  # it stays until it is taken away
        assert "svarer slet ikke" in opened.client.get("/demo/exchange").text
        opened.press(act="clear")
    assert [] == world.get("faults")
    assert failed or fault.kind in {"claims_challenge", "delay", "delay_after_commit", "drop_after_commit", "error", "corrupt_mime"}
    assert len(world.journal(outgoing.marker)) <= 1


def test_faults_are_forgotten_and_switches_turned(opened: Opened) -> None:
    """Pressing again takes it back."""
    opened.press(act="fault", fault="full", mailbox="", transport="ews")
    assert 1 == len(opened.world.get("faults"))
    opened.press(act="clear")
    assert [] == opened.world.get("faults")
    opened.press(act="switch", switch="ews_enabled", on="0")
    opened.press(act="switch", switch="graph_silent_bytes", on="1")
    switches = opened.world.get("switches")
    assert (False, 2240 * 1024) == (switches["ews_enabled"], switches["graph_silent_bytes"])
    opened.press(act="switch", switch="ews_enabled", on="1")
    opened.press(act="switch", switch="graph_silent_bytes", on="0")
    switches = opened.world.get("switches")
    assert (True, 0) == (switches["ews_enabled"], switches["graph_silent_bytes"])


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_has_two_positions(opened: Opened, name: str) -> None:
    """As it was, the other one, and back; the page shows which."""
    before = opened.world.get("switches")[name]
    switch = SWITCHES[name]
    for on in (before != switch.on, before == switch.on):
        assert 303 == opened.press(act="switch", switch=name, on=str(int(on)))
        assert (switch.on if on else switch.off) == opened.world.get("switches")[name]
    assert before == opened.world.get("switches")[name]


def test_a_refused_form_names_line_and_position(opened: Opened) -> None:
    """As Exchange's schema check does; the request itself is the product's own, with one element more."""
    world = opened.world.over("ews")
    world.fault("CreateItem", "schema_violation", mailbox=METTE, api="ews")
    with httpx.Client(trust_env=False) as plain:
        answer = plain.post(f"{opened.world.simulator.address}/EWS/Exchange.asmx", content=CREATE, auth=(METTE, "sandbox"))
    assert (500, True) == (answer.status_code, "ErrorSchemaValidation" in answer.text)
    assert re.search(r"LineNumber>\d+<.*LinePosition>\d+<.*NotInTheSchema", answer.text, re.DOTALL)
    assert [] == world.get("faults")


def test_a_server_that_is_away_says_when_to_come_back(opened: Opened) -> None:
    """503 with Retry-After, on both."""
    for transport, operation, path in (
        ("ews", "CreateItem", "/EWS/Exchange.asmx"),
        ("graph", "ListMessages", f"/v1.0/users/{METTE}/messages"),
    ):
        plan = {"operation": operation, "kind": "http", "status": 503, "api": transport, "seconds": 3.0}
        with httpx.Client(base_url=opened.world.simulator.address, trust_env=False) as plain:
            plain.post("/sandbox/faults", json=plan).raise_for_status()
            answer = plain.post(path, content=CREATE, auth=(METTE, "sandbox")) if transport == "ews" else plain.get(path, headers=GRAPH)
        assert (503, "3") == (answer.status_code, answer.headers["retry-after"])


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"act": "use", "mailbox": "x@other.example", "transport": "ews"}, {"act": "use", "mailbox": METTE, "transport": "smtp"},
        {"act": "fault", "fault": "nothing", "mailbox": "", "transport": "ews"}, {"act": "switch", "switch": "own_domains", "on": "1"},
        {"act": "fault", "fault": "full", "mailbox": "", "times": "7"}, {"act": "back", "mailbox": "x@other.example"},
    ],
)  # fmt: skip
def test_what_the_page_does_not_offer_is_not_done(opened: Opened, fields: dict[str, str]) -> None:
    """404, and nothing is planned."""
    assert 404 == opened.press(**fields)
    assert [] == opened.world.get("faults")


def test_a_mailbox_says_why_it_has_its_transport(opened: Opened) -> None:
    """By the setting until somebody chooses on the page, and again when the choice is taken back."""
    opened.press(act="back", mailbox=METTE)
    row = '<tr data-mailbox="' + METTE

    def shown() -> str:
        text: str = opened.client.get("/demo/exchange?lang=en").text
        return text.partition(row)[2].partition("</tr>")[0]

    assert "The setting mailbox_transport says so" in shown()
    opened.press(act="use", mailbox=METTE, transport="graph")
    assert "Chosen by an administrator" in shown()
    assert "Microsoft Graph</strong>" in shown()
    opened.press(act="back", mailbox=METTE)
    assert opened.store.chosen(METTE) is None
    assert "Exchange Web Services</strong>" in shown()


def test_a_fault_hits_the_transport_that_the_mailbox_is_on_and_never_outlook(opened: Opened) -> None:
    """Nobody has to know which API it is; it stands there in words, with how long it lasts; the employee's own program does not meet it."""
    opened.press(act="use", mailbox=METTE, transport="graph")
    assert 303 == opened.press(act="fault", fault="full", mailbox=METTE, times="always")
    opened.press(act="use", mailbox=METTE, transport="ews")
    assert 303 == opened.press(act="fault", fault="full", mailbox=METTE, times="3")
    assert [("graph", "CreateMessage"), ("ews", "CreateItem")] == [(item["api"], item["operation"]) for item in opened.world.get("faults")]
    shown = opened.client.get("/demo/exchange?lang=en").text
    assert re.search(r"<strong>The mailbox is full</strong>,\s+Mette Holm, Microsoft Graph,\s+until it is taken away", shown)
    assert re.search(r"Mette Holm, Exchange Web Services,\s+the next 3 times", shown)
    outlook = Outlook(opened.world.simulator.endpoint)
    for _ in range(2):
        outlook.save_draft(METTE, {"from": METTE, "subject": "Hej", "body": "Hej"}, datetime.now(UTC))
    with pytest.raises(MailboxFull):
        opened.world.over("ews").mailbox.save(METTE, mail())
    opened.press(act="clear")


def test_a_fault_that_the_transport_does_not_have_is_refused_with_words(opened: Opened) -> None:
    """And nothing is planned."""
    opened.press(act="use", mailbox=METTE, transport="ews")
    told = opened.client.post("/demo/exchange", data={"act": "fault", "fault": "silent", "mailbox": METTE}, follow_redirects=False)
    assert 409 == told.status_code
    assert "Microsoft Graph" in told.text
    assert [] == opened.world.get("faults")


def test_the_page_says_what_the_employee_sees_in_the_panes_own_words(opened: Opened) -> None:
    """Each way that a fault can end has its sentence, and no error's code stands for one."""
    for end in {offered.end(transport, times) for offered in FAULTS for transport in offered.operations for times in ("1", "always")}:
        told = page.seen(end)
        assert end in (SENT, UNCERTAIN, UNDER_WAY) or end in REASONS
        assert told.da in html.unescape(opened.client.get("/demo/exchange?lang=da").text)
        assert told.en in html.unescape(opened.client.get("/demo/exchange?lang=en").text)


def test_what_is_not_at_an_end_has_the_words_of_the_pane(root: Path) -> None:
    """As they stand in its strings, in both languages."""
    strings = (root / "addin_backend" / "web" / "static" / "addin" / "strings.js").read_text(encoding="utf-8")
    for end in (UNCERTAIN, UNDER_WAY):
        assert f'"{page.seen(end).da}"' in strings
        assert f'"{page.seen(end).en}"' in strings


def test_another_site_cannot_press(opened: Opened) -> None:
    """Fetch Metadata says where it came from."""
    told = opened.client.post("/demo/exchange", data={"act": "clear"}, headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False)
    assert 403 == told.status_code
