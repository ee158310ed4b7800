"""The page that plays Outlook, as the browser tests drive it: drafts, Outlook's dialogs, the task pane in its frame, the journal."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from demo_world_run import CHROMIUM_ARGUMENTS

METTE = "mette.holm@nordlys.example"
ANNA, PETER, BO = "anna.lund@fynskpension.example", "peter.skov@skovadvokat.example", "bo.madsen@postkasse.example"
RAVI, KARIN, LISE = "ravi.kumar@mumbaiclaims.example", "karin.bach@nordlys.example", "lise@cafehavnen.example"
JONAS = "jonas.friis@nordlys.example"
LANGUAGES = ("da", "en")
HOW = {
    "da": {"tls": "Sikker forbindelse", "smime": "Krypteret mail", "portal": "Sikker side", "plain": "Almindelig mail"},
    "en": {"tls": "Secure connection", "smime": "Encrypted mail", "portal": "Secure page", "plain": "Ordinary mail"},
}
HOW["da"]["none"], HOW["en"]["none"] = "Får ikke mailen", "Does not get the mail"
NOT_SENT = {"da": "Mailen er ikke sendt", "en": "The mail has not been sent"}
LONGEST_HEADLINE = 120
PATIENCE = 60_000  # milliseconds; the machine may be shared


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """A Chromium that calls nobody."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield started
        started.close()


@contextmanager
def fresh_page(browser: Browser, width: int = 1360, height: int = 900) -> Iterator[Page]:
    """A fresh window; an error in a page or frame, or a breach of a content policy, fails the test. The policy is never bypassed."""
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    yield opened
    context.close()
    assert faults == []


def picture(page: Page, root: Path, name: str) -> None:
    """A screenshot for people to look at, in build/screenshots: in `make test-full`, as `make pictures` takes more of them."""
    if os.environ.get("FULL") != "1":
        return
    folder = root / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(250)  # the dialog's short animation
    page.screenshot(path=str(folder / f"{name}.png"))


def settings(page: Page, **chosen: str) -> None:
    """How Outlook is played: client, mode, network, theme, signedIn."""
    if not page.locator("#host[open]").count():
        page.click("#host summary")
    for name, value in chosen.items():
        page.select_option(f"#host select[name={name}]", value)


def compose(page: Page, address: str, language: str, sample: str, **chosen: str) -> None:
    """A ready-made draft in the compose window."""
    page.goto(f"{address}/playground?lang={language}&mailbox={METTE}")
    expect(page.locator("body[data-ready]")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.lang") == language
    if chosen:
        settings(page, **chosen)
    page.click(f"[data-sample={sample}]")


def dialog(page: Page) -> str:
    """Outlook's dialog once it is there: its sentence."""
    expect(page.locator("dialog[open]")).to_be_visible(timeout=PATIENCE)
    return page.locator("#alert .sentence").inner_text()


def pane_of(page: Page) -> FrameLocator:
    """The task pane once it has answered."""
    pane = page.frame_locator("#pane iframe")
    expect(pane.locator("body[data-answered]")).to_be_visible(timeout=PATIENCE)
    return pane


def pane_from_dialog(page: Page) -> FrameLocator:
    """Press Send, and open the pane from the dialog that holds the mail back."""
    page.click("#send")
    dialog(page)
    page.click("#alert [data-kind=open_pane]")
    return pane_of(page)


def headline(pane: FrameLocator) -> str:
    """The pane's first line: it is short."""
    text = pane.locator("#headline").inner_text()
    assert 0 < len(text) <= LONGEST_HEADLINE
    return text


def people(pane: FrameLocator) -> dict[str, str]:
    """Who gets the mail, and how."""
    rows = pane.locator(".people .person").all()
    return {row.locator(".person-address").inner_text(): row.locator(".person-how").inner_text().partition(" · ")[0] for row in rows}


def agree_on_a_code(pane: FrameLocator) -> None:
    """For each recipient of a link whose number is not known: the code that the pane suggests."""
    for group in pane.locator("fieldset[data-access]").all():
        if group.is_visible():
            group.locator("input[value=code]").check()
            group.locator("[data-kind=suggest]").click()


def receipt(page: Page) -> list[str]:
    """The window is closed and the mail has gone: to whom."""
    expect(page.locator("#receipt")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#receipt")).to_have_attribute("data-state", "sent")
    return page.locator("#receipt .person-address").all_inner_texts()


def left(page: Page, address: str) -> list[tuple[str, str]]:
    """(recipient, route) of everything that left Mette's mailbox, newest first."""
    page.goto(f"{address}/playground/mailbox?folder=journal&mailbox={METTE}&lang=da")
    found = []
    for row in page.locator(".items li a").all():
        style = row.locator(".tag").first.get_attribute("class") or ""
        found.append((row.locator(".item-who").inner_text(), style.removeprefix("tag via-")))
    return found


def raw(page: Page, position: int) -> str:
    """The raw MIME of one line of the journal (the page is there already)."""
    page.locator(".items li a").nth(position).click()
    with page.expect_download() as download:
        page.locator("a[download]").click()
    return Path(download.value.path()).read_text(encoding="utf-8", errors="replace")


def slug(path: str) -> str:
    """A file name for a path."""
    return re.sub("[^a-z]+", "-", path).strip("-") or "home"
