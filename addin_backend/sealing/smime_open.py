"""S/MIME inwards: takes the layers off a mail one by one (RFC 8551 §3) and restores its headers.

A signature that does not match its content refuses the whole mail. Whether the signer is to be trusted is another question,
answered in words (``trust``) and never decided here. Nothing but NotOpened leaves this module, whatever comes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import getaddresses

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from addin_backend.errors import NotOpened
from addin_backend.sealing import entities
from addin_backend.sealing.cms_decrypt import decrypt
from addin_backend.sealing.cms_verify import Signature, mismatch, verify
from addin_backend.sealing.material import PrivateKey

MAX_LAYERS = 5  # sign in encrypt in sign is three; more is not mail but a trap
_PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ENCRYPTED = frozenset({"enveloped_data", "authenticated_enveloped_data"})
_NEVER_RESTORED = frozenset({"bcc", "resent-bcc", "hp-outer"})


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened mail.

    ``inner``      the innermost entity, byte for byte as it was sealed or signed.
    ``message``    ``inner`` with the mail's headers restored in front of it.
    ``encrypted``  whether there was an encrypted layer at all.
    ``signature``  "none", or "valid" when every signature matches its content.
    ``signatures`` the matching ones, outermost first.
    """

    inner: bytes
    message: bytes
    encrypted: bool
    signature: str
    signatures: tuple[Signature, ...] = ()

    @property
    def signer(self) -> x509.Certificate | None:
        """The certificate of the innermost signature, which is the author's."""
        return self.signatures[-1].certificate if self.signatures else None

    @property
    def trust(self) -> str:
        """What is known about the signers, for a person (standard error of the command line)."""
        if not self.signatures:
            return "not signed"
        authors = _authors(self.message)
        return "\n".join(_told(item, authors) for item in self.signatures)


@dataclass(slots=True)
class _State:
    """What has been taken off so far."""

    encrypted: bool = False
    signatures: list[Signature] = field(default_factory=list)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)[:200]


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(found[0].value) if found else name.rfc4514_string()
    return _printable(text)


