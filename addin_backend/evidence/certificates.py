"""Whether a certificate is good for encrypting to an address: pure, no network, no revocation yet (RFC 5280, RFC 8550).

The order of the answers is from what is wrong with the certificate itself to what is wrong with its issuers; anything that cannot be
read or is not understood is never ``usable``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import idna
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID, ObjectIdentifier, SignatureAlgorithmOID

from addin_backend.model.evidence import CertificateState

MIN_RSA_BITS = 2048  # RFC 8551 §4.3
MAX_CHAIN = 6  # issuers above the certificate; S/MIME hierarchies have two or three

_SMTP_UTF8_MAILBOX = ObjectIdentifier("1.3.6.1.5.5.7.8.9")  # RFC 9598 §3
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.NAME_CONSTRAINTS,
    }
)
_WEAK = frozenset({SignatureAlgorithmOID.RSA_WITH_MD5, SignatureAlgorithmOID.RSA_WITH_SHA1, SignatureAlgorithmOID.ECDSA_WITH_SHA1})
_UNVERIFIABLE = (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm)


def normal_address(address: str) -> str:
    """``address`` for comparison: lower case, the domain in A-labels. "" when it is no address."""
    local, _, domain = address.strip().rpartition("@")
    if not local or not domain:
        return ""
    try:
        ascii_domain = idna.encode(domain.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        return ""
    return f"{local.lower()}@{ascii_domain.lower()}"


def _utf8_mailbox(value: bytes) -> str:
    """The text of a DER UTF8String with a short or one-octet length, else ""."""
    if len(value) < 2 or value[0] != 0x0C:
        return ""
    start = 2 if value[1] < 0x80 else 3
    return value[start:].decode("utf-8", "replace")


def _named(certificate: x509.Certificate) -> list[str]:
    """The addresses as the certificate writes them. The subject's count only when there are none among the alternative names."""
    names: list[str] = []
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        extension = None
    if extension is not None:
        names = list(extension.get_values_for_type(x509.RFC822Name))
        others = extension.get_values_for_type(x509.OtherName)
        names += [_utf8_mailbox(item.value) for item in others if item.type_id == _SMTP_UTF8_MAILBOX]
    if not names:
        names = [str(item.value) for item in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    return names


def _loaded(der: bytes) -> x509.Certificate | None:
    """The certificate, or None when it cannot be read through and through."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.extensions, certificate.public_key(), certificate.subject, certificate.not_valid_after_utc
    except Exception:  # noqa: BLE001 a certificate is a stranger's bytes; whatever the parser raises, it is not readable
        return None
    # The signature does not cover its own count of unused bits, which is 0 for whole octets (X.690 §8.6.2): one certificate, one form.
    return certificate if der.endswith(b"\x00" + certificate.signature) else None


def addresses(der: bytes) -> frozenset[str]:
    """The addresses that a certificate names, normalised; empty when it cannot be read."""
    certificate = _loaded(der)
    try:
        return frozenset(filter(None, map(normal_address, _named(certificate)))) if certificate else frozenset()
    except Exception:  # noqa: BLE001 as in _loaded: what cannot be read names nobody
        return frozenset()


def _in_time(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _suits(certificate: x509.Certificate) -> bool:
    """Whether the key may be used to encrypt mail to: RSA of enough bits, keyEncipherment, emailProtection (RFC 8550 §4.4)."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        return False
    if certificate.public_key_algorithm_oid.dotted_string != "1.2.840.113549.1.1.1":
        return False  # an RSASSA-PSS key signs only
    if _unknown_critical(certificate):
        return False
    for extension in certificate.extensions:
        value = extension.value
        if isinstance(value, x509.KeyUsage) and not value.key_encipherment:
            return False
        if isinstance(value, x509.ExtendedKeyUsage):
            allowed = {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
            if not allowed & set(value):
                return False
    return True


def _unknown_critical(certificate: x509.Certificate) -> bool:
    return any(item.critical and item.oid not in _UNDERSTOOD for item in certificate.extensions)


def _may_issue(issuer: x509.Certificate, below: int, address: str) -> bool:
    """Whether ``issuer`` is an authority that may stand ``below`` issuers above the certificate for ``address`` (RFC 5280 §6.1.4)."""
    if _unknown_critical(issuer):
        return False
    constraints: x509.BasicConstraints | None = None
    for extension in issuer.extensions:
        value = extension.value
        if isinstance(value, x509.BasicConstraints):
            constraints = value
        if isinstance(value, x509.KeyUsage) and not value.key_cert_sign:
            return False
        if isinstance(value, x509.NameConstraints) and not _permits(value, address):
            return False
    if constraints is None or not constraints.ca:
        return False
    return constraints.path_length is None or below <= constraints.path_length


def _falls_under(constraint: str, address: str) -> bool:
    """RFC 5280 §4.2.1.10: a mailbox, a host, or a domain that begins with a period."""
    constraint, domain = constraint.lower(), address.rpartition("@")[2]
    if "@" in constraint:
        return constraint == address
    return domain.endswith(constraint) if constraint.startswith(".") else domain == constraint


def _permits(constraints: x509.NameConstraints, address: str) -> bool:
    permitted = [item.value for item in constraints.permitted_subtrees or [] if isinstance(item, x509.RFC822Name)]
    excluded = [item.value for item in constraints.excluded_subtrees or [] if isinstance(item, x509.RFC822Name)]
    if any(_falls_under(item, address) for item in excluded):
        return False
    return not permitted or any(_falls_under(item, address) for item in permitted)


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.signature_algorithm_oid in _WEAK:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except _UNVERIFIABLE:
        return False
    return True


def _leads_to_root(
    certificate: x509.Certificate, roots: Sequence[x509.Certificate], between: Sequence[x509.Certificate], at: datetime, address: str
) -> bool:
    """Whether some path of signatures ends at a trusted root. Paths are short and each step verifies, so the search stays small."""
    paths = [(certificate, 0)]
    seen = {certificate}
    while paths:
        current, below = paths.pop()
        if below >= MAX_CHAIN:
            continue
        for is_root, pool in ((True, roots), (False, between)):
            for issuer in pool:
                if issuer.subject != current.issuer or not _in_time(issuer, at) or not _may_issue(issuer, below, address):
                    continue
                if not _signed_by(current, issuer):
                    continue
                if is_root:
                    return True
                if issuer not in seen:
                    seen.add(issuer)
                    paths.append((issuer, below + 1))
    return False


def _all(ders: Iterable[bytes]) -> list[x509.Certificate]:
    return [certificate for certificate in map(_loaded, ders) if certificate is not None]


def judge(der: bytes, address: str, *, roots: Sequence[bytes], intermediates: Sequence[bytes], at: datetime) -> CertificateState:
    """Whether the certificate ``der`` is good for encrypting to ``address`` at ``at`` (timezone-aware).

    ``roots`` are trusted; a certificate that itself stands among them is trusted as it is. ``intermediates`` may hold anything.
    """
    certificate, wanted = _loaded(der), normal_address(address)
    if certificate is None or not wanted or wanted not in addresses(der):
        return CertificateState.UNSUITABLE
    try:
        if not _suits(certificate):
            return CertificateState.UNSUITABLE
        if not _in_time(certificate, at):
            return CertificateState.EXPIRED
        trusted = _all(roots)
        if certificate in trusted or _leads_to_root(certificate, trusted, _all(intermediates), at, wanted):
            return CertificateState.USABLE
    except Exception:  # noqa: BLE001 as in _loaded: what cannot be judged is not usable
        return CertificateState.UNSUITABLE
    return CertificateState.UNTRUSTED
