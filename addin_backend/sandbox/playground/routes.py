"""The routes of the playground: the pages, and what the page needs of the demo world beside the product's own API."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from addin_backend.errors import NotYours
from addin_backend.model.draft_input import DraftInput
from addin_backend.sandbox.playground import views
from addin_backend.sandbox.playground.drafts import SAMPLES, sample_view
from addin_backend.sandbox.playground.invitations import INVITATIONS, invitation_view
from addin_backend.sandbox.playground.world import World
from addin_backend.web.addin_files import FOLDER
from addin_backend.web.exchange import json_response, read_json_body, services_of, signed_in
from addin_backend.web.guard import page_policy
from addin_backend.web.pages import Link, language_of, pages_of
from addin_backend.web.wire import decode

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
LINK = Link("/playground", "Outlook-legeplads", "Outlook playground")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


class IdentityBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sign in as a sample employee."""

    address: str


class DraftBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Save the compose window in Drafts."""

    mailbox: str
    draft: DraftInput


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An internet header that Outlook sets before it sends."""

    header: str
    value: str


class InvitationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send an invitation as Outlook does; those who must come stand in To, those who may in Cc."""

    mailbox: str
    draft: DraftInput
    begins: datetime
    ends: datetime
    location: str = ""


class DiscardBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Throw the draft of the compose window away."""

    mailbox: str
    item_id: str


class SendBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send a saved draft as Outlook does."""

    mailbox: str
    item_id: str
    ticket: Header | None = None


def _loopback(request: Request) -> None:
    """The demo world has no passwords, so only this machine may ask, and under its own name (no DNS rebinding)."""
    host = request.url.hostname or ""
    if host not in LOOPBACK:
        raise NotYours(
            "The playground answers on this machine only.",
            sentence_da="Legepladsen svarer kun på denne maskine.",
            next_step="Open it on 127.0.0.1.",
            next_step_da="Åbn den på 127.0.0.1.",
        )


async def _owner(request: Request, mailbox: str) -> str:
    identity = await signed_in(request)
    if not identity.owns(mailbox):
        raise NotYours(field="mailbox")
    return mailbox.strip().lower()


OFFICE = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js"
FAKE = "/playground/static/host/office.js"


async def hosted(request: Request) -> Response:
    """``GET /playground/host/…``: a page of the add-in as it is, with the playground's Office in place of Microsoft's."""
    html = (FOLDER / request.url.path.rpartition("/")[2]).read_text(encoding="utf-8")
    policy = page_policy(("'self'",))
    return Response(html.replace(OFFICE, FAKE), media_type="text/html", headers={"Content-Security-Policy": policy})


class Playground:
    """The handlers over one demo world."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def compose(self, request: Request) -> Response:
        """``GET /playground``: the compose window of a sample employee."""
        _loopback(request)
        rail = await run_in_threadpool(views.rail, self._world, request.query_params.get("mailbox", ""), "")
        return pages_of(request).render(request, "compose.html", rail=rail)

    async def meeting(self, request: Request) -> Response:
        """``GET /playground/meeting``: the meeting window of a sample employee."""
        _loopback(request)
        rail = await run_in_threadpool(views.rail, self._world, request.query_params.get("mailbox", ""), "")
        return pages_of(request).render(request, "meeting.html", rail=rail)

    async def mailbox(self, request: Request) -> Response:
        """``GET /playground/mailbox``: a folder of a sample mailbox, or what left it, with one item open."""
        _loopback(request)
        asked = request.query_params
        view = await run_in_threadpool(
            views.mailbox, self._world, asked.get("mailbox", ""), asked.get("folder", "sentitems"), asked.get("item", "")
        )
        return pages_of(request).render(request, "mailbox.html", rail=view.rail, view=view)

    async def mime(self, request: Request) -> Response:
        """``GET /playground/mime``: the raw MIME of an item, to save."""
        _loopback(request)
        asked = request.query_params
        opened = await run_in_threadpool(views.raw, self._world, asked.get("mailbox", ""), asked.get("folder", ""), asked.get("item", ""))
        return Response(opened, media_type="message/rfc822", headers={"Content-Disposition": 'attachment; filename="mail.eml"'})

    async def samples(self, request: Request) -> Response:
        """``GET /playground/api/samples``: the ready-made drafts."""
        _loopback(request)
        language = language_of(request)
        return json_response([sample_view(sample, language) for sample in SAMPLES])

    async def invitations(self, request: Request) -> Response:
        """``GET /playground/api/invitations``: the ready-made invitations."""
        _loopback(request)
        language = language_of(request)
        return json_response([invitation_view(invitation, language) for invitation in INVITATIONS])

    async def invite(self, request: Request) -> Response:
        """``POST /playground/api/invitations``: what Outlook does when the add-in lets an invitation go."""
        body = await self._body(request, InvitationBody)
        mailbox = await _owner(request, body.mailbox)
        await run_in_threadpool(self._world.send_invitation, mailbox, body.draft, (body.begins, body.ends), body.location)
        return json_response({"sent": True})

    async def identity(self, request: Request) -> Response:
        """``POST /playground/api/identity``: a bearer token of the sandbox's sign-in."""
        body = await self._body(request, IdentityBody)
        return json_response({"token": await run_in_threadpool(self._world.token, body.address)})

    async def save(self, request: Request) -> Response:
        """``POST /playground/api/drafts``: what Outlook does before it asks an add-in: the draft is saved in Exchange."""
        body = await self._body(request, DraftBody)
        mailbox = await _owner(request, body.mailbox)
        item_id = await run_in_threadpool(self._world.save_draft, mailbox, body.draft, body.draft.item_id)
        return json_response({"item_id": item_id})

    async def discard(self, request: Request) -> Response:
        """``POST /playground/api/drafts/discard``: what Outlook does when an add-in closes the window of a mail that it has sent."""
        body = await self._body(request, DiscardBody)
        mailbox = await _owner(request, body.mailbox)
        await run_in_threadpool(self._world.discard_draft, mailbox, body.item_id)
        return json_response({"discarded": True})

    async def send(self, request: Request) -> Response:
        """``POST /playground/api/drafts/send``: what Outlook does when the add-in says yes."""
        body = await self._body(request, SendBody)
        mailbox = await _owner(request, body.mailbox)
        ticket = (body.ticket.header, body.ticket.value) if body.ticket else None
        await run_in_threadpool(self._world.send_draft, mailbox, body.item_id, ticket)
        return json_response({"sent": True})

    @staticmethod
    async def _body(request: Request, shape: type[Any]) -> Any:
        _loopback(request)
        return decode(await read_json_body(request, services_of(request).message_limit), shape)


def routes(world: World) -> list[BaseRoute]:
    """The playground over ``world``, for ``create_app(extra=…)``; ``LINK`` and ``TEMPLATES`` belong to it."""
    page = Playground(world)
    return [
        Route("/playground", page.compose, methods=["GET"]),
        Route("/playground/meeting", page.meeting, methods=["GET"]),
        Route("/playground/mailbox", page.mailbox, methods=["GET"]),
        Route("/playground/mime", page.mime, methods=["GET"]),
        Route("/playground/api/samples", page.samples, methods=["GET"]),
        Route("/playground/api/invitations", page.invitations, methods=["GET"]),
        Route("/playground/api/invitations", page.invite, methods=["POST"]),
        Route("/playground/api/identity", page.identity, methods=["POST"]),
        Route("/playground/api/drafts", page.save, methods=["POST"]),
        Route("/playground/api/drafts/send", page.send, methods=["POST"]),
        Route("/playground/api/drafts/discard", page.discard, methods=["POST"]),
        *(Route(f"/playground/host/{name}.html", hosted, methods=["GET"]) for name in ("taskpane", "launchevent")),
        Mount("/playground/static", StaticFiles(directory=HERE / "static")),
    ]
