"""Tokens from Entra ID, offline: what msal asks for, what is cached, and what is said when it fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from addin_backend.edges.entra import EXCHANGE_SCOPE, AppCertificate, NoToken, TokenSource

TENANT = "11111111-2222-3333-4444-555555555555"
AUTHORITY = f"https://login.microsoftonline.com/{TENANT}"
TOKEN_ENDPOINT = f"{AUTHORITY}/oauth2/v2.0/token"


@pytest.fixture(scope="module")
def certificate() -> AppCertificate:
    """A self-signed certificate, as it is uploaded to the application's registration."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "addin-backend")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, SHA256())
    )  # fmt: skip
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return AppCertificate(private_key=pem, certificate=made.public_bytes(Encoding.PEM).decode())


def source(certificate: AppCertificate) -> TokenSource:
    """A source that asks for nothing but the tenant's own configuration."""
    return TokenSource(TENANT, "client", certificate, instance_discovery=False)


def entra(**token_answer: Any) -> None:
    """Entra ID's configuration document, and its answer to a request for a token."""
    configuration = {
        "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
        "token_endpoint": TOKEN_ENDPOINT,
        "issuer": f"{AUTHORITY}/v2.0",
    }
    responses.add(responses.GET, f"{AUTHORITY}/v2.0/.well-known/openid-configuration", json=configuration)
    responses.add(responses.POST, TOKEN_ENDPOINT, **token_answer)


@responses.activate
def test_one_request_serves_many_calls(certificate: AppCertificate) -> None:
    """The certificate signs the assertion, the scope is Exchange's, and the second call is from the cache."""
    entra(json={"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600})
    tokens = source(certificate)
    assert ["token-1"] * 3 == [tokens() for _ in range(3)]
    posts = [call for call in responses.calls if call.request.method == "POST"]
    assert 1 == len(posts)
    form = parse_qs(str(posts[0].request.body))
    assert [EXCHANGE_SCOPE] == form["scope"]
    assert ["client_credentials"] == form["grant_type"]
    assert "client_secret" not in form
    assert 3 == len(form["client_assertion"][0].split("."))


@responses.activate
def test_a_claims_challenge_passes_by_the_cache(certificate: AppCertificate) -> None:
    """The claims go to Entra ID, and a new token comes back."""
    entra(json={"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600})
    responses.add(responses.POST, TOKEN_ENDPOINT, json={"access_token": "token-2", "token_type": "Bearer", "expires_in": 3600})
    tokens = source(certificate)
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1795000000"}}}'
    assert ("token-1", "token-2") == (tokens(), tokens(claims))
    assert "1795000000" in parse_qs(str(responses.calls[-1].request.body))["claims"][0]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"json": {"error": "invalid_client", "error_description": "AADSTS700027: planted-secret"}, "status": 401}, "invalid_client"),
        ({"json": {"error": "invalid_resource", "error_description": "planted-secret"}, "status": 400}, "invalid_resource"),
        ({"json": {"error": "temporarily_unavailable"}, "status": 503}, "unreachable"),
        ({"body": "planted-secret", "status": 500}, "unreachable"),
        ({"body": requests.exceptions.ConnectionError("planted-secret")}, "unreachable"),
        ({"json": {"access_token": ""}, "status": 200}, "unreachable"),
    ],
)
@responses.activate
def test_what_fails_is_said_by_its_code_only(certificate: AppCertificate, reply: dict[str, Any], reason: str) -> None:
    """No token is an error with Entra ID's code; its description, which may hold anything, stays out."""
    entra(**reply)
    with pytest.raises(NoToken) as caught:
        source(certificate)()
    assert reason == caught.value.reason
    assert "planted-secret" not in f"{caught.value} {caught.value!r}"
    assert caught.value.__context__ is None


def test_a_certificate_never_shows_its_key(certificate: AppCertificate) -> None:
    """Not in a log, not in a traceback's locals."""
    assert "PRIVATE" not in repr(certificate)
