"""How we speak HTTP to Exchange: reads in large pieces, and says whether a request that failed had left us at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError

_PIECE = 256 * 1024
_REFUSALS = frozenset({403, 404, 405, 413, 429})  # answered before the request was read by Exchange


class NeverLeft(requests.exceptions.ConnectionError):
    """No connection came about: the server has seen nothing of the request."""


class Refused(requests.exceptions.RequestException):
    """The web server turned the request away by its status: Exchange has done nothing."""

    def __init__(self, status: int) -> None:
        """``status`` as in RFC 9110."""
        self.status = status
        super().__init__(f"refused with status {status}")


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
