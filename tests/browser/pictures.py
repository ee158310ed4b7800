"""Pictures of every journey and page in both languages, to be looked at: `make pictures`.

It presses what a person presses in `addin-backend run`; what it does not find ends that journey, and is told at the end. (The browser
tests assert; this one shows.)
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Page, expect
from playwright.sync_api import Error as PlaywrightError

from demo_world_run import demo_world
from host_page import (
    BO,
    LANGUAGES,
    LISE,
    METTE,
    PATIENCE,
    agree_on_a_code,
    chromium,
    compose,
    dialog,
    pane_from_dialog,
    pane_of,
    receipt,
    settings,
)

NEW = "eva.holst@nyfirma.example"
PAGES = (
    "/",
    "/console",
    "/console/sends",
    "/console/transports",
    "/console/ledger",
    "/console/connections",
    "/console/emergency",
    "/demo/domains",
    "/demo/exchange",
    "/log",
    "/playground",
    "/playground/mailbox?folder=sentitems",
)
WIDTHS = (320, 1280)

Shoot = Callable[[Page, str], None]


@contextmanager
def window(browser: Browser, width: int = 1360, height: int = 900) -> Iterator[Page]:
    """A window of one's own."""
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def shooting(folder: Path, language: str) -> Shoot:
    """Save what a page shows, the animation of a dialog being over."""

    def shoot(page: Page, name: str) -> None:
        page.wait_for_timeout(300)
        page.screenshot(path=str(folder / f"{name}-{language}.png"))
        print(f"{name}-{language}.png", flush=True)

    return shoot


def write(page: Page, to: str, subject: str, body: str) -> None:
    """One's own mail in the window."""
    page.fill("#to", to)
    page.fill("#subject", subject)
    page.fill("#body", body)
    page.locator("#subject").focus()


