"""The static files for a front that answers when the backend is dead: the add-in's own, and what Outlook asks of their origin."""

from __future__ import annotations

import json
from pathlib import Path

from addin_backend.manifest.shape import EVENT_CODE
from addin_backend.manifest.source import Source

ALLOWED = ".well-known/microsoft-officeaddins-allowed.json"
NO_EMERGENCY = b"null"


def front_files(source: Source, folder: Path) -> dict[str, bytes]:
    """Every file of ``folder`` (the add-in's) by its path at the front, with origin and client id written into the event code."""
    files = {f"addin/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    code = files[EVENT_CODE].decode().replace("{{origin}}", source.origin).replace("{{client_id}}", source.client_id)
    return {
        **files,
        EVENT_CODE: code.encode(),
        "addin/degraded.json": NO_EMERGENCY,
        ALLOWED: json.dumps({"allowed": [source.url(EVENT_CODE)]}).encode(),
    }
