"""Puts together what the add-in asks beside check and send."""

from __future__ import annotations

from urllib.parse import urlsplit

from addin_backend.settings import Settings
from addin_backend.web.services import Addin


def origin_of(url: str) -> str:
    """Scheme, host and port of ``url`` (RFC 6454 §4)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def open_addin(settings: Settings) -> Addin:
    """The add-in of an installation."""
    return Addin(origin=origin_of(settings.public_url), client_id=settings.entra_client)
