"""Access tokens from Entra ID for the application itself (client credentials with a certificate), through msal."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import msal  # type: ignore[import-untyped]  # it has no types

from addin_backend.errors import Unavailable

EXCHANGE_SCOPE = "https://outlook.office365.com/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
_TIMEOUT = 20  # seconds for a request to Entra ID


@dataclass(frozen=True, slots=True)
class AppCertificate:
    """The application's certificate: PEM texts. ``private_key`` is a secret."""

    private_key: str
    certificate: str

    def __repr__(self) -> str:
        """Without the key."""
        return "AppCertificate(…)"


class NoToken(Unavailable):
    """Entra ID gave no token. ``reason`` is its error code (RFC 6749 §5.2, e.g. ``invalid_client``), never its description."""

    code = "no_token"
    next_step = "An administrator must look at the application's registration and certificate in Entra ID."
    next_step_da = "En administrator skal se på applikationens registrering og certifikat i Entra ID."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()


class TokenSource:
    """Gives access tokens; msal keeps them until five minutes before they expire. Thread-safe. Calling it is asking for a token.

    One source for each scope; ``TokenSource`` fits ``EwsMailbox``'s token provider.
    """

    def __init__(
        self,
        tenant_id: str,
        client_id: str,
        certificate: AppCertificate,
        *,
        scope: str = EXCHANGE_SCOPE,
        authority_host: str = "https://login.microsoftonline.com",
        instance_discovery: bool = True,
    ) -> None:
        """No request is made before the first token is asked for. ``instance_discovery`` False saves one request per process."""
        self._tenant_id = tenant_id
        self._client_id = client_id
        self._certificate = certificate
        self._scope = scope
        self._authority = f"{authority_host}/{tenant_id}"
        self._instance_discovery = instance_discovery
        self._lock = threading.Lock()
        self._application: Any = None

    def __call__(self, claims: str | None = None) -> str:
        """A valid access token. ``claims``: the decoded claims challenge of a 401 (continuous access evaluation); it skips the cache.

        Raises NoToken.
        """
        reason = "unreachable"
        try:
            answer = self._app().acquire_token_for_client(scopes=[self._scope], claims_challenge=claims)
        except Exception:  # noqa: BLE001 msal lets errors of requests and ValueErrors with the server's answer through
            answer = {}
        token = answer.get("access_token")
        if isinstance(token, str) and token:
            return token
        if isinstance(answer.get("error"), str):
            reason = answer["error"]
        raise NoToken(reason)

    def _app(self) -> Any:
        with self._lock:
            if self._application is None:
                self._application = msal.ConfidentialClientApplication(
                    self._client_id,
                    authority=self._authority,
                    client_credential={"private_key": self._certificate.private_key, "public_certificate": self._certificate.certificate},
                    instance_discovery=self._instance_discovery,
                    timeout=_TIMEOUT,
                )
            return self._application
