"""Keys, certificates and mails for the sealing tests, and the real openssl as the judge."""

from __future__ import annotations

import functools
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from addin_backend.model.message import Attachment, BodyFormat, Message, Recipient, RecipientKind
from addin_backend.sealing.material import PrivateKey
from addin_backend.sealing.smime import Signer

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MESSAGE_ID = "<0f7d.send@nordlys.example>"
ANNA = Recipient(address="anna.lund@fynskpension.example", domain="fynskpension.example", display_name="Anna Lund")
PETER = Recipient(address="peter.skov@skovadvokat.example", domain="skovadvokat.example", display_name='Peter "Søren" Ærø-Skov, advokat')
KARIN = Recipient(address="karin.bach@nordlys.example", domain="nordlys.example", kind=RecipientKind.CC)
HIDDEN = Recipient(address="skjult@hemmelig.example", domain="hemmelig.example", kind=RecipientKind.BCC, display_name="Skjult Modtager")
DANISH = "Kære Anna\n\nHer er lønnen: 41.250 kr. Blåbærgrød på øen.\n.\nFrom the office\nslut  "
HTML = '<html><body class="x"><p>Kære Anna</p><img src="cid:logo@nordlys"><p>Blåbærgrød &amp; <b>løn</b></p></body></html>'


@dataclass(frozen=True)
class Holder:
    """A key with its certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as PEM."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def signer(self) -> Signer:
        """The holder as the one who signs."""
        return Signer(self.key, self.certificate)


@functools.cache
def holder(name: str, kind: str = "rsa") -> Holder:
    """A self-signed certificate for ``name``; the same one each time within a run."""
    key: PrivateKey
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(AT - timedelta(days=1))
    builder = builder.not_valid_after(AT + timedelta(days=365))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(f"{name}@x.example")]), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Holder(key, builder.sign(key, hashes.SHA256()))


def message(**changes: object) -> Message:
    """A base mail with the differences given."""
    base: dict[str, object] = {
        "sender": "mette.holm@nordlys.example",
        "recipients": (ANNA, PETER, KARIN, HIDDEN),
        "subject": "Lønoversigt for november",
        "body": DANISH,
    }
    return Message(**(base | changes))  # type: ignore[arg-type]  # the differences are a test's own


PICTURE = Attachment(name="logo.png", media_type="image/png", content=bytes(range(256)), inline=True, content_id="logo@nordlys")
SALARIES = Attachment(name="løn, 2026 æøå.csv", media_type="text/csv", content="navn;løn\r\nÅse;1\n".encode())
LONG_NAME = Attachment(name="Ærøskøbing " * 20 + ".bin", media_type="application/x-thing", content=b"\x00\r\n\n\r" * 50)
FORWARDED = Attachment(name="videresendt.eml", media_type="message/rfc822", content=b"From: a@b.example\nSubject: x\n\nhej\n")

MESSAGES = {
    "plain text with Danish letters": message(),
    "plain ASCII": message(body="Hello\nthere\n", subject="Lunch"),
    "lone CR and no final newline": message(body="one\rtwo\nthree"),
    "a line longer than 998": message(body="x" * 3000 + "\n" + "æ" * 1500),
    "empty": message(body="", subject=""),
    "HTML": message(body=HTML, body_format=BodyFormat.HTML),
    "HTML with picture and attachments": message(
        body=HTML, body_format=BodyFormat.HTML, attachments=(PICTURE, SALARIES, LONG_NAME, FORWARDED)
    ),
    "text with attachments": message(attachments=(SALARIES, LONG_NAME, PICTURE)),
    "a large attachment": message(attachments=(Attachment(name="stor.bin", media_type="a/b", content=bytes(range(256)) * 4 * 4096),)),
}


def openssl(folder: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    """Run openssl in ``folder``; what it printed. Raises CalledProcessError when it refuses."""
    tool = shutil.which("openssl")
    assert tool, "openssl is needed for these tests"
    return subprocess.run([tool, *arguments], cwd=folder, input=stdin, capture_output=True, check=True).stdout


def laid_out(folder: Path, *holders: Holder) -> Path:
    """The holders' keys and certificates as 0.pem, 0.key, 1.pem … in ``folder``."""
    for index, item in enumerate(holders):
        (folder / f"{index}.pem").write_bytes(item.pem)
        (folder / f"{index}.key").write_bytes(item.key_pem)
    return folder
