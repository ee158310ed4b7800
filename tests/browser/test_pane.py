"""The task pane in a real browser: every journey in both languages, nothing for axe to find, and never a mail sent twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect

from demo_world_run import demo_world
from host_page import (
    BO,
    JONAS,
    KARIN,
    LANGUAGES,
    LISE,
    METTE,
    PATIENCE,
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
    receipt,
    settings,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
NEW = {"da": "eva.holst@nyfirma.example", "en": "ib.krog@byggelauget.example"}
MARKUP = "<img src=x onerror=document.title='hit'>"


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


def frame_of(page: Page) -> Frame:
    """The pane's frame itself."""
    return next(frame for frame in page.frames if frame.url.endswith("/playground/host/taskpane.html"))


def nothing_for(axe: str, page: Page) -> None:
    """Axe finds nothing in the pane: WCAG 2.2 A and AA, and its best practices."""
    frame = frame_of(page)
    frame.evaluate(axe)
    found: list[dict[str, Any]] = frame.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((r) => r.violations)"
    )
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []


def write(page: Page, to: str, subject: str, body: str) -> None:
    """Put one's own mail into the window."""
    page.fill("#to", to)
    page.fill("#subject", subject)
    page.fill("#body", body)
    page.locator("#subject").focus()


def sent_now(page: Page, address: str, before: int) -> list[str]:
    """Who was sent something since."""
    gone = left(page, address)
    return [who for who, _ in gone[: len(gone) - before]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_is_answered_with_who_and_where(page: Page, address: str, root: Path, axe: str, language: str) -> None:
    """Confirm: the mail goes once it is said who the recipient is and where it is read; before that the missing answer gets the focus."""
    before, new = len(left(page, address)), NEW[language]
    compose(page, address, language, "lunch")
    write(page, f"Ny Kunde <{new}>", "Ny kunde", "CPR-nummer: 010190-1234")
    pane = pane_from_dialog(page)
    headline(pane)
    expect(pane.locator("fieldset[data-about] legend")).to_have_text({"da": f"Hvem er {new}?", "en": f"Who is {new}?"}[language])
    pane.locator("[data-kind=confirm]").click()
    expect(pane.locator("fieldset[data-about] input").first).to_be_focused()
    expect(pane.locator(".wrong").first).to_be_visible()
    nothing_for(axe, page)
    picture(page, root, f"{language}-9-confirm")
    pane.locator("fieldset input[value=organisation]").check()
    pane.locator("fieldset[data-about] select").select_option("DK")
    pane.locator("[data-kind=confirm]").click()
    expect(pane.locator("input[type=tel]")).to_be_focused()  # the number is not known, so nothing is sent before it is said
    expect(pane.locator("[data-access] .wrong")).to_be_visible()
    nothing_for(axe, page)
    agree_on_a_code(pane)
    nothing_for(axe, page)
    pane.locator("[data-kind=confirm]").click()
    assert receipt(page) == [new]
    assert sent_now(page, address, before) == [new]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, address: str, root: Path, axe: str, language: str, theme: str) -> None:
    """Protect and block, with everything unfolded, in Outlook's light and dark theme."""
    for sample in ("salaries", "third_country"):
        compose(page, address, language, sample, theme=theme)
        pane = pane_from_dialog(page)
        for fold in pane.locator("details").all():
            fold.evaluate("element => element.open = true")
        nothing_for(axe, page)
        if sample == "salaries":
            picture(page, root, f"{language}-10-{theme}")


def test_markup_in_a_mail_stays_text(page: Page, address: str) -> None:
    """In a recipient, a file name and a subject: the pane shows the letters, and nothing of it becomes an element or runs."""
    compose(page, address, "da", "lunch")
    write(page, f'"{MARKUP}" <{BO}>; "{MARKUP}"@postkasse.example', MARKUP, f"{MARKUP} CPR-nummer: 010190-1234")
    page.set_input_files("#files", {"name": f"{MARKUP}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 broken"})
    pane = pane_from_dialog(page)
    for fold in pane.locator("details").all():
        fold.evaluate("element => element.open = true")
    assert MARKUP in pane.locator("#view").inner_text()
    assert pane.locator("img").count() == 0
    assert frame_of(page).title() == "Send sikkert"
    assert "hit" not in page.title()


