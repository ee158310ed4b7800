"""Who is asking: checks the add-in's access token from Entra ID (JWT, RFC 7519; JWS by joserfc). Anything doubtful is nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from addin_backend.model.identity import Identity, Role

LEEWAY = 60  # seconds that clocks may differ
KEYS_LIFE = 24 * 3600.0  # seconds; Entra rolls its keys rarely, and an unknown key id fetches them at once
KEYS_PAUSE = 60.0  # seconds between two fetches at the least, so that rubbish tokens cause no traffic
OFFICER_ROLE = "SendSecurely.Officer"  # app role, assigned in Entra ID
_SCOPE = "access_as_user"


class EntraSignIn:
    """``identify`` for Services. ``fetch_keys`` gives the tenant's JWK set; it may raise OSError or ValueError."""

    def __init__(self, tenant_id: str, audience: str, fetch_keys: Callable[[], Mapping[str, Any]]) -> None:
        self._issuer = f"https://login.microsoftonline.com/{tenant_id}/v2.0"
        self._tenant_id = tenant_id
        self._audience = audience
        self._fetch_keys = fetch_keys
        self._keys: KeySet | None = None
        self._fetched = float("-inf")
        self._lock = threading.Lock()

    def _key_set(self, *, again: bool = False) -> KeySet | None:
        with self._lock:
            age = time.monotonic() - self._fetched
            if self._keys is None or age > KEYS_LIFE or (again and age > KEYS_PAUSE):
                try:
                    self._keys = KeySet.import_key_set(dict(self._fetch_keys()))  # type: ignore[arg-type]  # checked by joserfc
                    self._fetched = time.monotonic()
                except (OSError, ValueError, KeyError, JoseError):
                    return self._keys
            return self._keys

    def _claims(self, token: str) -> Mapping[str, Any] | None:
        for again in (False, True):
            keys = self._key_set(again=again)
            if keys is None:
                return None
            try:
                found = jwt.decode(token, keys, algorithms=["RS256"])
                self._registry().validate(found.claims)
            except (JoseError, ValueError):
                continue
            return found.claims
        return None

    def _registry(self) -> jwt.JWTClaimsRegistry:
        """Issuer, audience, tenant and times; each must be there (ASVS 9.2)."""
        return jwt.JWTClaimsRegistry(
            now=None,
            leeway=LEEWAY,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            tid={"essential": True, "value": self._tenant_id},
            exp={"essential": True},
            oid={"essential": True},
        )

    def identify(self, token: str) -> Identity | None:
        """The person behind a token, or None for anything that is not exactly right: signature, issuer, audience, tenant, scope, time."""
        claims = self._claims(token)
        if claims is None or _SCOPE not in str(claims.get("scp", "")).split():
            return None
        address = str(claims.get("preferred_username") or "").strip().lower()
        if "@" not in address:
            return None
        role = Role.OFFICER if OFFICER_ROLE in (claims.get("roles") or ()) else Role.EMPLOYEE
        return Identity(address=address, name=str(claims.get("name") or ""), mailboxes=frozenset({address}), role=role)
