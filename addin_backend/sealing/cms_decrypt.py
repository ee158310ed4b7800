"""Opens EnvelopedData and AuthEnvelopedData with one key (RFC 5652 §6, RFC 5083, RFC 5084, RFC 5753, RFC 8017 §7).

Reads what is in use, not only what we write: RSA v1.5 and OAEP, ephemeral ECDH on the curve of the key; AES in CBC and GCM,
3DES; recipients named by issuer and serial or by key identifier; other people's recipients of any kind beside ours; BER.
Every failure is one NotOpened with the same words, so that a caller learns nothing about the padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding

from addin_backend.errors import NotOpened
from addin_backend.sealing.material import PrivateKey

MAX_RECIPIENTS = 1_000  # more than any mail has; bounds the work on rubbish

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_KEY_BYTES = {"aes128": 16, "aes192": 24, "aes256": 32, "tripledes": 24}
_WRAP_BYTES = {"2.16.840.1.101.3.4.1.5": 16, "2.16.840.1.101.3.4.1.25": 24, "2.16.840.1.101.3.4.1.45": 32}
# dhSinglePass-stdDH and -cofactorDH with the X9.63 function (RFC 5753 §7.1.4); the cofactor of the NIST curves is 1.
_KDF_HASH: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "1.3.133.16.840.63.0.2": hashes.SHA1,
    "1.3.132.1.11.0": hashes.SHA224,
    "1.3.132.1.11.1": hashes.SHA256,
    "1.3.132.1.11.2": hashes.SHA384,
    "1.3.132.1.11.3": hashes.SHA512,
    "1.3.133.16.840.63.0.3": hashes.SHA1,
    "1.3.132.1.14.0": hashes.SHA224,
    "1.3.132.1.14.1": hashes.SHA256,
    "1.3.132.1.14.2": hashes.SHA384,
    "1.3.132.1.14.3": hashes.SHA512,
}


def _hash(name: str) -> hashes.HashAlgorithm:
    return _HASHES[name]()


class _Holder:
    """The certificate whose key we hold, as recipient identifiers see it."""

    def __init__(self, certificate: x509.Certificate) -> None:
        parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
        self._issuer = parsed.issuer
        self._serial = certificate.serial_number
        self._identifiers = {x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest}
        with suppress(x509.ExtensionNotFound, ValueError):  # the identifier computed from the key still stands
            self._identifiers.add(certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest)

    def is_meant(self, rid: core.Choice) -> bool:
        chosen = rid.chosen
        if rid.name == "issuer_and_serial_number":
            return bool(chosen["serial_number"].native == self._serial and chosen["issuer"] == self._issuer)
        if rid.name == "r_key_id":
            return chosen["subject_key_identifier"].native in self._identifiers
        return chosen.native in self._identifiers


def _oaep(parameters: core.Asn1Value) -> padding.OAEP:
    """OAEP as the message says (RFC 8017 A.2.1); absent parameters mean SHA-1."""
    given = parameters if isinstance(parameters, algos.RSAESOAEPParams) else algos.RSAESOAEPParams({})
    mask = given["mask_gen_algorithm"]["parameters"]["algorithm"].native
    label = given["p_source_algorithm"]["parameters"].native or None
    return padding.OAEP(padding.MGF1(_hash(mask)), _hash(given["hash_algorithm"]["algorithm"].native), label)


def _transported(info: cms.KeyTransRecipientInfo, key: rsa.RSAPrivateKey) -> bytes:
    algorithm = info["key_encryption_algorithm"]
    if algorithm["algorithm"].native == "rsaes_oaep":
        return key.decrypt(info["encrypted_key"].native, _oaep(algorithm["parameters"]))
    if algorithm["algorithm"].native in {"rsaes_pkcs1v15", "rsa"}:
        return key.decrypt(info["encrypted_key"].native, padding.PKCS1v15())
    raise ValueError("key transport of another kind")


class _SharedInfo(core.Sequence):  # type: ignore[misc]  # asn1crypto carries no types
    """ECC-CMS-SharedInfo (RFC 5753 §7.2)."""

    _fields = [  # noqa: RUF012 asn1crypto wants a class attribute
        ("key_info", core.Any),
        ("entity_u_info", core.OctetString, {"explicit": 0, "optional": True}),
        ("supp_pub_info", core.OctetString, {"explicit": 2}),
    ]


def _agreed(info: cms.KeyAgreeRecipientInfo, encrypted: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The content-encryption key after ephemeral-static ECDH and AES key wrap."""
    if info["originator"].name != "originator_key":
        raise ValueError("only an ephemeral originator key is read")
    point = info["originator"].chosen["public_key"].native
    public = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, bytes(point))
    algorithm = info["key_encryption_algorithm"]
    wrap = algorithm["parameters"]
    wrap_oid = core.ObjectIdentifier.load(wrap.contents).dotted
    length = _WRAP_BYTES[wrap_oid]
    shared = {"key_info": core.Any(core.load(wrap.dump())), "supp_pub_info": (length * 8).to_bytes(4, "big")}
    if info["ukm"].native is not None:
        shared["entity_u_info"] = info["ukm"].native
    function = X963KDF(_KDF_HASH[algorithm["algorithm"].dotted](), length, _SharedInfo(shared).dump())
    return keywrap.aes_key_unwrap(function.derive(key.exchange(ec.ECDH(), public)), encrypted)


