"""Who is asking: checks the add-in's access token from Entra ID (JWT, RFC 7519; JWS by joserfc). Anything doubtful is nobody.

The claims that must be right are those of Microsoft's list for web APIs: signature by a key of the tenant, RS256 and nothing else; ``iss``,
``aud``, ``tid`` of this installation; ``ver`` 2.0; ``exp`` and ``nbf``; ``oid``; a delegated scope; ``azp`` among the add-in's clients.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from addin_backend.edges.sign_in.published_keys import PublishedKeys
from addin_backend.model.identity import Identity, Role

LEEWAY = 60  # seconds that clocks may differ
OFFICER_ROLE = "SendSecurely.Officer"  # app role, assigned in Entra ID
_SCOPE = "access_as_user"


def key_set(document: Mapping[str, Any]) -> KeySet:
    """The RSA keys of a JWK set (RFC 7517 §5): a shared secret could not sign for a tenant. Raises ValueError."""
    try:
        keys = [item for item in document["keys"] if item["kty"] == "RSA"]
        if not keys:
            raise ValueError("no RSA key")
        return KeySet.import_key_set({"keys": keys})
    except (JoseError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a set of keys") from error


class EntraSignIn:
    """``identify`` for Services. ``clients`` are the application ids that may ask for somebody (``azp``): the add-in's own.

    ``mailboxes`` gives the addresses that an object id (``oid``) may send from by the organisation's directory; where it knows none, the
    user name (UPN) is the one mailbox.
    """

    def __init__(
        self,
        tenant_id: str,
        audience: str,
        keys: PublishedKeys[KeySet],
        *,
        clients: Collection[str],
        mailboxes: Callable[[str], frozenset[str]] = lambda _oid: frozenset(),
    ) -> None:
        self._issuer = f"https://login.microsoftonline.com/{tenant_id}/v2.0"
        self._tenant_id = tenant_id
        self._audience = audience
        self._keys = keys
        self._clients = frozenset(clients)
        self._mailboxes = mailboxes

    def _claims(self, token: str) -> Mapping[str, Any] | None:
        """The claims of a token that one of the tenant's keys signed, read again with newer keys when none of these did."""
        for look in (self._keys.current, self._keys.for_unknown_key):
            keys = look()
            if keys is None:
                return None
            try:
                found = jwt.decode(token, keys, algorithms=["RS256"])
            except (JoseError, ValueError, TypeError, RecursionError):
                continue
            return found.claims
        return None

    def _registry(self) -> jwt.JWTClaimsRegistry:
        """Issuer, audience, tenant, version and times; each must be there (ASVS 9.2)."""
        return jwt.JWTClaimsRegistry(
            now=None,
            leeway=LEEWAY,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            tid={"essential": True, "value": self._tenant_id},
            ver={"essential": True, "value": "2.0"},
            exp={"essential": True},
            nbf={"essential": True},
            oid={"essential": True},
        )

    def _is_for_us(self, claims: Mapping[str, Any]) -> bool:
        """What the registry does not look at: exactly one audience, a person behind it (no app-only token), our own add-in before it."""
        try:
            self._registry().validate(dict(claims))
        except (JoseError, ValueError, TypeError):
            return False
        words = (claims.get("aud"), claims.get("oid"), claims.get("scp"), claims.get("azp"))
        if not all(isinstance(word, str) and word for word in words) or claims.get("idtyp") == "app":
            return False
        return _SCOPE in str(claims["scp"]).split() and claims["azp"] in self._clients

    def identify(self, token: str) -> Identity | None:
        """The person behind a token, or None for anything that is not exactly right."""
        claims = self._claims(token)
        if claims is None or not self._is_for_us(claims):
            return None
        address = str(claims.get("preferred_username") or "").strip().lower()
        if "@" not in address:
            return None
        roles = claims.get("roles")
        role = Role.OFFICER if isinstance(roles, list) and OFFICER_ROLE in roles else Role.EMPLOYEE
        mailboxes = self._mailboxes(claims["oid"]) or frozenset({address})
        return Identity(address=address, name=str(claims.get("name") or ""), mailboxes=mailboxes, role=role)
