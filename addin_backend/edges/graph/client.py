"""One HTTP client for Graph: a token with each request, claims challenges, Retry-After, and what was lost told from what was refused."""

from __future__ import annotations

import base64
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import msgspec

from addin_backend.edges.graph import failures
from addin_backend.errors import OutcomeUnknown, SendSecurelyError, TooLarge, Unavailable

T = TypeVar("T")

TokenProvider = Callable[[str | None], str]
"""Gives a valid access token at each call; it is expected to cache. The argument is a claims challenge to satisfy, mostly None."""

_CLAIMS = re.compile(r'claims="([A-Za-z0-9+/=_-]+)"')
_LOGGERS = ("httpx", "httpcore")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.ProxyError)
_WAIT_FOR_CONNECTION = 30.0  # seconds
FIRST_PAUSE = 0.5  # seconds, doubled, where the server asks us to wait without saying how long
READ_AGAIN = frozenset({failures.THROTTLED, failures.UNAVAILABLE})
_WRITE_AGAIN = frozenset({failures.THROTTLED})  # certainly not done; behind a 503 it may have been
LARGEST = 72 * 1024 * 1024  # octets of an answer: a mail of 50 MB, the largest that can be judged (evidence/mime.py), in base64


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer that was read whole."""

    status_code: int
    headers: httpx.Headers
    content: bytes


class Client:
    """Thread-safe. ``patience``: seconds that one request may wait in all when the server asks us to come back later."""

    def __init__(
        self,
        address: str,
        tokens: TokenProvider,
        *,
        max_connections: int,
        timeout: float,
        patience: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``address`` is like https://graph.microsoft.com/v1.0. Nothing is requested here."""
        _quieten()
        self._tokens = tokens
        self._patience = patience
        self._sleep = sleep
        self._clock = clock
        self._http = httpx.Client(
            base_url=address.rstrip("/"),
            timeout=httpx.Timeout(timeout, pool=_WAIT_FOR_CONNECTION),
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
            headers={"User-Agent": "addin-backend"},
            trust_env=False,  # no proxy of the environment gets to see mail
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(self, kind: type[T], method: str, path: str, *, wanted: int = 200, **request: Any) -> T:
        """The answer as ``kind``. Raises Unavailable when it is not one."""
        body = self.ask(method, path, wanted=wanted, **request)
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass  # the exception holds pieces of the answer, so ours is raised outside it
        raise Unavailable

    def ask(
        self,
        method: str,
        path: str,
        *,
        wanted: int,
        sending: bool = False,
        reading: bool = False,
        body: msgspec.Struct | bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """One request; the body of the answer with the ``wanted`` status, the only one that counts as done.

        ``sending``: it may have done what cannot be taken back, so it is never asked again, not even when the server asks us to wait.
        ``reading``: nothing is done by it whatever its method, so that it is asked again as a GET is.
        """
        kind = {"Content-Type": "application/json"} if isinstance(body, msgspec.Struct) else {}
        made = {
            "method": method,
            "url": path,
            "params": query,
            "headers": {**kind, **(headers or {})},
            "content": msgspec.json.encode(body) if isinstance(body, msgspec.Struct) else body,
        }
        again = frozenset[int]() if sending else READ_AGAIN if reading or method == "GET" else _WRITE_AGAIN
        deadline = self.deadline()
        pause = FIRST_PAUSE
        while True:
            response = self._admitted(made, sending)
            if response.status_code not in again or not self.wait(_wait(response, pause), deadline):
                break
            pause *= 2
        if response.status_code != wanted:
            raise failures.tell(response.status_code, response.content, sending)
        return response.content

    def deadline(self) -> float:
        """Until when a request that begins now may be asked again."""
        return self._clock() + self._patience

    def wait(self, seconds: float, deadline: float) -> bool:
        """Wait, unless that goes beyond the deadline: then False, at once."""
        if self._clock() + seconds > deadline:
            return False
        self._sleep(seconds)
        return True

    def put_piece(self, url: str, piece: bytes, start: int, total: int) -> None:
        """A piece of an upload, to an address that needs no token. Raises Unavailable."""
        headers = {"Content-Range": f"bytes {start}-{start + len(piece) - 1}/{total}", "Content-Type": "application/octet-stream"}
        response = self._once({"method": "PUT", "url": url, "content": piece, "headers": headers}, False)
        if response.status_code not in (200, 201, 202):
            raise failures.tell(response.status_code, response.content, False)

    def _admitted(self, made: dict[str, Any], sending: bool) -> _Answer:
        """A 401 with a claims challenge (continuous access evaluation) means that nothing was done: asked once more with a new token."""
        response = self._once(self._signed(made, None), sending)
        claims = _claims(response)
        return response if claims is None else self._once(self._signed(made, claims), sending)

    def _signed(self, made: dict[str, Any], claims: str | None) -> dict[str, Any]:
        try:
            token = self._tokens(claims)
            token.encode("ascii")
            return {**made, "headers": {**made["headers"], "Authorization": f"Bearer {token}"}}
        except SendSecurelyError as ours:
            failure = ours.with_traceback(None)
        except Exception:  # noqa: BLE001 a provider's exception may hold the token: none may pass
            failure = Unavailable()
        raise failure

    def _once(self, made: dict[str, Any], sending: bool) -> _Answer:
        """One request. Raises TooLarge for an answer over LARGEST, of which no more is read."""
        content = bytearray()
        try:
            with self._http.stream(**made) as response:
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > LARGEST:
                        break
                else:
                    return _Answer(response.status_code, response.headers, bytes(content))
        except _NEVER_LEFT:
            lost = False
        except Exception:  # noqa: BLE001 httpx's exceptions hold the request, address and token: none may pass
            lost = True
        if len(content) > LARGEST and not sending:
            raise TooLarge
        raise OutcomeUnknown if lost and sending else Unavailable


def _wait(response: _Answer, otherwise: float) -> float:
    """Seconds that the server asks for (RFC 9110 §10.2.3); a date counts as not said."""
    said = response.headers.get("Retry-After", "").strip()
    return float(said) if said.isdecimal() else otherwise


def _claims(response: _Answer) -> str | None:
    if response.status_code != failures.UNAUTHORISED:
        return None
    found = _CLAIMS.search(response.headers.get("WWW-Authenticate", ""))
    if found is None:
        return None
    try:
        return base64.b64decode(found.group(1).replace("-", "+").replace("_", "/") + "==").decode()
    except ValueError:
        return None


def _quieten() -> None:
    """httpx logs every address that it asks, and a mailbox stands in it; httpcore logs headers."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
