"""Tokens from Entra ID: only one that is right in every respect names a person."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from addin_backend.edges.entra_sign_in import EntraSignIn
from addin_backend.model.identity import Role

TENANT, AUDIENCE = "11111111-2222-3333-4444-555555555555", "api://sendsecurely"
KEY = RSAKey.generate_key(2048, parameters={"kid": "one"})
OTHER = RSAKey.generate_key(2048, parameters={"kid": "one"})


def _claims(**changes: Any) -> dict[str, Any]:
    claims = {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "aud": AUDIENCE,
        "tid": TENANT,
        "oid": "o",
        "exp": int(time.time()) + 600,
        "nbf": int(time.time()) - 10,
        "scp": "access_as_user",
        "preferred_username": "Mette.Holm@nordlys.example",
        "name": "Mette Holm",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _keys() -> dict[str, Any]:
    return dict(KeySet([KEY]).as_dict(private=False))


def _sign_in() -> EntraSignIn:
    return EntraSignIn(TENANT, AUDIENCE, _keys)


def _token(key: RSAKey = KEY, alg: str = "RS256", **changes: Any) -> str:
    return jwt.encode({"alg": alg, "kid": "one"}, _claims(**changes), key, algorithms=[alg])


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_good_token_names_the_person_and_their_mailbox() -> None:
    """Address in lower case, name, and the one mailbox that is theirs."""
    found = _sign_in().identify(_token())
    assert found is not None
    assert ("mette.holm@nordlys.example", "Mette Holm", Role.EMPLOYEE) == (found.address, found.name, found.role)
    assert found.owns("METTE.HOLM@nordlys.example")
    assert not found.owns("jonas.friis@nordlys.example")


def test_an_officer_is_told_by_the_app_role() -> None:
    """The role comes from Entra ID, not from a list of ours."""
    found = _sign_in().identify(_token(roles=["SendSecurely.Officer"]))
    assert found is not None
    assert found.role is Role.OFFICER


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://login.microsoftonline.com/other/v2.0"},
        {"aud": "00000002-0000-0ff1-ce00-000000000000"},
        {"tid": "99999999-2222-3333-4444-555555555555"},
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"nbf": int(time.time()) + 86_400},
        {"scp": "other"},
        {"scp": None},
        {"oid": None},
        {"preferred_username": None},
        {"preferred_username": "guest"},
    ],
)
def test_a_claim_that_is_wrong_or_missing_names_nobody(changes: dict[str, Any]) -> None:
    """Issuer, audience, tenant, time, scope and name must all be right."""
    assert _sign_in().identify(_token(**changes)) is None


def test_another_key_another_algorithm_and_rubbish_name_nobody() -> None:
    """The signature is the tenant's or none; `none` and HMAC with the public key are not taken."""
    signed = ".".join(_part(item) for item in ({"alg": "HS256", "kid": "one"}, _claims()))
    mac = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")
    forged = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    for token in (_token(OTHER), forged, "", "a.b.c", _token() + "x"):
        assert _sign_in().identify(token) is None


def test_without_keys_nobody_is_named() -> None:
    """Keys that cannot be fetched are no reason to trust a token."""

    def fail() -> dict[str, Any]:
        raise OSError("no network")

    assert EntraSignIn(TENANT, AUDIENCE, fail).identify(_token()) is None
