"""Fetches an MTA-STS policy through httpx (RFC 8461 §3.3): no redirects, 64 kB, text/plain, one deadline over everything.

The name is resolved by our own resolver, and the connection goes to the address that was looked at: a policy host can lead
neither the certificate check nor the request to a machine inside our network.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from dataclasses import replace

import httpx

from addin_backend.model.network import is_public
from addin_backend.model.transport import AddressAnswer, PolicyDocument
from addin_backend.ports import AddressResolver

MAX_BYTES = 64 * 1024  # §3.3
MAX_ADDRESSES = 3  # how many addresses of a policy host are tried
CONNECT_SHARE = (
    0.4  # of the time for TCP, and again for TLS: httpx closes a connection that it gives up itself, not one cut off from outside
)
PATH = "/.well-known/mta-sts.txt"


def _tls(ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or newer; the name must stand in subjectAltName, a common name does not count (§3.3)."""
    context = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    return context


def _caused_by_tls(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _shown(response: httpx.Response) -> str:
    """SHA-256 of the certificate that the policy host showed."""
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    return hashlib.sha256(der).hexdigest() if der else ""


async def _read(response: httpx.Response) -> PolicyDocument:
    """The document in a response whose head is there, read piece by piece up to the limit."""
    if response.is_redirect or 300 <= response.status_code < 400:
        return PolicyDocument("redirect")
    if response.status_code != 200:
        return PolicyDocument("not_found" if response.status_code in (404, 410) else "error")
    media_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "text/plain" or response.headers.get("content-encoding", "identity").lower() != "identity":
        return PolicyDocument("wrong_type")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MAX_BYTES:
            return PolicyDocument("too_large")
    return PolicyDocument("ok", bytes(body))


class MtaStsFetcher:
    """The PolicyFetcher port. ``addresses`` resolves the policy host. Thread-safe; each fetch has a connection of its own.

    ``allow_private`` is for a loopback resolver given for a test; ``ca_file`` (PEM) replaces the roots; ``port`` is for tests.
    Raises OSError or ssl.SSLError from the constructor when ``ca_file`` cannot be read, nothing later.
    """

    def __init__(self, addresses: AddressResolver, *, ca_file: str = "", allow_private: bool = False, port: int = 443) -> None:
        self._addresses = addresses
        self._allow_private = allow_private
        self._port = port
        self._context = _tls(ca_file)

    def fetch(self, domain: str, deadline: float) -> PolicyDocument:
        """The policy of ``domain`` within ``deadline`` seconds, or the word for why not."""
        end = time.monotonic() + deadline
        host = f"mta-sts.{domain}"
        found = self._addresses.addresses(host, deadline)
        if found.status != "ok":
            return PolicyDocument({"timeout": "timeout", "none": "not_found"}.get(found.status, "error"), wires=found.wires)
        usable = self._usable(found)
        if not usable:
            return PolicyDocument("refused", wires=found.wires)
        document = PolicyDocument("timeout")
        for address in usable[:MAX_ADDRESSES]:
            remaining = end - time.monotonic()
            if remaining <= 0:
                break
            document = replace(asyncio.run(self._fetch_from(address, host, remaining)), address=address, wires=found.wires)
            if document.status != "error":
                break
        return document

    def _usable(self, found: AddressAnswer) -> tuple[str, ...]:
        return found.addresses if self._allow_private else tuple(item for item in found.addresses if is_public(item))

    async def _fetch_from(self, address: str, host: str, seconds: float) -> PolicyDocument:
        """One request to one address. asyncio ends it at the deadline wherever it stands: httpx alone would wait per read."""
        place = f"[{address}]" if ":" in address else address
        headers = {"host": host, "accept": "text/plain", "accept-encoding": "identity", "user-agent": "sendsecurely"}
        limits = httpx.Timeout(seconds, connect=seconds * CONNECT_SHARE)
        try:
            async with asyncio.timeout(seconds), httpx.AsyncClient(verify=self._context, trust_env=False, timeout=limits) as client:
                url = f"https://{place}:{self._port}{PATH}"
                async with client.stream("GET", url, headers=headers, extensions={"sni_hostname": host}) as response:
                    certificate = _shown(response)  # before the body: with its end the connection may be gone
                    return replace(await _read(response), certificate=certificate)
        except (TimeoutError, httpx.TimeoutException):
            return PolicyDocument("timeout")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return PolicyDocument("tls_error" if _caused_by_tls(error) else "error")
