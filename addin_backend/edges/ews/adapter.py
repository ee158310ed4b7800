"""How we speak HTTP to Exchange: reads in large pieces, and says whether a request that failed had left us at all."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError

_PIECE = 256 * 1024
_B64_PIECE = 3 * 64 * 1024  # octets that are put into base64 at a time; no padding but in the last piece
_REFUSALS = frozenset({403, 404, 405, 413, 429})  # answered before the request was read by Exchange


class NeverLeft(requests.exceptions.ConnectionError):
    """No connection came about: the server has seen nothing of the request."""


class Refused(requests.exceptions.RequestException):
    """The web server turned the request away by its status: Exchange has done nothing."""

    def __init__(self, status: int) -> None:
        """``status`` as in RFC 9110."""
        self.status = status
        super().__init__(f"refused with status {status}")


class Spliced:
    """A request's body whose one large value is put into base64 while it is sent, instead of standing in memory several times over.

    exchangelib writes it into a tree and the tree into text: 25 MB took 150 MB (measured). Iterating gives the same octets every time.
    """

    def __init__(self, head: bytes, content: bytes, tail: bytes) -> None:
        """``content`` is the raw value, that stands between ``head`` and ``tail``."""
        self._head, self._content, self._tail = head, content, tail

    def __len__(self) -> int:
        """Octets as sent."""
        return len(self._head) + 4 * ((len(self._content) + 2) // 3) + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        """The body in pieces."""
        yield self._head
        whole = memoryview(self._content)
        for at in range(0, len(whole), _B64_PIECE):
            yield binascii.b2a_base64(whole[at : at + _B64_PIECE], newline=False)
        yield self._tail


STAND_IN = b"the mail itself is put in when it is sent"
_PLACE = binascii.b2a_base64(STAND_IN, newline=False)
_large: ContextVar[bytes | None] = ContextVar("large", default=None)


@contextmanager
def in_place_of_stand_in(content: bytes) -> Iterator[None]:
    """What this thread posts meanwhile has ``content`` where the request says STAND_IN."""
    token = _large.set(content)
    try:
        yield
    finally:
        _large.reset(token)


def _with_content(request: requests.PreparedRequest) -> None:
    """Put the content in, where there is one. Raises ValueError when the request has no place for it, or a place and nothing to put there:
    the stand-in must never be saved as the mail.
    """
    if not isinstance(request.body, bytes):
        return  # one that is sent again, with its content
    content = _large.get()
    head, found, tail = request.body.partition(_PLACE)
    if bool(found) != (content is not None):
        raise ValueError("the mail and its place in the request do not come together")
    if content is None:
        return
    spliced = Spliced(head, content, tail)
    request.body = spliced  # type: ignore[assignment]  # requests sends whatever can be iterated
    request.headers["Content-Length"] = str(len(spliced))


class PiecewiseResponse(requests.Response):
    """exchangelib reads ``iter_content()`` whose default is one byte at a time: 13 s for 25 MB (measured)."""

    def iter_content(self, chunk_size: int | None = _PIECE, decode_unicode: bool = False) -> Iterator[Any]:
        """The body in pieces of ``chunk_size``, or of 256 KiB where the caller did not choose."""
        return super().iter_content(_PIECE if chunk_size in (None, 1) else chunk_size, decode_unicode)


class Adapter(HTTPAdapter):
    """One adapter per session, as exchangelib makes them; no retries of its own."""

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """As HTTPAdapter.send; raises NeverLeft when no connection was made."""
        never_left = False
        _with_content(request)
        try:
            response = super().send(request, *arguments, **options)
        except requests.exceptions.ConnectionError as error:
            if not _never_connected(error):
                raise
            never_left = True
        if never_left:
            raise NeverLeft("no connection could be made")
        if response.status_code in _REFUSALS:
            response.close()
            raise Refused(response.status_code)
        response.__class__ = PiecewiseResponse
        return response


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """Whether it failed before the request. An error of TLS does not tell: a damaged record may come after the server has read it all."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | NameResolutionError)