def test_the_content_policy_holds(browser: Browser, address: str) -> None:
    """A script that is written into the pane's page does not run: the policy refuses it, and it is not bypassed here."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/playground/host/taskpane.html")
    page.evaluate("() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.head.append(s); }")
    assert page.evaluate("window.ran") is None
    context.close()


def test_a_double_press_sends_once(page: Page, address: str) -> None:
    """Two clicks in a row are one request and one mail."""
    before = len(left(page, address))
    posts: list[str] = []
    page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" and request.url.endswith("/api/v1/send") else None
    )
    compose(page, address, "da", "cpr")
    pane = pane_from_dialog(page)
    pane.locator("[data-kind=send_securely]").dblclick()
    assert receipt(page) == [BO]
    assert len(posts) == 1
    assert sent_now(page, address, before) == [BO]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pane_fits_320_pixels_and_shows_itself_in_forced_colours(browser: Browser, address: str, root: Path, language: str) -> None:
    """No sideways scrolling, and every button has a border that forced colours keep."""
    with fresh_page(browser, 320, 800) as page:
        compose(page, address, language, "salaries")
        pane_from_dialog(page)
        frame = frame_of(page)
        assert frame.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert frame.evaluate("document.documentElement.clientWidth") <= 320
        page.emulate_media(forced_colors="active")
        widths = frame.evaluate(
            "[...document.querySelectorAll('#view button')].map((one) => parseFloat(getComputedStyle(one).borderTopWidth))"
        )
        assert widths
        assert min(widths) >= 1
        page.locator("#pane").scroll_into_view_if_needed()
        picture(page, root, f"{language}-11-narrow-forced")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_service_nothing_leaves_and_the_pane_says_so(page: Page, address: str, root: Path, axe: str, language: str) -> None:
    """Offline: Outlook's dialog and the pane say that the draft is unchanged; once the service is back, the same pane goes on."""
    before = len(left(page, address))
    compose(page, address, language, "cpr", network="offline")
    page.click("#send")
    assert len(dialog(page)) > 20
    picture(page, root, f"{language}-12-offline-dialog")
    page.click("#alert [data-kind=open_pane]")
    pane = pane_of(page)
    expect(pane.locator("#headline")).to_contain_text({"da": "Tjenesten svarer ikke", "en": "not answering"}[language])
    nothing_for(axe, page)
    picture(page, root, f"{language}-12-offline-pane")
    settings(page, network="online")
    pane.locator("[data-kind=again]").click()
    expect(pane.locator("[data-kind=send_securely]")).to_be_enabled(timeout=PATIENCE)
    pane.locator("[data-kind=send_securely]").click()
    assert receipt(page) == [BO]
    assert sent_now(page, address, before) == [BO]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_that_goes_away_in_mid_send_leads_to_looking_never_to_a_second_mail(
    page: Page, address: str, root: Path, language: str
) -> None:
    """The request arrived and its answer is lost: the pane says that it does not know, looks, and closes the window when it does."""
    before = len(left(page, address))
    posts: list[str] = []
    page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" and request.url.endswith("/api/v1/send") else None
    )
    compose(page, address, language, "cpr", network="killed")
    pane = pane_from_dialog(page)
    pane.locator("[data-kind=send_securely]").click()
    expect(pane.locator("#headline")).to_contain_text({"da": "Vi ved endnu ikke", "en": "We do not yet know"}[language], timeout=PATIENCE)
    assert pane.locator("#view button").all_inner_texts() == [{"da": "Se efter igen", "en": "Look again"}[language]]
    picture(page, root, f"{language}-13-unknown")
    settings(page, network="online")
    assert receipt(page) == [BO]
    assert len(posts) == 1
    assert sent_now(page, address, before) == [BO]


def test_a_pane_that_is_opened_anew_goes_on_where_the_last_one_was(page: Page, address: str) -> None:
    """The key is the window's: closed in the middle and opened again, the pane looks for the press and sends nothing."""
    before = len(left(page, address))
    compose(page, address, "da", "cpr", network="killed")
    pane = pane_from_dialog(page)
    pane.locator("[data-kind=send_securely]").click()
    expect(pane.locator("#headline")).to_contain_text("Vi ved endnu ikke", timeout=PATIENCE)
    page.click("#close-pane")
    settings(page, network="online")
    page.click("#send-securely")
    assert receipt(page) == [BO]
    assert sent_now(page, address, before) == [BO]


@pytest.mark.parametrize("client", ["web", "mac"])
def test_the_other_clients_run_the_same_files(page: Page, address: str, client: str) -> None:
    """The event code in a frame nobody sees: an ordinary mail goes, and one with a CPR number is held."""
    compose(page, address, "da", "lunch", client=client)
    page.click("#send")
    assert receipt(page) == [LISE]
    compose(page, address, "da", "cpr", client=client)
    assert people(pane_from_dialog(page)) == {BO: "Sikker side"}


