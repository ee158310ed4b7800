"""Every fault of the page on mailboxes and faults, lived through by an employee on either transport: `make faults`.

A person sets the fault by the page's own controls, presses *Send securely* beside a draft in the playground, and sees what the pane says
until the send has ended. A picture of each is kept, and one table is printed: fault x transport, the pane's words, what left, and what lies
where. What is wrong in a row is named in its last column; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Page
from playwright.sync_api import Error as PlaywrightError

from addin_backend.sandbox.exchange_page.catalogue import FAULTS, Offered
from demo_world_run import demo_world
from host_page import BO, LANGUAGES, METTE, PATIENCE, chromium, compose, pane_of

LONGEST = 75.0  # seconds that a send is watched
UNCERTAIN_FOR = 14.0  # seconds after which an uncertain pane is taken to stay so


@dataclass(slots=True)
class Row:
    """What one person saw, and what was so."""

    fault: str
    transport: str
    language: str
    said: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    closed: bool = False
    left: int = 0
    drafts: list[str] = field(default_factory=list)
    sent_items: int = 0
    state: str = ""
    waits: bool = False
    seconds: float = 0.0


def choose(page: Page, address: str, transport: str, language: str) -> None:
    """Mette's mailbox by this transport, nothing planned."""
    page.goto(f"{address}/demo/exchange?lang={language}")
    forget = page.locator("form:has(input[value=clear]) button")
    if forget.count():
        forget.click()
    section = page.locator("section", has=page.locator("code", has_text=METTE))
    button = section.locator(f"button[value={transport}]")
    if button.is_enabled():
        button.click()


def plan(page: Page, fault: str, transport: str) -> None:
    """Press what the page offers."""
    page.select_option("#fault", fault)
    page.select_option("#mailbox", METTE)
    page.locator("form:has(#fault)").locator(f"button[value={transport}]").click()


def count(page: Page, address: str, folder: str) -> list[str]:
    """The lines of a folder: whom each is to."""
    html = page.request.get(f"{address}/playground/mailbox?folder={folder}&mailbox={METTE}&lang=da").text()
    who, subjects = re.findall(r'item-who">([^<]*)<', html), re.findall(r'item-subject">([^<]*)<', html)
    return [f"{one} / {subject}" for one, subject in zip(who, subjects, strict=True)]


def shown(pane: FrameLocator) -> str:
    """Headline and sentence of the pane."""
    parts = [pane.locator(f"#{name}") for name in ("headline", "sentence")]
    return " | ".join(part.inner_text(timeout=800).strip() for part in parts if part.count() and part.is_visible())


def watch(page: Page, row: Row) -> None:
    """Until the window closes, or the pane rests."""
    begun, pane = time.monotonic(), page.frame_locator("#pane iframe")
    since_uncertain = 0.0
    while time.monotonic() - begun < LONGEST:
        page.wait_for_timeout(150)
        if page.locator("#receipt").is_visible():
            row.closed = True
            row.said.append("[vinduet lukkes] " + page.locator("#receipt").inner_text().splitlines()[0])
            break
        try:
            busy = pane.locator("#main").get_attribute("aria-busy", timeout=800) == "true"
            words = shown(pane)
            status = pane.locator("#status").inner_text(timeout=800).strip()
        except PlaywrightError:
            continue
        if words and (not row.said or words not in row.said):
            row.said.append(words)
        if status and f"({status})" not in row.said:
            row.said.append(f"({status})")
        if not busy:
            break
        if re.search("endnu, om|yet know", words):
            since_uncertain = since_uncertain or time.monotonic()
            if time.monotonic() - since_uncertain > UNCERTAIN_FOR:
                break
    row.seconds = time.monotonic() - begun
    if not row.closed:
        row.buttons = [item.inner_text() for item in pane.locator("button").all() if item.is_visible()]


def walk(browser: Browser, address: str, offered: Offered, transport: str, language: str, folder: Path, sample: str = "cpr") -> Row:
    """One fault, one transport."""
    row = Row(offered.name, transport, language)
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(PATIENCE)
    page, desk = context.new_page(), context.new_page()
    choose(desk, address, transport, language)
    before = {name: count(desk, address, name) for name in ("journal", "sentitems", "drafts")}
    compose(page, address, language, sample)
    page.fill("#subject", f"{offered.name} {transport}")
    page.click("#send-securely")
    pane = pane_of(page)
    plan(desk, offered.name, transport)
    pane.locator("[data-kind=send_securely]").click()
    watch(page, row)
    page.screenshot(path=str(folder / f"{offered.name}-{transport}-{language}.png"))
    desk.goto(f"{address}/demo/exchange?lang={language}")
    row.waits = bool(desk.locator("form:has(input[value=clear])").count())
    row.state = desk.locator("table tbody tr").first.inner_text().replace("\n", " ").replace("\t", " ") if desk.locator("table tbody tr").count() else ""
    after = {name: count(desk, address, name) for name in before}
    row.left = len(after["journal"]) - len(before["journal"])
    row.sent_items = len(after["sentitems"]) - len(before["sentitems"])
    row.drafts = after["drafts"][: max(0, len(after["drafts"]) - len(before["drafts"]))]
    context.close()
    return row


def told(rows: Sequence[Row]) -> None:
    for row in rows:
        print(f"\n== {row.fault} x {row.transport} ({row.language}) {row.seconds:.0f} s")
        for line in row.said:
            print("   ", line)
        print("    buttons:", row.buttons, "closed:", row.closed)
        print("    left:", row.left, "sent items:", row.sent_items, "new drafts:", row.drafts, "fault waits:", row.waits)
        print("    desk:", row.state, flush=True)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--chromium", required=True)
    asked.add_argument("--address")
    asked.add_argument("--only", default="")
    asked.add_argument("--languages", default="da")
    given = asked.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with chromium(given.chromium) as browser:
        for language in given.languages.split(","):
            for offered in FAULTS:
                if given.only and offered.name not in given.only.split(","):
                    continue
                for transport in offered.operations:
                    try:
                        told([walk(browser, given.address, offered, transport.value, language, given.folder)])
                    except (PlaywrightError, AssertionError) as error:
                        print(f"\n== {offered.name} x {transport} FAILED {str(error)[:600]}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
