"""The demo world's certificates: an authority, the organisation's signing certificate, and the lawyer's encryption certificate.

Layout below the folder: ``roots.pem``, ``certificates/<address>.pem`` (what the certificate store reads), ``organisation.pem`` and
``organisation.key.pem`` (signing), ``recipients/<address>.pem`` and ``.key.pem`` (with which the page shows the lawyer's view).
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

RECIPIENT = "peter.skov@skovadvokat.example"
SIGNERS = ("mette.holm@nordlys.example", "jonas.friis@nordlys.example", "karin.bach@nordlys.example", "sikker@nordlys.example")
ORGANISATION = "Nordlys Forsikringsmægler A/S"
LIFE = timedelta(days=3 * 365)
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DemoPki:
    """Where everything lies."""

    folder: Path

    @property
    def roots(self) -> Path:
        """The trusted roots, PEM."""
        return self.folder / "roots.pem"

    @property
    def certificates(self) -> Path:
        """The folder that the certificate store reads."""
        return self.folder / "certificates"

    @property
    def signing_certificate(self) -> Path:
        """The organisation's signing certificate, PEM."""
        return self.folder / "organisation.pem"

    @property
    def signing_key(self) -> Path:
        """The organisation's signing key, PEM, mode 0600."""
        return self.folder / "organisation.key.pem"

    def recipient_key(self, address: str = RECIPIENT) -> Path:
        """A demo recipient's private key, PEM, mode 0600."""
        return self.folder / "recipients" / f"{address}.key.pem"

    def recipient_certificate(self, address: str = RECIPIENT) -> Path:
        """A demo recipient's certificate, PEM."""
        return self.folder / "recipients" / f"{address}.pem"


@dataclass(frozen=True, slots=True)
class _Authority:
    key: rsa.RSAPrivateKey
    name: x509.Name
    at: datetime


def _name(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, sign: bool = False, encipher: bool = False, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=encipher,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(issuer: _Authority, subject: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issuer.at - timedelta(days=1))
        .not_valid_after(issuer.at + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _root(authority: _Authority) -> x509.Certificate:
    builder = _builder(authority, authority.name, authority.key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    return builder.add_extension(_usage(authority=True), critical=True).sign(authority.key, hashes.SHA256())


def _mail(
    authority: _Authority, subject: x509.Name, key: rsa.RSAPrivateKey, addresses: tuple[str, ...], usage: x509.KeyUsage
) -> x509.Certificate:
    names = x509.SubjectAlternativeName([x509.RFC822Name(address) for address in addresses])
    return (
        _builder(authority, subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(names, critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=mode)
    path.write_bytes(data)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _secret(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _fill(pki: DemoPki, at: datetime) -> None:
    authority = _Authority(_key(), _name("Demo CA for Send securely", "Demo"), at)
    signing, receiving = _key(), _key()
    signer = _mail(authority, _name(ORGANISATION, ORGANISATION), signing, SIGNERS, _usage(sign=True))
    receiver = _mail(authority, _name("Peter Skov", "Skov Advokater"), receiving, (RECIPIENT,), _usage(sign=True, encipher=True))
    _write(pki.roots, _pem(_root(authority)), 0o644)
    _write(pki.signing_certificate, _pem(signer), 0o644)
    _write(pki.signing_key, _secret(signing), 0o600)
    _write(pki.certificates / f"{RECIPIENT}.pem", _pem(receiver), 0o644)
    _write(pki.recipient_certificate(), _pem(receiver), 0o644)
    _write(pki.recipient_key(), _secret(receiving), 0o600)


def _still_good(pki: DemoPki, at: datetime) -> bool:
    """Whether everything is there and lasts a while yet."""
    certificates = [pki.roots, pki.signing_certificate, pki.certificates / f"{RECIPIENT}.pem", pki.recipient_certificate()]
    if not all(path.is_file() for path in [*certificates, pki.signing_key, pki.recipient_key()]):
        return False
    loaded = [x509.load_pem_x509_certificate(path.read_bytes()) for path in certificates]
    return all(item.not_valid_before_utc <= at and at + RENEW_BEFORE <= item.not_valid_after_utc for item in loaded)


def create_demo_pki(folder: Path, at: datetime) -> DemoPki:
    """The demo certificates below ``folder``, made when they are missing or nearly expired at ``at``; otherwise left as they are.

    The authority's own key is thrown away: nobody can issue more under the demo root.
    """
    pki = DemoPki(folder)
    if _still_good(pki, at):
        return pki
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = Path(scratch) / "pki"
        _fill(DemoPki(fresh), at)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    return pki
