"""Journeys `seal smime` and `open smime` of the command line: one message file in, one out (docs/command-line.md)."""

from __future__ import annotations

from collections.abc import Sequence

from addin_backend.errors import BadInput, NotOpened
from addin_backend.sealing import entities
from addin_backend.sealing.material import belongs_together, read_certificates, read_key
from addin_backend.sealing.smime import read_signer, seal
from addin_backend.sealing.smime_open import open_message

_OUTSIDE = frozenset(
    {
        *("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references"),
        *("importance", "priority", "x-priority", "sensitivity"),
    }
)
_NO_TYPE = ("content-type", b"Content-Type: text/plain\r\n")


def seal_smime(to_pems: Sequence[bytes], sign_key_pem: bytes | None, sign_cert_pem: bytes | None, raw: bytes) -> bytes:
    """``raw`` (an .eml) sealed to every certificate in ``to_pems``: its content headers and body go inside; From, To, Cc, Subject,
    Date, Message-ID and the like stay outside; Bcc and traces go. Signed when key and certificate are given. PEM or DER.

    Raises BadInput for unreadable keys, certificates or mail, NotSealed for a certificate that cannot be encrypted to.
    """
    if (sign_key_pem is None) != (sign_cert_pem is None):
        words = ("A signature needs both a key and a certificate.", "En signatur kræver både nøgle og certifikat.")
        raise BadInput(words[0], sentence_da=words[1], field="sign")
    signer = read_signer(sign_key_pem, sign_cert_pem) if sign_key_pem is not None and sign_cert_pem is not None else None
    try:
        fields, body = entities.split(entities.canonical_mail(raw))
    except ValueError as error:
        raise BadInput("The mail cannot be read.", sentence_da="Mailen kan ikke læses.", field="in") from error
    content = [item for item in fields if entities.is_content_field(item[0])]
    if "content-type" not in entities.names(content):
        content = [_NO_TYPE, *content]  # an entity without any header is legal and still confuses readers
    outside = b"".join(entities.canonical(line) for name, line in fields if name in _OUTSIDE)
    return seal(entities.join(content, body), head=outside, certificates=to_pems, signer=signer)


def open_smime(key_pem: bytes, cert_pem: bytes, raw: bytes) -> tuple[bytes, str]:
    """The mail inside ``raw`` with its headers restored, and what is known about its signer, for standard error.

    Raises NotOpened when it is not encrypted, not for this key, or a signature does not match; BadInput for a key or certificate.
    """
    key, certificate = read_key(key_pem), read_certificates(cert_pem)[0]
    if not belongs_together(key, certificate):
        words = ("The key and the certificate do not belong together.", "Nøgle og certifikat hører ikke sammen.")
        raise BadInput(words[0], sentence_da=words[1], field="key")
    opened = open_message(raw, key, certificate)
    if not opened.encrypted:
        raise NotOpened("The message is not encrypted.", sentence_da="Meddelelsen er ikke krypteret.")
    return opened.message, opened.trust
