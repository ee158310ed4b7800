"""Who is asking, at an Exchange Server without Entra ID: the identity token that Outlook gets from Exchange (version ExIdTok.V1).

As Microsoft describes it ("Validate an Exchange identity token"): a JWT signed with RS256 by a certificate that the server publishes in its
authentication metadata document; the add-in's own address is its audience; ``appctx`` names the user by an id of that Exchange. The token
holds no address: the organisation's directory says whose id it is.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from addin_backend.edges.sign_in.published_keys import PublishedKeys
from addin_backend.model.identity import Identity

LEEWAY = 60  # seconds that clocks may differ
VERSION = "ExIdTok.V1"
ISSUER = "00000002-0000-0ff1-ce00-000000000000@"  # Exchange's own application id, before the organisation's domain


def signing_keys(document: Mapping[str, Any]) -> dict[str, RSAKey]:
    """The keys of an authentication metadata document, by the thumbprint of their certificate (x5t). Raises ValueError."""
    found: dict[str, RSAKey] = {}
    try:
        for item in document["keys"]:
            if item["usage"] == "signing" and item["keyvalue"]["type"] == "x509Certificate":
                certificate = x509.load_der_x509_certificate(base64.b64decode(item["keyvalue"]["value"], validate=True))
                pem = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
                found[str(item["keyinfo"]["x5t"])] = RSAKey.import_key(pem)
    except (KeyError, TypeError, binascii.Error, JoseError) as error:
        raise ValueError("not a metadata document") from error
    return found


class ExchangeSignIn:
    """``identify`` for Services. ``metadata_url`` is the one authentication metadata document that is believed, whatever a token says.

    ``audiences`` are the add-in's addresses as the manifest names them. ``owner`` gives the address of the mailbox that an Exchange user id
    belongs to and all that the user may send from; None: nobody's.
    """

    def __init__(
        self,
        metadata_url: str,
        audiences: Collection[str],
        keys: PublishedKeys[dict[str, RSAKey]],
        owner: Callable[[str], tuple[str, frozenset[str]] | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._metadata_url = metadata_url
        self._audiences = frozenset(audiences)
        self._keys = keys
        self._owner = owner
        self._clock = clock

    def _signed(self, token: str) -> Mapping[str, Any] | None:
        """The claims, when the key that the header names has signed them."""
        for look in (self._keys.current, self._keys.for_unknown_key):
            keys = look()
            try:
                header = jws.extract_compact(token.encode()).headers()
                key = (keys or {}).get(str(header.get("x5t")))
                if key is None:
                    continue
                claims = json.loads(jws.deserialize_compact(token, key, algorithms=["RS256"]).payload)
            except (JoseError, ValueError, TypeError, RecursionError):
                return None
            return claims if isinstance(claims, dict) else None
        return None

    def _is_for_us(self, claims: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
        """Audience, issuer, version, the server's own metadata address, and the times."""
        begins, ends, now = claims.get("nbf"), claims.get("exp"), self._clock()
        words = (claims.get("aud"), claims.get("iss"), context.get("amurl"), context.get("msexchuid"))
        if not all(isinstance(word, str) and word for word in words):
            return False
        if not all(isinstance(moment, int) and not isinstance(moment, bool) for moment in (begins, ends)):
            return False
        in_time = begins - LEEWAY <= now <= ends + LEEWAY  # type: ignore[operator]  # both are integers, as was just seen
        known = claims["aud"] in self._audiences and context["amurl"].lower() == self._metadata_url.lower()
        return in_time and known and claims["iss"].startswith(ISSUER) and context.get("version") == VERSION

    def identify(self, token: str) -> Identity | None:
        """The person behind a token, or None for anything that is not exactly right."""
        claims = self._signed(token)
        try:
            context = json.loads(claims["appctx"]) if claims else None
        except (KeyError, TypeError, ValueError, RecursionError):
            return None
        if not isinstance(context, dict) or claims is None or not self._is_for_us(claims, context):
            return None
        owner = self._owner(context["msexchuid"])
        return Identity(address=owner[0], name=owner[0], mailboxes=owner[1] | {owner[0]}) if owner else None
