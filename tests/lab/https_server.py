"""A loopback HTTPS server for MTA-STS policies, with certificates made on the spot: right, expired, of another name, self-signed."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATH = "/.well-known/mta-sts.txt"


@dataclass(frozen=True)
class Page:
    """What a policy host answers. ``pause`` seconds lie before the head, ``drip`` seconds before each byte of the body."""

    body: bytes = b""
    status: int = 200
    media_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()
    pause: float = 0.0
    drip: float = 0.0
    length: bool = True


class LabCa:
    """A certificate authority of its own, in a folder. ``root_file`` is its certificate as PEM."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lab root")])
        self._root = self._sign(self._name, self._key.public_key(), [], ca=True)
        self.root_file = folder / "root.pem"
        self.root_file.write_bytes(self._root.public_bytes(serialization.Encoding.PEM))

    def _sign(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, names: Sequence[str], *, ca: bool = False, days: int = 2
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if ca:
            usage = {"key_cert_sign": True, "crl_sign": True, "digital_signature": True}
            others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")
            builder = builder.add_extension(x509.KeyUsage(**usage, **dict.fromkeys(others, False)), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def context(self, names: Sequence[str], *, common_name: str = "", days: int = 2) -> ssl.SSLContext:
        """A server context with a certificate for ``names``; ``days`` < 0 is one that has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
        certificate = self._sign(subject, key.public_key(), names, days=days)
        file = self._folder / f"{certificate.serial_number}.pem"
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


class LabHttps:
    """``with LabHttps(context, {"mta-sts.good.test": Page(...)}) as https: https.port``. ``asked`` lists (SNI, Host, path)."""

    def __init__(self, context: ssl.SSLContext, pages: Mapping[str, Page]) -> None:
        self.pages: dict[str, Page] = dict(pages)
        self.asked: list[tuple[str, str, str]] = []
        context.sni_callback = _remember_sni
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.context = context
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def _remember_sni(sock: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
    sock.lab_sni = name or ""  # type: ignore[union-attr] # the socket object is the only thing that reaches the handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake runs in the request's own thread; one that fails ends the connection and nothing else."""
        with self.context.wrap_socket(request, server_side=True) as tls:
            super().finish_request(tls, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


def _handler(lab: LabHttps) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = self.headers.get("host", "").split(":")[0]
            lab.asked.append((getattr(self.connection, "lab_sni", ""), host, self.path))
            page = lab.pages.get(host, Page(status=404)) if self.path == PATH else Page(status=404)
            self.close_connection = True
            time.sleep(page.pause)
            self.send_response(page.status)
            self.send_header("Content-Type", page.media_type)
            if page.length:
                self.send_header("Content-Length", str(len(page.body)))
            self.send_header("Connection", "close")
            for name, value in page.headers:
                self.send_header(name, value)
            self.end_headers()
            if not page.drip:
                self.wfile.write(page.body)
                return
            for byte in page.body:
                time.sleep(page.drip)
                self.wfile.write(bytes([byte]))

        def log_message(self, *_: Any) -> None:
            """Silence: the journal is ``asked``."""

    return Handler
