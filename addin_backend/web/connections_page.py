"""The officer's page on connections: what is known of each domain that mail went to, why, and when it is looked at again."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.model.decision import Texts
from addin_backend.web.console import require_open
from addin_backend.web.exchange import services_of
from addin_backend.web.pages import pages_of

VERDICTS = {
    "register": Texts(da="Partner med tvungen TLS", en="Partner with enforced TLS"),
    "dane": Texts(da="Lover TLS med DANE", en="Promises TLS by DANE"),
    "mta_sts_enforce": Texts(da="Lover TLS med MTA-STS", en="Promises TLS by MTA-STS"),
    "dane_partial": Texts(da="DANE kun på en del", en="DANE on a part only"),
    "authenticated_now": Texts(da="Krypteret og bekræftet, uden løfte", en="Encrypted and authenticated, without a promise"),
    "encrypted_now": Texts(da="Krypteret, men ikke bekræftet", en="Encrypted, not authenticated"),
    "legacy_tls": Texts(da="Forældet kryptering", en="Outdated encryption"),
    "plaintext": Texts(da="Ingen kryptering", en="No encryption"),
    "refuses": Texts(da="Tager ikke imod mail", en="Takes no mail"),
    "contradicted": Texts(da="Modstridende oplysninger", en="Contradicts itself"),
    "unknown": Texts(da="Ukendt", en="Unknown"),
}
SUFFICIENT = frozenset({"register", "dane", "mta_sts_enforce"})


async def connections(request: Request) -> Response:
    """``GET /console/connections``: one row a domain, the ones to look at first."""
    require_open(request)
    found = await run_in_threadpool(services_of(request).connections)
    rows = sorted(found, key=lambda item: (item.verdict.value != "contradicted", item.verdict.value in SUFFICIENT, item.domain))
    return pages_of(request).render(request, "connections.html", rows=rows, verdicts=VERDICTS, sufficient=SUFFICIENT)


ROUTES = (Route("/console/connections", connections, methods=["GET"]),)