def harmless(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """An ordinary mail just goes."""
    compose(page, address, language, "lunch")
    shoot(page, "01-harmless-written")
    page.click("#send")
    receipt(page)
    shoot(page, "01-harmless-sent")


def blocked(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """Held back, and mended by a way out."""
    compose(page, address, language, "third_country")
    page.click("#send")
    dialog(page)
    shoot(page, "02-blocked-dialog")
    page.click("#alert [data-kind=open_pane]")
    pane = pane_of(page)
    shoot(page, "02-blocked-pane")
    pane.locator("details.fold").first.evaluate("element => element.open = true")
    shoot(page, "02-blocked-why")
    pane.locator("[data-kind=way_out]").first.click()
    expect(pane.locator("#main[aria-busy=false]")).to_be_visible()
    shoot(page, "02-blocked-mended")


def protected(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """Three recipients three ways; one press."""
    compose(page, address, language, "salaries")
    pane = pane_from_dialog(page)
    shoot(page, "03-protected-pane")
    pane.locator("[data-kind=send_securely]").click()
    receipt(page)
    shoot(page, "03-protected-sent")


def _code(page: Page, pane: FrameLocator, shoot: Shoot) -> None:
    pane.locator(".primary").click()
    expect(pane.locator("fieldset[data-access] .wrong")).to_be_visible()
    shoot(page, "04-access-missing")
    pane.locator("input[value=code]").check()
    pane.locator("input[id^=code-]").fill("12345678")
    shoot(page, "04-access-weak")
    pane.locator("[data-kind=suggest]").click()
    shoot(page, "04-access-code")
    pane.locator("input[value=sms]").check()
    pane.locator("input[type=tel]").fill("20 00 00 91")
    pane.locator("fieldset[data-access] select").select_option("recipient")
    shoot(page, "04-access-number")


def access(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """Code and telephone for somebody who gets a link: unknown, then known, then changed."""
    compose(page, address, language, "cpr")
    write(page, f"Eva Holst <eva.{language}@postkasse.example>", "Police", "CPR-nummer: 010190-1234")
    pane = pane_from_dialog(page)
    shoot(page, "04-access-unknown")
    _code(page, pane, shoot)
    pane.locator(".primary").click()
    receipt(page)
    shoot(page, "04-access-sent")
    compose(page, address, language, "cpr")
    pane = pane_from_dialog(page)
    shoot(page, "04-access-known")
    pane.locator("details:has(fieldset[data-access])").evaluate("element => element.open = true")
    shoot(page, "04-access-change")


def confirmed(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """A question, its missing answer, and the mail that goes after it."""
    compose(page, address, language, "lunch")
    write(page, f"Ny Kunde <{'' if language == 'da' else 'en.'}{NEW}>", "Ny kunde", "CPR-nummer: 010190-1234")
    pane = pane_from_dialog(page)
    shoot(page, "05-confirm-asks")
    pane.locator("[data-kind=confirm]").click()
    shoot(page, "05-confirm-missing")
    pane.locator("fieldset input[value=organisation]").check()
    pane.locator("fieldset[data-about] select").select_option("DK")
    agree_on_a_code(pane)
    pane.locator("[data-kind=confirm]").click()
    receipt(page)
    shoot(page, "05-confirm-sent")


def offline(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """The service is dead: to others the mail is held, to colleagues it goes."""
    compose(page, address, language, "lunch", network="online")
    page.click("#send-securely")
    pane_of(page)
    page.click("#close-pane")
    settings(page, network="offline")
    page.click("#send")
    dialog(page)
    shoot(page, "06-offline-dialog")
    page.click("#alert [data-kind=open_pane]")
    pane_of(page)
    shoot(page, "06-offline-pane")
    page.click("#close-pane")
    write(page, "Jonas Friis <jonas.friis@nordlys.example>", "Kaffe", "Hej Jonas. Skal vi tage den klokken to?")
    page.click("#send")
    receipt(page)
    shoot(page, "06-offline-colleague")


def killed(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """The service goes away in mid-send, and comes back."""
    compose(page, address, language, "salaries")
    pane = pane_from_dialog(page)
    settings(page, network="killed")
    pane.locator("[data-kind=send_securely]").click()
    expect(pane.locator("#headline")).to_have_text(re.compile("endnu|yet"))
    shoot(page, "07-killed-unknown")
    settings(page, network="online")
    receipt(page)
    shoot(page, "07-killed-known")


def missent(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """How a mail was sent, its link closed, and a report of the wrong recipient."""
    page.goto(f"{address}/playground/mailbox?folder=sentitems&mailbox={METTE}&lang={language}")
    page.locator(".items a").filter(has_text=BO).first.click()
    page.click("#send-securely")
    pane = pane_of(page)
    shoot(page, "08-sent-how")
    pane.locator("[data-kind=revoke]").click()
    expect(pane.locator("[data-kind=revoke]")).to_have_count(0)
    shoot(page, "08-sent-revoked")
    pane.locator("[data-kind=missent]").click()
    shoot(page, "08-missent-ask")
    pane.locator("input[type=checkbox]").first.check()
    pane.locator("[data-kind=report]").click()
    expect(pane.locator(".steps")).to_be_visible()
    shoot(page, "08-missent-done")
    page.goto(f"{address}/playground/mailbox?folder=sentitems&mailbox={METTE}&lang={language}")
    page.locator(".items a").filter(has_text=LISE).first.click()
    page.click("#send-securely")
    pane = pane_of(page)
    shoot(page, "08-not-ours")
    pane.locator("aside details summary").click()
    expect(pane.locator("aside table")).to_be_visible()
    pane.locator("aside").scroll_into_view_if_needed()
    shoot(page, "09-my-record")


def narrow(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """The pane alone at 320 px."""
    compose(page, address, language, "salaries")
    pane_from_dialog(page)
    page.set_viewport_size({"width": 320, "height": 1400})
    shoot(page, "10-narrow")


def meeting(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """An invitation that is held; its details go securely, it is cleaned, and then it goes."""
    page.goto(f"{address}/playground/meeting?lang={language}&mailbox={METTE}")
    expect(page.locator("body[data-ready]")).to_be_visible()
    page.click("[data-sample=illness]")
    page.click("#send")
    dialog(page)
    shoot(page, "11-meeting-dialog")
    page.click("#alert [data-kind=open_pane]")
    pane = pane_of(page)
    shoot(page, "11-meeting-held")
    pane.locator("#neutral-title").select_option("1")
    pane.locator("[data-kind=clean_and_send]").click()
    expect(pane.locator("#view[data-tone=allow]")).to_be_visible()
    shoot(page, "11-meeting-clean")
    page.click("#send")
    receipt(page)
    shoot(page, "11-meeting-sent")


def why(page: Page, address: str, language: str, shoot: Shoot) -> None:
    """The page that explains a decision of the log."""
    page.goto(f"{address}/log?lang={language}")
    link = page.locator("a[href*='/log/why/']").first.get_attribute("href")
    page.goto(f"{address}{link}")
    shoot(page, "12-why")


JOURNEYS = (harmless, blocked, protected, access, confirmed, offline, killed, missent, narrow, meeting, why)


def pages(browser: Browser, address: str, language: str, folder: Path) -> None:
    """Each page at both widths, and once in forced colours."""
    for path in PAGES:
        name = re.sub("[^a-z]+", "-", path.partition("?")[0]).strip("-") or "home"
        for width, forced in (*((item, False) for item in WIDTHS), (1280, True)):
            context = browser.new_context(viewport={"width": width, "height": 900}, forced_colors="active" if forced else "none")
            page = context.new_page()
            joint = "&" if "?" in path else "?"
            page.goto(f"{address}{path}{joint}lang={language}")
            shown = folder / f"page-{name}-{width}{'-forced' if forced else ''}-{language}.png"
            page.screenshot(path=str(shown), full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            print(f"{shown.name}{'  WIDER THAN THE WINDOW' if wide else ''}", flush=True)
            context.close()


def take(address: str, program: str, folder: Path, only: str) -> list[str]:
    """All of them, or the journeys whose name begins with ``only``. What could not be shown, and why."""
    folder.mkdir(parents=True, exist_ok=True)
    failed: list[str] = []
    with chromium(program) as browser:
        for language in LANGUAGES:
            for journey in JOURNEYS:
                if journey.__name__.startswith(only):
                    with window(browser) as page:
                        try:
                            journey(page, address, language, shooting(folder, language))
                        except (PlaywrightError, AssertionError) as error:
                            page.screenshot(path=str(folder / f"failed-{journey.__name__}-{language}.png"))
                            failed.append(f"{journey.__name__} ({language}): {str(error)[:300]}")
            if "pages".startswith(only):
                pages(browser, address, language, folder)
    return failed


def _told(failed: list[str]) -> int:
    print("\n".join(failed), file=sys.stderr)
    return 1 if failed else 0


def main() -> int:
    """Start the demo world unless an address is given, and take the pictures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--chromium", required=True, help="path of the browser")
    asked.add_argument("--address", help="of a demo world that runs already")
    asked.add_argument("--only", default="", help="the beginning of one journey's name, or `pages`")
    given = asked.parse_args()
    if given.address:
        return _told(take(given.address, given.chromium, given.folder, given.only))
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as data, demo_world(root, Path(data) / "demo") as started:
        return _told(take(started, given.chromium, given.folder, given.only))


if __name__ == "__main__":
    sys.exit(main())
