"""Certificates for the lab's mail servers: a root, an intermediate, and leaves that are right, old, of another name, or on their own."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A key and its certificate, with what stands above it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(DER)

    @property
    def spki(self) -> bytes:
        """Its public key."""
        return self.certificate.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def chain(self) -> tuple[bytes, ...]:
        """As a server shows it: leaf first, without the root."""
        return (self.der, *(item.public_bytes(DER) for item in self.above))

    def write(self, folder: Path) -> Path:
        """Key and chain in one PEM file."""
        private = self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file = folder / f"{hashlib.sha256(self.der).hexdigest()[:16]}.pem"
        file.write_bytes(private + b"".join(item.public_bytes(PEM) for item in (self.certificate, *self.above)))
        return file

    def context(self, folder: Path, *, old: bool = False) -> ssl.SSLContext:
        """A server's context; ``old`` speaks TLS 1.1 at most."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.write(folder))
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _usage() -> x509.KeyUsage:
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only"
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **dict.fromkeys(names.split(), False))


def issue(
    names: Sequence[str], issuer: Identity | None = None, *, ca: bool = False, days: tuple[int, int] = (-10, 30), key: str = "P-256"
) -> Identity:
    """A certificate for ``names`` (of an authority: its title), signed by ``issuer`` or by itself, valid over ``days`` from now."""
    own = ec.generate_private_key(ec.SECP256R1())
    subject = _name(names[0])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    if issuer:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(above, critical=False)
    if ca:
        builder = builder.add_extension(_usage(), critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    made = builder.sign((issuer or Identity(own, None)).key, hashes.SHA256())  # type: ignore[arg-type] # only its key is used
    shown = () if issuer is None or issuer.certificate.issuer == issuer.certificate.subject else (issuer.certificate, *issuer.above)
    return Identity(own, made, shown)


@dataclass(frozen=True)
class MailPki:
    """The lab's authorities."""

    root: Identity
    middle: Identity

    @classmethod
    def make(cls) -> MailPki:
        """New ones."""
        root = issue(["Lab mail root"], ca=True)
        return cls(root, issue(["Lab mail intermediate"], root, ca=True))

    def leaf(self, *names: str, days: tuple[int, int] = (-10, 30)) -> Identity:
        """A server's certificate under the intermediate."""
        return issue(names, self.middle, days=days)


def tlsa(usage: int, selector: int, matching: int, identity: Identity) -> str:
    """The TLSA record data for a certificate, as it stands in a zone file."""
    data = identity.der if selector == 0 else identity.spki
    digested = {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}[matching]
    return f"{usage} {selector} {matching} {digested.hex()}"
