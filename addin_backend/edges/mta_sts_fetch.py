"""Fetches an MTA-STS policy through httpx (RFC 8461 §3.3): no redirects, 64 kB, text/plain, one deadline over everything.

The name is resolved by our own resolver, and the connection goes to the address that was looked at: a policy host can lead
neither the certificate check nor the request to a machine inside our network.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from ipaddress import IPv4Address, IPv6Address

import httpx

from addin_backend.ports import AddressAnswer, AddressResolver, PolicyDocument

MAX_BYTES = 64 * 1024  # §3.3
MAX_ADDRESSES = 3  # how many addresses of a policy host are tried
CONNECT_SHARE = (
    0.4  # of the time for TCP, and again for TLS: httpx closes a connection that it gives up itself, not one cut off from outside
)
PATH = "/.well-known/mta-sts.txt"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NOT_PUBLIC = tuple(  # what ``is_global`` lets through
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's platform address: the host's agent and resolver, reachable from every machine there
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for (mapped, RFC 4291 §2.5.5.2; NAT64, RFC 6052 §2.1), else itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(text: str) -> bool:
    """Whether an address lies on the open internet: not private, loopback, link-local, multicast, reserved, nor a tunnel to one."""
    try:
        address = _inner(ipaddress.ip_address(text))
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (address.sixtofour or address.teredo or address.is_site_local):
        return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


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
            return PolicyDocument({"timeout": "timeout", "none": "not_found"}.get(found.status, "error"))
        usable = self._usable(found)
        if not usable:
            return PolicyDocument("refused")
        document = PolicyDocument("timeout")
        for address in usable[:MAX_ADDRESSES]:
            remaining = end - time.monotonic()
            if remaining <= 0:
                break
            document = asyncio.run(self._fetch_from(address, host, remaining))
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
                    return await _read(response)
        except (TimeoutError, httpx.TimeoutException):
            return PolicyDocument("timeout")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return PolicyDocument("tls_error" if _caused_by_tls(error) else "error")
