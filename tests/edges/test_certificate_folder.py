"""The certificate store over a folder: best certificate per address, and it sees when files come, go or change."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from addin_backend.edges.certificate_folder import MAX_FILE_BYTES, CertificateFolder, read_file
from addin_backend.evidence.certificates import addresses, judge, normal_address
from addin_backend.model.evidence import CertificateState
from addin_backend.ports import CertificateStore
from addin_backend.sandbox.pki import LIFE, RECIPIENT, DemoPki, create_demo_pki
from addin_backend.sealing.smime import encrypt, read_signer, sign
from addin_backend.sealing.smime_open import open_message

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DemoPki:
    """The demo world's certificates."""
    return create_demo_pki(tmp_path_factory.mktemp("demo") / "pki", AT)


@pytest.fixture
def pki(made: DemoPki, tmp_path: Path) -> DemoPki:
    """A copy that a test may change."""
    shutil.copytree(made.folder, tmp_path / "pki")
    return DemoPki(tmp_path / "pki")


def store(pki: DemoPki) -> CertificateStore:
    """The store as bootstrap wires it."""
    return CertificateFolder(pki.certificates, pki.roots, judge=judge, addresses=addresses, normal_address=normal_address)


def test_the_lawyer_can_be_sealed_to_and_nobody_else(pki: DemoPki) -> None:
    """Peter's certificate is usable and given as DER, his address however written; a stranger has none."""
    folder = store(pki)
    expected = read_file(pki.recipient_certificate().read_bytes())[0]
    assert CertificateState.USABLE == folder.state("Peter.Skov@SKOVADVOKAT.example", AT)
    assert expected == folder.certificate(RECIPIENT, AT)
    assert (CertificateState.NONE, None) == (folder.state("bo@postkasse.example", AT), folder.certificate("bo@postkasse.example", AT))


def test_only_a_usable_certificate_is_given(pki: DemoPki) -> None:
    """Expired, or with no root to trust, the state says so and no certificate comes out."""
    folder = store(pki)
    later = AT + LIFE + timedelta(days=1)
    assert (CertificateState.EXPIRED, None) == (folder.state(RECIPIENT, later), folder.certificate(RECIPIENT, later))
    pki.roots.unlink()
    assert (CertificateState.UNTRUSTED, None) == (folder.state(RECIPIENT, AT), folder.certificate(RECIPIENT, AT))


def test_sees_files_come_change_and_go(pki: DemoPki) -> None:
    """A new DER file counts at once, a file that changed is read again, a removed one is gone."""
    folder, path = store(pki), pki.certificates / f"{RECIPIENT}.pem"
    der = read_file(path.read_bytes())[0]
    (pki.certificates / "other.cer").write_bytes(der)
    path.unlink()
    assert CertificateState.USABLE == folder.state(RECIPIENT, AT)
    (pki.certificates / "other.cer").write_bytes(b"rubbish")
    assert CertificateState.NONE == folder.state(RECIPIENT, AT)
    shutil.rmtree(pki.certificates)
    assert CertificateState.NONE == folder.state(RECIPIENT, AT)


def test_a_file_named_after_an_address_answers_for_it(pki: DemoPki) -> None:
    """A certificate for somebody else under Anna's name is unsuitable for her, not silently none; rubbish beside it does no harm."""
    shutil.copy(pki.recipient_certificate(), pki.certificates / "anna@partner.example.pem")
    (pki.certificates / "noise.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n" * 3)
    (pki.certificates / "large.pem").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    (pki.certificates / "README.txt").write_text("not a certificate")
    folder = store(pki)
    assert (CertificateState.UNSUITABLE, CertificateState.USABLE) == (folder.state("anna@partner.example", AT), folder.state(RECIPIENT, AT))


def test_demo_certificates_are_made_once(made: DemoPki) -> None:
    """A second start leaves every file as it is; near the end of their life they are made anew; keys are private."""
    before = {path: path.read_bytes() for path in made.folder.rglob("*") if path.is_file()}
    create_demo_pki(made.folder, AT + timedelta(days=30))
    assert before == {path: path.read_bytes() for path in made.folder.rglob("*") if path.is_file()}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in made.folder.rglob("*.key.pem")}
    assert 2 == len(list(made.folder.rglob("*.key.pem")))


def test_demo_certificates_are_renewed(pki: DemoPki) -> None:
    """When a file is missing or they are about to expire, the whole set is made anew and fits together."""
    old = pki.roots.read_bytes()
    pki.signing_key.unlink()
    create_demo_pki(pki.folder, AT)
    assert old != pki.roots.read_bytes()
    late = AT + LIFE - timedelta(days=10)
    create_demo_pki(pki.folder, late)
    assert CertificateState.USABLE == store(pki).state(RECIPIENT, late)


def test_demo_certificates_seal_and_open(pki: DemoPki) -> None:
    """Signed by the organisation and encrypted to Peter, a mail opens with his demo key, and names the organisation."""
    signer = read_signer(pki.signing_key.read_bytes(), pki.signing_certificate.read_bytes())
    peter = read_signer(pki.recipient_key().read_bytes(), pki.recipient_certificate().read_bytes())
    der = store(pki).certificate(RECIPIENT, AT)
    assert der is not None
    raw = encrypt(sign(b"Content-Type: text/plain\r\n\r\nhej\r\n", signer), [der])
    opened = open_message(raw, peter.key, peter.certificate)
    assert b"Content-Type: text/plain\r\n\r\nhej\r\n" == opened.inner
    assert "mette.holm@nordlys.example" in opened.trust
    assert opened.signer == x509.load_pem_x509_certificate(pki.signing_certificate.read_bytes())
