"""The very event code that Outlook loads, against the running product: silent, held, hinted at; with the service hung, and dead."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from addin_backend.edges.keys import KeyFile
from addin_backend.flows.intake import from_draft
from addin_backend.model.draft_input import DraftInput
from addin_backend.sealing import ticket
from demo_world import ANNA, BO, JONAS, LISE, METTE, DemoWorld, running
from program import ROOT

CPR = "Hans CPR-nummer er 010190-1233."


class Outlook:
    """One person's Outlook: the script that it keeps, and the settings that roam."""

    def __init__(self, world: DemoWorld, node: str) -> None:
        self.world, self._node = world, node
        self.code: str | None = None
        self.roaming: dict[str, str] = {}
        self.token = world.token(METTE)

    def event(self, *to: str, body: str = "Hej", event: str = "onMessageSend", **more: Any) -> dict[str, Any]:
        """Fire one event and wait for its completion."""
        mail = {"to": list(to), "subject": "Din sag", "body": body, **more}
        wish = {"origin": self.world.url, "token": self.token, "event": event, "mail": mail, "roaming": self.roaming, "code": self.code}
        command = [self._node, "tests/frontend/event_against.mjs"]
        ran = subprocess.run(command, cwd=ROOT, input=json.dumps(wish), capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr
        answer: dict[str, Any] = json.loads(ran.stdout)
        self.code, self.roaming = answer["code"], answer["roaming"]
        return answer

    @property
    def queue(self) -> list[dict[str, Any]]:
        """What was decided alone and is not told yet."""
        found: list[dict[str, Any]] = json.loads(self.roaming.get("queue", "[]"))
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """One demo world for all of them; the last test kills it."""
    with running(tmp_path_factory.mktemp("event") / "data") as opened:
        yield opened


@pytest.fixture
def outlook(world: DemoWorld, tool: Callable[[str], str]) -> Outlook:
    """Mette's."""
    return Outlook(world, tool("node"))


def test_what_is_harmless_goes_and_the_day_s_snapshot_is_kept(outlook: Outlook) -> None:
    """Allowed within the deadline, with no ticket; roamingSettings hold the paper that decides when the service is dead."""
    found = outlook.event(JONAS)
    assert found["completion"] == {"allowEvent": True}
    assert found["milliseconds"] < 4000
    assert found["headers"] == {}
    assert json.loads(found["roaming"]["snapshot"])["domains"] == ["nordlys.example"]


def test_enforced_tls_to_everybody_is_silent_and_the_ticket_fits_the_mail(outlook: Outlook, world: DemoWorld) -> None:
    """No dialog: the header is set, and what stands in it was issued for this very mail."""
    found = outlook.event(ANNA, body="Bo Madsens månedsløn er 45.000 kr.")
    assert found["completion"] == {"allowEvent": True}
    value = found["headers"]["X-SendSecurely-Ticket"]
    key = KeyFile.load_or_create(world.data / "keys.json").ticket_key
    sent = {"from": METTE, "to": [{"address": ANNA}], "subject": "Din sag", "body": "Bo Madsens månedsløn er 45.000 kr."}
    opened = ticket.read(value, key, datetime.now(UTC))
    assert ticket.differences(opened, key, from_draft(msgspec.convert(sent, DraftInput))) == ()


def test_what_needs_more_is_held_in_danish_and_english_with_the_pane_s_button(outlook: Outlook) -> None:
    """A CPR number to a private person: one sentence that says what to do, and the control that opens the pane."""
    held = outlook.event(BO, body=CPR)["completion"]
    assert (False, "checkPaneButton", "Åbn Send sikkert") == (held["allowEvent"], held["commandId"], held["cancelLabel"])
    assert 20 < len(held["errorMessage"]) <= 500
    assert "010190" not in held["errorMessage"]
    assert json.loads(held["contextData"])["reason"] in {"protect", "confirm"}


def test_attachments_reach_the_check(outlook: Outlook) -> None:
    """A file with a CPR number is what is held, not the words around it."""
    content = "Q1BSLW51bW1lcjogMDEwMTkwLTEyMzM="  # CPR-nummer: 010190-1233
    assert outlook.event(BO, body="Se vedhæftede.", files=[{"name": "sag.txt", "content": content}])["completion"]["allowEvent"] is False
    assert outlook.event(JONAS, files=[{"name": "delt.docx", "format": "url", "content": ""}])["completion"]["allowEvent"] is True


def test_a_hint_stands_in_the_info_bar_and_nothing_is_recorded(outlook: Outlook, world: DemoWorld) -> None:
    """What the mail will meet is said while it is written, by the same rules; the log is as long as before."""
    before = world.client.get("/log?lang=en").text.count("Mail checked")
    found = outlook.event(BO, body=CPR, event="onMessageRecipientsChanged")
    assert found["asked"] == ["/api/v1/preflight"]
    assert len(found["shown"]["sendsecurely"]["message"]) > 10
    assert outlook.event(JONAS, event="onMessageRecipientsChanged")["shown"] == {}
    assert world.client.get("/log?lang=en").text.count("Mail checked") == before


def test_a_hung_and_a_dead_service(outlook: Outlook, world: DemoWorld) -> None:
    """Hung: four seconds at the latest; dead: under one. Mail to colleagues goes, mail to others waits; each is told once."""
    outlook.event(JONAS)
    world.process.send_signal(signal.SIGSTOP)
    try:
        inside, outside = outlook.event(JONAS), outlook.event(LISE)
    finally:
        world.process.send_signal(signal.SIGCONT)
    for found, allowed in ((inside, True), (outside, False)):
        assert found["completion"]["allowEvent"] is allowed
        assert 3300 < found["milliseconds"] < 8000, "the deadline, and what a busy machine adds"
    assert [entry["reason"] for entry in outlook.queue] == ["internal", "external"]

    world.end(signal.SIGKILL)
    for address, allowed in ((JONAS, True), (LISE, False)):
        found = outlook.event(address)
        assert found["completion"]["allowEvent"] is allowed
        assert found["milliseconds"] < 3000, "at once, not by waiting for the deadline, on a machine however busy"
    assert len(outlook.queue) == 4
    told = outlook.queue

    world.start()
    outlook.token, outlook.code = world.token(METTE), None
    assert outlook.event(JONAS, after=3000)["completion"]["allowEvent"] is True
    assert outlook.queue == []
    shown = world.client.get("/log?lang=en").text
    assert shown.count("Decided without the service") == 4
    again = world.client.post("/api/v1/offline-decisions", json={"decisions": told}).raise_for_status().json()
    assert sorted(again["received"]) == sorted(entry["id"] for entry in told)
    assert world.client.get("/log?lang=en").text.count("Decided without the service") == 4
