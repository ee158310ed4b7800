"""``GET /bundles/sendsecurely.tar.gz``: the rules in force, signed, for the OPA server that polls them (OPA: bundle service API).

Closed without a token in the settings: registers name partners and people.
"""

from __future__ import annotations

import hmac

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.errors import NotFound, NotSignedIn
from addin_backend.web.exchange import services_of

PATH = "/bundles/sendsecurely.tar.gz"


def _may_read(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode("latin-1", "replace"), f"Bearer {token}".encode("latin-1", "replace"))


async def bundle(request: Request) -> Response:
    """The bundle, or 304 when the caller has it (RFC 9110 §13.1.2). Raises NotFound (not set up), NotSignedIn."""
    served = services_of(request).bundle
    if served is None or not served.token:
        raise NotFound
    if not _may_read(request, served.token):
        raise NotSignedIn
    content, etag = await run_in_threadpool(served.build)
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in {item.strip() for item in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/gzip", headers=headers)


ROUTES = (Route(PATH, bundle, methods=["GET"]),)
