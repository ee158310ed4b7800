"""Access tokens from Entra ID through msal: one confidential client with a certificate, for every scope, for itself or for a user."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msal  # type: ignore[import-untyped]  # it has no types

from addin_backend.errors import Unavailable

EXCHANGE_SCOPE = "https://outlook.office365.com/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
_TIMEOUT = 20  # seconds for a request to Entra ID
_EARLY = 300.0  # seconds before its end at which a user's token is fetched anew, as msal does for the application's
_MOST_USERS = 2000  # tokens kept for users; the longest unused goes
_CLAIMS_UNDERSTOOD = ("CP1",)  # we answer claims challenges, so Entra ID gives tokens that can be revoked at once


@dataclass(frozen=True, slots=True)
class AppCertificate:
    """The application's certificate: PEM texts. ``private_key`` is a secret."""

    private_key: str
    certificate: str

    def __repr__(self) -> str:
        """Without the key."""
        return "AppCertificate(…)"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is the matter, and what to do about it, in English and Danish."""

    sentence: str
    sentence_da: str
    next_step: str
    next_step_da: str


_UNSENT, _UNSENT_DA = "The mail has not been sent and your draft is unchanged.", "Mailen er ikke sendt, og din kladde er uændret."
_OTHER = Refusal(
    f"{_UNSENT} Entra ID gave us no token.",
    f"{_UNSENT_DA} Entra ID gav os intet token.",
    "An administrator must look at the application's registration and certificate in Entra ID.",
    "En administrator skal se på applikationens registrering og certifikat i Entra ID.",
)
_CERTIFICATE = Refusal(
    f"{_UNSENT} Entra ID does not accept our certificate.",
    f"{_UNSENT_DA} Entra ID godtager ikke vores certifikat.",
    "An administrator must see whether it has expired, and upload the new one to the app registration.",
    "En administrator skal se, om det er udløbet, og lægge det nye ind på appregistreringen.",
)
_CLOCK = Refusal(
    f"{_UNSENT} Entra ID says that our clock is wrong.",
    f"{_UNSENT_DA} Entra ID siger, at vores ur går forkert.",
    "An administrator must set the server's clock (NTP).",
    "En administrator skal stille serverens ur (NTP).",
)
_REGISTRATION = Refusal(
    f"{_UNSENT} Entra ID does not know our application in this tenant.",
    f"{_UNSENT_DA} Entra ID kender ikke vores applikation i denne tenant.",
    "An administrator must compare entra_tenant and entra_client with the app registration.",
    "En administrator skal sammenligne entra_tenant og entra_client med appregistreringen.",
)
_PERMISSION = Refusal(
    f"{_UNSENT} Our application has not been given access to Exchange.",
    f"{_UNSENT_DA} Vores applikation har ikke fået adgang til Exchange.",
    "An administrator must grant it (RBAC for Applications, docs/administrator.md).",
    "En administrator skal give den (RBAC for Applications, docs/administrator.md).",
)
_POLICY = Refusal(
    f"{_UNSENT} A conditional access policy stops our sign-in.",
    f"{_UNSENT_DA} En politik for betinget adgang stopper vores login.",
    "An administrator must look at the policy in Entra ID.",
    "En administrator skal se på politikken i Entra ID.",
)
_USER = Refusal(
    f"{_UNSENT} Your sign-in has expired or is not enough.",
    f"{_UNSENT_DA} Dit login er udløbet eller ikke nok.",
    "Sign in again and repeat what you did.",
    "Log på igen, og gentag det, du gjorde.",
)
_LATER = Refusal(
    f"{_UNSENT} Entra ID is not answering.",
    f"{_UNSENT_DA} Entra ID svarer ikke.",
    "Try again shortly.",
    "Prøv igen om lidt.",
)
# Microsoft Entra authentication and authorization error codes (AADSTS); those that an installation meets.
_REFUSALS: Mapping[int, Refusal] = {
    **dict.fromkeys((700027, 7000222, 7000215, 7000229, 700023, 50027), _CERTIFICATE),
    700024: _CLOCK,
    **dict.fromkeys((700016, 90002, 90013, 7000112), _REGISTRATION),
    **dict.fromkeys((500011, 65001, 650052, 650057, 650056, 501051), _PERMISSION),
    **dict.fromkeys((53000, 53001, 53002, 53003, 530003), _POLICY),
    **dict.fromkeys((50013, 500131, 500133, 50076, 50079, 50158, 50173, 700082, 50057), _USER),
    **dict.fromkeys((90033, 90055, 50196, 500121), _LATER),
}
_PASSING = frozenset({"temporarily_unavailable", "server_error", "unreachable"})


class NoToken(Unavailable):
    """Entra ID gave no token. ``reason`` is its error code (RFC 6749 §5.2, e.g. ``invalid_client``), ``number`` its AADSTS number or 0.

    Its description, which may hold anything, is never kept.
    """

    code = "no_token"

    def __init__(self, reason: str, number: int = 0) -> None:
        self.reason = reason
        self.number = number
        told = _REFUSALS.get(number, _LATER if reason in _PASSING else _USER if reason == "interaction_required" else _OTHER)
        if told is _LATER:
            self.code = Unavailable.code  # it may pass, so whoever tries again later may try
        super().__init__(told.sentence, sentence_da=told.sentence_da, next_step=told.next_step, next_step_da=told.next_step_da)


class Application:
    """Our registration in one tenant. Thread-safe. Equal for the same tenant and client, whatever tokens it holds.

    The application's own tokens are kept by msal, one for each scope; users' tokens here, the ``_MOST_USERS`` last used.
    """

    def __init__(
        self,
        tenant_id: str,
        client_id: str,
        certificate: AppCertificate,
        *,
        authority_host: str = "https://login.microsoftonline.com",
        instance_discovery: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """No request is made before the first token is asked for. ``instance_discovery`` False saves one request per process."""
        self.tenant_id = tenant_id
        self.client_id = client_id
        self._certificate = certificate
        self._authority = f"{authority_host}/{tenant_id}"
        self._instance_discovery = instance_discovery
        self._clock = clock
        self._lock = threading.Lock()
        self._client: Any = None
        self._users: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    def __eq__(self, other: object) -> bool:
        """Equal when tenant and client are."""
        return isinstance(other, Application) and (self.tenant_id, self.client_id) == (other.tenant_id, other.client_id)

    def __hash__(self) -> int:
        """By tenant and client."""
        return hash((self.tenant_id, self.client_id))

    def __repr__(self) -> str:
        """Without anything secret."""
        return f"Application({self.tenant_id!r}, {self.client_id!r})"

    def token(self, scope: str, claims: str | None = None) -> str:
        """A token for the application itself. ``claims``: a decoded claims challenge; it skips the cache. Raises NoToken."""
        return self._asked(lambda client: client.acquire_token_for_client(scopes=[scope], claims_challenge=claims))[0]

    def token_for(self, assertion: str, scope: str, claims: str | None = None) -> str:
        """A token on behalf of the user whose token for our own audience is ``assertion``, already checked. Raises NoToken."""
        key = (hashlib.sha256(assertion.encode()).hexdigest(), scope)
        with self._lock:
            token, ends = self._users.get(key, ("", 0.0))
            if token and claims is None and self._clock() < ends:
                self._users.move_to_end(key)
                return token
        token, seconds = self._asked(
            lambda client: client.acquire_token_on_behalf_of(user_assertion=assertion, scopes=[scope], claims_challenge=claims)
        )
        with self._lock:
            self._users[key] = (token, self._clock() + seconds - _EARLY)
            while len(self._users) > _MOST_USERS:
                self._users.popitem(last=False)
        return token

    def _asked(self, ask: Callable[[Any], Any]) -> tuple[str, float]:
        """The token and the seconds it lives."""
        try:
            answer = ask(self._made())
        except Exception:  # noqa: BLE001 msal lets errors of requests and ValueErrors with the server's answer through
            answer = {}
        if not isinstance(answer, dict):
            answer = {}
        token, seconds = answer.get("access_token"), answer.get("expires_in", 0)
        if isinstance(token, str) and token:
            return token, float(seconds) if isinstance(seconds, int | float) else 0.0
        reason = answer.get("error")
        numbers = [number for number in answer.get("error_codes") or () if isinstance(number, int)]
        raise NoToken(reason if isinstance(reason, str) else "unreachable", numbers[0] if numbers else 0)

    def _made(self) -> Any:
        with self._lock:
            if self._client is None:
                logging.getLogger("msal").setLevel(logging.WARNING)  # below that it logs requests, signed assertions and all
                self._client = msal.ConfidentialClientApplication(
                    self.client_id,
                    authority=self._authority,
                    client_credential={"private_key": self._certificate.private_key, "public_certificate": self._certificate.certificate},
                    client_capabilities=list(_CLAIMS_UNDERSTOOD),
                    token_cache=_OwnTokens(),
                    instance_discovery=self._instance_discovery,
                    timeout=_TIMEOUT,
                )
            return self._client


class _OwnTokens(msal.TokenCache):  # type: ignore[misc]  # msal has no types
    """msal keeps every user's tokens for ever; users' tokens are kept by us, with a limit."""

    def add(self, event: dict[str, Any], now: float | None = None) -> None:
        """Only what the application got for itself."""
        if event.get("grant_type") == "client_credentials":
            super().add(event, now=now)


@dataclass(frozen=True, slots=True)
class TokenSource:
    """The application's tokens for one scope. Calling it is asking for a token; it fits both mailbox edges' token provider."""

    application: Application
    scope: str

    def __call__(self, claims: str | None = None) -> str:
        """A valid access token. ``claims``: the decoded claims challenge of a 401. Raises NoToken."""
        return self.application.token(self.scope, claims)


@dataclass(frozen=True, slots=True)
class UserTokens:
    """Tokens on behalf of one user for one scope. ``assertion`` is the user's token: a secret, in no repr."""

    application: Application
    scope: str
    assertion: str

    def __call__(self, claims: str | None = None) -> str:
        """As ``TokenSource``. Raises NoToken; after the user's own token has ended, too."""
        return self.application.token_for(self.assertion, self.scope, claims)

    def __repr__(self) -> str:
        """Without the user's token."""
        return f"UserTokens({self.application!r}, {self.scope!r})"
