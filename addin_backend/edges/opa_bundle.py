"""A set of rules as a signed OPA bundle: one gzip'ed tar, the same bytes for the same rules, with its signature inside.

OPA's bundle file format (`/.manifest`, `/.signatures.json`): the signature is a JWT (ES256) over the SHA-256 of every file; JSON files are
hashed in a canonical form, others by their bytes. Whoever serves OPA must be made to name the key id: OPA before 1.21.3 took a bundle
without any signature when none was named (GHSA-g2pf-6v5v-qcc8).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from addin_backend.ports import PolicySet

SCOPE = "sendsecurely"
ALGORITHM = "ES256"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, secp256r1
_SIGNATURES = ".signatures.json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """``content`` is the tar.gz, ``etag`` its strong entity tag (RFC 9110 §8.8.3), ``revision`` what is in it."""

    content: bytes
    etag: str
    revision: str


class BundleKey:
    """The key that bundles are signed with, derived from a secret of the key file (32 octets or more): no second file to guard."""

    def __init__(self, secret: bytes) -> None:
        number = int.from_bytes(hashlib.sha512(b"sendsecurely bundle key\n" + secret).digest(), "big")
        self._key = ec.derive_private_key(number % (_P256_ORDER - 1) + 1, ec.SECP256R1())

    @property
    def public_pem(self) -> str:
        """What OPA verifies with."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    @property
    def key_id(self) -> str:
        """Names the key: the beginning of its SHA-256."""
        return f"sendsecurely-{hashlib.sha256(self.public_pem.encode()).hexdigest()[:16]}"

    def sign(self, text: bytes) -> bytes:
        """The signature in JWS form: r and s, 32 octets each (RFC 7518 §3.4)."""
        first, second = decode_dss_signature(self._key.sign(text, ec.ECDSA(hashes.SHA256())))
        return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def canonical(value: Any) -> bytes:
    """OPA's hashing form of JSON: sorted keys, no spaces, as Go writes it."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x7f", "\x7f").encode()


def files_of(policies: PolicySet) -> Iterator[tuple[str, bytes]]:
    """What the engine needs: rules that decide, and registers, with the manifest that names the revision."""
    manifest = {"revision": policies.revision, "roots": ["sendsecurely", "registers"], "rego_version": 1}
    yield ".manifest", json.dumps(manifest).encode()
    for path, raw in policies.files:
        deciding = path.endswith(".rego") and not path.endswith("_test.rego")
        if deciding or (path.startswith("registers/") and path.endswith("/data.json")):
            yield path, raw


def _digest(path: str, raw: bytes) -> str:
    structured = path.endswith(".json") or path == ".manifest"
    return hashlib.sha256(canonical(json.loads(raw)) if structured else raw).hexdigest()


def _signature(files: list[tuple[str, bytes]], key: BundleKey) -> bytes:
    listed = [{"name": path, "hash": _digest(path, raw), "algorithm": "SHA-256"} for path, raw in files]
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key.key_id}
    payload = {"files": listed, "keyid": key.key_id, "scope": SCOPE}
    head, body = (_base64url(json.dumps(part, sort_keys=True).encode()) for part in (header, payload))
    return b".".join([head, body, _base64url(key.sign(head + b"." + body))])


def _tar(files: list[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, raw in files:
            entry = tarfile.TarInfo(f"/{path}")
            entry.size, entry.mode = len(raw), 0o600
            archive.addfile(entry, io.BytesIO(raw))
    return gzip.compress(packed.getvalue(), mtime=0)


def build(policies: PolicySet, key: BundleKey | None) -> Bundle:
    """The bundle of these rules; without a key it is not signed (for an OPA of our own that reads it from our own disk)."""
    files = sorted(files_of(policies))
    if key is not None:
        files.append((_SIGNATURES, json.dumps({"signatures": [_signature(files, key).decode()]}).encode()))
    content = _tar(files)
    # The rules make the tag, not the bytes: an ECDSA signature differs each time, and OPA shall not load the same rules again.
    tag = hashlib.sha256("\n".join([policies.revision, key.key_id if key else ""]).encode()).hexdigest()[:32]
    return Bundle(content, f'"{tag}"', policies.revision)


def opa_config(url: str, key: BundleKey, token_from: str) -> str:
    """OPA's own configuration (YAML): where to fetch, how often, and which key the bundle must be signed with.

    ``token_from`` is the environment variable of OPA's that holds the bearer token.
    """
    pem = "\n".join("      " + line for line in key.public_pem.strip().split("\n"))
    return f"""services:
  sendsecurely:
    url: {url}
    credentials:
      bearer:
        token: "${{{token_from}}}"
keys:
  {key.key_id}:
    algorithm: {ALGORITHM}
    scope: {SCOPE}
    key: |
{pem}
bundles:
  sendsecurely:
    service: sendsecurely
    resource: bundles/sendsecurely.tar.gz
    polling:
      min_delay_seconds: 1
      max_delay_seconds: 3
    signing:
      keyid: {key.key_id}
      scope: {SCOPE}
"""
