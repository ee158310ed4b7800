"""Tokens from Entra ID, offline: what msal asks for, what is cached, and what is said when it fails."""

from __future__ import annotations

import json
import logging
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

from addin_backend.edges.entra import EXCHANGE_SCOPE, GRAPH_SCOPE, AppCertificate, Application, NoToken, TokenSource, UserTokens
from addin_backend.edges.ews.mailbox import EwsMailbox
from addin_backend.errors import Unavailable
from addin_backend.model.sending import Draft
from exchange_simulator import METTE, mail

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


def application(certificate: AppCertificate, **more: Any) -> Application:
    """A registration that asks for nothing but the tenant's own configuration."""
    return Application(TENANT, "client", certificate, instance_discovery=False, **more)


def source(certificate: AppCertificate) -> TokenSource:
    """Its tokens for Exchange."""
    return TokenSource(application(certificate), EXCHANGE_SCOPE)


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


@responses.activate
def test_one_client_serves_both_scopes(certificate: AppCertificate) -> None:
    """Graph and Exchange each get their own token, once, from one registration and one certificate."""
    entra(json={"access_token": "for-exchange", "token_type": "Bearer", "expires_in": 3600})
    responses.add(responses.POST, TOKEN_ENDPOINT, json={"access_token": "for-graph", "token_type": "Bearer", "expires_in": 3600})
    ours = application(certificate)
    exchange, graph = TokenSource(ours, EXCHANGE_SCOPE), TokenSource(ours, GRAPH_SCOPE)
    assert ["for-exchange", "for-graph"] * 2 == [exchange(), graph(), exchange(), graph()]
    asked = [parse_qs(str(call.request.body)) for call in responses.calls if call.request.method == "POST"]
    assert [[EXCHANGE_SCOPE], [GRAPH_SCOPE]] == [form["scope"] for form in asked]
    assert ["cp1", "cp1"] == [json.loads(form["claims"][0])["access_token"]["xms_cc"]["values"][0].lower() for form in asked]


