"""The page on sample partners: what each promises, what Send securely knows of it, and a form to change the promise."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from addin_backend.errors import NotFound, NotYours, TooLarge
from addin_backend.sandbox.domains.published import MAX_AGE, MODES, PEOPLE, Promises
from addin_backend.web.exchange import services_of
from addin_backend.web.pages import LANGUAGES, Link, pages_of
from addin_backend.web.transport_words import SUFFICIENT, VERDICTS

TEMPLATES = Path(__file__).parent / "templates"
LINK = Link("/demo/domains", "Partneres domæner", "Partners' domains")
LONGEST_FORM = 4096  # octets
SEE_OTHER = 303
_OWN_PAGES = frozenset({"same-origin", "none", ""})  # "" is a program that is no browser


async def _fields(request: Request) -> dict[str, str]:
    """The form, each field once. Raises TooLarge."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            raise TooLarge
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


class DomainsPage:
    """The handlers over what is published."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises

    async def show(self, request: Request) -> Response:
        """``GET /demo/domains``."""
        known = {item.domain: item for item in await run_in_threadpool(services_of(request).connections)}
        rows = [(promise, PEOPLE[promise.domain], known.get(promise.domain)) for promise in self._promises]
        shown = {"rows": rows, "now": services_of(request).clock(), "verdicts": VERDICTS, "sufficient": SUFFICIENT}
        return pages_of(request).render(request, "domains.html", 200, **shown, modes=MODES, max_age=MAX_AGE)

    async def change(self, request: Request) -> Response:
        """``POST /demo/domains``: publish another mode. Another site's page cannot (Fetch Metadata, §2.1)."""
        if request.headers.get("sec-fetch-site", "") not in _OWN_PAGES:
            raise NotYours
        fields = await _fields(request)
        if not {"domain", "mode"} <= set(fields):
            raise NotFound
        self._promises.publish(fields["domain"], fields["mode"])
        language = fields.get("lang", "")
        return RedirectResponse(LINK.href + (f"?lang={language}" if language in LANGUAGES else ""), SEE_OTHER)


def routes(promises: Promises) -> list[BaseRoute]:
    """The page, for ``create_app(extra=…)``; ``LINK`` and ``TEMPLATES`` belong to it."""
    page = DomainsPage(promises)
    return [Route(LINK.href, page.show, methods=["GET"]), Route(LINK.href, page.change, methods=["POST"])]
