"""The ready-made drafts in a real browser against the whole demo world, in both languages."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from email import message_from_string, policy
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo_world_run import CHROMIUM_ARGUMENTS, demo_world

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LANGUAGES = ("da", "en")
METTE = "mette.holm@nordlys.example"
ANNA, PETER, BO = "anna.lund@fynskpension.example", "peter.skov@skovadvokat.example", "bo.madsen@postkasse.example"
RAVI, KARIN, LISE = "ravi.kumar@mumbaiclaims.example", "karin.bach@nordlys.example", "lise@cafehavnen.example"
HOW = {
    "da": {
        "tls": "over en sikker forbindelse",
        "smime": "krypteret mail",
        "portal": "link til en sikker side",
        "plain": "som almindelig mail",
    },
    "en": {"tls": "over a secure connection", "smime": "encrypted mail", "portal": "a link to a secure page", "plain": "as ordinary mail"},
}
NOT_SENT = {"da": "Mailen er ikke sendt", "en": "The mail has not been sent"}
LONGEST_HEADLINE = 120


@pytest.fixture(scope="module")
def address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo world, for all tests of this module."""
    with demo_world(root, tmp_path_factory.mktemp("demo")) as started:
        yield started


@pytest.fixture(scope="module")
def browser(tool: Callable[[str], str]) -> Iterator[Browser]:
    """A Chromium that calls nobody."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=tool("chromium"), args=CHROMIUM_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh window; an error in the page or a breach of its content policy fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 820}, accept_downloads=True)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    yield opened
    context.close()
    assert faults == []


def _picture(page: Page, root: Path, name: str) -> None:
    folder = root / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(250)  # the dialog's short animation
    page.screenshot(path=str(folder / f"{name}.png"))


def _compose(page: Page, address: str, language: str, sample: str) -> None:
    page.goto(f"{address}/playground?lang={language}&mailbox={METTE}")
    expect(page.locator("body[data-ready]")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == language
    page.click(f"[data-sample={sample}]")


def _people(page: Page, within: str) -> dict[str, str]:
    lines = page.locator(f"{within} .person").all()
    return {line.locator(".person-address").inner_text(): line.locator(".person-how").inner_text() for line in lines}


def _headline(page: Page) -> str:
    text = page.locator("#alert-title").inner_text()
    assert 0 < len(text) <= LONGEST_HEADLINE
    return text


def _receipt(page: Page) -> dict[str, str]:
    expect(page.locator("#receipt")).to_be_visible(timeout=45_000)
    expect(page.locator("#receipt")).to_have_attribute("data-state", "sent")
    return _people(page, "#receipt")


def _left(page: Page, address: str) -> list[tuple[str, str]]:
    """(recipient, route) of everything that left Mette's mailbox, newest first."""
    page.goto(f"{address}/playground/mailbox?folder=journal&mailbox={METTE}&lang=da")
    found = []
    for row in page.locator(".items li a").all():
        style = row.locator(".tag").first.get_attribute("class") or ""
        found.append((row.locator(".item-who").inner_text(), style.removeprefix("tag via-")))
    return found


