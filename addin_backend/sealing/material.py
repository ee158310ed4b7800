"""Keys and certificates from the forms people have them in: PEM or DER (RFC 7468, RFC 5280)."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from addin_backend.errors import BadInput

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def read_certificates(data: bytes, field: str = "cert") -> tuple[x509.Certificate, ...]:
    """All certificates in ``data``, the first being the one that is meant. Raises BadInput that names ``field``."""
    try:
        found = x509.load_pem_x509_certificates(data) if b"-----BEGIN" in data else [x509.load_der_x509_certificate(data)]
        for certificate in found:
            certificate.public_key()  # a key of an unknown kind shows only here
    except Exception as error:  # the parser raises many kinds; all mean the same to the caller
        raise BadInput(
            "A certificate cannot be read.",
            sentence_da="Et certifikat kan ikke læses.",
            next_step="Give an X.509 certificate as PEM or DER.",
            next_step_da="Giv et X.509-certifikat som PEM eller DER.",
            field=field,
        ) from error
    return tuple(found)


def read_key(data: bytes, field: str = "key") -> PrivateKey:
    """An RSA or EC private key without a password. Raises BadInput that names ``field``."""
    try:
        key = load_pem_private_key(data, None) if b"-----BEGIN" in data else load_der_private_key(data, None)
    except Exception as error:  # the parser raises many kinds; all mean the same to the caller
        raise BadInput(
            "The private key cannot be read, or it is protected by a password.",
            sentence_da="Den private nøgle kan ikke læses, eller den er beskyttet med adgangskode.",
            next_step="Give a private key as PEM or DER without a password.",
            next_step_da="Giv en privat nøgle som PEM eller DER uden adgangskode.",
            field=field,
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadInput("The private key is neither RSA nor EC.", sentence_da="Den private nøgle er hverken RSA eller EC.", field=field)
    return key


def belongs_together(key: PrivateKey, certificate: x509.Certificate) -> bool:
    """Whether ``certificate`` is for ``key``."""
    return key.public_key() == certificate.public_key()
