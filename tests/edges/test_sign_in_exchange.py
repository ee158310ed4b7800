"""Identity tokens of an Exchange Server: only one that is right in every respect names a person, and the directory says who that is."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import RSAKey

from addin_backend.edges.sign_in.exchange import ExchangeSignIn, signing_keys
from addin_backend.edges.sign_in.published_keys import PublishedKeys
from addin_backend.model.identity import Role

URL = "https://mail.nordlys.example/autodiscover/metadata/json/1"
PANE = "https://addin.nordlys.example/addin/taskpane.html"
METTE, SHARED, USER = "mette.holm@nordlys.example", "faelles@nordlys.example", "53e925fa-76ba-45e1-be0f-4ef08b59d389@nordlys.example"
NOW = 1_795_000_000


def _certificate() -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Microsoft Exchange Server Auth Certificate")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime.now(UTC)).not_valid_after(datetime.now(UTC) + timedelta(days=1))
    return key, made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


PRIVATE, DER = _certificate()
X5T = base64.urlsafe_b64encode(hashlib.sha1(DER, usedforsecurity=False).digest()).rstrip(b"=").decode()
KEY = RSAKey.import_key(PRIVATE.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
DOCUMENT: dict[str, Any] = {
    "id": "_x",
    "version": "1.0",
    "keys": [
        {"usage": "signing", "keyinfo": {"x5t": X5T}, "keyvalue": {"type": "x509Certificate", "value": base64.b64encode(DER).decode()}},
        {"usage": "other", "keyinfo": {"x5t": "o"}, "keyvalue": {"type": "x509Certificate", "value": "AA=="}},
    ],
}


def _owner(person: str) -> tuple[str, frozenset[str]] | None:
    return (METTE, frozenset({METTE, SHARED})) if person == USER else None


def _sign_in(document: dict[str, Any] = DOCUMENT) -> ExchangeSignIn:
    return ExchangeSignIn(URL, [PANE], PublishedKeys(lambda: document, signing_keys), _owner, lambda: NOW)


def _token(key: RSAKey = KEY, *, x5t: str = X5T, context: dict[str, Any] | str | None = None, **changes: Any) -> str:
    told = {"msexchuid": USER, "version": "ExIdTok.V1", "amurl": URL, **(context if isinstance(context, dict) else {})}
    claims = {
        "aud": PANE,
        "iss": "00000002-0000-0ff1-ce00-000000000000@nordlys.example",
        "nbf": NOW - 60,
        "exp": NOW + 3600,
        "appctxsender": PANE,
        "isbrowserhostedapp": "true",
        "appctx": context if isinstance(context, str) else json.dumps(told),
        **changes,
    }
    body = json.dumps({name: value for name, value in claims.items() if value is not None})
    return jws.serialize_compact({"typ": "JWT", "alg": "RS256", "x5t": x5t}, body, key, algorithms=["RS256"])


def test_a_good_token_names_the_owner_by_the_directory() -> None:
    """The id is the directory's to explain; what is delegated is theirs too. Nobody is an officer by such a token."""
    found = _sign_in().identify(_token())
    assert found is not None
    assert (METTE, Role.EMPLOYEE) == (found.address, found.role)
    assert [True, True, False] == [found.owns(item) for item in (METTE, SHARED, "jonas.friis@nordlys.example")]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://angriber.example/addin/taskpane.html"},
        {"aud": [PANE]},
        {"aud": None},
        {"iss": "00000003-0000-0ff1-ce00-000000000000@nordlys.example"},
        {"iss": None},
        {"exp": NOW - 120},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": NOW + 120},
        {"nbf": None},
        {"appctx": None},
        {"context": {"msexchuid": "nobody@nordlys.example"}},
        {"context": {"msexchuid": 7}},
        {"context": {"version": "ExIdTok.V2"}},
        {"context": {"amurl": "https://angriber.example/autodiscover/metadata/json/1"}},
        {"context": "[1]"},
        {"context": "not json"},
        {"x5t": "unknown"},
    ],
)
def test_what_is_wrong_or_missing_names_nobody(changes: dict[str, Any]) -> None:
    """Audience, issuer, times, version, user, key and above all the one metadata document that we believe."""
    assert _sign_in().identify(_token(**changes)) is None


def test_another_key_and_rubbish_name_nobody() -> None:
    """The server's own certificate signed it, or nobody did."""
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "x5t": X5T}).encode()).rstrip(b"=").decode()
    for token in (_token(RSAKey.generate_key(2048)), "", "a.b.c", f"{unsigned}.{_token().split('.')[1]}.", _token()[:-4] + "AAAA"):
        assert _sign_in().identify(token) is None


def test_a_document_that_is_none_gives_no_keys() -> None:
    """An error page, a certificate that is none."""
    bad = {"usage": "signing", "keyinfo": {"x5t": X5T}, "keyvalue": {"type": "x509Certificate", "value": "AAAA"}}
    documents: tuple[dict[str, Any], ...] = ({}, {"keys": None}, {"keys": [bad]}, {"keys": [{}]}, {"keys": []})
    for document in documents:
        assert _sign_in(document).identify(_token()) is None


def test_the_clock_is_the_servers() -> None:
    """Without a clock of the test's the token of long ago is over."""
    ordinary = ExchangeSignIn(URL, [PANE], PublishedKeys(lambda: DOCUMENT, signing_keys), _owner)
    assert ordinary.identify(_token(exp=int(time.time()) - 600, nbf=int(time.time()) - 6000)) is None
    assert ordinary.identify(_token(exp=int(time.time()) + 600, nbf=int(time.time()) - 60)) is not None
