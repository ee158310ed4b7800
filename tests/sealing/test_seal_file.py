"""The command line's journeys `seal smime` and `open smime`, with openssl on the other side."""

from __future__ import annotations

from pathlib import Path

import pytest

from addin_backend.errors import BadInput, NotOpened, NotSealed
from addin_backend.flows.seal_file import open_smime, seal_smime
from addin_backend.sealing.entities import canonical, split
from sealing_lab import MESSAGES, holder, laid_out, openssl
from test_compose import composed

HEAD = b"From: a@x.example\r\nTo: b@x.example\r\nSubject: =?utf-8?Q?H=C3=B8j?=\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
CONTENT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nBlåbær\r\n".encode()


def round_trip(raw: bytes) -> bytes:
    """Sealed to Anna and Peter, signed by Mette, opened by Peter."""
    sealed = seal_smime([holder("anna").pem, holder("peter").der], holder("mette").key_pem, holder("mette").pem, raw)
    return open_smime(holder("peter").key_pem, holder("peter").pem, sealed)[0]


@pytest.mark.parametrize("name", MESSAGES)
def test_a_mail_comes_back_as_it_was(name: str) -> None:
    """Sealed and opened, a whole mail is byte for byte the file that went in."""
    raw = composed(MESSAGES[name])
    assert raw == round_trip(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (HEAD + b"MIME-Version: 1.0\r\n" + CONTENT, HEAD + b"MIME-Version: 1.0\r\n" + CONTENT),
        ((HEAD + CONTENT).replace(b"\r\n", b"\n"), HEAD + b"MIME-Version: 1.0\r\n" + CONTENT),
        (HEAD + b"Bcc: x@y.example\r\nReceived: trace\r\n" + CONTENT, HEAD + b"MIME-Version: 1.0\r\n" + CONTENT),
        (HEAD + b"\r\nhej", HEAD + b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhej\r\n"),
        (b"From x Mon Nov 23\n" + CONTENT, CONTENT),
    ],
    ids=["whole", "LF", "Bcc and traces go", "no content header", "mbox line"],
)
def test_what_is_kept_of_a_file(raw: bytes, expected: bytes) -> None:
    """The mail's own headers and its content come back; Bcc and traces do not; line ends are canonical."""
    assert expected == round_trip(raw)


def test_openssl_opens_what_was_sealed(tmp_path: Path) -> None:
    """openssl decrypts and verifies the file to exactly its content headers and body."""
    raw = HEAD + CONTENT
    sealed = seal_smime([holder("anna").pem], holder("mette").key_pem, holder("mette").pem, raw)
    laid_out(tmp_path, holder("anna"), holder("mette"))
    inside = openssl(tmp_path, "cms", "-decrypt", "-recip", "0.pem", "-inkey", "0.key", stdin=sealed)
    assert CONTENT == openssl(tmp_path, "cms", "-verify", "-CAfile", "1.pem", "-purpose", "any", stdin=inside)
    names = [name for name, _ in split(sealed)[0]]
    expected = ["from", "to", "subject", "date", "mime-version", "content-type", "content-disposition", "content-transfer-encoding"]
    assert expected == names


@pytest.mark.parametrize("whole", [True, False], ids=["with its own headers", "content only"])
def test_opens_what_openssl_sealed(tmp_path: Path, whole: bool) -> None:
    """A file that openssl signed and encrypted opens to exactly what went in."""
    laid_out(tmp_path, holder("anna"), holder("mette"))
    raw = HEAD + CONTENT if whole else CONTENT
    signed = openssl(tmp_path, "cms", "-sign", "-signer", "1.pem", "-inkey", "1.key", stdin=raw)
    sealed = openssl(tmp_path, "cms", "-encrypt", "-aes256", "0.pem", stdin=signed)
    content, trust = open_smime(holder("anna").key_pem, holder("anna").der, sealed)
    assert raw == content
    assert "signer: mette" in trust


def test_headers_that_openssl_put_outside_are_restored(tmp_path: Path) -> None:
    """With -from, -to and -subject the outer headers stand in front of the content again, once."""
    laid_out(tmp_path, holder("anna"))
    options = ("-from", "a@x.example", "-to", "b@x.example", "-subject", "Hej")
    sealed = openssl(tmp_path, "cms", "-encrypt", "-aes256", *options, "0.pem", stdin=CONTENT)
    content, trust = open_smime(holder("anna").key_pem, holder("anna").pem, sealed)
    assert content.endswith(CONTENT)
    assert {"to", "from", "subject", "mime-version", "content-type", "content-transfer-encoding"} == {name for name, _ in split(content)[0]}
    assert "not signed" == trust


def test_text_without_any_header_keeps_its_bytes(tmp_path: Path) -> None:
    """Bare text that openssl encrypted comes out as it was."""
    laid_out(tmp_path, holder("anna"))
    sealed = openssl(tmp_path, "cms", "-encrypt", "-aes256", "0.pem", stdin=b"bare text, no header\r\n")
    assert b"bare text, no header\r\n" == open_smime(holder("anna").key_pem, holder("anna").pem, sealed)[0]


def test_refusals() -> None:
    """What is not encrypted, not for the key, half a signature, or of the wrong kind of key is refused by its own error."""
    anna, mette, peter = holder("anna"), holder("mette"), holder("peter")
    sealed = seal_smime([anna.pem], None, None, HEAD + CONTENT)
    with pytest.raises(NotOpened, match="not encrypted"):
        open_smime(anna.key_pem, anna.pem, HEAD + CONTENT)
    with pytest.raises(NotOpened):
        open_smime(peter.key_pem, peter.pem, sealed)
    with pytest.raises(NotOpened):
        open_smime(anna.key_pem, anna.pem, sealed[: len(sealed) // 2])
    with pytest.raises(BadInput, match="belong together"):
        open_smime(peter.key_pem, anna.pem, sealed)
    with pytest.raises(BadInput, match="both a key"):
        seal_smime([anna.pem], mette.key_pem, None, CONTENT)
    with pytest.raises(BadInput):
        open_smime(b"no key", anna.pem, sealed)
    with pytest.raises(NotSealed):
        seal_smime([holder("ec", "ec").pem], None, None, CONTENT)


def test_binary_content_is_not_touched() -> None:
    """A mail that says it holds binary content keeps its bytes, bare line feeds too."""
    content = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n" + bytes(range(256)) + b"\n\r"
    assert content == round_trip(content)
    assert content != canonical(content)
