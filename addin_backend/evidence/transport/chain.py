"""A mail server's certificates: does the chain lead to an anchor, does the name hold. Pure: roots and time come in.

OpenSSL walks the chain (partial chains, so that an intermediate may be the anchor: DANE-TA, RFC 7671 §5.2), service-identity compares
names (RFC 6125). ``cryptography.x509.verification`` is stricter than mail servers are: it refuses keys that they have.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import verify_certificate_hostname

KNOWN = 256  # certificates that are kept as objects
LONGEST_CHAIN = 10  # certificates; what a server shows beyond that is not looked at
_WORDS = {  # openssl/x509_vfy.h
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    19: "untrusted",
    20: "untrusted",
    21: "untrusted",
    23: "revoked",
}


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, in hex: the name under which it is kept."""
    return hashlib.sha256(der).hexdigest()


@dataclass(frozen=True, slots=True)
class Walked:
    """``word``: ok, expired, not_yet_valid, self_signed, untrusted, invalid, bad_certificate. ``anchor``: what the chain ended in."""

    word: str
    anchor: bytes = b""


@lru_cache(maxsize=KNOWN)
def _certificate(der: bytes) -> x509.Certificate:
    """The certificate, read once: one mail server's serves thousands of domains. Raises ValueError, UnsupportedAlgorithm."""
    return x509.load_der_x509_certificate(der)


@lru_cache(maxsize=KNOWN)
def _for_openssl(der: bytes) -> crypto.X509:
    return crypto.X509.from_cryptography(_certificate(der))


class _Held(NamedTuple):
    """A chain that led to ``anchor``, and would at every moment of its certificates' common life: time is all that it depends on."""

    anchor: bytes
    begins: datetime
    ends: datetime


class Anchors:
    """Certificates that a chain may end in (DER). Those that cannot be read are left out. Thread-safe.

    Chains that held are remembered: one mail server's serves thousands of domains.
    """

    def __init__(self, ders: Iterable[bytes]) -> None:
        self._held: OrderedDict[tuple[bytes, ...], _Held] = OrderedDict()
        self._lock = threading.Lock()
        self._certificates: list[crypto.X509] = []
        for der in ders:
            try:
                self._certificates.append(crypto.load_certificate(crypto.FILETYPE_ASN1, der))  # cryptography warns of some public roots
            except (ValueError, crypto.Error):
                continue

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._certificates)

    def _store(self, at: datetime) -> crypto.X509Store:
        """A store for one walk: the first time that is set on a store stays (X509_VERIFY_PARAM_set1), so none is used twice."""
        store = crypto.X509Store()
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        store.set_time(at.astimezone(UTC))
        for certificate in self._certificates:
            store.add_cert(certificate)
        return store

    def walk(self, chain: Sequence[bytes], at: datetime) -> Walked:
        """From the leaf (first) over the others to an anchor, all of them valid at ``at``."""
        key = tuple(chain)
        with self._lock:
            held = self._held.get(key)
        if held is not None and held.begins <= at <= held.ends:
            return Walked("ok", held.anchor)
        try:
            certificates = [_for_openssl(der) for der in chain[:LONGEST_CHAIN]]
        except (ValueError, UnsupportedAlgorithm, crypto.Error):
            return Walked("bad_certificate")
        if not certificates:
            return Walked("bad_certificate")
        try:
            walked = crypto.X509StoreContext(self._store(at), certificates[0], certificates[1:]).get_verified_chain()
        except crypto.X509StoreContextError as error:
            return Walked(_WORDS.get(error.errors[0], "invalid"))
        except crypto.Error:
            return Walked("bad_certificate")
        anchor = crypto.dump_certificate(crypto.FILETYPE_ASN1, walked[-1])
        lives = [_certificate(crypto.dump_certificate(crypto.FILETYPE_ASN1, item)) for item in walked]
        self._remember(
            key, _Held(anchor, max(item.not_valid_before_utc for item in lives), min(item.not_valid_after_utc for item in lives))
        )
        return Walked("ok", anchor)

    def _remember(self, chain: tuple[bytes, ...], held: _Held) -> None:
        with self._lock:
            self._held[chain] = held
            while len(self._held) > KNOWN:
                self._held.popitem(last=False)


def name_holds(leaf: bytes, name: str) -> bool:
    """Whether ``name`` stands in the certificate's subjectAltName; a common name does not count."""
    try:
        verify_certificate_hostname(_certificate(leaf), name)
    except (VerificationError, CertificateError, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _serves(leaf: bytes) -> bool:
    """Whether the certificate may be a server's (RFC 5280 §4.2.1.12): no extended key usage at all, serverAuth, or any."""
    try:
        usage = _certificate(leaf).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return ExtendedKeyUsageOID.SERVER_AUTH in usage or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage


def pkix(chain: Sequence[bytes], name: str, roots: Anchors, at: datetime) -> Walked:
    """Whether the certificate is one for ``name``: ok, or the first thing that is wrong (also wrong_name, wrong_purpose)."""
    walked = roots.walk(chain, at)
    if walked.word != "ok":
        return walked
    if not name_holds(chain[0], name):
        return Walked("wrong_name")
    return walked if _serves(chain[0]) else Walked("wrong_purpose")
