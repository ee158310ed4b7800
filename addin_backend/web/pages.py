"""Server-rendered pages: one template environment, one way to choose the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from addin_backend.errors import SendSecurelyError
from addin_backend.web.exchange import request_id_of

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
LANGUAGES = ("da", "en")
BAD_REQUEST = 400  # from here on a page repeats nothing of what was asked
_MONTHS = {
    "da": ["januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december"],
    "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
}
_HERE = "Europe/Copenhagen"


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the navigation."""

    href: str
    da: str
    en: str


def _weight(item: str) -> tuple[str, float]:
    tag, _, parameter = item.partition(";")
    name, _, value = parameter.strip().partition("=")
    try:
        weight = float(value) if name == "q" else 1.0
    except ValueError:
        weight = 0.0
    return tag.strip().lower(), weight


def language_of(request: Request) -> str:
    """``?lang=`` first, then Accept-Language (RFC 9110 §12.5.4), then Danish."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    header = request.headers.get("accept-language", "")[:500]
    wanted = sorted((_weight(item) for item in header.split(",") if item.strip()), key=lambda pair: -pair[1])
    for tag, weight in wanted:
        primary = tag.partition("-")[0]
        if weight > 0 and primary in LANGUAGES:
            return primary
        if weight > 0 and primary in {"nb", "nn", "no", "sv", "fo", "kl"}:
            return "da"
        if weight > 0 and primary not in {"", "*"}:
            return "en"
    return "da"


def moment(at: datetime, language: str) -> str:
    """A point of time as a Dane would write it, in Danish time, whole minutes."""
    local = at.astimezone(ZoneInfo(_HERE))
    month = _MONTHS[language][local.month - 1]
    return (
        f"{local.day}. {month} {local.year} kl. {local:%H.%M}" if language == "da" else f"{local.day} {month} {local.year} at {local:%H:%M}"
    )


def brief(at: datetime, language: str) -> str:
    """The same for a list: day, short month, time."""
    local = at.astimezone(ZoneInfo(_HERE))
    month = _MONTHS[language][local.month - 1][:3]
    return f"{local.day}. {month}. {local:%H.%M}" if language == "da" else f"{local.day} {month} {local:%H:%M}"


def _translator(language: str) -> Callable[[str, str], str]:
    return lambda da, en: da if language == "da" else en


class Pages:
    """Renders templates from ``folders``, the first that has one wins. Values are text: everything is escaped."""

    def __init__(self, links: tuple[Link, ...], organisation: str, folders: tuple[Path, ...] = (TEMPLATES,)) -> None:
        self._links = links
        self._organisation = organisation
        self._environment = Environment(
            loader=FileSystemLoader([*folders]), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def render(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page in the reader's language. ``t(da, en)`` in a template picks the words."""
        language = language_of(request)
        other = "en" if language == "da" else "da"
        around = {
            "language": language,
            "t": _translator(language),
            "pick": lambda texts: texts.da if language == "da" else texts.en,
            "moment": lambda at: moment(at, language),
            "brief": lambda at: brief(at, language),
            "links": self._links,
            "organisation": self._organisation,
            "path": request.url.path,
            "other_language": "?" + urlencode({**(request.query_params if status < BAD_REQUEST else {}), "lang": other}),
            "keep": f"?lang={language}" if request.query_params.get("lang") in LANGUAGES else "",
        }
        html = self._environment.get_template(template).render(**around, **values)
        return HTMLResponse(html, status, {"Content-Language": language, "Vary": "Accept-Language"})

    def error(self, request: Request, error: SendSecurelyError) -> HTMLResponse:
        """An error as a page: what is the matter, what to do, and an id to mention when asking for help."""
        return self.render(request, "error.html", error.status, error=error, request_id=request_id_of(request))


def pages_of(request: Request) -> Pages:
    """The pages that the app was created with."""
    pages: Pages = request.app.state.pages
    return pages
