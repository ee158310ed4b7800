"""The HostProber port: one connection per address family, a second only to give old TLS its name. All probes share one event loop."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as NotReady
from contextlib import suppress
from datetime import datetime

import uvloop

from addin_backend.edges.smtp_probe.dialogue import Ended, NoHandshake, handshake
from addin_backend.model.network import is_public
from addin_backend.model.transport import AddressProbe, HostProbe

CONNECT = 10.0  # seconds for the connection
TOTAL = 20.0  # seconds for one address, banner to TLS
SIDE_BY_SIDE = 64
GRACE = 5.0  # seconds for what is under way to let go at the end
_DER = 2  # _ssl.ENCODING_DER
MODERN = frozenset({"TLSv1.2", "TLSv1.3"})


def _context(*, permissive: bool) -> ssl.SSLContext:
    """Certificates are looked at afterwards, by whoever judges. ``permissive`` is for naming what was refused, never for trusting it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if permissive:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
    else:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _chain(found: ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates as the server showed them, DER, the leaf first."""
    public = getattr(found, "get_unverified_chain", None)  # Python 3.13
    if public is not None:
        return tuple(bytes(item) for item in public() or ())
    inner = getattr(found, "_sslobj", None)
    shown = inner.get_unverified_chain() if inner is not None else None
    leaf = found.getpeercert(binary_form=True)
    return tuple(bytes(item.public_bytes(_DER)) for item in shown) if shown else ((leaf,) if leaf else ())


def _chosen(addresses: Sequence[str]) -> list[str]:
    """The first address of each family: one connection is all that a server is asked for."""
    first = {":" in address: address for address in reversed(list(addresses))}
    return [first[family] for family in (False, True) if family in first]


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Until it is stopped; then what is under way is cancelled, so that every connection is closed."""
    loop.run_forever()
    loop.run_until_complete(_let_go())
    loop.close()


async def _let_go() -> None:
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    await asyncio.sleep(0)


class SmtpProber:
    """Probes from this machine. ``clock`` gives the time that stands in the result, ``vantage`` the place.

    ``allow_private`` is for a loopback resolver given for a test. Thread-safe; the loop starts with the first probe and ends with
    ``close``. ``limits``: seconds for the connection and for one address.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        port: int = 25,
        vantage: str = "",
        allow_private: bool = False,
        limits: tuple[float, float] = (CONNECT, TOTAL),
    ) -> None:
        self._clock, self._port, self._vantage, self._limits = clock, port, vantage, limits
        self._allow_private = allow_private
        self._contexts = (_context(permissive=False), _context(permissive=True))
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gate: asyncio.Semaphore | None = None
        self._thread: threading.Thread | None = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = uvloop.new_event_loop()
                self._loop.set_exception_handler(lambda _loop, _context: None)  # a broken connection is a result, no event for the log
                self._gate = asyncio.Semaphore(SIDE_BY_SIDE)
                self._thread = threading.Thread(target=_run, args=(self._loop,), name="smtp-probe", daemon=True)
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """Let the loop end. Idempotent."""
        with self._lock:
            if self._loop is not None and self._thread is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join(GRACE)
                self._loop = self._thread = None

    def probe(self, host: str, sni: str, addresses: Sequence[str], deadline: float) -> HostProbe:
        """What ``host`` does at its addresses, within ``deadline`` seconds."""
        seen_at = self._clock()
        work = asyncio.run_coroutine_threadsafe(self._all(sni, _chosen(addresses), time.monotonic() + deadline), self._running())
        try:
            found = work.result(deadline + 0.5)
        except (NotReady, asyncio.CancelledError):
            work.cancel()
            found = [(AddressProbe(address, "unknown", "timeout"), ()) for address in _chosen(addresses)]
        certificates = dict.fromkeys(der for _, chain in found for der in chain)
        return HostProbe(host, sni, seen_at, tuple(probed for probed, _ in found), tuple(certificates), self._vantage)

    async def _all(self, sni: str, addresses: Sequence[str], end: float) -> list[tuple[AddressProbe, tuple[bytes, ...]]]:
        found: list[tuple[AddressProbe, tuple[bytes, ...]]] = []
        for address in addresses:  # one after the other: never two connections to one host at a time
            if not (self._allow_private or is_public(address)):
                found.append((AddressProbe(address, "unknown", "private_address"), ()))
                continue
            assert self._gate is not None  # noqa: S101 made together with the loop that runs this
            async with self._gate:
                found.append(await self._one(address, sni, max(0.01, end - time.monotonic())))
        return found

    async def _one(self, address: str, sni: str, left: float) -> tuple[AddressProbe, tuple[bytes, ...]]:
        started = time.monotonic()
        limits = (min(self._limits[0], left), min(self._limits[1], left))

        def probed(outcome: str, detail: str = "", version: str = "", cipher: str = "", chain: tuple[bytes, ...] = ()) -> AddressProbe:
            names = tuple(hashlib.sha256(der).hexdigest() for der in chain)
            return AddressProbe(address, outcome, detail, version, cipher, names, int((time.monotonic() - started) * 1000))

        try:
            transport, tls = await handshake(address, self._port, sni, self._contexts[0], limits)
        except NoHandshake as failed:
            version = await self._named(address, sni, limits)
            return (probed("legacy_tls", failed.detail, version) if version else probed("unknown", failed.detail)), ()
        except Ended as ended:
            return probed(ended.outcome, ended.detail), ()
        except Exception:  # noqa: BLE001 whatever a server does to us is an unknown result, not a crashed probe
            return probed("unknown", "failed"), ()
        try:
            version, cipher, chain = tls.version() or "", (tls.cipher() or ("",))[0], _chain(tls)
            transport.write(b"QUIT\r\n")
        finally:
            transport.close()
        return probed("tls" if version in MODERN else "unknown", "", version, cipher, chain), chain

    async def _named(self, address: str, sni: str, limits: tuple[float, float]) -> str:
        """The version older than TLS 1.2 that the server does speak, or ""."""
        with suppress(Exception):  # it never makes anything better, so whatever fails here changes nothing
            transport, tls = await handshake(address, self._port, sni, self._contexts[1], limits)
            version = tls.version() or ""
            transport.close()
            return "" if version in MODERN else version
        return ""
