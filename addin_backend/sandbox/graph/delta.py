"""Changes to a folder since a token: every message at first, then what is new, changed or gone. Pages by odata.maxpagesize."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from addin_backend.model.item_ids import rest_id
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.graph import writing
from addin_backend.sandbox.graph.answers import Reply, json
from addin_backend.sandbox.graph.context import Request


def delta(request: Request, folder: str) -> Reply:
    """A page. The first round gives what lies in the folder; the state token remembers which changes it has seen."""
    where = request.folder(folder).id
    token = request.options.get("$skiptoken") or request.options.get("$deltatoken") or ""
    if not token:
        token = f"all.{request.call.store.last_change()}.0"
    kind, _, rest = token.partition(".")
    try:
        numbers = [int(part) for part in rest.split(".")]
    except ValueError:
        raise EwsError("SyncStateNotFound", "The sync state is not found.") from None
    if kind == "all" and len(numbers) == 2:
        return _whole(request, folder, where, *numbers)
    if kind == "since" and len(numbers) == 1:
        return _changes(request, folder, where, numbers[0])
    raise EwsError("SyncStateNotFound", "The sync state is not found.")


def _whole(request: Request, folder: str, where: str, since: int, start: int) -> Reply:
    found = list(reversed(request.call.store.items(request.call.mailbox, where)))
    page = [writing.shown(item, request.query) for item in found[start : start + request.page]]
    end = start + len(page)
    if end < len(found):
        return _page(request, folder, page, "@odata.nextLink", f"all.{since}.{end}")
    return _page(request, folder, page, "@odata.deltaLink", f"since.{since}")


def _changes(request: Request, folder: str, where: str, since: int) -> Reply:
    store, mailbox = request.call.store, request.call.mailbox
    found = store.changed_since(mailbox, where, since, request.page + 1)
    page: list[dict[str, Any]] = []
    for _, item_id, gone in found[: request.page]:
        item = None if gone else store.item(mailbox, item_id)
        page.append({"id": rest_id(item_id), "@removed": {"reason": "deleted"}} if item is None else writing.shown(item, request.query))
    last = found[: request.page][-1][0] if found else since
    link = "@odata.nextLink" if len(found) > request.page else "@odata.deltaLink"
    return _page(request, folder, page, link, f"since.{last}")


def _page(request: Request, folder: str, page: list[dict[str, Any]], link: str, token: str) -> Reply:
    name = "$skiptoken" if link == "@odata.nextLink" else "$deltatoken"
    kept = {key: value for key, value in request.options.items() if key in ("$select", "$expand")}
    address = f"{request.base}/v1.0/users/{request.call.mailbox}/mailFolders/{folder}/messages/delta?{urlencode({**kept, name: token})}"
    return json(200, {"value": page, link: address})
