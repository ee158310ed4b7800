"""Sealed at rest: the secure page's package and a send's content (AES-256-GCM, NIST SP 800-38D; key wrapped by the key ring).

Layout, version 1, all lengths big-endian: ``SSEALED`` | version (1) | purpose (1) | key id length (1) | key id |
wrapped key length (2) | wrapped key | nonce (12) | ciphertext with tag (16). Every byte before the ciphertext, and the name of what is
sealed, is additional authenticated data: a changed byte, another name or another purpose is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from addin_backend.errors import NotOpened, NotSealed
from addin_backend.ports import KeyRing

VERSION = 1
PACKAGE = 1  # for a recipient, opened on the secure page
AT_REST = 2  # a job's content while the send is under way
MAX_CONTENT = 256 * 1024 * 1024  # far above the limit of a mail (35 MB); GCM itself ends at 64 GiB

_MAGIC = b"SSEALED"
_KEY_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 12, 16

Random = Callable[[int], bytes]


def _bound(name: str, purpose: int) -> bytes:
    """What the wrapped key is bound to: version, purpose and name."""
    return _MAGIC + bytes([VERSION, purpose]) + name.encode()


def _seal(content: bytes, name: str, purpose: int, ring: KeyRing, random: Random) -> bytes:
    if not name or len(content) > MAX_CONTENT:
        raise NotSealed(
            "The content is too large to seal, or has no name.", sentence_da="Indholdet er for stort til at forsegle eller har intet navn."
        )
    content_key, nonce = random(_KEY_BYTES), random(_NONCE_BYTES)
    key_id, wrapped = ring.wrap(content_key, _bound(name, purpose))
    key_name = key_id.encode()
    header = b"".join(
        [_MAGIC, bytes([VERSION, purpose, len(key_name)]), key_name, len(wrapped).to_bytes(2, "big"), wrapped, nonce],
    )
    return header + AESGCM(content_key).encrypt(nonce, content, header + name.encode())


def _opened(envelope: bytes, name: str, purpose: int, ring: KeyRing) -> bytes:
    at = len(_MAGIC)
    if envelope[: at + 2] != _MAGIC + bytes([VERSION, purpose]):
        raise ValueError("not an envelope of this version and purpose")
    key_name = envelope[at + 3 : at + 3 + envelope[at + 2]]
    at += 3 + len(key_name)
    wrapped_length = int.from_bytes(envelope[at : at + 2], "big")
    wrapped = envelope[at + 2 : at + 2 + wrapped_length]
    at += 2 + wrapped_length
    nonce, ciphertext = envelope[at : at + _NONCE_BYTES], envelope[at + _NONCE_BYTES :]
    if len(ciphertext) < _TAG_BYTES:
        raise ValueError("the envelope ends too early")
    content_key = ring.unwrap(key_name.decode(), wrapped, _bound(name, purpose))
    return AESGCM(content_key).decrypt(nonce, ciphertext, envelope[: at + _NONCE_BYTES] + name.encode())


def _open(envelope: bytes, name: str, purpose: int, ring: KeyRing) -> bytes:
    try:
        return _opened(envelope, name, purpose, ring)
    except (ValueError, IndexError, InvalidTag) as error:
        raise NotOpened(
            "The sealed content has been changed or belongs elsewhere.",
            sentence_da="Det forseglede indhold er ændret eller hører til et andet sted.",
            next_step="Ask the sender to send it again.",
            next_step_da="Bed afsenderen sende det igen.",
        ) from error


def seal_package(content: bytes, package_id: str, ring: KeyRing, random: Random = os.urandom) -> bytes:
    """``content`` sealed for the secure page under ``package_id``, with a fresh content-encryption key. Raises NotSealed."""
    return _seal(content, package_id, PACKAGE, ring, random)


def open_package(envelope: bytes, package_id: str, ring: KeyRing) -> bytes:
    """The content of a package. Raises NotOpened after any change, for another id, or when the key ring does not know the key."""
    return _open(envelope, package_id, PACKAGE, ring)


def seal_bytes(content: bytes, name: str, ring: KeyRing, random: Random = os.urandom) -> bytes:
    """``content`` sealed at rest under ``name``, such as "job-id/mime". Raises NotSealed."""
    return _seal(content, name, AT_REST, ring, random)


def open_bytes(envelope: bytes, name: str, ring: KeyRing) -> bytes:
    """What ``seal_bytes`` sealed under ``name``. Raises NotOpened."""
    return _open(envelope, name, AT_REST, ring)