def _content_keys(infos: cms.RecipientInfos, key: PrivateKey, holder: _Holder) -> Iterator[bytes]:
    """The content-encryption keys that are meant for us, usually one."""
    if len(infos) > MAX_RECIPIENTS:
        raise ValueError("too many recipients")
    for info in infos:
        if info.name == "ktri" and isinstance(key, rsa.RSAPrivateKey) and holder.is_meant(info.chosen["rid"]):
            yield _transported(info.chosen, key)
        elif info.name == "kari" and isinstance(key, ec.EllipticCurvePrivateKey):
            for each in info.chosen["recipient_encrypted_keys"]:
                if holder.is_meant(each["rid"]):
                    yield _agreed(info.chosen, each["encrypted_key"].native, key)


def _cbc(secret: bytes, algorithm: cms.EncryptionAlgorithm, content: bytes) -> bytes:
    name = algorithm["algorithm"].native
    block = TripleDES(secret) if name == "tripledes_3key" else algorithms.AES(secret)
    decryptor = Cipher(block, modes.CBC(algorithm["parameters"].native)).decryptor()
    unpadder = PKCS7(block.block_size).unpadder()
    return unpadder.update(decryptor.update(content) + decryptor.finalize()) + unpadder.finalize()


def _key_fits(secret: bytes, name: str) -> bool:
    return len(secret) == _KEY_BYTES.get(name.split("_")[0], -1)


def _enveloped(data: cms.EnvelopedData, key: PrivateKey, holder: _Holder) -> bytes:
    content = data["encrypted_content_info"]
    algorithm = content["content_encryption_algorithm"]
    name = algorithm["algorithm"].native
    if not name.endswith("_cbc") and name != "tripledes_3key":
        raise ValueError("content encryption of another kind")
    for secret in _content_keys(data["recipient_infos"], key, holder):
        if _key_fits(secret, name):
            return _cbc(secret, algorithm, content["encrypted_content"].native)
    raise ValueError("no key for us")


def _auth_enveloped(data: cms.AuthEnvelopedData, key: PrivateKey, holder: _Holder) -> bytes:
    content = data["auth_encrypted_content_info"]
    algorithm = content["content_encryption_algorithm"]
    name = algorithm["algorithm"].native
    if not name.endswith("_gcm"):
        raise ValueError("authenticated encryption of another kind")
    nonce = core.Sequence.load(algorithm["parameters"].dump())[0].native
    attributes = data["auth_attrs"]
    aad = attributes.untag().dump() if attributes.native is not None else None
    tag = data["mac"].native
    for secret in _content_keys(data["recipient_infos"], key, holder):
        if not _key_fits(secret, name):
            continue
        if len(tag) == 16:
            return AESGCM(secret).decrypt(nonce, content["encrypted_content"].native + tag, aad)
        return _short_tag(secret, nonce, content["encrypted_content"].native, tag, aad)
    raise ValueError("no key for us")


def _short_tag(secret: bytes, nonce: bytes, content: bytes, tag: bytes, aad: bytes | None) -> bytes:
    """GCM with a tag of 12 to 15 octets, which RFC 5084 §3.2 allows (12 is its default)."""
    if len(tag) < 12:
        raise ValueError("the tag is too short to trust")
    decryptor = Cipher(algorithms.AES(secret), modes.GCM(nonce, tag, min_tag_length=12)).decryptor()
    decryptor.authenticate_additional_data(aad or b"")
    return decryptor.update(content) + decryptor.finalize()


def decrypt(info: cms.ContentInfo, key: PrivateKey, certificate: x509.Certificate) -> bytes:
    """The content of an encrypted CMS object. Raises NotOpened, always with the same words."""
    try:
        holder = _Holder(certificate)
        if info["content_type"].native == "enveloped_data":
            return _enveloped(info["content"], key, holder)
        return _auth_enveloped(info["content"], key, holder)
    except Exception as error:  # what arrives was written by strangers, and asn1crypto raises whatever it meets
        raise NotOpened from error
