"""The administrator's page on mailboxes: which transport each one is on, why, since when, and what went wrong last."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.model.decision import Texts
from addin_backend.model.routing import Transport, Why
from addin_backend.web.console import require_open
from addin_backend.web.exchange import services_of
from addin_backend.web.pages import pages_of

NAMES = {Transport.EWS: "Exchange Web Services", Transport.GRAPH: "Microsoft Graph"}
REASONS = {
    Why.ONLY: Texts(da="Det er den eneste, der er sat op", en="It is the only one that is set up"),
    Why.CHOSEN: Texts(da="Valgt af en administrator til denne postkasse", en="Chosen by an administrator for this mailbox"),
    Why.MAILBOX: Texts(da="Postkassen står i tabellen over postkasser", en="The mailbox stands in the routing table"),
    Why.DOMAIN: Texts(da="Domænet står i tabellen over postkasser", en="The domain stands in the routing table"),
    Why.DEFAULT: Texts(da="Indstillingen mailbox_transport siger det", en="The setting mailbox_transport says so"),
    Why.ANSWERED: Texts(da="Den svarede, da der blev spurgt efter postkassen", en="It answered when the mailbox was asked for"),
}
FAILURES = {
    "unavailable": Texts(da="Svarede ikke", en="Did not answer"),
    "outcome_unknown": Texts(da="Svaret på en afsendelse gik tabt", en="The answer to a send was lost"),
    "not_yours": Texts(da="Postkassen blev afvist", en="The mailbox was refused"),
    "sign_in_refused": Texts(
        da="Godtog ikke vores login: se på applikationens tilladelser i Entra ID",
        en="Did not accept our sign-in: look at the application's permissions in Entra ID",
    ),
    "wrong_audience": Texts(
        da="Tokenet var til en anden: Graph og Exchange vil have hver sit",
        en="The token was for another: Graph and Exchange each want their own",
    ),
    "no_token": Texts(da="Entra ID gav intet token", en="Entra ID gave no token"),
}


async def transports(request: Request) -> Response:
    """``GET /console/transports``: one row a mailbox that was ever spoken to; those that failed last stand first."""
    require_open(request)
    found = await run_in_threadpool(services_of(request).transports)
    rows = sorted(found, key=lambda item: (item.failed_at is None, item.mailbox))
    return pages_of(request).render(request, "transports.html", rows=rows, names=NAMES, reasons=REASONS, failures=FAILURES)


ROUTES = (Route("/console/transports", transports, methods=["GET"]),)
