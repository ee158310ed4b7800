"""S/MIME outwards: sign, encrypt, seal (RFC 8551).

EnvelopedData with AES-256-CBC and RSA v1.5 key transport, because that is what every client in use can read; the signature
is detached (multipart/signed) inside the envelope, which is a quarter smaller than an opaque one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options, PKCS7SignatureBuilder

from addin_backend.errors import BadInput, NotSealed
from addin_backend.model.message import Message, Recipient, RecipientKind
from addin_backend.sealing.compose import compose_inner, mail_head
from addin_backend.sealing.entities import base64_lines, canonical_mail
from addin_backend.sealing.material import PrivateKey, belongs_together, read_certificates, read_key

NEUTRAL_SUBJECT = "[...]"  # RFC 9788 §3.2.1, hcp_baseline

_ENVELOPED_HEAD = (
    b'Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name="smime.p7m"\r\n'
    b'Content-Disposition: attachment; filename="smime.p7m"\r\n'
    b"Content-Transfer-Encoding: base64\r\n"
)
_SIGNATURE_HEAD = (
    b'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
    b'Content-Disposition: attachment; filename="smime.p7s"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: key, its certificate, and the certificates between it and the root."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()


def read_signer(key: bytes, certificate: bytes) -> Signer:
    """A signer from PEM or DER; further certificates in the same file are its chain. Raises BadInput."""
    first, *chain = read_certificates(certificate, "cert")
    secret = read_key(key, "sign")
    if not belongs_together(secret, first):
        raise BadInput(
            "The signing key and the certificate do not belong together.",
            sentence_da="Signaturnøglen og certifikatet hører ikke sammen.",
            next_step="Give the key that the certificate was issued for.",
            next_step_da="Giv den nøgle, som certifikatet er udstedt til.",
            field="sign",
        )
    return Signer(secret, first, tuple(chain))


def sign(inner: bytes, signer: Signer) -> bytes:
    """``inner`` (an entity) as multipart/signed with a detached SHA-256 signature (RFC 8551 §3.5.3)."""
    inner = canonical_mail(inner)
    builder = PKCS7SignatureBuilder().set_data(inner).add_signer(signer.certificate, signer.key, hashes.SHA256())
    for certificate in signer.chain:
        builder = builder.add_certificate(certificate)  # last: set_data and add_signer forget what was added before
    try:
        signature = builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
    except (ValueError, TypeError) as error:
        raise NotSealed("The mail could not be signed.", sentence_da="Mailen kunne ikke signeres.") from error
    boundary = b"=_" + hashlib.sha256(signature).hexdigest()[:40].encode("ascii")
    content_type = b'multipart/signed; protocol="application/pkcs7-signature";\r\n micalg=sha-256; boundary="' + boundary + b'"'
    opening = b"Content-Type: " + content_type + b"\r\n\r\n--" + boundary + b"\r\n"
    closing = b"\r\n--" + boundary + b"--\r\n"
    return b"".join([opening, inner, b"\r\n--", boundary, b"\r\n", _SIGNATURE_HEAD, base64_lines(signature), closing])


def _receiver(der: bytes) -> x509.Certificate:
    """The certificate when a mail can be encrypted to it. Raises NotSealed that says why not."""
    (certificate, *_) = read_certificates(der, "to")
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
        raise NotSealed(
            "The recipient's certificate holds an elliptic-curve key, and we can only encrypt to RSA keys.",
            sentence_da="Modtagerens certifikat har en elliptisk-kurve-nøgle, og vi kan kun kryptere til RSA-nøgler.",
            field="to",
        )
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return certificate
    except ValueError as error:
        words = ("The recipient's certificate is damaged.", "Modtagerens certifikat er beskadiget.")
        raise NotSealed(words[0], sentence_da=words[1], field="to") from error
    if not usage.key_encipherment:
        raise NotSealed(
            "The recipient's certificate may not be used for encryption.",
            sentence_da="Modtagerens certifikat må ikke bruges til kryptering.",
            field="to",
        )
    return certificate


def encrypt(inner: bytes, certificates: Sequence[bytes]) -> bytes:
    """``inner`` (an entity) as an application/pkcs7-mime entity for all ``certificates`` (DER or PEM).

    Raises NotSealed for a certificate that cannot be encrypted to, and for no certificate at all.
    """
    if not certificates:
        raise NotSealed("There is no certificate to encrypt to.", sentence_da="Der er intet certifikat at kryptere til.", field="to")
    builder = PKCS7EnvelopeBuilder().set_data(canonical_mail(inner)).set_content_encryption_algorithm(AES256)
    for der in certificates:
        builder = builder.add_recipient(_receiver(der))
    try:
        envelope = builder.encrypt(Encoding.DER, [PKCS7Options.Binary])
    except (ValueError, TypeError) as error:
        raise NotSealed from error
    return _ENVELOPED_HEAD + b"\r\n" + base64_lines(envelope)


def seal(inner: bytes, *, head: bytes, certificates: Sequence[bytes], signer: Signer | None) -> bytes:
    """A whole sealed mail: ``head`` (header lines of the mail, each ended by CRLF, no Content-*), and ``inner`` signed and encrypted."""
    entity = sign(inner, signer) if signer else inner
    return head + b"MIME-Version: 1.0\r\n" + encrypt(entity, certificates)


def seal_message(
    message: Message,
    *,
    to: Sequence[Recipient],
    cc: Sequence[Recipient],
    certificates: Sequence[bytes],
    signer: Signer | None,
    message_id: str,
    date: datetime,
    headers: Mapping[str, str] | None = None,
    outer_subject: str | None = None,
) -> bytes:
    """The sealed copy of ``message`` for one group (``to``, ``cc``). ``outer_subject`` replaces the subject outside (say
    NEUTRAL_SUBJECT when it is sensitive); the real one is inside, and so are all To and Cc recipients of the mail: Exchange sends to
    whom the outer header names. ``headers`` stand outside only. Raises NotSealed and BadInput.
    """
    all_to = [item for item in message.recipients if item.kind is RecipientKind.TO]
    all_cc = [item for item in message.recipients if item.kind is RecipientKind.CC]
    inner_head = mail_head(message, to=all_to, cc=all_cc, message_id=message_id, date=date)
    outer_head = mail_head(message, to=to, cc=cc, message_id=message_id, date=date, subject=outer_subject)
    ours = mail_head(message, to=to, cc=cc, message_id=message_id, date=date, subject=outer_subject, headers=headers)
    inner = compose_inner(message, inner_head=inner_head, outer_head=outer_head, message_id=message_id)
    return seal(inner, head=b"".join(ours), certificates=certificates, signer=signer)
