"""Who may sign in, from settings: people of the tenant in Entra ID, and of an Exchange Server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from addin_backend.bootstrap.setting_files import read_setting, refused
from addin_backend.edges.directory_file import FileDirectory, read_directory
from addin_backend.edges.sign_in.entra import EntraSignIn, key_set
from addin_backend.edges.sign_in.exchange import ExchangeSignIn, signing_keys
from addin_backend.edges.sign_in.published_keys import PublishedKeys
from addin_backend.model.identity import Identity
from addin_backend.settings import Settings

Identify = Callable[[str], Identity | None]
FETCH = 5.0  # seconds for a server's keys
MOST = 1_000_000  # bytes of a document of keys; Entra's has 15 kB
PANES = ("/addin/taskpane.html", "/addin/launchevent.html")  # the add-in's addresses, as an Exchange Server puts them into its tokens


def _fetcher(url: str) -> Callable[[], Mapping[str, Any]]:
    def fetch() -> Mapping[str, Any]:
        try:
            answer = httpx.get(url, timeout=FETCH, follow_redirects=False).raise_for_status()
            found = answer.json() if len(answer.content) <= MOST else None
        except httpx.HTTPError as error:
            raise OSError("the keys cannot be fetched") from error
        if not isinstance(found, dict):
            raise ValueError("not a document of keys")
        return found

    return fetch


def _directory(settings: Settings) -> FileDirectory:
    return read_directory(read_setting(settings, "directory_file")) if settings.directory_file else FileDirectory({})


def _clients(settings: Settings) -> frozenset[str]:
    named = {item.strip() for item in settings.entra_addin_clients.split(",")} - {""}
    return frozenset(named or {settings.entra_audience.removeprefix("api://").rpartition("/")[2]})


def _entra(settings: Settings, directory: FileDirectory) -> Identify | None:
    if not settings.entra_tenant and settings.exchange_metadata_url:
        return None
    for name in ("entra_tenant", "entra_audience"):
        if not getattr(settings, name):
            raise refused(name, "is missing: without it nobody can sign in", "mangler: uden den kan ingen logge på")
    url = f"https://login.microsoftonline.com/{settings.entra_tenant}/discovery/v2.0/keys"
    return EntraSignIn(
        settings.entra_tenant,
        settings.entra_audience,
        PublishedKeys(_fetcher(url), key_set),
        clients=_clients(settings),
        mailboxes=lambda oid: frozenset(directory.sends_from(oid)),
    ).identify


def _exchange(settings: Settings, directory: FileDirectory) -> Identify | None:
    url = settings.exchange_metadata_url
    if not url:
        return None
    if not url.startswith("https://"):
        raise refused("exchange_metadata_url", "must begin with https://", "skal begynde med https://")
    if not settings.directory_file:
        raise refused(
            "directory_file",
            "is missing: the tokens of an Exchange Server hold no address, the directory says whose they are",
            "mangler: tokens fra en Exchange Server har ingen adresse, så filen med adresser skal sige, hvem de hører til",
        )

    def owner(person: str) -> tuple[str, frozenset[str]] | None:
        own = directory.own_address(person)  # without one nobody is signed in: the log would name a shared mailbox as the person
        return (own, frozenset(directory.sends_from(person))) if own else None

    audiences = [settings.public_url.rstrip("/") + pane for pane in PANES]
    return ExchangeSignIn(url, audiences, PublishedKeys(_fetcher(url), signing_keys), owner).identify


def sign_in(settings: Settings) -> Identify:
    """The person behind a token of Entra ID or of the Exchange Server. Raises BadRegister when nobody could sign in."""
    directory = _directory(settings)
    ways = [way for way in (_entra(settings, directory), _exchange(settings, directory)) if way is not None]

    def identify(token: str) -> Identity | None:
        return next((found for found in (way(token) for way in ways) if found is not None), None)

    return identify
