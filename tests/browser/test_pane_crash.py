"""The server is killed while it sends, and started again: the open pane finds out what became of the mail, which leaves once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from demo_world_run import START_WITHIN, free_port
from host_page import BO, METTE, PATIENCE, chromium, compose, fresh_page, left, pane_from_dialog, picture, receipt

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_EXCHANGE = re.compile(r"(http://127\.0\.0\.1:\d+)/sandbox/journal")


@contextmanager
def server(root: Path, data: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`addin-backend run` on this port with this data: the process, and the address of its Exchange."""
    command = [sys.executable, "-m", "addin_backend", "run", "--port", str(port), "--data", str(data)]
    said = data.with_name(f"said-{time.monotonic_ns()}")
    with said.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=out, stderr=out, text=True)
    try:
        yield process, _exchange(process, said)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _exchange(process: subprocess.Popen[str], said: Path) -> str:
    until = time.monotonic() + 2 * START_WITHIN
    while time.monotonic() < until and process.poll() is None:
        text = said.read_text(encoding="utf-8", errors="replace")
        found = _EXCHANGE.search(text)
        if found and "Ctrl-C" in text:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(said.read_text(encoding="utf-8", errors="replace")[-3000:])


def test_a_server_that_is_killed_in_mid_send(root: Path, tmp_path: Path, tool: Callable[[str], str]) -> None:
    """SIGKILL after the press was taken in and before Exchange has sent: the same pane closes its window when the mail has gone, once."""
    port, data = free_port(), tmp_path / "data"
    address = f"http://127.0.0.1:{port}"
    with chromium(tool("chromium")) as browser, fresh_page(browser) as page:
        with server(root, data, port) as (process, exchange):
            httpx.post(f"{exchange}/sandbox/faults", json={"operation": "SendItem", "kind": "delay", "seconds": 20}).raise_for_status()
            compose(page, address, "da", "cpr")
            pane = pane_from_dialog(page)
            with page.expect_response(lambda answer: answer.url.endswith("/api/v1/send")) as taken:
                pane.locator("[data-kind=send_securely]").click()
            assert taken.value.status == 202
            process.kill()
            process.wait()
        expect(page.locator("#receipt")).to_be_hidden()
        picture(page, root, "da-18-killed")
        with server(root, data, port):
            page.wait_for_selector("#receipt:not([hidden])", timeout=2 * PATIENCE)
            assert receipt(page) == [BO]
            assert [who for who, _ in left(page, address)] == [BO]
            page.goto(f"{address}/playground/mailbox?folder=drafts&mailbox={METTE}&lang=da")
            expect(page.locator(".items .empty")).to_be_visible()
