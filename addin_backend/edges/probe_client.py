"""Asks a probe worker elsewhere, through httpx. What it answers is believed for its signature, not for the way it came."""

from __future__ import annotations

import httpx

from addin_backend.errors import Unavailable

MAX_BYTES = 512 * 1024  # a statement with a long chain of certificates


class ProbeClient:
    """``url`` of the worker; ``token`` is what it asks for. A connection for each request."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url.rstrip("/") + "/probe", token

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The worker's statement. Raises Unavailable."""
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        try:
            with (
                httpx.Client(timeout=max(0.1, seconds), trust_env=False, follow_redirects=False) as client,
                client.stream("POST", self._url, content=request, headers=headers) as answer,
            ):
                answer.raise_for_status()
                body = b""
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > MAX_BYTES:
                        raise Unavailable
                return body
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise Unavailable from None