@pytest.mark.parametrize(("mode", "network", "offered"), [
    ("block", "online", ["open_pane"]),
    ("promptUser", "online", ["open_pane", "anyway"]),
    ("block", "unreachable", ["later"]),
    ("softBlock", "unreachable", ["later", "anyway"]),
])  # fmt: skip
def test_outlook_offers_what_its_mode_allows(page: Page, address: str, mode: str, network: str, offered: list[str]) -> None:
    """Send Anyway stands there only where Microsoft's table has it: never under the manifest's Block."""
    compose(page, address, "da", "cpr", mode=mode, network=network)
    page.click("#send")
    dialog(page)
    kinds = [button.get_attribute("data-kind") for button in page.locator("#alert button").all()]
    assert kinds == offered


def test_somebody_who_is_not_signed_in_is_asked_and_goes_on(page: Page, address: str, axe: str) -> None:
    """The event code holds the mail, the pane has a button that signs in, and then the answer is there."""
    compose(page, address, "da", "cpr", signedIn="no")
    pane = pane_from_dialog(page)
    expect(pane.locator("[data-kind=sign_in]")).to_be_visible()
    nothing_for(axe, page)
    pane.locator("[data-kind=sign_in]").click()
    expect(pane.locator("[data-kind=send_securely]")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sent_mail_tells_how_it_went_and_can_be_reported(page: Page, address: str, root: Path, axe: str, language: str) -> None:
    """Read: recipient and link, the proof, closing the link; then the report, three lines, and one notice each to manager and officer."""
    compose(page, address, language, "cpr")
    page.fill("#subject", f"Til den forkerte {language}")
    pane_from_dialog(page).locator("[data-kind=send_securely]").click()
    receipt(page)
    pane = _read(page, address, language, f"Til den forkerte {language}")
    assert people(pane) == {BO: {"da": "Sikker side", "en": "Secure page"}[language]}
    nothing_for(axe, page)
    picture(page, root, f"{language}-14-read")
    proof = pane.locator("[data-kind=proof]").get_attribute("href")
    answer = page.request.get(f"{address}{proof}")
    assert answer.status == 200
    pane.locator("[data-kind=revoke]").click()
    expect(pane.locator("#status")).to_contain_text({"da": "Linket er lukket", "en": "The link is closed"}[language], timeout=PATIENCE)
    assert pane.locator("[data-kind=revoke]").count() == 0
    pane.locator("[data-kind=missent]").click()
    nothing_for(axe, page)
    picture(page, root, f"{language}-15-missent")
    pane.locator("[data-kind=report]").click()
    expect(pane.locator(".steps li")).to_have_count(3, timeout=PATIENCE)
    nothing_for(axe, page)
    picture(page, root, f"{language}-16-reported")
    case = re.search("[0-9a-f]{12}", headline(pane))
    assert case
    told = [who for who, _ in left(page, address)[:2]]
    assert sorted(told) == sorted([JONAS, KARIN])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_that_never_came_through_us_can_be_reported(page: Page, address: str, root: Path, language: str) -> None:
    """An ordinary mail sent by Outlook: the pane says so honestly, and the report opens a case all the same."""
    compose(page, address, language, "lunch")
    page.fill("#subject", f"Bord {language}")
    page.click("#send")
    receipt(page)
    pane = _read(page, address, language, f"Bord {language}")
    picture(page, root, f"{language}-17-not-ours")
    pane.locator("[data-kind=missent]").click()
    pane.locator("[data-kind=report]").click()
    expect(pane.locator(".steps li").first).to_contain_text(LISE, timeout=PATIENCE)


def _read(page: Page, address: str, language: str, subject: str) -> FrameLocator:
    """A mail in Sent Items with the pane beside it."""
    page.goto(f"{address}/playground/mailbox?folder=sentitems&mailbox={METTE}&lang={language}")
    page.locator(".items a", has_text=subject).first.click()
    expect(page.locator("body[data-ready]")).to_be_visible(timeout=PATIENCE)
    page.click("#send-securely")
    return pane_of(page)


def test_my_record_never_claims_what_it_does_not_have(page: Page, address: str, axe: str) -> None:
    """Unfolded, it lists the reader's own decisions, the newest first; an answer that cannot be had is said."""
    compose(page, address, "da", "cpr")
    pane = pane_from_dialog(page)
    pane.locator(".fold summary", has_text="Mine mails").click()
    expect(pane.locator(".record tbody tr").first).to_contain_text("Tjekket · skal beskyttes", timeout=PATIENCE)
    nothing_for(axe, page)
    settings(page, network="offline")
    pane.locator(".fold summary", has_text="Mine mails").dblclick()
    expect(pane.locator("aside .fold")).to_contain_text("Listen kan ikke vises", timeout=PATIENCE)