def _raw(page: Page, address: str, position: int) -> str:
    """The raw MIME of one line of the journal (the page is there already)."""
    page.locator(".items li a").nth(position).click()
    with page.expect_download() as download:
        page.locator("a[download]").click()
    return Path(download.value.path()).read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_ordinary_mail_just_goes(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 1: no dialog, sent as it is, one copy in Sent Items, one ordinary departure."""
    before = len(_left(page, address))
    _compose(page, address, language, "lunch")
    _picture(page, root, f"{language}-1-compose")
    page.click("#send")
    assert list(_receipt(page)) == [LISE]
    assert not page.locator("dialog[open]").count()
    _picture(page, root, f"{language}-1-sent")
    assert _left(page, address)[: len(_left(page, address)) - before] == [(LISE, "opportunistic")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cpr_number_goes_by_the_secure_page(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 2: the dialog says what to do; Send securely leaves a notification only, and its link answers honestly."""
    before = len(_left(page, address))
    _compose(page, address, language, "cpr")
    page.click("#send")
    expect(page.locator("dialog[open]")).to_be_visible()
    _headline(page)
    assert _people(page, "#alert") == {BO: HOW[language]["portal"]}
    expect(page.locator("#alert button").first).to_be_focused()
    _picture(page, root, f"{language}-2-dialog")
    page.click("#alert [data-kind=send_securely]")
    assert list(_receipt(page)) == [BO]
    _picture(page, root, f"{language}-2-receipt")
    left = _left(page, address)
    assert left[: len(left) - before] == [(BO, "opportunistic")]
    _picture(page, root, f"{language}-2-journal")
    raw = _raw(page, address, 0)
    body = _text(raw)
    assert "010190" not in raw + body
    link = re.search(r"http://127\.0\.0\.1:\d+/portal/[A-Za-z0-9_-]+", body)
    assert link, body
    answer = page.goto(f"{link[0]}?lang={language}")
    assert answer is not None
    assert answer.status == 200
    _picture(page, root, f"{language}-2-portal")
    unknown = page.goto(f"{link[0]}x")
    assert unknown is not None
    assert unknown.status == 404


def _text(raw: str) -> str:
    message = message_from_string(raw, policy=policy.default)
    return "\n".join(str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text")


@pytest.mark.parametrize("language", LANGUAGES)
def test_health_information_goes_silently_over_the_connector(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 3: no dialog; the ticket takes the mail to the connector that always uses TLS, and is stripped on the way."""
    before = len(_left(page, address))
    _compose(page, address, language, "health")
    page.click("#send")
    assert list(_receipt(page)) == [ANNA]
    assert not page.locator("dialog[open]").count()
    _picture(page, root, f"{language}-3-sent")
    left = _left(page, address)
    assert left[: len(left) - before] == [(ANNA, "connector_always_tls")]
    assert "X-SendSecurely-Ticket" not in _raw(page, address, 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_salary_list_goes_three_ways(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 4: connector, S/MIME and secure page from one press; the list is readable in none but the connector's copy."""
    before = len(_left(page, address))
    _compose(page, address, language, "salaries")
    page.click("#send")
    expect(page.locator("dialog[open]")).to_be_visible()
    assert _people(page, "#alert") == {ANNA: HOW[language]["tls"], PETER: HOW[language]["smime"], BO: HOW[language]["portal"]}
    _headline(page)
    _picture(page, root, f"{language}-4-dialog")
    page.click("#alert [data-kind=send_securely]")
    assert set(_receipt(page)) == {ANNA, PETER, BO}
    _picture(page, root, f"{language}-4-receipt")
    left = _left(page, address)
    new = left[: len(left) - before]
    assert sorted(new) == sorted([(ANNA, "connector_always_tls"), (PETER, "opportunistic"), (BO, "opportunistic")])
    clear = base64.b64encode(b"Navn;Stilling;M").decode()[:18]
    for recipient in (PETER, BO):
        page.goto(f"{address}/playground/mailbox?folder=journal&mailbox={METTE}&lang={language}")
        raw = _raw(page, address, [who for who, _ in new].index(recipient))
        assert "46.250" not in raw
        assert clear not in raw
        if recipient == PETER:
            assert "pkcs7-mime" in raw
            _picture(page, root, f"{language}-4-smime")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_third_country_is_blocked_with_a_way_out_that_works(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 5: nothing leaves, TF-01 stands in the reasons with its article, and taking the recipient off gives a mail that can go."""
    before = len(_left(page, address))
    _compose(page, address, language, "third_country")
    page.click("#send")
    expect(page.locator("dialog[open]")).to_be_visible()
    assert _headline(page).startswith(NOT_SENT[language])
    assert RAVI in _people(page, "#alert")
    assert not page.locator("#alert [data-kind=send], #alert [data-kind=send_securely], #alert [data-kind=confirm]").count()
    _picture(page, root, f"{language}-5-block")
    page.click("#alert [data-kind=back]")
    page.locator("#pane details summary").first.click()
    expect(page.locator("#pane .reason code", has_text="TF-01")).to_be_visible()
    expect(page.locator("#pane .reason", has_text="TF-01")).to_contain_text("Art. 4")
    _picture(page, root, f"{language}-5-pane")
    assert len(_left(page, address)) == before
    _compose(page, address, language, "third_country")
    page.click("#send")
    page.locator("#alert [data-kind=way_out]", has_text=RAVI).click()
    expect(page.locator("#to")).to_have_value("")
    expect(page.locator("#alert [data-kind=send]")).to_be_visible()
    _picture(page, root, f"{language}-5-way-out")
    page.click("#alert [data-kind=send]")
    assert list(_receipt(page)) == [KARIN]
    left = _left(page, address)
    assert left[: len(left) - before] == [(KARIN, "internal")]


LOCKED = {
    "da": "Vi kunne ikke læse vedhæftningen papirer.pdf, fordi den er låst.",
    "en": "could not read the attachment papirer.pdf because it is locked",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_in_a_document_in_a_zip_is_found(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 6: the mail itself is ordinary; the dialog names the attachment and the secure page, and the receipt follows."""
    _compose(page, address, language, "archive")
    page.click("#send")
    expect(page.locator("dialog[open]")).to_be_visible()
    assert _people(page, "#alert") == {BO: HOW[language]["portal"]}
    expect(page.locator("#alert")).to_contain_text("fuldmagt.zip")
    expect(page.locator("#alert")).to_contain_text("CPR")
    _picture(page, root, f"{language}-6-dialog")
    page.click("#alert [data-kind=send_securely]")
    assert list(_receipt(page)) == [BO]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_locked_pdf_is_named(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 7: what cannot be read goes securely, and the sender is told which file it is and why."""
    _compose(page, address, language, "locked")
    page.click("#send")
    expect(page.locator("dialog[open]")).to_be_visible()
    assert _people(page, "#alert") == {BO: HOW[language]["portal"]}
    expect(page.locator("#alert")).to_contain_text(LOCKED[language])
    _picture(page, root, f"{language}-7-dialog")
    page.click("#alert [data-kind=send_securely]")
    assert list(_receipt(page)) == [BO]


@pytest.mark.parametrize("sample", ["cpr", "health"])
def test_send_securely_can_be_pressed_at_once(page: Page, address: str, sample: str) -> None:
    """The other button seals and sends without asking."""
    _compose(page, address, "da", sample)
    page.click("#send-securely")
    assert len(_receipt(page)) == 1


def test_the_whole_way_by_keyboard(page: Page, address: str) -> None:
    """Draft, Send, dialog, Escape, Send again, Send securely: never a mouse, and the focus is always somewhere sensible."""
    page.goto(f"{address}/playground?lang=da&mailbox={METTE}")
    expect(page.locator("body[data-ready]")).to_be_visible()
    page.locator("[data-sample=cpr]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#alert button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#body")).to_be_focused()
    page.locator("#send").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#alert [data-kind=send_securely]")).to_be_focused()
    page.keyboard.press("Enter")
    assert list(_receipt(page)) == [BO]
    expect(page.locator("#receipt")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/playground", "/playground/mailbox?folder=journal", "/console", "/log"])
def test_every_page_fits_a_narrow_window(page: Page, address: str, root: Path, path: str) -> None:
    """At 320 px nothing makes the page wider, and with forced colours it still shows itself."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.emulate_media(forced_colors="active")
    _picture(page, root, f"narrow-{re.sub('[^a-z]+', '-', path).strip('-') or 'home'}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_console_and_log_show_what_is_true(page: Page, address: str, root: Path, language: str) -> None:
    """The rules in force with their revision; the last records, every one proven against the signed checkpoint."""
    page.goto(f"{address}/console?lang={language}")
    expect(page.locator(".rules code", has_text="TF-01")).to_be_visible()
    assert re.fullmatch("[0-9a-f]{64}", page.locator("code.hash").first.inner_text())
    _picture(page, root, f"{language}-console")
    page.goto(f"{address}/log?lang={language}")
    expect(page.locator(".verdict-good")).to_be_visible()
    assert page.locator(".records > li").count() == page.locator(".records .tag-allow").count() > 0
    assert "@" not in page.locator(".records").inner_text()
    _picture(page, root, f"{language}-log")


@pytest.mark.parametrize("language", LANGUAGES)
def test_health_told_in_plain_words_goes_securely(page: Page, address: str, root: Path, language: str) -> None:
    """Draft 8: no listed term, and still the mail is known for what it is; the pane says what was found, never a word of it."""
    _compose(page, address, language, "prose")
    page.click("#send")
    expect(page.locator("dialog[open]")).to_be_visible()
    assert _people(page, "#alert") == {BO: HOW[language]["portal"]}
    _picture(page, root, f"{language}-8-dialog")
    page.click("#alert [data-kind=send_securely]")
    assert list(_receipt(page)) == [BO]
