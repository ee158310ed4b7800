"""An invitation in a real browser: the event code holds it, the pane's ways out work, and what then leaves holds nothing to protect."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from email import message_from_string, policy
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from demo_world_run import demo_world
from host_page import (
    ANNA,
    BO,
    HOW,
    JONAS,
    LANGUAGES,
    LISE,
    METTE,
    PATIENCE,
    agree_on_a_code,
    chromium,
    dialog,
    fresh_page,
    left,
    pane_of,
    people,
    picture,
    raw,
)
from host_page import headline as headline_of
from host_page import receipt as receipt_of
from test_pane import nothing_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
LOOK_ALIKE = "anna.lund@fynskpensjon.example"
SECRETS = ("010190", "depression", "sygemelding")


@pytest.fixture(scope="module")
def address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo world, for all tests of this module."""
    with demo_world(root, tmp_path_factory.mktemp("demo")) as started:
        yield started


@pytest.fixture(scope="module")
def browser(tool: Callable[[str], str]) -> Iterator[Browser]:
    """A Chromium that calls nobody."""
    with chromium(tool("chromium")) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh window."""
    with fresh_page(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def axe(root: Path, tool: Callable[[str], str]) -> str:
    """The source of axe-core, as the lock file pins it."""
    tool("node-packages")
    return (root / "tools/node/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def meeting(page: Page, address: str, language: str, sample: str) -> None:
    """A ready-made invitation in the meeting window."""
    page.goto(f"{address}/playground/meeting?lang={language}&mailbox={METTE}")
    expect(page.locator("body[data-ready]")).to_be_visible(timeout=PATIENCE)
    page.click(f"[data-sample={sample}]")


def held(page: Page) -> FrameLocator:
    """Press Send; the event code holds it, and its button opens the pane."""
    page.click("#send")
    dialog(page)
    page.click("#alert [data-kind=open_pane]")
    return pane_of(page)


def goes(page: Page, pane: FrameLocator) -> list[str]:
    """The pane says that it can go; Send then sends it: to whom."""
    expect(pane.locator("#view[data-tone=allow]")).to_be_visible(timeout=PATIENCE)
    page.click("#send")
    return receipt_of(page)


def words_of(mime: str) -> str:
    """Every text in a raw mail, decoded, and its headers."""
    message = message_from_string(mime, policy=policy.default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    return mime + "".join((part.get_payload(decode=True) or b"").decode("utf-8", "replace") for part in parts)  # type: ignore[union-attr]  # leaves are bytes


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_details_go_securely_and_the_invitation_clean(page: Page, address: str, root: Path, axe: str, language: str) -> None:
    """One press: the details leave protected to the same people, the invitation is neutral and goes at the next Send."""
    before = len(left(page, address))
    meeting(page, address, language, "illness")
    pane = held(page)
    headline_of(pane)
    assert people(pane) == {BO: HOW[language]["portal"], ANNA: HOW[language]["tls"], JONAS: HOW[language]["plain"]}
    assert not pane.locator("[data-kind=send], [data-kind=send_securely]").count()
    nothing_for(axe, page)
    picture(page, root, f"{language}-meeting-held")
    pane.locator("#neutral-title").select_option("1")
    pane.locator("[data-kind=clean_and_send]").click()
    expect(page.locator("#subject")).to_have_value({"da": "Samtale", "en": "Conversation"}[language], timeout=PATIENCE)
    assert set(goes(page, pane)) == {BO, ANNA, JONAS}
    picture(page, root, f"{language}-meeting-sent")
    gone = left(page, address)
    new = gone[: len(gone) - before]
    assert sorted(new[:3]) == sorted([(BO, "opportunistic"), (ANNA, "opportunistic"), (JONAS, "internal")])
    assert sorted(new[3:]) == sorted([(BO, "opportunistic"), (ANNA, "connector_always_tls"), (JONAS, "internal")])
    invitation = words_of(raw(page, 0))
    assert "BEGIN:VCALENDAR" in invitation
    assert not any(secret in invitation for secret in SECRETS)
    page.goto(f"{address}/playground/mailbox?folder=journal&mailbox={METTE}&lang={language}")
    details = words_of(raw(page, 3 + [who for who, _ in new[3:]].index(ANNA)))
    assert all(secret in details for secret in SECRETS)
    assert base64.b64encode("Diagnose: svær depression".encode()).decode()[:24] in details


def test_whoever_gets_the_details_by_a_link_gets_a_code(page: Page, address: str, root: Path, axe: str) -> None:
    """A number that nobody knows is asked for before anything leaves, as beside a mail; with a code it is one press more."""
    before = len(left(page, address))
    meeting(page, address, "da", "illness")
    page.fill("#to", f"Lise <{LISE}>")
    pane = held(page)
    pane.locator("[data-kind=clean_and_send]").click()
    expect(pane.locator("fieldset[data-access]")).to_be_visible(timeout=PATIENCE)
    pane.locator("[data-kind=clean_and_send]").click()
    expect(pane.locator("fieldset[data-access] .wrong")).to_be_visible()
    nothing_for(axe, page)
    picture(page, root, "da-meeting-access")
    agree_on_a_code(pane)
    pane.locator("[data-kind=clean_and_send]").click()
    assert {LISE, JONAS} == set(goes(page, pane))
    assert 4 == len(left(page, address)) - before


def test_the_details_are_kept_as_a_draft(page: Page, address: str) -> None:
    """Nothing but the invitation leaves, and what was written lies in Drafts with its file, to be sent securely later."""
    before = len(left(page, address))
    meeting(page, address, "en", "illness")
    pane = held(page)
    pane.locator("[data-kind=clean_and_keep]").click()
    assert set(goes(page, pane)) == {BO, ANNA, JONAS}
    assert len(left(page, address)) - before == 3
    page.goto(f"{address}/playground/mailbox?folder=drafts&mailbox={METTE}&lang=en")
    page.locator(".items a", has_text="sygemelding").first.click()
    expect(page.locator(".letter")).to_contain_text("depression")
    expect(page.locator(".letter")).to_contain_text("This belongs to the meeting on")


def test_a_confirmation_lets_this_very_invitation_go(page: Page, address: str, root: Path) -> None:
    """Asked in the pane, recorded, and shown again by the event code; another text is asked about anew."""
    meeting(page, address, "da", "look_alike")
    pane = held(page)
    picture(page, root, "da-meeting-confirm")
    pane.locator("[data-kind=confirm]").click()
    expect(pane.locator("#view[data-tone=allow]")).to_be_visible(timeout=PATIENCE)
    page.fill("#body", "Skal vi tage status på noget andet?")
    page.click("#send")
    assert "rigtige modtager" in dialog(page)
    page.click("#alert [data-kind=open_pane]")
    pane = pane_of(page)
    pane.locator("[data-kind=confirm]").click()
    assert goes(page, pane) == [LOOK_ALIKE]


def test_an_ordinary_one_goes_and_people_can_be_taken_off(page: Page, address: str) -> None:
    """No dialog for the first; the second goes to those who are left."""
    meeting(page, address, "da", "lunch")
    page.click("#send")
    assert receipt_of(page) == [JONAS, LISE]
    meeting(page, address, "da", "illness")
    pane = held(page)
    pane.locator("[data-kind=take_off]").click()
    assert goes(page, pane) == [JONAS]
