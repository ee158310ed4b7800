"""Every fault of the page on mailboxes and faults, lived through by an employee on either transport: `make faults`.

A person sets the fault by the page's own controls, presses *Send securely* beside a draft in the playground, and sees what the pane says
until the send has ended; then the fault is taken away and the way out that the pane offers is pressed. A picture of each end is kept, and
one table is printed: fault x transport, the pane's words, what left, what lies in Drafts, what the way out led to. The page says beforehand
what the employee will see (sandbox/exchange_page/catalogue.py): what turns out otherwise is named in the last column, and the exit status
is then 1.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Page
from playwright.sync_api import Error as PlaywrightError

from addin_backend.model.routing import Transport
from addin_backend.sandbox.exchange_page.catalogue import FAULTS, SENT, UNCERTAIN, UNDER_WAY, Offered
from addin_backend.sandbox.exchange_page.routes import seen
from addin_backend.web.send_reasons import reason_for
from demo_world_run import demo_world
from host_page import BO, LANGUAGES, METTE, NOT_SENT, PATIENCE, chromium, compose, pane_of

LONGEST = 90.0  # seconds that a send is watched
UNCERTAIN_FOR = 12.0  # seconds after which an uncertain pane is taken to stay so
PRESS = 4000  # milliseconds
FAST = 800  # milliseconds that one look at the pane may take: its frame goes with the window
UNSURE = {"da": "Vi ved endnu ikke", "en": "We do not yet know"}
SLOWLY = {language: getattr(seen(UNDER_WAY), language) for language in LANGUAGES}
FOLDERS = ("journal", "sentitems", "drafts")


@dataclass(slots=True)
class Walk:
    """What one person saw, and what was so. ``left`` and ``sent_items`` are (with the fault, after the way out)."""

    offered: Offered
    transport: Transport
    times: str
    language: str
    words: str = ""
    status: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    closed: bool = False
    left: list[int] = field(default_factory=list)
    sent_items: list[int] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    way_out: str = ""
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def end(self) -> str:
        """How the page says that it ends."""
        return self.offered.end(self.transport, self.times)


def set_up(desk: Page, address: str, transport: Transport, language: str) -> None:
    """Mette's mailbox on this transport, no fault set; by the page's own controls."""
    desk.goto(f"{address}/demo/exchange?lang={language}")
    forget = desk.locator("form:has(input[value=clear]) button")
    if forget.count():
        forget.click()
    other = desk.locator(f"tr[data-mailbox='{METTE}'] button[value={transport}]")
    if other.count():
        other.click()


def set_fault(desk: Page, fault: str, times: str) -> None:
    """Choose and press, as the page asks for it."""
    desk.select_option("#mailbox", METTE)
    desk.select_option("#fault", fault)
    desk.select_option("#times", times)
    desk.locator("form:has(#fault) button").click()


def folders(page: Page, address: str) -> dict[str, list[str]]:
    """The lines of each folder: whom each mail is to."""
    found = {}
    for name in FOLDERS:
        html = page.request.get(f"{address}/playground/mailbox?folder={name}&mailbox={METTE}&lang=da").text()
        found[name] = re.findall(r'item-who">([^<]*)<', html)
    return found


def _words(pane: FrameLocator) -> str:
    parts = [pane.locator(f"#{name}") for name in ("headline", "sentence")]
    return " ".join(part.inner_text(timeout=FAST).strip() for part in parts if part.count() and part.is_visible())


def watch(page: Page, walk: Walk) -> None:
    """Until the window closes, or the pane rests."""
    begun, pane, unsure = time.monotonic(), page.frame_locator("#pane iframe"), 0.0
    while time.monotonic() - begun < LONGEST:
        page.wait_for_timeout(100)
        walk.closed = page.locator("#receipt").is_visible()
        if walk.closed:
            break
        try:
            busy = pane.locator("#main").get_attribute("aria-busy", timeout=FAST) == "true"
            walk.words = _words(pane)
            status = pane.locator("#status").inner_text(timeout=FAST).strip()
        except PlaywrightError:
            continue
        if status and status not in walk.status:
            walk.status.append(status)
        unsure = (unsure or time.monotonic()) if walk.words.startswith(UNSURE[walk.language]) else 0.0
        if not busy or (unsure and time.monotonic() - unsure > UNCERTAIN_FOR):
            break
    walk.seconds = time.monotonic() - begun
    if walk.closed:
        walk.words = page.locator("#receipt h2").inner_text()
    else:
        walk.buttons = [item.inner_text() for item in pane.locator("button").all() if item.is_visible()]


def leave(page: Page, walk: Walk) -> None:
    """Press the way out that the pane offers, now that Exchange works again, until the mail is sent."""
    pane = page.frame_locator("#pane iframe")
    pressed: list[str] = []
    ends_at = time.monotonic() + LONGEST
    while time.monotonic() < ends_at and not page.locator("#receipt").is_visible():
        for kind in ("look", "send_securely", "again"):
            button = pane.locator(f"[data-kind={kind}]")
            try:
                if button.count() and button.is_visible() and button.is_enabled(timeout=FAST):
                    button.click(timeout=PRESS)
                    pressed += [kind] if pressed[-1:] != [kind] else []
                    break
            except PlaywrightError:
                break  # the view changed meanwhile
        page.wait_for_timeout(700)
    walk.way_out = ", ".join(pressed) + (": sent" if page.locator("#receipt").is_visible() else f": {_words(pane)}")


def judge(walk: Walk) -> None:
    """Name what is not as the page says, or as it must be."""
    told, (left, *after) = walk.words, walk.left
    must: list[tuple[bool, str]] = [(left <= 1, "sent twice")]
    if walk.end == SENT:
        must += [
            (walk.closed, "the window did not close"),
            (left == 1 == walk.sent_items[0], "not sent once"),
            (not walk.drafts, "a draft lies there"),
        ]
    elif walk.end == UNDER_WAY:
        must += [(SLOWLY[walk.language] in walk.status, "it does not say that it takes longer"), (not walk.closed, "the window closed")]
    elif walk.end == UNCERTAIN:
        must += [
            (told.startswith(UNSURE[walk.language]), "it does not say that it is uncertain"),
            (not walk.closed, "the window closed"),
        ]
    else:
        why = getattr(reason_for(walk.end).why, walk.language)
        must += [
            (told.startswith(NOT_SENT[walk.language]) and not walk.closed, "it does not say that it is not sent"),
            (why in told, "the page promised another reason"),
            (left == 0 == walk.sent_items[0], "something left"),
            (len(walk.drafts) == 1 and BO in walk.drafts[0], "the draft is not as it was"),
        ]
    if after:
        must += [(after == [1] == walk.sent_items[1:], "after the way out it has not been sent once")]
    walk.wrong = [what for good, what in must if not good]


def one(pages: tuple[Page, Page], address: str, walk: Walk, shot: Path) -> None:
    """One fault on one transport."""
    page, desk = pages
    set_up(desk, address, walk.transport, walk.language)
    before = folders(desk, address)

    def new(name: str) -> list[str]:
        found = folders(desk, address)[name]
        return found[: max(0, len(found) - len(before[name]))]

    compose(page, address, walk.language, "cpr")
    page.click("#send-securely")
    pane = pane_of(page)
    set_fault(desk, walk.offered.name, walk.times)
    pane.locator("[data-kind=send_securely]").click()
    watch(page, walk)
    page.screenshot(path=str(shot))
    walk.left, walk.sent_items, walk.drafts = [len(new("journal"))], [len(new("sentitems"))], new("drafts")
    set_up(desk, address, walk.transport, walk.language)
    if not walk.closed:
        leave(page, walk)
        walk.left.append(len(new("journal")))
        walk.sent_items.append(len(new("sentitems")))
    judge(walk)


def line(walk: Walk) -> str:
    """A row of the table."""
    end = "window closed" if walk.closed else f"[{' · '.join(walk.buttons)}]"
    left = " then ".join(str(number) for number in walk.left)
    parts = (walk.offered.name, walk.transport, walk.times, walk.language, walk.words, end, f"left {left}", f"drafts {walk.drafts}")
    return " | ".join([*parts, walk.way_out or "-", f"{walk.seconds:.0f} s", "; ".join(walk.wrong) or "as the page says"])


@contextmanager
def _window(browser: Browser) -> Iterator[tuple[Page, Page]]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context.new_page(), context.new_page()
    context.close()


def take(address: str, program: str, folder: Path, wanted: Callable[[Walk], bool]) -> int:
    """All that are wanted; how many were not as they should be."""
    folder.mkdir(parents=True, exist_ok=True)
    bad = 0
    walks = [
        walk
        for language in ("da", "en")
        for times in ("1", "always")
        for item in FAULTS
        for way in item.operations
        if wanted(walk := Walk(item, way, times, language))
    ]
    if not walks:
        sys.exit(f"Nothing of that name. --only takes {', '.join(item.name for item in FAULTS)}; --times 1, always; --languages da, en.")
    with chromium(program) as browser:
        for walk in walks:
            with _window(browser) as pages:
                try:
                    one(pages, address, walk, folder / f"{walk.offered.name}-{walk.transport}-{walk.times}-{walk.language}.png")
                except PlaywrightError as error:
                    walk.wrong.append(str(error)[:200])
            bad += bool(walk.wrong)
            print(line(walk), flush=True)
    return bad


def main() -> int:
    """Start the demo world unless an address is given, and walk."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--chromium", required=True, help="path of the browser")
    asked.add_argument("--address", help="of a demo world that runs already")
    asked.add_argument("--only", default="", help="names of faults, with commas")
    asked.add_argument("--times", default="1,always", help="1, always")
    asked.add_argument("--languages", default="da", help="da, en")
    given = asked.parse_args()

    def wanted(walk: Walk) -> bool:
        named = not given.only or walk.offered.name in given.only.split(",")
        return named and walk.times in given.times.split(",") and walk.language in given.languages.split(",")

    if given.address:
        return min(1, take(given.address, given.chromium, given.folder, wanted))
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as data, demo_world(root, Path(data) / "demo") as started:
        return min(1, take(started, given.chromium, given.folder, wanted))


if __name__ == "__main__":
    sys.exit(main())
