"""The embedded key ring: one key file, mode 0600 (production: Azure Key Vault behind the same port).

The file is JSON: key-encryption keys by id (AES-256, the newest is in use, old ones still open), the log's Ed25519 signing key as
seed, and a master secret from which keyed digests get their own keys (HKDF, RFC 5869). It never leaves its machine; losing it means
that nothing sealed can be opened again, so back it up apart from the database.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from addin_backend.errors import BadRegister, NotOpened

KEY_BYTES = 32
_NONCE_BYTES = 12
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class _Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds; bytes are base64 in JSON."""

    version: int
    current: str
    key_encryption_keys: dict[str, bytes]
    log_signing_key: bytes
    master_secret: bytes


def _refused(path: Path, why: str, why_da: str) -> BadRegister:
    return BadRegister(
        f"The key file {path.name} cannot be used: {why}.",
        sentence_da=f"Nøglefilen {path.name} kan ikke bruges: {why_da}.",
        next_step="Restore the key file from its backup, readable by the service alone (mode 0600).",
        next_step_da="Gendan nøglefilen fra sikkerhedskopien, så kun tjenesten kan læse den (0600).",
    )


def _read(path: Path) -> _Keys:
    """The keys at ``path``. Raises BadRegister when others may read the file or its content is not whole; FileNotFoundError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode) or mode & _OTHERS:
            raise _refused(path, "other users of the machine may read or write it", "andre på maskinen kan læse eller skrive den")
        raw = file.read()
    try:
        keys = msgspec.json.decode(raw, type=_Keys)
    except msgspec.DecodeError as error:
        raise _refused(path, "it is damaged", "den er beskadiget") from error
    secrets = [*keys.key_encryption_keys.values(), keys.log_signing_key, keys.master_secret]
    if keys.version != 1 or keys.current not in keys.key_encryption_keys or any(len(item) != KEY_BYTES for item in secrets):
        raise _refused(path, "it is incomplete or of another version", "den er ufuldstændig eller af en anden udgave")
    return keys


def _write_new(path: Path, keys: _Keys, *, replace: bool) -> None:
    """Whole or not at all: a temporary file, flushed, then linked (never over another) or put in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(keys))
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name must survive a power cut as well as the bytes
    finally:
        os.close(folder)


class KeyFile:
    """``KeyRing`` on a key file. Use ``load_or_create``."""

    def __init__(self, path: Path, keys: _Keys) -> None:
        self._path = path
        self._keys = keys

    @classmethod
    def load_or_create(cls, path: Path, random: Callable[[int], bytes] = os.urandom) -> KeyFile:
        """The keys at ``path``, made when there is no file. Two processes that start together end up with the same keys.

        Raises BadRegister for a file that others may read or that is damaged: it is never replaced by a new one.
        """
        try:
            return cls(path, _read(path))
        except FileNotFoundError:
            key_id = random(8).hex()
            keys = _Keys(1, key_id, {key_id: random(KEY_BYTES)}, random(KEY_BYTES), random(KEY_BYTES))
        except OSError as error:
            raise _refused(path, "it cannot be read", "den kan ikke læses") from error
        try:
            _write_new(path, keys, replace=False)
        except FileExistsError:
            return cls(path, _read(path))
        except OSError as error:
            raise _refused(path, "it cannot be written", "den kan ikke skrives") from error
        return cls(path, keys)

    def rotate(self, random: Callable[[int], bytes] = os.urandom) -> None:
        """A new key-encryption key from now on; what older keys wrapped still opens."""
        key_id = random(8).hex()
        ring = {**self._keys.key_encryption_keys, key_id: random(KEY_BYTES)}
        keys = msgspec.structs.replace(self._keys, current=key_id, key_encryption_keys=ring)
        _write_new(self._path, keys, replace=True)
        self._keys = keys

    @property
    def log_signing_key(self) -> bytes:
        """The Ed25519 seed (32 octets) that signs the log's checkpoints."""
        return self._keys.log_signing_key

    def secret(self, purpose: str) -> bytes:
        """32 octets for one purpose ("ticket", "pseudonyms/tenant/2026-11"): stable, and telling nothing about the others."""
        info = b"sendsecurely " + purpose.encode()
        return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(self._keys.master_secret)

    @property
    def ticket_key(self) -> bytes:
        """The key of the transport ticket."""
        return self.secret("ticket")

    def wrap(self, key: bytes, aad: bytes) -> tuple[str, bytes]:
        """``key`` under the key-encryption key in use (AES-256-GCM, bound to ``aad`` and the key id)."""
        key_id = self._keys.current
        nonce = os.urandom(_NONCE_BYTES)
        return key_id, nonce + AESGCM(self._keys.key_encryption_keys[key_id]).encrypt(nonce, key, key_id.encode() + b"\0" + aad)

    def unwrap(self, key_id: str, wrapped: bytes, aad: bytes) -> bytes:
        """The key again. Raises NotOpened for an unknown key id, another ``aad`` or a changed byte."""
        wrapping = self._keys.key_encryption_keys.get(key_id)
        if wrapping is None:
            raise NotOpened(
                "The key that this was sealed under is not here.", sentence_da="Den nøgle, dette er forseglet med, er her ikke."
            )
        try:
            return AESGCM(wrapping).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], key_id.encode() + b"\0" + aad)
        except (InvalidTag, ValueError) as error:
            raise NotOpened("The sealed key has been changed.", sentence_da="Den forseglede nøgle er ændret.") from error
