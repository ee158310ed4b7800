"""Whether a certificate is good for an address: one table, over certificates made by a small authority on the spot."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.certificates import addresses, judge, normal_address
from addin_backend.model.evidence import CertificateState
from sizes import size

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PETER = "peter.skov@skovadvokat.example"
MAIL = (ExtendedKeyUsageOID.EMAIL_PROTECTION,)
USABLE, EXPIRED, UNTRUSTED, UNSUITABLE = (
    CertificateState.USABLE,
    CertificateState.EXPIRED,
    CertificateState.UNTRUSTED,
    CertificateState.UNSUITABLE,
)


@functools.cache
def key(name: str) -> Any:
    """A key by name, the same each time: EC or short when the name says so."""
    if name.startswith("ec"):
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=1024 if name == "short" else 2048)


def named(common_name: str, email: str = "") -> x509.Name:
    """A subject, with an e-mail address in it when given."""
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    return x509.Name([*parts, *([x509.NameAttribute(NameOID.EMAIL_ADDRESS, email)] if email else [])])


def usage(*, encipher: bool = True, cert_sign: bool = False) -> x509.KeyUsage:
    """Key usage with what matters here."""
    return x509.KeyUsage(True, False, encipher, False, False, cert_sign, False, False, False)


def certificate(
    name: str = "peter",
    issuer: str = "root",
    *,
    mails: Sequence[x509.GeneralName] = (x509.RFC822Name(PETER),),
    subject: x509.Name | None = None,
    start: timedelta = timedelta(days=-1),
    end: timedelta = timedelta(days=365),
    key_usage: x509.KeyUsage | None = None,
    extended: Sequence[x509.ObjectIdentifier] | None = MAIL,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    signing_key: str = "",
    pss: bool = False,
) -> bytes:
    """A certificate for ``name`` by ``issuer``, as DER; every detail can be changed."""
    own = key(name)
    builder = x509.CertificateBuilder().subject_name(subject or named(name)).issuer_name(named(issuer)).public_key(own.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(AT + start).not_valid_after(AT + end)
    if mails:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(mails)), critical=False)
    if key_usage is not None:
        builder = builder.add_extension(key_usage, critical=True)
    if extended is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(extended)), critical=False)
    for extension, critical in more:
        builder = builder.add_extension(extension, critical=critical)
    signer = key(signing_key or issuer)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else None
    return builder.sign(signer, hashes.SHA256(), rsa_padding=scheme).public_bytes(Encoding.DER)


def authority(name: str, issuer: str = "root", *, length: int | None = None, ca: bool = True, **changes: Any) -> bytes:
    """An authority's certificate."""
    more = [(x509.BasicConstraints(ca=ca, path_length=length if ca else None), True), *changes.pop("more", ())]
    changes.setdefault("key_usage", usage(cert_sign=True))
    return certificate(name, issuer, mails=(), extended=None, more=more, **changes)


def permits(*names: str) -> list[tuple[x509.ExtensionType, bool]]:
    """Name constraints that permit mail addresses."""
    return [(x509.NameConstraints([x509.RFC822Name(item) for item in names], None), True)]


@functools.cache
def root() -> bytes:
    """The one trusted root."""
    return authority("root")


CRITICAL = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"), True)]
UTF8_MAILBOX = x509.OtherName(
    x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), b"\x0c" + bytes([len("jens@blåbær.example".encode())]) + "jens@blåbær.example".encode()
)

LEAVES: dict[str, tuple[Callable[[], bytes], str, CertificateState]] = {
    "good": (lambda: certificate(key_usage=usage()), PETER, USABLE),
    "no key usage and no extended usage": (lambda: certificate(extended=None), PETER, USABLE),
    "any extended usage": (lambda: certificate(extended=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)), PETER, USABLE),
    "written in capitals": (certificate, "Peter.Skov@SkovAdvokat.EXAMPLE", USABLE),
    "one of several addresses": (lambda: certificate(mails=[x509.RFC822Name("a@b.example"), x509.RFC822Name(PETER)]), PETER, USABLE),
    "address in the subject only": (lambda: certificate(mails=(), subject=named("p", PETER)), PETER, USABLE),
    "subject does not count beside alternative names": (
        lambda: certificate(mails=[x509.RFC822Name("a@b.example")], subject=named("p", PETER)),
        PETER,
        UNSUITABLE,
    ),
    "IDNA domain": (
        lambda: certificate(mails=[x509.RFC822Name("jens@" + normal_address("a@blåbær.example").partition("@")[2])]),
        "jens@blåbær.example",
        USABLE,
    ),
    "SmtpUTF8Mailbox": (lambda: certificate(mails=[UTF8_MAILBOX]), "jens@blåbær.example", USABLE),
    "another address": (certificate, "anna@skovadvokat.example", UNSUITABLE),
    "another domain that ends alike": (certificate, "peter.skov@xskovadvokat.example", UNSUITABLE),
    "no address at all": (lambda: certificate(mails=()), PETER, UNSUITABLE),
    "not an address asked for": (certificate, "peter", UNSUITABLE),
    "signing only": (lambda: certificate(key_usage=usage(encipher=False)), PETER, UNSUITABLE),
    "for web servers": (lambda: certificate(extended=(ExtendedKeyUsageOID.SERVER_AUTH,)), PETER, UNSUITABLE),
    "short RSA key": (lambda: certificate("short"), PETER, UNSUITABLE),
    "elliptic curve": (lambda: certificate("ec-peter"), PETER, UNSUITABLE),
    "unknown critical extension": (lambda: certificate(more=CRITICAL), PETER, UNSUITABLE),
    "expired yesterday": (lambda: certificate(start=timedelta(days=-9), end=timedelta(days=-1)), PETER, EXPIRED),
    "expires this second": (lambda: certificate(end=timedelta(0)), PETER, USABLE),
    "expired a second ago": (lambda: certificate(end=timedelta(seconds=-1)), PETER, EXPIRED),
    "not valid before tomorrow": (lambda: certificate(start=timedelta(days=1)), PETER, EXPIRED),
    "issuer unknown": (lambda: certificate(issuer="nobody"), PETER, UNTRUSTED),
    "signed by another in the root's name": (lambda: certificate(signing_key="nobody"), PETER, UNTRUSTED),
    "self-signed": (lambda: certificate("peter", "peter"), PETER, UNTRUSTED),
    "signed with PSS": (lambda: certificate(pss=True), PETER, USABLE),
    "rubbish": (lambda: b"0\x82rubbish", PETER, UNSUITABLE),
    "empty": (lambda: b"", PETER, UNSUITABLE),
}


