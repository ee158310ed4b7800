"""Seals the papers that a client decides with when the service is dead: HMAC-SHA-256 (RFC 2104) over kind, times and version.

The client cannot check the seal (it holds no key); the service does, when the client tells what it decided. So a paper that was made up,
or whose times were changed, comes to light with the first report.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

import msgspec

from addin_backend.model.offline import Inside, Paper

HOLDS, LATE, FORGED, NONE = "holds", "late", "forged", "none"
SKEW = 300  # seconds that a computer's clock may differ


def _mac(key: bytes, kind: str, issued: int, expires: int, version: str) -> str:
    return hmac.new(key, f"{kind}\n{issued}\n{expires}\n{version}".encode(), hashlib.sha256).hexdigest()


def issue(key: bytes, kind: str, at: datetime, seconds: int, version: str) -> Paper:
    """A paper that counts from ``at`` for ``seconds``."""
    issued = int(at.timestamp())
    return Paper(issued=issued, expires=issued + seconds, version=version, seal=_mac(key, kind, issued, issued + seconds, version))


def version_of(inside: Inside) -> str:
    """The digest of what a snapshot says."""
    return hashlib.sha256(msgspec.json.encode(inside, order="sorted")).hexdigest()


def judge(key: bytes, kind: str, paper: Paper | None, used_at: int) -> str:
    """Whether the paper was ours and counted when it was used: holds, late, forged, or none."""
    if paper is None:
        return NONE
    if not hmac.compare_digest(_mac(key, kind, paper.issued, paper.expires, paper.version), paper.seal):
        return FORGED
    return HOLDS if paper.issued - SKEW <= used_at < paper.expires else LATE
