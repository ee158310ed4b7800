"""The production policy engine: an OPA server asked through opa-python-client."""

from __future__ import annotations

import json
import threading
from urllib.parse import urlsplit

import requests
from opa_client.opa import OpaClient

from addin_backend.ports import EngineFailure, PolicySet

_PACKAGE, _RULE = "sendsecurely.decision", "answer"
_PARAMETERS = {"strict-builtin-errors": "true", "provenance": "true"}


class OpaServer:
    """PolicyEngine over the OPA at ``url`` (http or https).

    ``timeout`` in seconds bounds connecting and each wait for bytes; the deadline of a question shortens it. Never retries.
    The answer counts only when OPA says that the bundle in force carries our revision. Thread-safe: one client per thread.
    """

    name = "opa"

    def __init__(self, url: str, policies: PolicySet, *, timeout: float = 0.5) -> None:
        self._url = urlsplit(url)
        self._revision = policies.revision
        self._timeout = timeout
        self._local = threading.local()
        self._clients: list[OpaClient] = []
        self._lock = threading.Lock()

    def _client(self) -> OpaClient:
        client: OpaClient | None = getattr(self._local, "client", None)
        if client is None:
            secure = self._url.scheme == "https"
            port = self._url.port or (443 if secure else 80)
            client = OpaClient(host=self._url.hostname, port=port, ssl=secure, retries=0, timeout=self._timeout)
            client._session.trust_env = False  # no proxy and no .netrc from the environment; the client offers no setting
            self._local.client = client
            with self._lock:
                self._clients.append(client)
        return client

    def evaluate(self, revision: str, question: bytes, deadline: float) -> bytes:
        """The answer as JSON bytes, unread. Raises EngineFailure."""
        if revision != self._revision:
            raise EngineFailure("unavailable", "another revision is loaded")
        client = self._client()
        client.timeout = max(min(self._timeout, deadline), 0.001)
        try:
            reply = client.query_rule(json.loads(question), _PACKAGE, _RULE, _PARAMETERS)
        except requests.exceptions.HTTPError as error:
            raise EngineFailure("eval", f"status {error.response.status_code}") from None
        except requests.exceptions.ConnectTimeout:
            raise EngineFailure("unavailable") from None
        except requests.exceptions.Timeout:
            raise EngineFailure("timeout") from None
        except requests.exceptions.JSONDecodeError:
            raise EngineFailure("malformed") from None
        except requests.exceptions.RequestException:
            raise EngineFailure("unavailable") from None
        except (ValueError, RecursionError):
            raise EngineFailure("malformed") from None  # nested too deeply, or a number that no Python can hold
        return self._result(reply)

    def _result(self, reply: object) -> bytes:
        if not isinstance(reply, dict):
            raise EngineFailure("malformed")
        if "result" not in reply:
            raise EngineFailure("undefined")
        if self._revision not in _revisions(reply.get("provenance")):
            raise EngineFailure("unavailable", "OPA holds another revision")
        return json.dumps(reply["result"], sort_keys=True, separators=(",", ":")).encode()

    def close(self) -> None:
        """Let go of the connections. Idempotent."""
        with self._lock:
            clients, self._clients = self._clients, []
        for client in clients:
            client.close_connection()


def _revisions(provenance: object) -> set[str]:
    """The revisions of the bundles that OPA answered from."""
    bundles = provenance.get("bundles") if isinstance(provenance, dict) else None
    found = bundles.values() if isinstance(bundles, dict) else ()
    return {str(item.get("revision")) for item in found if isinstance(item, dict)}
