"""`seal smime` and `open smime` on files, with openssl on the other side; a failure leaves no file behind."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from command_line import ran, without_traceback

HEAD = b"From: mette@firma.example\r\nTo: anna@partner.example\r\nSubject: =?utf-8?q?L=C3=B8n?=\r\nMIME-Version: 1.0\r\n"
CONTENT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nBlåbær.\r\n.\r\nslut\r\n".encode()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and a self-signed certificate for anna, peter and mette, and a mail."""
    folder = tmp_path_factory.mktemp("people")
    start = datetime.now(UTC) - timedelta(days=1)
    for name in ("anna", "peter", "mette"):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=90))
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(f"{name}@partner.example")]), critical=False)
        certificate = builder.sign(key, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (folder / f"{name}.der").write_bytes(certificate.public_bytes(Encoding.DER))
        (folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "in.eml").write_bytes(HEAD + CONTENT)
    return folder


def _openssl(path: str, folder: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    return subprocess.run([path, *arguments], cwd=folder, input=stdin, capture_output=True, check=True).stdout


def test_openssl_reads_what_was_sealed(people: Path, tmp_path: Path, tool: Callable[[str], str]) -> None:
    """Sealed to two people and signed: openssl decrypts it for each, verifies the signature, and finds the very bytes."""
    out, openssl = tmp_path / "out.eml", tool("openssl")
    sealed = ran(
        "seal", "smime", "--to", "anna.pem", "--to", "peter.der", "--sign", "mette.key", "--cert", "mette.pem", "in.eml", out, folder=people
    )
    assert (0, "", "") == (sealed.code, sealed.out, sealed.err)
    assert "Blåbær".encode() not in out.read_bytes()
    for name in ("anna", "peter"):
        inside = _openssl(openssl, people, "cms", "-decrypt", "-in", str(out), "-recip", f"{name}.pem", "-inkey", f"{name}.key")
        assert CONTENT == _openssl(openssl, people, "cms", "-verify", "-CAfile", "mette.pem", "-purpose", "any", stdin=inside)
        back = tmp_path / f"{name}.eml"
        opened = ran("open", "smime", "--key", f"{name}.key", "--cert", f"{name}.pem", out, back, folder=people)
        assert (0, "") == (opened.code, opened.out)
        assert "mette" in opened.err
        assert back.read_bytes() == HEAD + CONTENT


def test_what_openssl_sealed_is_opened(people: Path, tmp_path: Path, tool: Callable[[str], str]) -> None:
    """A mail that another program encrypted, unsigned, is opened; standard error says that nobody signed it."""
    sealed = _openssl(tool("openssl"), people, "cms", "-encrypt", "-aes256", "-in", "in.eml", "anna.pem")
    (tmp_path / "sealed.eml").write_bytes(sealed)
    opened = ran("open", "smime", "--key", "anna.key", "--cert", "anna.pem", tmp_path / "sealed.eml", tmp_path / "back.eml", folder=people)
    without_traceback(opened)
    assert opened.code == 0
    assert opened.err.strip()
    assert "Blåbær".encode() in (tmp_path / "back.eml").read_bytes()


BAD_SEALS = [
    (("--to", "nix.pem", "in.eml"), 2),
    (("--to", "in.eml", "in.eml"), 1),
    (("--to", "anna.key", "in.eml"), 1),
    (("--to", "anna.pem", "nix.eml"), 2),
    (("--to", "anna.pem", "--sign", "mette.key", "in.eml"), 2),
    (("--to", "anna.pem", "--sign", "mette.key", "--cert", "anna.pem", "in.eml"), 1),
    (("--to", "anna.pem", "--sign", "mette.pem", "--cert", "mette.pem", "in.eml"), 1),
    (("in.eml",), 2),
]


@pytest.mark.parametrize(("arguments", "code"), BAD_SEALS, ids=[" ".join(item[0]) for item in BAD_SEALS])
def test_what_cannot_be_sealed_leaves_no_file(arguments: tuple[str, ...], code: int, people: Path, tmp_path: Path) -> None:
    """A sentence on standard error, no OUT and no half file beside it."""
    run = ran("seal", "smime", *arguments, tmp_path / "out.eml", folder=people)
    without_traceback(run)
    assert (code, "", []) == (run.code, run.out, list(tmp_path.iterdir()))
    assert run.err


def test_an_out_that_cannot_be_written_is_told(people: Path, tmp_path: Path) -> None:
    """A folder in OUT's place stays as it was, and nothing is left beside it."""
    (tmp_path / "out.eml").mkdir()
    run = ran("seal", "smime", "--to", "anna.pem", "in.eml", tmp_path / "out.eml", folder=people)
    without_traceback(run)
    assert (2, ["out.eml"]) == (run.code, [path.name for path in tmp_path.iterdir()])


def _damaged(raw: bytes) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = body.split(b"\r\n")
    middle = len(lines) // 2
    lines[middle] = lines[middle][:10] + (b"A" if lines[middle][10:11] != b"A" else b"B") + lines[middle][11:]
    return head + b"\r\n\r\n" + b"\r\n".join(lines)


@pytest.mark.parametrize("what", ["another key", "key and certificate apart", "damaged", "cut off", "not sealed", "only signed", "empty"])
def test_what_cannot_be_opened_leaves_no_file(what: str, people: Path, tmp_path: Path, tool: Callable[[str], str]) -> None:
    """Exit 1, a sentence, and no OUT: half a mail is never written."""
    sealed, back = tmp_path / "sealed.eml", tmp_path / "back.eml"
    assert ran("seal", "smime", "--to", "anna.pem", "--sign", "mette.key", "--cert", "mette.pem", "in.eml", sealed, folder=people).code == 0
    raw = sealed.read_bytes()
    signed = ["cms", "-sign", "-in", "in.eml", "-signer", "mette.pem", "-inkey", "mette.key"]
    contents = {
        "damaged": _damaged(raw),
        "cut off": raw[: len(raw) // 2],
        "not sealed": HEAD + CONTENT,
        "only signed": _openssl(tool("openssl"), people, *signed),
        "empty": b"",
    }
    sealed.write_bytes(contents.get(what, raw))
    key = "peter.key" if what in {"another key", "key and certificate apart"} else "anna.key"
    certificate = "peter.pem" if what == "another key" else "anna.pem"
    run = ran("open", "smime", "--key", key, "--cert", certificate, sealed, back, folder=people)
    without_traceback(run)
    assert (1, "", False) == (run.code, run.out, back.exists())
    assert run.err
    assert "Blåbær" not in run.err
