"""exchangelib's connection to one endpoint, made so that nothing is probed, cached twice, retried or logged."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from exchangelib import Build, Configuration, FailFast, Version
from exchangelib.credentials import BaseCredentials
from exchangelib.protocol import Protocol
from exchangelib.transport import NOAUTH
from requests.auth import AuthBase, HTTPBasicAuth

from addin_backend.edges.ews.adapter import Adapter

EXCHANGE_SE = Version(Build(15, 2, 2562, 17))
_LOGGERS = ("exchangelib", "exchangelib.util", "exchangelib.util.xml", "exchangelib.protocol", "exchangelib.services.common")

_UNAUTHORISED = 401


@dataclass(frozen=True, slots=True)
class Basic:
    """User name and password: the sandbox and Exchange Server."""

    user_name: str
    password: str


TokenProvider = Callable[[str | None], str]
"""Gives a valid access token at each call; it is expected to cache. The argument is a claims challenge to satisfy, mostly None."""

_CLAIMS = re.compile(r'claims="([A-Za-z0-9+/=_-]+)"')


class _Bearer(AuthBase):
    def __init__(self, provider: TokenProvider) -> None:
        self._provider = provider

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._provider(None)}"
        request.hooks["response"].append(self._challenged)
        return request

    def _challenged(self, response: requests.Response, **options: Any) -> requests.Response:
        """Continuous access evaluation: a 401 with claims means that nothing was done and a token with these claims is wanted."""
        claims = _claims(response)
        if claims is None:
            return response
        again = response.request.copy()
        again.headers["Authorization"] = f"Bearer {self._provider(claims)}"
        response.close()
        found: requests.Response = response.connection.send(again, **options)
        return found


def _claims(response: requests.Response) -> str | None:
    if response.status_code != _UNAUTHORISED:
        return None
    found = _CLAIMS.search(response.headers.get("WWW-Authenticate", ""))
    if found is None:
        return None
    try:
        return base64.b64decode(found.group(1).replace("-", "+").replace("_", "/") + "==").decode()
    except ValueError:
        return None


class SignIn(BaseCredentials):  # type: ignore[misc]  # exchangelib has no types
    """What exchangelib keys its protocol cache by: the connection's name, never a token or a password."""

    def __init__(self, name: str, credentials: Basic | TokenProvider) -> None:
        """``name`` is unique for one connection in the process."""
        self.name = name
        self.auth: AuthBase
        if isinstance(credentials, Basic):
            self.auth = HTTPBasicAuth(credentials.user_name.encode(), credentials.password.encode())
        else:
            self.auth = _Bearer(credentials)

    def __eq__(self, other: object) -> bool:
        """Equal when the name is."""
        return isinstance(other, SignIn) and other.name == self.name

    def __hash__(self) -> int:
        """By name."""
        return hash(self.name)

    def __repr__(self) -> str:
        """Without anything secret."""
        return f"SignIn({self.name!r})"


class Connection(Protocol):  # type: ignore[misc]  # exchangelib has no types
    """A Protocol whose sessions sign in by ``SignIn.auth`` and speak through our adapter."""

    HTTP_ADAPTER_CLS = Adapter
    USERAGENT = "addin-backend"

    def create_session(self) -> Any:
        """One session, one TCP connection."""
        session: Any = self.raw_session(self.service_endpoint)
        session.auth = self.credentials.auth
        session.trust_env = False  # no proxy or .netrc of the environment gets to see mail
        session.session_id = id(session)
        session.usage_count = 0
        return session


def configuration(endpoint: str, sign_in: SignIn, max_connections: int, version: Version | None) -> Configuration:
    """Version and auth type are given, so that nothing is probed; FailFast, so that nothing is posted twice."""
    return Configuration(
        service_endpoint=endpoint,
        credentials=sign_in,
        auth_type=NOAUTH,
        version=version or EXCHANGE_SE,
        retry_policy=FailFast(),
        max_connections=max_connections,
    )


def quieten() -> None:
    """exchangelib logs whole SOAP requests, mail text and all, when something unexpected happens: none of it may leave."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
