"""Keyed pseudonyms: HMAC-SHA-256 under a key for each tenant and quarter, derived with HKDF (RFC 5869) from one secret.

Plain hashes of addresses are guessed in minutes; these are not without the secret. They are still personal data (GDPR recital 26).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH = 20  # octets of the HMAC that are kept: 160 bits, 32 letters
SECRET_BYTES = 32


def period_of(at: datetime) -> str:
    """The quarter (UTC) that a pseudonym holds for, e.g. "2026q4"."""
    moment = at.astimezone(UTC)
    return f"{moment.year}q{(moment.month + 2) // 3}"


class KeyedPseudonyms:
    """``Pseudonymiser`` for one tenant. ``secret`` has 32 octets or more and comes from the key ring."""

    def __init__(self, tenant: str, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"the secret must have {SECRET_BYTES} octets")
        self._tenant = tenant
        self._secret = secret
        self._keys: dict[str, bytes] = {}

    def _key(self, period: str) -> bytes:
        if period not in self._keys:
            info = f"sendsecurely pseudonyms\n{self._tenant}\n{period}".encode()
            self._keys[period] = HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(self._secret)
        return self._keys[period]

    def pseudonym(self, kind: str, value: str, at: datetime) -> str:
        """ "2026q4-" and 32 letters: the same for the same kind and value within a quarter. The case of an address does not matter."""
        period = period_of(at)
        written = value.strip().lower() if kind == "address" else value
        digest = hmac.new(self._key(period), f"{kind}\n{written}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        return f"{period}-{base64.b32encode(digest[:LENGTH]).decode().lower()}"
