"""The static files for a front that answers when the backend is dead: the add-in's own, and what Outlook asks of their origin."""

from __future__ import annotations

import json
from pathlib import Path

from addin_backend.manifest.shape import EVENT_CODE
from addin_backend.manifest.source import Source

ALLOWED = ".well-known/microsoft-officeaddins-allowed.json"
NO_EMERGENCY = b"null"


FILLED = (EVENT_CODE, "addin/sign_in.js")


def front_files(source: Source, folder: Path, msal: bytes = b"") -> dict[str, bytes]:
    """Every file of ``folder`` (the add-in's) by its path at the front, with origin and client id written into the scripts that name them.

    ``msal`` is msal-browser.min.js, or empty: then Office's own sign-in is the only one.
    """
    files = {f"addin/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    for name in FILLED:
        files[name] = files[name].decode().replace("{{origin}}", source.origin).replace("{{client_id}}", source.client_id).encode()
    return {
        **files,
        "addin/msal-browser.min.js": msal,
        "addin/degraded.json": NO_EMERGENCY,
        ALLOWED: json.dumps({"allowed": [source.url(EVENT_CODE)]}).encode(),
    }
