"""Tokens from Entra ID: only one that is right in every respect names a person."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from addin_backend.edges.sign_in.entra import EntraSignIn, key_set
from addin_backend.edges.sign_in.published_keys import PAUSE, PublishedKeys
from addin_backend.model.identity import Role

TENANT, AUDIENCE, CLIENT = "11111111-2222-3333-4444-555555555555", "api://sendsecurely", "66666666-7777-8888-9999-000000000000"
KEY = RSAKey.generate_key(2048, parameters={"kid": "one"})
OTHER = RSAKey.generate_key(2048, parameters={"kid": "one"})


def _claims(**changes: Any) -> dict[str, Any]:
    claims = {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "aud": AUDIENCE,
        "tid": TENANT,
        "oid": "o",
        "ver": "2.0",
        "azp": CLIENT,
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
    return _sign_in_with(PublishedKeys(_keys, key_set))


def _sign_in_with(keys: PublishedKeys[KeySet], mailboxes: Callable[[str], frozenset[str]] = lambda _oid: frozenset()) -> EntraSignIn:
    return EntraSignIn(TENANT, AUDIENCE, keys, clients=[CLIENT], mailboxes=mailboxes)


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
        {"nbf": None},
        {"ver": "1.0"},
        {"ver": None},
        {"azp": "99999999-7777-8888-9999-000000000000"},
        {"azp": None},
        {"aud": [AUDIENCE, "api://other"]},
        {"aud": [AUDIENCE]},
        {"idtyp": "app"},
        {"scp": ["access_as_user"]},
        {"scp": "access_as_user_not"},
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


def test_a_token_may_be_read_by_no_key_of_its_own() -> None:
    """A key, or an address of one, in the token's own header counts for nothing (RFC 8725 §3.10); neither do critical extensions."""
    for header in ({"jwk": OTHER.as_dict(private=False)}, {"jku": "https://angriber.example/keys"}):
        forged = jwt.encode({"alg": "RS256", "kid": "one", **header}, _claims(), OTHER, algorithms=["RS256"])
        assert _sign_in().identify(forged) is None
    signed = ".".join(_part(item) for item in ({"alg": "RS256", "kid": "one", "crit": ["later"], "later": 1}, _claims()))
    private = load_pem_private_key(KEY.as_pem(private=True), None)
    assert isinstance(private, RSAPrivateKey)
    signature = private.sign(signed.encode(), PKCS1v15(), SHA256())
    assert _sign_in().identify(f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}") is None


def test_the_mailboxes_are_those_of_the_directory() -> None:
    """The object id decides, not the name that the token carries; a delegated mailbox is theirs too."""
    known = {"o": frozenset({"mette.holm@nordlys.example", "faelles@nordlys.example"})}
    found = _sign_in_with(PublishedKeys(_keys, key_set), lambda oid: known.get(oid, frozenset())).identify(_token())
    assert found is not None
    assert [True, True, False] == [
        found.owns(item) for item in ("faelles@nordlys.example", "METTE.HOLM@nordlys.example", "x@nordlys.example")
    ]


def test_without_keys_nobody_is_named() -> None:
    """Keys that cannot be fetched are no reason to trust a token."""

    def fail() -> dict[str, Any]:
        raise OSError("no network")

    assert _sign_in_with(PublishedKeys(fail, key_set)).identify(_token()) is None


class Server:
    """Publishes keys, counts how often it is asked, and can be away."""

    def __init__(self) -> None:
        self.asked, self.away, self.now = 0, False, 0.0
        self.keys: list[RSAKey] = [KEY]

    def fetch(self) -> dict[str, Any]:
        self.asked += 1
        if self.away:
            raise OSError("no network")
        return dict(KeySet(list(self.keys)).as_dict(private=False))


def test_an_unknown_key_has_the_keys_fetched_once_in_five_minutes() -> None:
    """Rubbish tokens cause no traffic; a new key of the tenant is found."""
    server = Server()
    sign_in = _sign_in_with(PublishedKeys(server.fetch, key_set, lambda: server.now))
    new = RSAKey.generate_key(2048, parameters={"kid": "two"})
    token = jwt.encode({"alg": "RS256", "kid": "two"}, _claims(), new, algorithms=["RS256"])
    assert (None, 1) == (sign_in.identify(token), server.asked)
    assert [None] * 20 == [sign_in.identify(token) for _ in range(20)]
    assert server.asked == 1
    server.keys, server.now = [KEY, new], PAUSE + 1
    assert sign_in.identify(token) is not None
    assert server.asked == 2


def test_old_keys_serve_while_new_ones_cannot_be_had() -> None:
    """A day later the tenant's server is away: who was known is known still, and it is not asked at every request."""
    server = Server()
    sign_in = _sign_in_with(PublishedKeys(server.fetch, key_set, lambda: server.now))
    assert sign_in.identify(_token()) is not None
    server.away, server.now = True, 25 * 3600.0
    assert all(sign_in.identify(_token()) is not None for _ in range(5))
    assert server.asked == 2


def test_what_is_published_and_no_set_of_keys_is_refused() -> None:
    """An error page, an empty set, keys of another shape: nobody, and no exception."""
    short = {"keys": [{"kty": "oct", "k": "AA"}]}
    documents: tuple[dict[str, Any], ...] = ({}, {"keys": None}, {"keys": []}, {"keys": [1]}, {"keys": [{"kty": "RSA"}]}, short)
    for document in documents:
        assert _sign_in_with(PublishedKeys(partial(dict, document), key_set)).identify(_token()) is None
