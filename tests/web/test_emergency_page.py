"""The emergency in the console: two people, each act recorded, and nothing from another site's page. The desk and the log are real."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from addin_backend.bootstrap.emergency import FILE, EmergencyDesk
from addin_backend.bootstrap.sending import OpenLog, open_log
from addin_backend.model.offline import EMERGENCY, Paper
from addin_backend.sealing import paper as papers
from addin_backend.settings import Settings
from addin_backend.web.app import create_app
from addin_backend.web.emergency_hand import EmergencyHand
from service_set import Recorder, services

KARIN, JONAS = "karin.bach@nordlys.example", "jonas.friis@nordlys.example"
KEY = b"k" * 32
OWN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Opened:
    """The page, and what it works on."""

    client: TestClient
    log: OpenLog
    data: Path
    front: Path

    def press(self, headers: dict[str, str] | None = None, **fields: str) -> int:
        """Send a form; the status."""
        fields = {"token": self.token(), **fields}
        sent = self.client.post("/console/emergency", data=fields, headers=OWN if headers is None else headers, follow_redirects=False)
        return int(sent.status_code)

    def page(self, language: str = "da") -> str:
        """What it shows."""
        return str(self.client.get(f"/console/emergency?lang={language}").text)

    def token(self) -> str:
        """What a form must bring along."""
        return str(re.findall(r'name="token" value="([0-9a-f]+)"', self.page())[0])

    def asked(self) -> str:
        """The id of what waits."""
        return str(re.findall(r'name="asked" value="([0-9a-f]+)"', self.page())[0])

    def actions(self) -> list[str]:
        """What the log holds, oldest first."""
        return [json.loads(item.entry)["action"] for item in self.log.log.latest(100)]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """A page over a desk with a log of its own."""
    front, data = tmp_path / "front", tmp_path / "data"
    front.mkdir()
    settings = msgspec.structs.replace(Settings(), data_dir=str(data), front_folder=str(front))
    log = open_log(settings)
    desk = EmergencyDesk(settings, KEY, log)
    hand = EmergencyHand(desk.asked, desk.in_force, desk.ask, desk.approve, desk.withdraw, desk.end)
    made = services(Recorder(), emergency=hand, console_people={KARIN: "Karin Bach", JONAS: "Jonas Friis"})
    yield Opened(TestClient(create_app(made), base_url="http://127.0.0.1", raise_server_exceptions=False), log, data, front)
    log.log.close()


def test_one_asks_another_approves_and_anybody_ends_it(opened: Opened) -> None:
    """The sealed paper stands in the data folder and at the front; each act is in the log."""
    assert opened.press(act="ask", by=KARIN, hours="2") == 303
    assert not (opened.data / FILE).exists()
    assert opened.press(act="approve", by=KARIN, asked=opened.asked()) == 400
    assert opened.press(act="approve", by=JONAS, asked=opened.asked()) == 303
    paper = msgspec.json.decode((opened.front / FILE).read_bytes(), type=Paper)
    assert paper.expires - paper.issued == 7200
    assert papers.judge(KEY, EMERGENCY, paper, paper.issued) == papers.HOLDS
    assert (opened.data / FILE).read_bytes() == (opened.front / FILE).read_bytes()
    assert opened.press(act="ask", by=KARIN, hours="1") == 409
    assert opened.press(act="end", by=KARIN) == 303
    assert (opened.front / FILE).read_bytes() == b"null"
    assert opened.actions() == ["snapshot_asked", "snapshot_degraded", "snapshot_restored"]


def test_only_what_was_shown_is_approved_and_a_no_is_a_no(opened: Opened) -> None:
    """Somebody asked anew while the page was open: the old page approves nothing."""
    opened.press(act="ask", by=KARIN, hours="1")
    old = opened.asked()
    assert opened.press(act="withdraw", by=JONAS, asked=old) == 303
    opened.press(act="ask", by=KARIN, hours="4")
    assert opened.press(act="approve", by=JONAS, asked=old) == 409
    assert not (opened.data / FILE).exists()
    assert opened.actions() == ["snapshot_asked", "snapshot_withdrawn", "snapshot_asked"]


CROSS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"Sec-Fetch-Site": "cross-site"}, {}),
    ({"Sec-Fetch-Site": "same-site"}, {}),
    ({}, {"token": ""}),
    ({}, {"token": "0" * 64}),
]


@pytest.mark.parametrize(("headers", "fields"), CROSS)
def test_a_page_of_another_site_does_nothing(opened: Opened, headers: dict[str, str], fields: dict[str, str]) -> None:
    """Nor does a form that was not given out here (CSRF)."""
    assert opened.press(headers, act="ask", by=KARIN, hours="1", **fields) == 403
    assert opened.actions() == []
    assert opened.press(act="ask", by=KARIN, hours="1") == 303


REFUSED: list[tuple[dict[str, str], int]] = [
    ({"act": "ask", "by": KARIN, "hours": "5"}, 400),
    ({"act": "ask", "by": KARIN, "hours": "0"}, 400),
    ({"act": "ask", "by": KARIN, "hours": "two"}, 404),
    ({"act": "ask", "by": "", "hours": "1"}, 400),
    ({"act": "ask", "by": "somebody@else.example", "hours": "1"}, 400),
    ({"act": "approve", "by": JONAS, "asked": "x"}, 409),
    ({"act": "end", "by": JONAS}, 409),
    ({"act": "burn", "by": JONAS}, 404),
]


@pytest.mark.parametrize(("fields", "status"), REFUSED)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(opened: Opened, fields: dict[str, str], status: int) -> None:
    """No record, no file."""
    assert opened.press(None, **fields) == status
    assert opened.actions() == []
    assert not (opened.data / FILE).exists()


def test_the_page_speaks_both_languages_in_each_state(opened: Opened) -> None:
    """Nothing, waiting, in force."""
    assert "Ingen nøddrift" in opened.page()
    assert "No emergency" in opened.page("en")
    opened.press(act="ask", by=KARIN, hours="1")
    assert "Karin Bach" in opened.page()
    assert "Waits for approval" in opened.page("en")
    opened.press(act="approve", by=JONAS, asked=opened.asked())
    assert "I kraft" in opened.page()
    assert "In force" in opened.page("en")


def test_outside_the_demo_world_it_is_closed(opened: Opened) -> None:
    """Like the rest of the console, until officers can sign in."""
    closed = TestClient(create_app(services(Recorder(), open_pages=False)), base_url="http://127.0.0.1", raise_server_exceptions=False)
    assert closed.get("/console/emergency").status_code == 403
    assert closed.post("/console/emergency", data={"act": "end", "by": KARIN}, headers=OWN).status_code == 403
