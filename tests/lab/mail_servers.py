"""The lab's mail and policy servers, in a process of their own inside the lab's network namespace: `python -m lab.mail_servers PLAN`.

aiosmtpd stands for mail servers that work; what misbehaves is written by hand. PLAN is a JSON file (namespace.py writes it).
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import threading
import warnings
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _context(file: str, *, old: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    if old:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TLS 1.1 is deprecated is what this server is for
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def _say(writer: asyncio.StreamWriter, text: str) -> None:
    writer.write(text.encode("latin-1"))
    await writer.drain()


async def _tarpit(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for letter in "220 slow" * 100:
        await _say(writer, letter)
        await asyncio.sleep(0.5)


async def _endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await _say(writer, "220-" + "x" * 500 + "\r\n")


async def _one_line(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await _say(writer, "2" * 1000)


def _banner(text: str) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _say(writer, f"{text}\r\n")

    return talk


def _dialogue(ehlo: str, starttls: str, after: str = "") -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _say(writer, "220 lab ESMTP\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"EHLO":
                await _say(writer, ehlo)
            elif word == b"STARTTLS":
                await _say(writer, starttls + after)
                if starttls.startswith("220"):
                    await asyncio.sleep(2)
                    return
            elif word == b"QUIT":
                await _say(writer, "221 bye\r\n")
                return
            else:
                await _say(writer, "250 ok\r\n")

    return talk


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _say(writer, "220 lab ESMTP\r\n")
    await reader.readline()
    writer.transport.abort()


async def _mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


WITH, WITHOUT = "250-lab\r\n250-STARTTLS\r\n250 SIZE 1000\r\n", "250-lab\r\n250-XXXXXXXA\r\n250 SIZE 1000\r\n"
TALKS: dict[str, Talk] = {
    "tarpit": _tarpit,
    "endless": _endless,
    "one_line": _one_line,
    "greylisting": _banner("451 4.7.1 Greylisted, come back later"),
    "busy": _banner("421 4.3.2 too many connections"),
    "rejecting": _banner("554 5.7.1 no service for you"),
    "stripped": _dialogue(WITHOUT, "502 what?\r\n"),
    "none": _dialogue("250 lab\r\n", "502 what?\r\n"),
    "later": _dialogue(WITH, "454 4.7.0 TLS not available due to temporary reason\r\n"),
    "never": _dialogue(WITH, "502 5.5.1 no\r\n"),
    "injecting": _dialogue(WITH, "220 go ahead\r\n", "250-lab\r\n250 AUTH PLAIN\r\n"),
    "helo_only": _dialogue("502 5.5.1 EHLO?\r\n", "502 what?\r\n"),
    "greyed_ehlo": _dialogue("450 4.7.1 later\r\n", "502 what?\r\n"),
    "nonsense": _banner("hello there"),
    "no_handshake": _dialogue(WITH, "220 go ahead\r\n"),
    "reset": _reset,
    "mute": _mute,
}


class _GreyAtRcpt(Sink):
    """Takes no mail at the first try."""

    async def handle_RCPT(self, *_: Any) -> str:  # noqa: N802 the name that aiosmtpd calls
        """RFC 6647."""
        return "450 4.7.1 Greylisted"


def _guarded(talk: Talk) -> Talk:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
            writer.close()
        except (OSError, asyncio.IncompleteReadError):  # the client went away, which some tests are about
            writer.transport.abort()

    return handle


class _Fast(asyncio.Protocol):
    """The least that a server with STARTTLS must say: for measuring who asks, not who answers."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport) and self._transport is None:
            self._transport = transport
            transport.write(b"220 lab ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        if data.startswith(b"EHLO"):
            self._transport.write(b"250-lab\r\n250 STARTTLS\r\n")
        elif data.startswith(b"STARTTLS"):
            self._transport.write(b"220 go ahead\r\n")
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._upgrade(loop, self._transport))

    async def _upgrade(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport) -> None:
        try:
            await loop.start_tls(transport, self, self._context, server_side=True)
        except OSError:  # the client went away
            transport.abort()


async def _serve(plan: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    for server in plan["mail"]:
        kind, address = server["kind"], server["address"]
        if kind in TALKS:
            await asyncio.start_server(_guarded(TALKS[kind]), address, 25)
        elif kind == "fast":
            fast = _context(server["file"])
            await loop.create_server(lambda c=fast: _Fast(c), address, 25)  # type: ignore[misc] # bound now, not later
        else:
            context = _context(server["file"], old=kind == "old")
            handler = _GreyAtRcpt() if kind == "grey_at_rcpt" else Sink()
            await loop.create_server(lambda c=context, h=handler: SMTP(h, tls_context=c, hostname="lab"), address, 25)  # type: ignore[misc] # bound now, not later
    print("ready", flush=True)
    await asyncio.Event().wait()


def _policies(pages: dict[str, str], address: str, file: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = self.headers.get("host", "").split(":")[0]
            body = pages.get(host, "").encode()
            self.send_response(200 if body and self.path == "/.well-known/mta-sts.txt" else 404)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silence."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request: Any, client_address: Any) -> None:
            with context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes away."""

    context = _context(file)
    threading.Thread(target=Server((address, 443), Handler).serve_forever, daemon=True).start()


def main() -> None:
    """Serve until the process is ended."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    _policies(plan["policies"], plan["policy_address"], plan["policy_file"])
    asyncio.run(_serve(plan))


if __name__ == "__main__":
    main()
