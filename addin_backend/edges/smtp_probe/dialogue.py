"""One SMTP conversation up to STARTTLS (RFC 5321, RFC 3207), within bounds: a server may say anything, for as long as it likes."""

from __future__ import annotations

import asyncio
import errno
import re
import ssl

LINE = 2048  # octets; RFC 5321 §4.5.3.1.5 says 512, servers say more
LINES = 100  # of one reply
OCTETS = 64 * 1024  # of one conversation before TLS

_REPLY = re.compile(rb"([2-5][0-9]{2})([ -]|$)")
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


class Ended(Exception):
    """The conversation is over, with an outcome (plaintext, unknown) and the word for it."""

    def __init__(self, outcome: str, detail: str) -> None:
        self.outcome, self.detail = outcome, detail
        super().__init__(f"{outcome}: {detail}")


class NoHandshake(Ended):
    """STARTTLS was agreed on, and then TLS did not come about."""

    def __init__(self, detail: str) -> None:
        super().__init__("unknown", detail)


class Lines(asyncio.Protocol):
    """What the server says, as lines. Nothing is read beyond the bounds."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.taken = 0
        self.over = False
        self._waiting: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Also called again by asyncio once TLS stands."""
        if isinstance(transport, asyncio.Transport):
            self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep it, up to the bound."""
        self.taken += len(data)
        if self.taken > OCTETS:
            self.over = True
            if self.transport is not None:
                self.transport.abort()
        else:
            self.buffer += data
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """The server (or the bound) ended it."""
        self.over = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def line(self) -> bytes:
        """The next line without its end. Raises Ended."""
        while (end := self.buffer.find(b"\n")) < 0:
            if self.taken > OCTETS or len(self.buffer) > LINE:
                raise Ended("unknown", "endless_reply")
            if self.over:
                raise Ended("unknown", "closed")
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        found = bytes(self.buffer[:end]).rstrip(b"\r")
        del self.buffer[: end + 1]
        if len(found) > LINE:
            raise Ended("unknown", "endless_reply")
        return found

    async def reply(self) -> tuple[int, list[str]]:
        """One reply of one or more lines (RFC 5321 §4.2.1). Raises Ended."""
        texts: list[str] = []
        code = 0
        for _ in range(LINES):
            raw = await self.line()
            found = _REPLY.match(raw)
            if found is None or (code and int(found[1]) != code):
                raise Ended("unknown", "bad_reply")
            code = int(found[1])
            texts.append(raw[4:].decode("ascii", "replace"))
            if found[2] != b"-":
                return code, texts
        raise Ended("unknown", "endless_reply")


def _own_name(transport: asyncio.Transport) -> str:
    """An address literal (RFC 5321 §4.1.3): it says who connects without naming a machine."""
    local = str((transport.get_extra_info("sockname") or ("127.0.0.1",))[0]).split("%")[0]
    return f"[IPv6:{local}]" if ":" in local else f"[{local}]"


async def _agreed(lines: Lines, transport: asyncio.Transport) -> None:
    """Up to the moment where TLS may begin. Raises Ended: plaintext where the server says that it has no TLS, else unknown."""
    code, _ = await lines.reply()
    if code != 220:
        raise Ended("unknown", f"banner_{code}")
    transport.write(f"EHLO {_own_name(transport)}\r\n".encode())
    code, texts = await lines.reply()
    if code in {500, 501, 502, 504}:
        raise Ended("plaintext", "no_ehlo")
    if code != 250:
        raise Ended("unknown", f"ehlo_{code}")
    if not any(text.split()[:1] == ["STARTTLS"] for text in map(str.upper, texts[1:])):
        raise Ended("plaintext", "no_starttls")
    transport.write(b"STARTTLS\r\n")
    code, _ = await lines.reply()
    if 500 <= code < 600:
        raise Ended("plaintext", "starttls_refused")
    if code != 220:
        raise Ended("unknown", f"starttls_{code}")
    if lines.buffer:  # said in clear, and meant to be taken as said under TLS (CVE-2011-0411 and its kin)
        raise Ended("unknown", "plaintext_before_tls")


async def _connected(address: str, port: int, seconds: float) -> tuple[asyncio.Transport, Lines]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            return await loop.create_connection(Lines, address, port)
    except TimeoutError:
        raise Ended("unknown", "timeout") from None
    except ConnectionRefusedError:
        raise Ended("unknown", "refused") from None
    except OSError as error:
        here = ":" in address and error.errno in _NO_ROUTE
        raise Ended("unknown", "no_route" if here else "unreachable") from None


async def handshake(
    address: str, port: int, sni: str, context: ssl.SSLContext, seconds: tuple[float, float]
) -> tuple[asyncio.Transport, ssl.SSLObject]:
    """Connect, agree on STARTTLS, shake hands. ``seconds``: until the banner's connection, and for all of it.

    Raises Ended; NoHandshake where the failure lies in TLS itself. The caller closes the transport.
    """
    transport: asyncio.Transport | None = None
    try:
        async with asyncio.timeout(seconds[1]):
            transport, lines = await _connected(address, port, seconds[0])
            await _agreed(lines, transport)
            return await _under_tls(transport, lines, sni, context)
    except TimeoutError:
        if transport is not None:
            transport.abort()
        raise Ended("unknown", "timeout") from None
    except BaseException:  # whatever ends it, a cancellation too: no connection stays open
        if transport is not None:
            transport.abort()
        raise


async def _under_tls(
    transport: asyncio.Transport, lines: Lines, sni: str, context: ssl.SSLContext
) -> tuple[asyncio.Transport, ssl.SSLObject]:
    try:
        upgraded = await asyncio.get_running_loop().start_tls(transport, lines, context, server_hostname=sni)
    except ssl.SSLError:
        raise NoHandshake("tls_failed") from None
    except OSError:  # a server that wants another version of TLS often just resets
        raise NoHandshake("tls_reset") from None
    if upgraded is None:
        raise NoHandshake("tls_reset")
    found = upgraded.get_extra_info("ssl_object")
    if not isinstance(found, ssl.SSLObject):
        raise NoHandshake("tls_failed")
    return upgraded, found