@pytest.mark.parametrize("name", LEAVES)
def test_certificate_by_the_root(name: str) -> None:
    """A certificate directly under the root gets the state of the table."""
    make, address, expected = LEAVES[name]
    assert expected == judge(make(), address, roots=[root()], intermediates=[], at=AT)


CHAINS: dict[str, tuple[Callable[[], list[bytes]], CertificateState]] = {
    "one authority between": (lambda: [authority("mid")], USABLE),
    "found among strangers": (lambda: [authority("other"), b"rubbish", certificate(), authority("mid")], USABLE),
    "two versions of it, one expired": (
        lambda: [authority("mid", start=timedelta(days=-9), end=timedelta(days=-1)), authority("mid")],
        USABLE,
    ),
    "missing": (list, UNTRUSTED),
    "no authority": (lambda: [authority("mid", ca=False)], UNTRUSTED),
    "no constraints at all": (lambda: [certificate("mid", mails=(), extended=None)], UNTRUSTED),
    "may not sign certificates": (lambda: [authority("mid", key_usage=usage())], UNTRUSTED),
    "expired": (lambda: [authority("mid", start=timedelta(days=-9), end=timedelta(days=-1))], UNTRUSTED),
    "path too long": (lambda: [authority("mid", "upper"), authority("upper", length=0)], UNTRUSTED),
    "path long enough": (lambda: [authority("mid", "upper"), authority("upper", length=1)], USABLE),
    "unknown critical extension": (lambda: [authority("mid", more=CRITICAL)], UNTRUSTED),
    "names permitted": (lambda: [authority("mid", more=permits("skovadvokat.example"))], USABLE),
    "subdomains permitted": (lambda: [authority("mid", more=permits(".example"))], USABLE),
    "this mailbox permitted": (lambda: [authority("mid", more=permits(PETER))], USABLE),
    "other names permitted": (lambda: [authority("mid", more=permits("andre.example"))], UNTRUSTED),
    "name excluded": (
        lambda: [authority("mid", more=[(x509.NameConstraints(None, [x509.RFC822Name("skovadvokat.example")]), True)])],
        UNTRUSTED,
    ),
    "a ring of authorities": (lambda: [authority("mid", "upper"), authority("upper", "mid")], UNTRUSTED),
    "eight authorities deep": (
        lambda: [authority("mid", "l1"), *[authority(f"l{i}", f"l{i + 1}") for i in range(1, 7)], authority("l7")],
        UNTRUSTED,
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_certificate_by_an_intermediate(name: str) -> None:
    """Issuers between are taken from the pool, and each must be allowed to issue."""
    make, expected = CHAINS[name]
    assert expected == judge(certificate(issuer="mid"), PETER, roots=[root()], intermediates=make(), at=AT)


def test_a_pinned_certificate_is_trusted_as_it_is() -> None:
    """A self-signed certificate that stands among the roots itself is usable; with no roots at all nothing is."""
    own = certificate("peter", "peter")
    assert USABLE == judge(own, PETER, roots=[own], intermediates=[], at=AT)
    assert UNTRUSTED == judge(certificate(), PETER, roots=[], intermediates=[root()], at=AT)


def test_a_leaf_cannot_issue_for_others() -> None:
    """A trusted end-entity certificate vouches for nobody else."""
    forged = certificate("eva", "peter", mails=[x509.RFC822Name("eva@x.example")])
    assert UNTRUSTED == judge(forged, "eva@x.example", roots=[root()], intermediates=[certificate()], at=AT)


@settings(max_examples=size(sample=150, full=5000), deadline=None)
@given(st.data())
def test_no_changed_byte_makes_it_usable(data: st.DataObject) -> None:
    """A certificate with a changed byte is never usable and never a traceback."""
    good = _good()
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    assert USABLE != judge(changed, PETER, roots=[root()], intermediates=[], at=AT)
    assert addresses(changed) is not None


@functools.cache
def _good() -> bytes:
    return certificate(key_usage=usage())
