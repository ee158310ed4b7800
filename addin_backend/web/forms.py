"""Forms on pages for officers: read within bounds, and taken only from a page of ours that was given to somebody.

Two things keep another site out: what the browser says of where the request began (Fetch Metadata), and a token that only our own page can
hold, bound to what the form is for (OWASP ASVS 5.0 §3.5).
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs

from starlette.requests import Request

from addin_backend.errors import NotYours, TooLarge
from addin_backend.model.identity import Identity
from addin_backend.web.console import require_open
from addin_backend.web.exchange import services_of

LONGEST_FORM = 8192  # octets
SEE_OTHER = 303
_FIELD = "token"
_OWN_PAGES = frozenset({"same-origin", "none", ""})  # "" is a browser that does not say, or a program that is none


class FormNotOurs(NotYours):
    """The form did not come from a page of ours, or from one of an earlier run."""

    sentence = "Nothing has been done. The page was not opened here, or too long ago."
    sentence_da = "Der er ikke gjort noget. Siden er ikke åbnet her, eller det er for længe siden."
    next_step = "Open the page again and press once more."
    next_step_da = "Åbn siden igen, og tryk en gang til."


class ReadingOnly(NotYours):
    """Nobody acts on these pages here."""

    sentence = "This page is for reading only here."
    sentence_da = "Siden er kun til at læse her."
    next_step = "Do it on the command line, or in Outlook."
    next_step_da = "Gør det på kommandolinjen eller i Outlook."


def officer_of(request: Request) -> Identity:
    """Who acts on the pages. Raises ConsoleClosed, ReadingOnly."""
    require_open(request)
    officer = services_of(request).officer
    if officer is None:
        raise ReadingOnly
    return officer


def token_for(request: Request, purpose: str) -> str:
    """What a form for ``purpose`` must bring along."""
    return hmac.digest(services_of(request).form_key, purpose.encode("utf-8", "replace"), "sha256").hex()


async def form_of(request: Request, purpose: str) -> dict[str, str]:
    """The fields of a form, each once. Raises FormNotOurs, TooLarge."""
    if request.headers.get("sec-fetch-site", "") not in _OWN_PAGES:
        raise FormNotOurs
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            raise TooLarge
    fields = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()}
    if not hmac.compare_digest(fields.get(_FIELD, "").encode(), token_for(request, purpose).encode()):
        raise FormNotOurs
    return fields
