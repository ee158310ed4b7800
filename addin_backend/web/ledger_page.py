"""The page on sent mail: how every sent item came to be let go, and what left unchecked. (web/officer_acts.py closes cases.)"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.model.decision import Texts
from addin_backend.web.console import require_open
from addin_backend.web.exchange import services_of
from addin_backend.web.pages import pages_of

HOWS = {
    "ours": Texts(da="Sendt af tjenesten", en="Sent by the service"),
    "ticket": Texts(da="Tjekket, sikker forbindelse", en="Checked, secure connection"),
    "checked": Texts(da="Tjekket, almindelig mail", en="Checked, ordinary mail"),
    "unchecked": Texts(da="Ikke tjekket, intet fundet bagefter", en="Unchecked, nothing found afterwards"),
    "case": Texts(da="Ikke tjekket, sag åbnet", en="Unchecked, case opened"),
}
ACTIONS = {
    "allow": Texts(da="Kunne sendes", en="Could be sent"),
    "protect": Texts(da="Skulle have været beskyttet", en="Should have been protected"),
    "confirm": Texts(da="Skulle have været bekræftet", en="Should have been confirmed"),
    "block": Texts(da="Skulle ikke have været sendt", en="Should not have been sent"),
}


async def ledger(request: Request) -> Response:
    """``GET /console/ledger``: counts and the newest mails that left unchecked; neither subject nor address stands here."""
    require_open(request)
    view = await run_in_threadpool(services_of(request).ledger)
    acting = services_of(request).officer is not None
    return pages_of(request).render(request, "ledger.html", view=view, hows=HOWS, actions=ACTIONS, acting=acting)


ROUTES = (Route("/console/ledger", ledger, methods=["GET"]),)