def _addresses(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [_printable(address) for address in names.get_values_for_type(x509.RFC822Name)]


def _authors(message: bytes) -> frozenset[str]:
    """The addresses in From, as they are shown to the reader."""
    found = getaddresses([str(value) for value in entities.head(entities.split(message)[0]).get_all("from", [])])
    return frozenset(address.lower() for _, address in found if address)


def _told(item: Signature, authors: frozenset[str]) -> str:
    certificate = item.certificate
    words = [f"signature matches; signer: {_common_name(certificate.subject)}; issuer: {_common_name(certificate.issuer)}"]
    words.append(f"addresses: {', '.join(_addresses(certificate)) or 'none'}")
    strangers = authors - {address.lower() for address in _addresses(certificate)}
    if strangers:
        told = ", ".join(_printable(address) for address in sorted(strangers))
        words.append(f"WARNING: the signer's address is not the From address ({told}): somebody else signed it")
    elif not authors:
        words.append("the message names no From address to compare the signer with")
    words.append(f"certificate SHA-256 {certificate.fingerprint(hashes.SHA256()).hex()}")
    words.append(f"valid {certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}")
    if item.digest == "sha1":
        words.append("signed with SHA-1, which is too weak to rely on")
    words.append("not trusted by itself: the issuer has not been checked against any list")
    return "; ".join(words)


def _is_der(raw: bytes) -> bool:
    """Whether ``raw`` begins as a long SEQUENCE does. A mail may begin with "0" too, but never with an octet over 0x7f after it."""
    return raw[:1] == b"\x30" and raw[1:2] >= b"\x80"


def _content_info(data: bytes) -> cms.ContentInfo:
    info = cms.ContentInfo.load(data)
    if info["content_type"].native not in _ENCRYPTED | {"signed_data"}:
        raise NotOpened
    return info


def _opaque(info: cms.ContentInfo, state: _State) -> bytes:
    """The content of a SignedData that carries it."""
    content = info["content"]["encap_content_info"]["content"].native
    if not isinstance(content, bytes):
        raise mismatch()
    _, found = verify(info["content"], [content])
    state.signatures.extend(found)
    return content


def _spellings(signed: bytes) -> Iterator[bytes]:
    """The signed part as it stands, and with the CR that a Unix file lost."""
    yield signed
    restored = signed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if restored != signed:
        yield restored


def _clear_signed(fields: list[entities.Field], body: bytes, state: _State) -> bytes:
    """The first part of a multipart/signed, when the second signs it."""
    boundary = entities.head(fields).get_param("boundary")
    signed, signature = entities.first_two_parts(body, boundary if isinstance(boundary, str) else "")
    info = _content_info(entities.decoded_body(*entities.split(signature)))
    if info["content_type"].native != "signed_data" or not len(info["content"]["signer_infos"]):
        raise mismatch()
    content, found = verify(info["content"], _spellings(signed))
    state.signatures.extend(found)
    return content


def _peeled(entity: bytes, key: PrivateKey, certificate: x509.Certificate, state: _State) -> bytes | None:
    """What is inside one layer, or None when ``entity`` is no S/MIME layer."""
    if _is_der(entity) and not state.encrypted:
        info = _content_info(entity)  # the bare CMS object, as `openssl cms -outform DER` writes it
    else:
        fields, body = entities.split(entity)
        head = entities.head(fields)
        kind = head.get_content_type()
        if kind == "multipart/signed" and "pkcs7-signature" in str(head.get_param("protocol", "")).lower():
            return _clear_signed(fields, body, state)
        named = str(head.get_filename() or "").lower().endswith(".p7m")
        if kind not in _PKCS7 and not (kind == "application/octet-stream" and named):
            return None
        info = _content_info(entities.decoded_body(fields, body))
    if info["content_type"].native in _ENCRYPTED:
        state.encrypted = True
        return decrypt(info, key, certificate)
    return _opaque(info, state)


def _restored(outer: list[entities.Field], inner: bytes) -> bytes:
    """``inner`` with those headers of the outer mail in front that it does not have itself (protected headers win, RFC 9788 §4.6)."""
    if inner[:2] == b"\r\n" or inner[:1] == b"\n":
        fields: list[entities.Field] = []
    else:
        fields, _ = entities.split(inner)
    have = entities.names(fields)
    kept = [
        (name, line) for name, line in outer if name not in have and not entities.is_content_field(name) and name not in _NEVER_RESTORED
    ]
    if not (entities.names(kept) - {"mime-version"}):
        return inner
    gap = b"" if fields or inner[:2] == b"\r\n" or inner[:1] == b"\n" else b"\r\n"  # content without any header of its own
    return b"".join(entities.canonical(line) for _, line in kept) + gap + inner


def _open(raw: bytes, key: PrivateKey, certificate: x509.Certificate) -> Opened:
    state = _State()
    current = raw
    for _ in range(MAX_LAYERS + 1):
        inside = _peeled(current, key, certificate, state)
        if inside is None:
            break
        current = inside
    else:
        raise NotOpened("The message is wrapped in too many layers.", sentence_da="Meddelelsen er pakket ind i for mange lag.")
    outer = [] if _is_der(raw) else entities.split(raw)[0]
    signature = "valid" if state.signatures else "none"
    return Opened(current, _restored(outer, current), state.encrypted, signature, tuple(state.signatures))


def open_message(raw: bytes, key: PrivateKey, certificate: x509.Certificate) -> Opened:
    """All S/MIME layers of ``raw`` taken off with ``key``. ``raw`` is a whole mail or a bare DER object.

    Raises NotOpened when it is damaged, not for this key, nested too deep, or a signature does not match its content.
    """
    try:
        return _open(raw, key, certificate)
    except NotOpened:
        raise
    except Exception as error:  # what arrives was written by strangers; nothing but a refusal may come of rubbish
        raise NotOpened from error