@responses.activate
def test_a_user_is_acted_for_and_remembered_until_shortly_before_the_end(certificate: AppCertificate) -> None:
    """On-behalf-of: one request for each user and scope until the token ends; msal's own cache does not grow with the users."""
    now = [0.0]
    ours = application(certificate, clock=lambda: now[0])
    entra(json={"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r"})
    for number in (2, 3):
        answer = {"access_token": f"token-{number}", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r"}
        responses.add(responses.POST, TOKEN_ENDPOINT, json=answer)
    mette, jonas = (UserTokens(ours, GRAPH_SCOPE, f"assertion-{name}") for name in ("mette", "jonas"))
    assert ["token-1", "token-1", "token-2"] == [mette(), mette(), jonas()]
    now[0] = 3301.0
    assert "token-3" == mette()
    forms = [parse_qs(str(call.request.body)) for call in responses.calls if call.request.method == "POST"]
    assert ["assertion-mette", "assertion-jonas", "assertion-mette"] == [form["assertion"][0] for form in forms]
    assert {"on_behalf_of"} == {form["requested_token_use"][0] for form in forms}
    assert {} == ours._made().token_cache._cache
    assert "assertion" not in repr(mette)


def test_registrations_are_equal_by_tenant_and_client(certificate: AppCertificate) -> None:
    """Never by what tokens they hold: whatever is cached by credentials has one entry."""
    assert 1 == len({application(certificate), application(certificate)})
    assert Application(TENANT, "other", certificate) != application(certificate)


def refusal(number: int, error: str = "invalid_client", status: int = 401) -> dict[str, Any]:
    """Entra ID's answer with an AADSTS number."""
    said = {"error": error, "error_description": f"AADSTS{number}: planted-secret", "error_codes": [number]}
    return {"json": said, "status": status}


@pytest.mark.parametrize(
    ("reply", "reason", "word"),
    [
        (refusal(700027), "invalid_client", "certificate"),
        (refusal(7000222), "invalid_client", "certificate"),
        (refusal(700024), "invalid_client", "clock"),
        (refusal(700016, "unauthorized_client", 400), "unauthorized_client", "entra_client"),
        (refusal(90002, "invalid_request", 400), "invalid_request", "entra_tenant"),
        (refusal(500011, "invalid_resource", 400), "invalid_resource", "RBAC"),
        (refusal(65001, "invalid_grant", 400), "invalid_grant", "RBAC"),
        (refusal(53003, "interaction_required", 400), "interaction_required", "conditional access"),
        (refusal(50076, "interaction_required", 400), "interaction_required", "Sign in again"),
        (refusal(99999, "invalid_client"), "invalid_client", "registration"),
        ({"json": {"error": "invalid_resource", "error_description": "planted-secret"}, "status": 400}, "invalid_resource", "registration"),
        ({"json": {"error": "temporarily_unavailable"}, "status": 429}, "temporarily_unavailable", "shortly"),
        ({"json": {"error": "temporarily_unavailable"}, "status": 503}, "unreachable", "shortly"),
        ({"body": "planted-secret", "status": 500}, "unreachable", "shortly"),
        ({"body": "[]", "status": 200}, "unreachable", "shortly"),
        ({"body": requests.exceptions.ConnectionError("planted-secret")}, "unreachable", "shortly"),
        ({"json": {"access_token": ""}, "status": 200}, "unreachable", "shortly"),
    ],
)
@responses.activate
def test_what_fails_has_its_own_sentence_and_nothing_of_the_answer(
    certificate: AppCertificate, reply: dict[str, Any], reason: str, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Entra ID's code and number choose the sentence; its description, which may hold anything, stays out of error and logs."""
    entra(**reply)
    with caplog.at_level(logging.DEBUG), pytest.raises(NoToken) as caught:
        source(certificate)()
    error = caught.value
    assert reason == error.reason
    assert word in f"{error.sentence} {error.next_step}"
    assert all([error.sentence_da, error.next_step_da])
    assert ("unavailable" if word == "shortly" else "no_token") == error.code
    assert "planted-secret" not in f"{error} {error!r} {caplog.text}"
    assert "eyJ" not in caplog.text
    assert error.__context__ is None


@responses.activate
def test_throttled_means_that_nobody_asks_again_before_the_time(certificate: AppCertificate) -> None:
    """Retry-After is respected: the second press is answered here."""
    entra(json={"error": "temporarily_unavailable"}, status=429, headers={"Retry-After": "60"})
    tokens = source(certificate)
    for _ in range(3):
        with pytest.raises(NoToken) as caught:
            tokens()
        assert Unavailable.code == caught.value.code
    assert 1 == len([call for call in responses.calls if call.request.method == "POST"])


@responses.activate
def test_a_refused_token_passes_through_exchangelib_with_its_sentence(certificate: AppCertificate) -> None:
    """The person is told what the administrator must do, not that the service does not answer."""
    entra(**refusal(700027))
    mailbox = EwsMailbox("https://outlook.office365.com/EWS/Exchange.asmx", source(certificate))
    with pytest.raises(NoToken) as caught:
        mailbox.send(METTE, Draft(item_id="AAMk", change_key="CQ"), mail(save_to="sentitems"))
    mailbox.close()
    assert "certifikat" in caught.value.sentence_da


@responses.activate
def test_a_token_for_the_wrong_audience_is_told_to_the_administrator(certificate: AppCertificate) -> None:
    """Exchange's 401 without a challenge: our sign-in is at fault, and the sentence says so."""
    entra(json={"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600})
    endpoint = "https://outlook.office365.com/EWS/Exchange.asmx"
    responses.add(responses.POST, endpoint, status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    mailbox = EwsMailbox(endpoint, source(certificate))
    with pytest.raises(Unavailable) as caught:
        mailbox.send(METTE, Draft(item_id="AAMk", change_key="CQ"), mail(save_to="sentitems"))
    mailbox.close()
    assert "login" in caught.value.sentence_da
    assert "token-1" not in repr(caught.value)


def test_a_certificate_never_shows_its_key(certificate: AppCertificate) -> None:
    """Not in a log, not in a traceback's locals."""
    assert "PRIVATE" not in repr(certificate)
