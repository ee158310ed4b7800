"""The web host of the sample partners' MTA-STS policies: HTTPS on loopback, with an authority that lives as long as the demo world."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PATH = "/.well-known/mta-sts.txt"
LIFE = timedelta(days=30)
PATIENCE = 5.0  # seconds for a client that says nothing
Policies = Callable[[], Mapping[str, str]]  # host name -> policy


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: str, key: ec.EllipticCurvePrivateKey, at: datetime, *, ca: bool) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + LIFE)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _certificates(folder: Path, names: Sequence[str], at: datetime) -> tuple[Path, Path]:
    """The root, and key and certificate for ``names`` under it. The root's own key is thrown away."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    title = "Demo CA for policy hosts"
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    root = _builder(title, authority, at, ca=True).issuer_name(_name(title)).add_extension(usage, critical=True)
    leaf = _builder("mta-sts", key, at, ca=False).issuer_name(_name(title))
    leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    root_file, own_file = folder / "root.pem", folder / "server.pem"
    root_file.write_bytes(root.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM))
    own_file.touch(mode=0o600)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own_file.write_bytes(secret + leaf.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM))
    return root_file, own_file


class PolicyHost:
    """``with PolicyHost(folder, policies, at) as host``: ``host.port`` and ``host.roots`` (PEM) are what a fetcher needs to know."""

    def __init__(self, folder: Path, policies: Policies, at: datetime) -> None:
        self.roots, own = _certificates(folder, sorted(policies()), at)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(own)
        self._server = _Server(("127.0.0.1", 0), _handler(policies))
        self._server.context = context

    @property
    def port(self) -> int:
        """Where it answers on 127.0.0.1."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake runs in the request's own thread."""
        request.settimeout(PATIENCE)
        with self.context.wrap_socket(request, server_side=True) as tls:
            super().finish_request(tls, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or that does not trust the demo's authority, is nobody's fault here."""


def _handler(policies: Policies) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """The policy of the host that was asked for."""
            policy = policies().get(self.headers.get("host", "").split(":")[0].lower()) if self.path == PATH else None
            body = (policy or "").encode("ascii")
            self.send_response(200 if policy else 404)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silence: the demo's log is the product's."""

    return Handler
