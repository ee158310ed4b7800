"""A store of routes in a file, with keys of its own that are the same for everybody who opens it."""

from __future__ import annotations

import hmac
from pathlib import Path

from addin_backend.edges.database import sqlite_url
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.route_store import RouteStore
from addin_backend.sealing import envelope


def route_store(path: Path) -> RouteStore:
    """The store at ``path``; its keys lie beside it."""
    keys = KeyFile.load_or_create(path.with_suffix(".keys.json"))
    secret = keys.secret("routes")
    return RouteStore(
        sqlite_url(path),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
        keyed=lambda kind, value: hmac.digest(secret, f"{kind}\n{value}".encode(), "sha256").hex(),
    )
