"""Opening what others sealed: everything openssl can write, every way it can be damaged, and rubbish."""

from __future__ import annotations

import email
import random
from pathlib import Path

import pytest
from asn1crypto import cms
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.errors import NotOpened
from addin_backend.sealing.entities import base64_lines
from addin_backend.sealing.smime import encrypt, seal, sign
from addin_backend.sealing.smime_open import Opened, open_message
from sealing_lab import Holder, holder, laid_out, openssl
from sizes import size

ENTITY = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nBlåbærgrød på øen\r\n".encode()
HEAD = b"From: a@x.example\r\nSubject: Hej\r\n"
ANNA = ("-recip", "0.pem")


def opened(raw: bytes, who: Holder | None = None) -> Opened:
    """``raw`` opened by Anna, or by ``who``."""
    reader = who or holder("anna")
    return open_message(raw, reader.key, reader.certificate)


@pytest.mark.parametrize(
    "options",
    [
        ("-aes-128-cbc", *ANNA),
        ("-aes-192-cbc", *ANNA),
        ("-aes-256-cbc", *ANNA),
        ("-des3", *ANNA),
        ("-aes-128-gcm", *ANNA),
        ("-aes-256-gcm", *ANNA),
        ("-aes-256-cbc", *ANNA, "-keyopt", "rsa_padding_mode:oaep"),
        ("-aes-256-cbc", *ANNA, "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"),
        ("-aes-256-gcm", *ANNA, "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha512", "-keyopt", "rsa_mgf1_md:sha1"),
        ("-aes-256-cbc", "-keyid", *ANNA),
        ("-aes-256-cbc", "-stream", *ANNA),
        ("-aes-256-gcm", "-stream", *ANNA),
        ("-aes-256-cbc", "-recip", "1.pem", *ANNA),
        ("-aes-256-gcm", "-recip", "1.pem", "-recip", "2.pem", *ANNA),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("form", ["SMIME", "DER"])
def test_what_openssl_encrypts_to_an_rsa_key(tmp_path: Path, options: tuple[str, ...], form: str) -> None:
    """Every cipher, padding, way of naming the recipient and encoding in use opens to the same bytes, beside other recipients."""
    laid_out(tmp_path, holder("anna"), holder("ec", "ec"), holder("peter"))
    raw = openssl(tmp_path, "cms", "-encrypt", "-binary", "-outform", form, *options, stdin=ENTITY)
    assert ENTITY == opened(raw).inner


@pytest.mark.parametrize(
    "options",
    [
        ("-aes-128-cbc", "-recip", "1.pem"),
        ("-aes-256-gcm", "-recip", "1.pem"),
        ("-aes-256-cbc", "-keyid", "-recip", "1.pem"),
        ("-aes-256-cbc", "-recip", "1.pem", "-keyopt", "ecdh_kdf_md:sha256"),
        ("-aes-256-cbc", "-recip", "1.pem", "-keyopt", "ecdh_kdf_md:sha384", "-aes256-wrap"),
        ("-aes-256-cbc", "-stream", *ANNA, "-recip", "1.pem"),
    ],
    ids=" ".join,
)
def test_what_openssl_encrypts_to_an_ec_key(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Ephemeral ECDH on P-256 opens with each key derivation that openssl writes."""
    laid_out(tmp_path, holder("anna"), holder("ec", "ec"))
    raw = openssl(tmp_path, "cms", "-encrypt", "-binary", *options, stdin=ENTITY)
    assert ENTITY == opened(raw, holder("ec", "ec")).inner


@pytest.mark.parametrize("key", ["0", "1"], ids=["rsa", "ec"])
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-nodetach",),
        ("-nodetach", "-stream"),
        ("-md", "sha1"),
        ("-md", "sha512"),
        ("-keyid",),
        ("-noattr",),
        ("-keyopt", "rsa_padding_mode:pss"),
        ("-nodetach", "-keyopt", "rsa_padding_mode:pss", "-md", "sha384"),
    ],
    ids=lambda item: " ".join(item) or "detached",
)
def test_what_openssl_signs_and_encrypts(tmp_path: Path, options: tuple[str, ...], key: str) -> None:
    """Detached and opaque signatures of RSA (v1.5, PSS) and ECDSA verify, and the signer is told."""
    if key == "1" and "rsa_padding_mode:pss" in options:
        options = tuple(item for item in options if item not in {"-keyopt", "rsa_padding_mode:pss"})
    laid_out(tmp_path, holder("mette"), holder("mette", "ec"), holder("anna"))
    signed = openssl(tmp_path, "cms", "-sign", "-binary", "-signer", f"{key}.pem", "-inkey", f"{key}.key", *options, stdin=ENTITY)
    raw = openssl(tmp_path, "cms", "-encrypt", "-binary", "-aes256", "-recip", "2.pem", stdin=signed)
    seen = opened(raw)
    assert (ENTITY, "valid", True) == (seen.inner, seen.signature, seen.encrypted)
    assert seen.signer == (holder("mette", "ec") if key == "1" else holder("mette")).certificate
    assert "mette@x.example" in seen.trust
    assert "not trusted by itself" in seen.trust
    assert ("SHA-1" in seen.trust) is ("sha1" in options)


def test_signature_over_crlf_survives_a_unix_file(tmp_path: Path) -> None:
    """A clear-signed mail that a Unix tool saved with LF still verifies: the content is the CRLF one that was signed."""
    laid_out(tmp_path, holder("mette"))
    signed = openssl(tmp_path, "cms", "-sign", "-signer", "0.pem", "-inkey", "0.key", stdin=ENTITY)
    assert ENTITY == opened(signed.replace(b"\r\n", b"\n")).inner
    assert not opened(signed).encrypted


def test_layers_up_to_the_limit() -> None:
    """Sign in encrypt in sign opens with all signatures; six layers are refused."""
    mette, anna = holder("mette").signer, holder("anna").der
    triple = HEAD + b"MIME-Version: 1.0\r\n" + sign(encrypt(sign(ENTITY, mette), [anna]), holder("eva").signer)
    seen = opened(triple)
    assert ENTITY == seen.inner
    assert [holder("eva").certificate, holder("mette").certificate] == [item.certificate for item in seen.signatures]
    layered = ENTITY
    for _ in range(5):
        layered = encrypt(layered, [anna])
    assert ENTITY == opened(layered).inner
    with pytest.raises(NotOpened, match="layers"):
        opened(encrypt(layered, [anna]))


def test_headers_are_restored_in_front_of_the_content() -> None:
    """The mail's own headers come back, those of the sealed entity stay, and protected headers win over outer ones."""
    raw = seal(ENTITY, head=HEAD, certificates=[holder("anna").der], signer=None)
    assert HEAD + b"MIME-Version: 1.0\r\n" + ENTITY == opened(raw).message
    protected = b"Subject: inside\r\n" + ENTITY
    raw = seal(protected, head=HEAD, certificates=[holder("anna").der], signer=None)
    assert b"From: a@x.example\r\nMIME-Version: 1.0\r\n" + protected == opened(raw).message


def changed(raw: bytes, what: bytes, by: bytes) -> bytes:
    """``raw`` with one thing in it changed; fails when it is not there."""
    assert what in raw
    return raw.replace(what, by, 1)


def test_a_signature_that_does_not_match_refuses_the_mail() -> None:
    """Changed content, another's signature, an emptied signature and a missing second part each refuse the whole mail."""
    anna, mette = holder("anna").der, holder("mette").signer
    signed = sign(ENTITY, mette)
    other = sign(ENTITY + b"x\r\n", mette)
    cases = {
        "content": changed(signed, b"Bl", b"Bi"),
        "header of the content": changed(signed, b"8bit", b"7bit"),
        "the other mail's signature": signed[: signed.index(b"smime.p7s")] + other[other.index(b"smime.p7s") :],
        "no second part": signed[: signed.index(b"Content-Type: application/pkcs7-signature")] + b"\r\n",
        "an empty signature": signed[: signed.index(b"\r\n\r\nMI")] + b"\r\n\r\n" + signed[signed.rindex(b"--=_") :],
    }
    for name, case in cases.items():
        with pytest.raises(NotOpened):
            print(name, opened(encrypt(case, [anna])))


def test_every_changed_byte_of_a_signed_content_is_noticed() -> None:
    """No single changed byte between the boundaries leaves the signature standing (line ends aside, which are made canonical)."""
    signed = sign(ENTITY, holder("mette").signer)
    start = signed.index(ENTITY)
    for at in range(start, start + len(ENTITY)):
        if signed[at : at + 1] in b"\r\n":
            continue
        with pytest.raises(NotOpened):
            opened(signed[:at] + bytes([signed[at] ^ 0x01]) + signed[at + 1 :])


@pytest.mark.parametrize("who", ["peter", "stranger"])
def test_another_key_does_not_open(who: str) -> None:
    """A key that the mail was not sealed to gets the same refusal as a damaged mail."""
    with pytest.raises(NotOpened) as refused:
        opened(encrypt(ENTITY, [holder("anna").der]), holder(who))
    assert NotOpened.sentence == refused.value.sentence


def test_right_certificate_with_another_key_does_not_open() -> None:
    """The recipient is found by the certificate, but the key does not fit: refused, not garbage."""
    with pytest.raises(NotOpened):
        open_message(encrypt(ENTITY, [holder("anna").der]), holder("peter").key, holder("anna").certificate)


def test_authenticated_encryption_notices_every_change(tmp_path: Path) -> None:
    """With AES-GCM no changed byte in the encrypted content is accepted."""
    laid_out(tmp_path, holder("anna"))
    der = openssl(tmp_path, "cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-gcm", *ANNA, stdin=ENTITY)
    for at in range(len(der) - len(ENTITY) - 20, len(der)):
        with pytest.raises(NotOpened):
            opened(der[:at] + bytes([der[at] ^ 0x10]) + der[at + 1 :])


def mails() -> list[bytes]:
    """Mails to damage: plain, sealed, signed and sealed, authenticated."""
    signed = sign(ENTITY, holder("mette").signer)
    sealed = seal(ENTITY, head=HEAD, certificates=[holder("anna").der], signer=holder("mette").signer)
    return [ENTITY, HEAD + b"MIME-Version: 1.0\r\n" + signed, sealed, HEAD + encrypt(ENTITY, [holder("anna").der])]


def test_damaged_mails_open_to_nothing_else() -> None:
    """A mail with changed, dropped or doubled bytes is refused, or opens to what it was; never a traceback."""
    randomly = random.Random(20261123)
    for base in mails():
        for _ in range(size(sample=150, full=5000)):
            damaged = bytearray(base)
            for _ in range(randomly.randint(1, 4)):
                at, length = randomly.randrange(len(damaged)), randomly.randint(0, 8)
                damaged[at : at + length] = randomly.randbytes(randomly.randint(0, 8))
            try:
                seen = opened(bytes(damaged))
            except NotOpened:
                continue
            assert seen.signature in {"none", "valid"}
            if seen.signature == "valid":
                assert ENTITY == seen.inner


@settings(max_examples=size(sample=300, full=10_000), deadline=None)
@given(content=st.binary(max_size=400), kind=st.sampled_from(["pkcs7-mime", "multipart", "der"]))
def test_rubbish_is_refused(content: bytes, kind: str) -> None:
    """Random bytes in the place of a CMS object, of a multipart or of the whole mail are NotOpened or an unsigned, unencrypted mail."""
    raw = {
        "pkcs7-mime": b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_lines(content),
        "multipart": b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=x\r\n\r\n--x\r\n' + content,
        "der": b"\x30\x82" + content,
    }[kind]
    with pytest.raises(NotOpened):
        opened(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x30\x80" * 20_000,
        b"Content-Type: multipart/signed; protocol=application/pkcs7-signature\r\n\r\n",
        b"Content-Type: application/pkcs7-mime\r\n\r\n",
        b"a: b\r\n" * 100_000,
        b"Content-Type: application/pkcs7-mime; name*0*=bad''%ff; boundary\r\nContent-Transfer-Encoding: base64\r\n\r\n====",
    ],
    ids=["deep nesting", "no boundary", "empty", "endless head", "odd parameters"],
)
def test_traps_are_refused_quickly(raw: bytes) -> None:
    """Nesting, endless heads and odd parameters end in a refusal."""
    with pytest.raises(NotOpened):
        opened(raw)


def signature_of(signed: bytes) -> bytes:
    """The DER in the second part of a multipart/signed mail."""
    _, *parts = email.message_from_bytes(signed).walk()
    der = parts[-1].get_payload(decode=True)
    assert isinstance(der, bytes)
    return der


def without_attributes(signed: bytes, content: bytes) -> bytes:
    """The signature in the mail ``signed`` as one over ``content`` alone, as a whole mail."""
    data = cms.ContentInfo.load(signature_of(signed))["content"]
    old = data["signer_infos"][0]
    kept = {name: old[name] for name in ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")}
    made = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": data["digest_algorithms"],
            "encap_content_info": {"content_type": "data", "content": content},
            "certificates": data["certificates"],
            "signer_infos": [cms.SignerInfo(kept)],
        }
    )
    der = cms.ContentInfo({"content_type": "signed_data", "content": made}).dump()
    kind_line = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return HEAD + kind_line + base64_lines(der)


@pytest.mark.parametrize("key", ["rsa", "ec"])
def test_a_signature_over_attributes_is_none_over_content(key: str) -> None:
    """The attributes that somebody signed are not a mail of theirs, though the signature matches their octets (RFC 5652 §5.3)."""
    signed = sign(ENTITY, holder("mette" if key == "rsa" else "mette-ec", key).signer)
    info = cms.ContentInfo.load(signature_of(signed))
    attributes = info["content"]["signer_infos"][0]["signed_attrs"].untag().dump()
    assert opened(signed).signature == "valid"
    with pytest.raises(NotOpened):
        opened(without_attributes(signed, attributes))


def test_a_signature_without_attributes_still_counts_over_a_mail(tmp_path: Path) -> None:
    """openssl's -noattr is in order, also when the content begins with the octet of a SET."""
    for content in (ENTITY, b"1\r\n" + ENTITY, b"1"):
        laid_out(tmp_path, holder("mette"))
        raw = openssl(tmp_path, "cms", "-sign", "-noattr", "-nodetach", "-binary", "-signer", "0.pem", "-inkey", "0.key", stdin=content)
        assert ("valid", content) == (opened(raw).signature, opened(raw).inner)


def test_content_of_another_type_needs_attributes(tmp_path: Path) -> None:
    """Attributes may be left out over plain data alone (RFC 5652 §5.3)."""
    laid_out(tmp_path, holder("mette"))
    options = ("-nodetach", "-binary", "-econtent_type", "1.2.3.4", "-signer", "0.pem", "-inkey", "0.key")
    assert opened(openssl(tmp_path, "cms", "-sign", *options, stdin=ENTITY)).signature == "valid"
    with pytest.raises(NotOpened):
        opened(openssl(tmp_path, "cms", "-sign", "-noattr", *options, stdin=ENTITY))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"From: Mette <mette@x.example>\r\n", ""),
        (b"From: METTE@X.EXAMPLE\r\n", ""),
        (b"From: Anna Lund <anna@x.example>\r\n", "not the From address (anna@x.example)"),
        (b"From: mette@x.example, Anna <anna@x.example>\r\n", "not the From address (anna@x.example)"),
        (b'From: "mette@x.example" <anna@x.example>\r\n', "not the From address (anna@x.example)"),
        (b"Subject: Hej\r\n", "no From address"),
    ],
)
def test_a_signer_who_is_not_the_sender_is_told(head: bytes, expected: str) -> None:
    """Anybody can sign a mail in another's name: the words say when From is not the signer's address, and only then."""
    raw = seal(ENTITY, head=head, certificates=[holder("anna").der], signer=holder("mette").signer)
    trust = opened(raw).trust
    assert expected in trust
    assert bool(expected) is ("From address" in trust)
