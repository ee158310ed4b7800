"""Whether a SignedData's signatures match a content (RFC 5652 §5.4-5.6). Whether to trust the signer is not decided here."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from asn1crypto import algos, cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from addin_backend.errors import NotOpened

MAX_SIGNERS = 20  # bounds the work on rubbish

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that matches its content. ``digest`` is the hash's name; ``certificate`` came with the message."""

    certificate: x509.Certificate
    digest: str


def mismatch() -> NotOpened:
    """The refusal for a signature that does not match, or cannot be checked."""
    return NotOpened(
        "The signature does not match the content of the message, or it cannot be checked.",
        sentence_da="Signaturen passer ikke til meddelelsens indhold, eller den kan ikke efterprøves.",
        next_step="Do not rely on the message; ask the sender to send it again.",
        next_step_da="Stol ikke på meddelelsen; bed afsenderen sende den igen.",
    )


def _certificates(data: cms.SignedData) -> list[x509.Certificate]:
    found = []
    for choice in data["certificates"] or []:
        if choice.name == "certificate":
            try:
                found.append(x509.load_der_x509_certificate(choice.chosen.dump()))
            except ValueError:
                continue  # one unreadable certificate does not hide the signer's; without the signer's nothing verifies
    return found


def _signer_certificate(sid: cms.SignerIdentifier, candidates: Sequence[x509.Certificate]) -> x509.Certificate:
    for certificate in candidates:
        if sid.name == "issuer_and_serial_number":
            same_issuer = certificate.issuer.public_bytes() == sid.chosen["issuer"].dump()
            if certificate.serial_number == sid.chosen["serial_number"].native and same_issuer:
                return certificate
        else:
            identifiers = {x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest}
            with suppress(x509.ExtensionNotFound, ValueError):  # the identifier computed from the key still stands
                identifiers.add(certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest)
            if sid.chosen.native in identifiers:
                return certificate
    raise ValueError("the signer's certificate is not in the message")


def _pss(algorithm: algos.SignedDigestAlgorithm) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    given = algorithm["parameters"]
    digest = _HASHES[given["hash_algorithm"]["algorithm"].native]()
    mask = _HASHES[given["mask_gen_algorithm"]["parameters"]["algorithm"].native]()
    return padding.PSS(padding.MGF1(mask), given["salt_length"].native), digest


def _check(certificate: x509.Certificate, signer: cms.SignerInfo, signed: bytes) -> None:
    """Raises InvalidSignature or ValueError unless the signer's key signed ``signed``."""
    key, signature, algorithm = certificate.public_key(), signer["signature"].native, signer["signature_algorithm"]
    name = algorithm["algorithm"].native
    digest = _HASHES[signer["digest_algorithm"]["algorithm"].native]()
    if isinstance(key, rsa.RSAPublicKey) and name == "rsassa_pss":
        pss, pss_digest = _pss(algorithm)
        key.verify(signature, signed, pss, pss_digest)
    elif isinstance(key, rsa.RSAPublicKey) and (name == "rsassa_pkcs1v15" or name.endswith("_rsa")):
        stated = _HASHES[name.removesuffix("_rsa")]() if name.endswith("_rsa") else digest
        key.verify(signature, signed, padding.PKCS1v15(), stated)
    elif isinstance(key, ec.EllipticCurvePublicKey) and (name == "ecdsa" or name.endswith("_ecdsa")):
        stated = _HASHES[name.removesuffix("_ecdsa")]() if name.endswith("_ecdsa") else digest
        key.verify(signature, signed, ec.ECDSA(stated))
    elif isinstance(key, ed25519.Ed25519PublicKey) and name == "ed25519":
        key.verify(signature, signed)
    else:
        raise ValueError("a signature of another kind")


def _attribute(attributes: cms.CMSAttributes, kind: str) -> object:
    """The one value of a signed attribute (RFC 5652 §11: exactly one instance, one value)."""
    values = [item["values"] for item in attributes if item["type"].native == kind]
    if len(values) != 1 or len(values[0]) != 1:
        raise ValueError("a signed attribute must stand there exactly once")
    return values[0][0].native


def _is_attributes(content: bytes) -> bool:
    """Whether ``content`` can be read as signed attributes: then a signature over the attributes of another mail would match it."""
    try:
        found = cms.CMSAttributes.load(content)
        return len(found) > 0 and all(item["type"].dotted for item in found)  # a SET of SEQUENCEs that begin with a type
    except (ValueError, TypeError):
        return False


def _verify_one(signer: cms.SignerInfo, content: bytes, content_type: str, candidates: Sequence[x509.Certificate]) -> Signature:
    certificate = _signer_certificate(signer["sid"], candidates)
    digest_name = signer["digest_algorithm"]["algorithm"].native
    attributes = signer["signed_attrs"]
    if attributes.native is None:
        if content_type != "data" or _is_attributes(content):  # RFC 5652 §5.3: then the attributes must be there
            raise InvalidSignature
        _check(certificate, signer, content)
        return Signature(certificate, digest_name)
    if digest_name not in _HASHES:
        raise ValueError("a digest of another kind")
    stated = _attribute(attributes, "message_digest")
    if not isinstance(stated, bytes) or not hmac.compare_digest(stated, hashlib.new(digest_name, content).digest()):
        raise InvalidSignature
    if _attribute(attributes, "content_type") != content_type:
        raise InvalidSignature
    _check(certificate, signer, attributes.untag().dump())  # the SET OF tag is what was signed, not the [0]
    return Signature(certificate, digest_name)


def verify(data: cms.SignedData, contents: Iterable[bytes]) -> tuple[bytes, tuple[Signature, ...]]:
    """The content that the signatures match, out of ``contents`` (the same entity with the line ends it may have been signed
    with), and the signatures. Every signature must match. Raises NotOpened.
    """
    try:
        signers = list(data["signer_infos"])
        if len(signers) > MAX_SIGNERS:
            raise ValueError("too many signers")
        candidates = _certificates(data)
        content_type = data["encap_content_info"]["content_type"].native
    except Exception as error:  # what arrives was written by strangers, and asn1crypto raises whatever it meets
        raise mismatch() from error
    problem: Exception | None = None
    for content in contents:
        try:
            return content, tuple(_verify_one(signer, content, content_type, candidates) for signer in signers)
        except Exception as error:  # noqa: BLE001 as above; it becomes the refusal below unless another line ending matches
            problem = error
    raise mismatch() from problem
