"""Sealed mails as openssl sees them: decrypted and verified byte-identical, for every recipient and every kind of content."""

from __future__ import annotations

import email
import email.policy
import subprocess
from pathlib import Path

import pytest

from addin_backend.errors import BadInput, NotSealed
from addin_backend.sealing.entities import split
from addin_backend.sealing.smime import NEUTRAL_SUBJECT, encrypt, read_signer, seal_message, sign
from addin_backend.sealing.smime_open import open_message
from sealing_lab import ANNA, AT, HIDDEN, KARIN, MESSAGE_ID, MESSAGES, PETER, holder, laid_out, message, openssl

ENTITY = "Content-Type: text/plain; charset=utf-8\r\n\r\nBlåbærgrød\r\n".encode()


def sealed(name: str, *, outer_subject: str | None = None, readers: tuple[str, ...] = ("anna", "peter", "eva")) -> bytes:
    """A message of the lab sealed to several readers and signed by Mette."""
    return seal_message(
        MESSAGES[name],
        to=[ANNA, PETER],
        cc=[KARIN],
        certificates=[holder(reader).der for reader in readers],
        signer=holder("mette").signer,
        message_id=MESSAGE_ID,
        date=AT,
        headers={"X-SendSecurely-Marker": "abc"},
        outer_subject=outer_subject,
    )


@pytest.mark.parametrize("name", MESSAGES)
def test_openssl_reads_what_was_sealed(tmp_path: Path, name: str) -> None:
    """Each of three recipients decrypts with openssl, the signature verifies, and the content is the one that we open ourselves."""
    raw = sealed(name)
    laid_out(tmp_path, holder("anna"), holder("peter"), holder("eva"), holder("mette"))
    (tmp_path / "in.eml").write_bytes(raw)
    expected = open_message(raw, holder("anna").key, holder("anna").certificate).inner
    for index in range(3):
        inside = openssl(tmp_path, "cms", "-decrypt", "-in", "in.eml", "-recip", f"{index}.pem", "-inkey", f"{index}.key")
        seen = openssl(tmp_path, "cms", "-verify", "-CAfile", "3.pem", "-purpose", "any", stdin=inside)
        assert expected == seen


def test_outside_and_inside_of_a_sealed_mail() -> None:
    """Outside: the group, the marker, a neutral subject, smime.p7m. Inside: the real headers, marked as protected (RFC 9788)."""
    raw = sealed("text with attachments", outer_subject=NEUTRAL_SUBJECT)
    outer = email.message_from_bytes(raw, policy=email.policy.default)
    assert NEUTRAL_SUBJECT == outer["Subject"]
    assert "abc" == outer["X-SendSecurely-Marker"]
    assert MESSAGE_ID == outer["Message-ID"]
    assert "application/pkcs7-mime" == outer.get_content_type()
    assert "enveloped-data" == outer["Content-Type"].params["smime-type"]
    assert "smime.p7m" == outer["Content-Type"].params["name"] == outer.get_filename()
    opened = open_message(raw, holder("peter").key, holder("peter").certificate)
    inner = email.message_from_bytes(opened.inner, policy=email.policy.default)
    assert "Lønoversigt for november" == inner["Subject"]
    assert outer["To"] == inner["To"]
    assert "cipher" == inner["Content-Type"].params["hp"]
    assert f"Subject: {NEUTRAL_SUBJECT}" in inner.get_all("HP-Outer", [])
    body = inner.get_body(("plain",))
    assert body is not None
    assert ["Subject: Lønoversigt for november", "", "Kære Anna"] == body.get_content().splitlines()[:3]
    assert "1" == body["Content-Type"].params["hp-legacy-display"]
    assert HIDDEN.address.encode() not in raw + opened.inner


def test_subject_that_is_not_hidden_is_not_repeated_in_the_body() -> None:
    """When the outer subject is the real one, the body is exactly what the sender wrote."""
    opened = open_message(sealed("plain ASCII"), holder("anna").key, holder("anna").certificate)
    assert opened.inner.endswith(b"\r\n\r\nHello\r\nthere\r\n")


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 1000, 5_000_000])
def test_sizes_from_nothing_to_5_mb(tmp_path: Path, length: int) -> None:
    """Any length of body comes back from openssl byte-identical."""
    inner = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n" + bytes(range(256)) * (length // 256 + 1)
    inner = inner[: len(inner) - 256 + length % 256]
    laid_out(tmp_path, holder("anna"))
    (tmp_path / "in.eml").write_bytes(b"MIME-Version: 1.0\r\n" + encrypt(inner, [holder("anna").der]))
    assert inner == openssl(tmp_path, "cms", "-decrypt", "-in", "in.eml", "-recip", "0.pem", "-inkey", "0.key")


def test_line_ends_are_made_canonical_before_signing(tmp_path: Path) -> None:
    """LF, a lone CR and a missing final newline become CRLF, so that the signature survives the way."""
    signed = sign(b"Content-Type: text/plain\n\none\rtwo\nthree", holder("mette").signer)
    laid_out(tmp_path, holder("mette"))
    seen = openssl(tmp_path, "cms", "-verify", "-CAfile", "0.pem", "-purpose", "any", stdin=signed)
    assert b"Content-Type: text/plain\r\n\r\none\r\ntwo\r\nthree\r\n" == seen


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_chain_travels_with_the_signature(tmp_path: Path, kind: str) -> None:
    """Further certificates in the signer's file are put into the signature; RSA and EC keys both sign."""
    signer, other = holder("mette", kind), holder("eva")
    signed = sign(ENTITY, read_signer(signer.key_pem, signer.pem + other.pem))
    (tmp_path / "p7.pem").write_bytes(openssl(tmp_path, "cms", "-verify", "-noverify", "-certsout", "certs.pem", stdin=signed))
    assert 2 == (tmp_path / "certs.pem").read_bytes().count(b"BEGIN CERTIFICATE")


def test_certificates_that_cannot_be_encrypted_to_are_refused() -> None:
    """An EC certificate, rubbish, and no certificate at all are each refused with words of their own."""
    with pytest.raises(NotSealed, match="elliptic"):
        encrypt(ENTITY, [holder("anna").der, holder("ec", "ec").der])
    with pytest.raises(NotSealed, match="no certificate"):
        encrypt(ENTITY, [])
    with pytest.raises(BadInput):
        encrypt(ENTITY, [b"rubbish"])
    with pytest.raises(BadInput, match="belong together"):
        read_signer(holder("anna").key_pem, holder("peter").pem)


def test_a_stranger_cannot_read_it(tmp_path: Path) -> None:
    """openssl refuses with a key that the mail was not sealed to."""
    laid_out(tmp_path, holder("stranger"))
    (tmp_path / "in.eml").write_bytes(sealed("plain ASCII"))
    with pytest.raises(subprocess.CalledProcessError):
        openssl(tmp_path, "cms", "-decrypt", "-in", "in.eml", "-recip", "0.pem", "-inkey", "0.key")


def test_protected_headers_are_no_content() -> None:
    """The head of the outer mail ends where the sealed body begins: no content header of the inner mail leaks out."""
    fields, _ = split(sealed("text with attachments", outer_subject=NEUTRAL_SUBJECT))
    assert ["content-type", "content-disposition", "content-transfer-encoding"] == [
        name for name, _ in fields if name.startswith("content-")
    ]
    assert "hp-outer" not in {name for name, _ in fields}
    assert message().subject.encode() not in b"".join(line for _, line in fields)
