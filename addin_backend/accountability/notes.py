"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint), signed with Ed25519 (signature type 0x01)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from addin_backend.accountability.merkle import HASH_BYTES
from addin_backend.errors import BadInput, LogBroken

ED25519 = b"\x01"
NOTE_LIMIT = 1_000_000  # octets; a verifier bounds what it reads (signed-note, Format)
SIGNATURES = 16  # as many as a verifier must accept
_DASH = "\u2014 "


class NotSigned(LogBroken):
    """A note that the trusted key did not sign, or that is not a note at all."""


def _broken(why: str, why_da: str) -> NotSigned:
    return NotSigned(f"The checkpoint cannot be trusted: {why}.", sentence_da=f"Man kan ikke stole på logbogens stempel: {why_da}.")


def _base64(text: str) -> bytes:
    """Strict standard base64 (RFC 4648 §4); raises ValueError."""
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise ValueError("not canonical base64")
    return decoded


def key_id(name: str, public_key: bytes) -> bytes:
    """The four octets that go before a signature: SHA-256 of name, newline, type and public key, cut short."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(letter.isspace() or ord(letter) < 0x20 for letter in name):
        raise BadInput(
            "The log's name must have no spaces and no '+'.", sentence_da="Logbogens navn må hverken have mellemrum eller '+'.", field="key"
        )
    return name


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and the name that it signs under. ``str()`` gives the vkey: name+hexkeyid+base64."""

    name: str
    public_key: bytes

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """Read a vkey. Raises BadInput. Its base64 may hold '+', so it is split at most twice."""
        try:
            name, written, encoded = vkey.strip().split("+", 2)
            raw = _base64(encoded)
            key = cls(_checked_name(name), raw[1:])
            if raw[:1] != ED25519 or len(raw) != 33 or written != key_id(name, raw[1:]).hex():
                raise ValueError("another kind of key")
            Ed25519PublicKey.from_public_bytes(raw[1:])
        except ValueError:
            raise BadInput(
                "The key is not a verifier key (name+id+base64, Ed25519).",
                sentence_da="Nøglen er ikke en kontrolnøgle (navn+id+base64, Ed25519).",
                next_step="Copy the whole line that the log's owner gave you.",
                next_step_da="Kopiér hele den linje, som logbogens ejer har givet dig.",
                field="key",
            ) from None
        return key

    def __str__(self) -> str:
        encoded = base64.b64encode(ED25519 + self.public_key).decode()
        return f"{self.name}+{key_id(self.name, self.public_key).hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint says once its signature is verified."""

    origin: str
    size: int
    root: bytes


class Signer:
    """Signs checkpoints and other notes as ``origin``. ``seed`` is the Ed25519 private key, 32 octets."""

    def __init__(self, origin: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier_key = VerifierKey(_checked_name(origin), self._key.public_key().public_bytes_raw())

    def sign(self, size: int, root: bytes) -> str:
        """The checkpoint of a tree as a signed note: origin, size, root, blank line, signature."""
        return self.sign_text(f"{self.verifier_key.name}\n{size}\n{base64.b64encode(root).decode()}\n")

    def sign_text(self, text: str) -> str:
        """``text``, which ends with a newline, as a signed note."""
        name = self.verifier_key.name
        signed = key_id(name, self.verifier_key.public_key) + self._key.sign(text.encode())
        return f"{text}\n{_DASH}{name} {base64.b64encode(signed).decode()}\n"


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and (name, key id and signature) of each line below the last blank line."""
    if len(note) > NOTE_LIMIT or not note.endswith("\n") or any(ord(letter) < 0x20 and letter != "\n" for letter in note):
        raise _broken("it is not a signed note", "det er ikke et underskrevet notat")
    text, found, below = note.rpartition("\n\n")
    lines = below.removesuffix("\n").split("\n")
    if not found or not 0 < len(lines) <= SIGNATURES:
        raise _broken("it has no signature", "det mangler en underskrift")
    signatures = []
    for line in lines:
        name, _, encoded = line.removeprefix(_DASH).rpartition(" ")
        try:
            signed = _base64(encoded)
        except (ValueError, binascii.Error):
            signed = b""
        if not line.startswith(_DASH) or not name or len(signed) < 5:
            raise _broken("a signature line is malformed", "en underskriftslinje er forkert bygget")
        signatures.append((name, signed))
    return text + "\n", signatures


def open_note(note: str, key: VerifierKey) -> str:
    """The text of a note that ``key`` signed. Raises NotSigned; signatures by other keys are passed over."""
    text, signatures = _parts(note)
    wanted = key_id(key.name, key.public_key)
    ours = [signed[4:] for name, signed in signatures if name == key.name and signed[:4] == wanted]
    if not ours:
        raise _broken("it is not signed by this key", "det er ikke underskrevet med denne nøgle")
    for signature in ours:
        try:
            Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, text.encode())
        except InvalidSignature:
            raise _broken("its signature is false", "underskriften er falsk") from None
    return text


def open_checkpoint(note: str, key: VerifierKey) -> TreeHead:
    """The tree head in a checkpoint signed by ``key``, whose name must be its origin. Raises NotSigned."""
    lines = open_note(note, key).removesuffix("\n").split("\n")
    try:
        origin, size, root = lines[0], lines[1], _base64(lines[2])
    except (IndexError, ValueError):
        raise _broken("it does not name a size and a root", "det nævner ikke en størrelse og en rod") from None
    if not (size.isascii() and size.isdigit()) or (len(size) > 1 and size[0] == "0") or len(size) > 20 or len(root) != HASH_BYTES:
        raise _broken("its size or root is malformed", "størrelse eller rod er forkert bygget")
    if origin != key.name:
        raise _broken("it is from another log", "det er fra en anden logbog")
    return TreeHead(origin, int(size), root)
