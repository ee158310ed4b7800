"""The ready-made drafts in a real browser: the add-in's own event code and task pane against the whole demo world, in both languages."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from addin_backend.model.routing import Transport
from addin_backend.sandbox.exchange_page.catalogue import BY_NAME
from demo_world_run import demo_world
from fault_walk import Walk, one, set_fault, set_up
from host_page import (
    ANNA,
    BO,
    HOW,
    KARIN,
    LANGUAGES,
    LISE,
    METTE,
    NOT_SENT,
    PATIENCE,
    PETER,
    RAVI,
    agree_on_a_code,
    chromium,
    compose,
    dialog,
    fresh_page,
    headline,
    left,
    pane_from_dialog,
    pane_of,
    people,
    picture,
    raw,
    receipt,
    settings,
    slug,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_ordinary_mail_just_goes(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 1: no dialog, sent as it is, one copy in Sent Items, one ordinary departure."""
    before = len(left(page, address))
    compose(page, address, language, "lunch")
    picture(page, root, f"{language}-1-compose")
    page.click("#send")
    assert receipt(page) == [LISE]
    assert not page.locator("dialog[open], #pane:not([hidden])").count()
    picture(page, root, f"{language}-1-sent")
    assert left(page, address)[: len(left(page, address)) - before] == [(LISE, "opportunistic")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cpr_number_goes_by_the_secure_page(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 2: the dialog says what to do; one press in the pane leaves a notification only, and its link answers honestly."""
    before = len(left(page, address))
    compose(page, address, language, "cpr")
    page.click("#send")
    assert "CPR" in dialog(page)
    expect(page.locator("#alert button").first).to_be_focused()
    picture(page, root, f"{language}-2-dialog")
    page.click("#alert [data-kind=open_pane]")
    pane = pane_of(page)
    headline(pane)
    assert people(pane) == {BO: HOW[language]["portal"]}
    expect(pane.locator("[data-kind=send_securely]")).to_be_focused()
    picture(page, root, f"{language}-2-pane")
    pane.locator("[data-kind=send_securely]").click()
    assert receipt(page) == [BO]
    picture(page, root, f"{language}-2-receipt")
    gone = left(page, address)
    assert gone[: len(gone) - before] == [(BO, "opportunistic")]
    mime = raw(page, 0)
    body = _text(mime)
    assert "010190" not in mime + body
    link = re.search(r"http://127\.0\.0\.1:\d+/portal/[A-Za-z0-9_-]+", body)
    assert link, body
    answer = page.goto(f"{link[0]}?lang={language}")
    assert answer is not None
    assert answer.status == 200
    picture(page, root, f"{language}-2-portal")
    unknown = page.goto(f"{link[0]}x")
    assert unknown is not None
    assert unknown.status == 404


def _text(mime: str) -> str:
    message = message_from_string(mime, policy=policy.default)
    return "\n".join(str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text")


@pytest.mark.parametrize("language", LANGUAGES)
def test_health_information_goes_silently_over_the_connector(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 3: no dialog, no pane; the ticket takes the mail to the connector that always uses TLS, and is stripped on the way."""
    before = len(left(page, address))
    compose(page, address, language, "health")
    page.click("#send")
    assert receipt(page) == [ANNA]
    assert not page.locator("dialog[open], #pane:not([hidden])").count()
    picture(page, root, f"{language}-3-sent")
    gone = left(page, address)
    assert gone[: len(gone) - before] == [(ANNA, "connector_always_tls")]
    assert "X-SendSecurely-Ticket" not in raw(page, 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_salary_list_goes_three_ways(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 4: connector, S/MIME and secure page from one press; the list is readable in none but the connector's copy."""
    before = len(left(page, address))
    compose(page, address, language, "salaries")
    pane = pane_from_dialog(page)
    assert people(pane) == {ANNA: HOW[language]["tls"], PETER: HOW[language]["smime"], BO: HOW[language]["portal"]}
    headline(pane)
    picture(page, root, f"{language}-4-pane")
    pane.locator("[data-kind=send_securely]").click()
    assert set(receipt(page)) == {ANNA, PETER, BO}
    gone = left(page, address)
    new = gone[: len(gone) - before]
    assert sorted(new) == sorted([(ANNA, "connector_always_tls"), (PETER, "opportunistic"), (BO, "opportunistic")])
    clear = base64.b64encode(b"Navn;Stilling;M").decode()[:18]
    for recipient in (PETER, BO):
        page.goto(f"{address}/playground/mailbox?folder=journal&mailbox={METTE}&lang={language}")
        mime = raw(page, [who for who, _ in new].index(recipient))
        assert "46.250" not in mime
        assert clear not in mime
        if recipient == PETER:
            assert "pkcs7-mime" in mime


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_third_country_is_blocked_with_a_way_out_that_works(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 5: nothing leaves, TF-01 stands in the reasons with its article, and taking the recipient off gives a mail that can go."""
    before = len(left(page, address))
    compose(page, address, language, "third_country")
    pane = pane_from_dialog(page)
    assert headline(pane).startswith(NOT_SENT[language])
    assert people(pane) == {RAVI: HOW[language]["none"], KARIN: HOW[language]["plain"]}
    assert not pane.locator("[data-kind=send], [data-kind=send_securely], [data-kind=confirm]").count()
    picture(page, root, f"{language}-5-block")
    pane.locator(".fold summary").first.click()
    expect(pane.locator(".reason code", has_text="TF-01")).to_be_visible()
    expect(pane.locator(".reason", has_text="TF-01")).to_contain_text("Art. 4")
    pane.locator("[data-kind=way_out]", has_text=RAVI).click()
    expect(page.locator("#to")).to_have_value("", timeout=PATIENCE)
    expect(pane.locator("[data-kind=send]")).to_be_enabled(timeout=PATIENCE)
    picture(page, root, f"{language}-5-way-out")
    pane.locator("[data-kind=send]").click()
    assert receipt(page) == [KARIN]
    gone = left(page, address)
    assert gone[: len(gone) - before] == [(KARIN, "internal")]


LOCKED = {
    "da": "Vi kunne ikke læse vedhæftningen papirer.pdf, fordi den er låst.",
    "en": "could not read the attachment papirer.pdf because it is locked",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_in_a_document_in_a_zip_is_found(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 6: the mail itself is ordinary; the pane names the attachment, and the receipt follows."""
    compose(page, address, language, "archive")
    pane = pane_from_dialog(page)
    assert people(pane) == {BO: HOW[language]["portal"]}
    expect(pane.locator("#view")).to_contain_text("fuldmagt.zip")
    expect(pane.locator("#view")).to_contain_text("CPR")
    picture(page, root, f"{language}-6-pane")
    pane.locator("[data-kind=send_securely]").click()
    assert receipt(page) == [BO]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_locked_pdf_is_named(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 7: what cannot be read goes securely, and the sender is told which file it is and why."""
    compose(page, address, language, "locked")
    pane = pane_from_dialog(page)
    assert people(pane) == {BO: HOW[language]["portal"]}
    expect(pane.locator("#sentence")).to_contain_text(LOCKED[language])
    picture(page, root, f"{language}-7-pane")
    pane.locator("[data-kind=send_securely]").click()
    assert receipt(page) == [BO]


@pytest.mark.parametrize("language", LANGUAGES)
def test_health_told_in_plain_words_goes_securely(page: Page, address: str, language: str) -> None:
    """Draft 8: no listed term, and still the mail is known for what it is; the pane says what was found, never a word of it."""
    compose(page, address, language, "prose")
    pane = pane_from_dialog(page)
    assert people(pane) == {BO: HOW[language]["portal"]}
    assert "trappen" not in pane.locator("body").inner_text()
    pane.locator("[data-kind=send_securely]").click()
    assert receipt(page) == [BO]


@pytest.mark.parametrize(("sample", "presses"), [("cpr", 1), ("health", 1), ("lunch", 2)])
def test_the_ribbon_button_opens_the_pane_and_sends_securely(page: Page, address: str, sample: str, presses: int) -> None:
    """What needs protection goes with one press; an ordinary mail is first shown as it will be, and then sent so."""
    compose(page, address, "da", sample)
    page.click("#send-securely")
    pane = pane_of(page)
    for _ in range(presses - 1):
        pane.locator("[data-kind=send_securely]").click()
        expect(pane.locator("#status")).to_contain_text("Sådan bliver mailen sendt sikkert", timeout=PATIENCE)
        assert people(pane) == {LISE: HOW["da"]["portal"]}
        agree_on_a_code(pane)
    pane.locator("[data-kind=send_securely]").click()
    assert len(receipt(page)) == 1


def test_the_whole_way_by_keyboard(page: Page, address: str) -> None:
    """Draft, Send, dialog, Escape, Send again, pane, Send securely: never a mouse, and the focus is always somewhere sensible."""
    page.goto(f"{address}/playground?lang=da&mailbox={METTE}")
    expect(page.locator("body[data-ready]")).to_be_visible()
    page.locator("[data-sample=cpr]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#alert button").first).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("Escape")
    expect(page.locator("#body")).to_be_focused()
    page.locator("#send").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#alert [data-kind=open_pane]")).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("Enter")
    expect(pane_of(page).locator("[data-kind=send_securely]")).to_be_focused()
    page.keyboard.press("Enter")
    assert receipt(page) == [BO]
    expect(page.locator("#receipt")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/playground", "/playground/mailbox?folder=journal", "/console", "/log"])
def test_every_page_fits_a_narrow_window(page: Page, address: str, root: Path, path: str) -> None:
    """At 320 px nothing makes the page wider, and with forced colours it still shows itself."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.emulate_media(forced_colors="active")
    picture(page, root, f"narrow-{slug(path)}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_console_and_log_show_what_is_true(page: Page, address: str, root: Path, language: str) -> None:
    """The rules in force with their revision; the last records, every one proven against the signed checkpoint."""
    page.goto(f"{address}/console?lang={language}")
    expect(page.locator(".rules code", has_text="TF-01")).to_be_visible()
    assert re.fullmatch("[0-9a-f]{64}", page.locator("code.hash").first.inner_text())
    picture(page, root, f"{language}-console")
    page.goto(f"{address}/log?lang={language}")
    expect(page.locator(".verdict-good")).to_be_visible()
    assert page.locator(".records > li").count() == page.locator(".records .tag-allow").count() > 0
    assert "@" not in page.locator(".records").inner_text()
    picture(page, root, f"{language}-log")


@pytest.mark.parametrize(
    ("client", "mode", "buttons"), [("classic", "block", ["back"]), ("mac", "promptUser", ["close"]), ("web", "block", ["later"])]
)
def test_while_outlook_works_offline_nobody_asks_the_add_in(page: Page, address: str, client: str, mode: str, buttons: list[str]) -> None:
    """Block: refused. Prompt the user: it lies in the Outbox, and goes unchecked once Outlook is online. The web has no such mode."""
    compose(page, address, "da", "lunch", client=client, mode=mode, network="work_offline")
    page.click("#send")
    dialog(page)
    assert [item.get_attribute("data-kind") for item in page.locator("#alert button").all()] == buttons
    if mode == "promptUser":
        page.click("#alert button")
        settings(page, network="online")
        assert receipt(page) == [LISE]


def test_outlook_says_that_the_add_in_is_slow_and_then_gives_up(page: Page, address: str) -> None:
    """Over five seconds: Outlook's own dialog, without a way past the check. Over five minutes (shortened): not sent."""
    compose(page, address, "da", "lunch", network="stuck")
    page.click("#send")
    expect(page.locator("#alert")).to_contain_text("længere om at svare", timeout=PATIENCE)
    assert [item.get_attribute("data-kind") for item in page.locator("#alert button").all()] == ["dont_send"]
    expect(page.locator("#alert")).to_contain_text("fem minutter", timeout=PATIENCE)
    assert [item.get_attribute("data-kind") for item in page.locator("#alert button").all()] == ["later"]


def test_a_mail_in_html_is_one_mail_to_the_pane_and_to_send(page: Page, address: str) -> None:
    """Protected in the pane, then Send is pressed: the event code asks about the very same mail, decides alike, and it leaves by TLS."""
    asked: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/api/v1/check"):
            asked.append((request.post_data_json or {})["draft"])

    page.on("request", note)
    compose(page, address, "da", "health", format="html", client="web")
    page.click("#send-securely")
    pane_of(page)
    page.click("#send")
    assert receipt(page) == [ANNA]
    pane, event = asked
    assert event["body_format"] == "html"
    names = ("from", "to", "cc", "bcc", "subject", "body", "body_format", "attachments")  # what the digest is made of
    assert {name: event[name] for name in names} == {name: pane[name] for name in names}


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_the_page_of_faults(page: Page, address: str, root: Path, tool: Callable[[str], str], language: str) -> None:
    """With a fault set, and at 320 px; a press says in words what is set, with the way to the employee's window."""
    tool("node-packages")
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto(f"{address}/demo/exchange?lang={language}")
    set_fault(page, "late_answer", "3")
    expect(page.locator("#set + ul a")).to_have_attribute("href", re.compile("^/playground\\?mailbox=mette"))
    page.evaluate((root / "tools/node/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then((result) => result.violations.map(({ id }) => id))")
    set_up(page, address, Transport.EWS, language)
    assert [] == found


def test_a_fault_that_is_set_on_the_page_is_what_the_employee_sees(browser: Browser, address: str, root: Path) -> None:
    """By its controls, on the other transport: the reason, nothing left, the draft as it was, and after the fault the way out sends once.

    `make faults` walks through all of them, on both.
    """
    (root / "build" / "screenshots").mkdir(parents=True, exist_ok=True)
    walk = Walk(BY_NAME["refused"], Transport.GRAPH, "always", "en")
    with fresh_page(browser) as page, fresh_page(browser) as desk:
        one((page, desk), address, walk, root / "build" / "screenshots" / "en-fault-refused.png")
        set_up(desk, address, Transport.EWS, "en")  # as it was before
    assert [] == walk.wrong, walk
