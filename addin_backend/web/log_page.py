"""The log page: the newest records, each with the proof that it is in the signed log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from addin_backend.model.decision import Texts
from addin_backend.web.console import require_open
from addin_backend.web.exchange import request_id_of, services_of
from addin_backend.web.pages import pages_of
from addin_backend.web.services import LogLine

DECIDING = frozenset({"checked", "decided", "offline_judged", "unchecked"})
SHOWN = 25  # records on the page
ACTIONS = {
    "checked": Texts(da="Mail tjekket", en="Mail checked"),
    "decided": Texts(da="Afgørelse om at sende", en="Decision to send"),
    "unchecked": Texts(da="Sendt uden tjek, vurderet bagefter", en="Sent unchecked, judged afterwards"),
    "sent": Texts(da="Sendt", en="Sent"),
    "partly_sent": Texts(da="Delvist sendt", en="Partly sent"),
    "not_sent": Texts(da="Ikke sendt", en="Not sent"),
    "uncertain": Texts(da="Uvist, om den er sendt", en="Outcome uncertain"),
    "draft_removed": Texts(da="Kladde fjernet", en="Draft removed"),
    "package_opened": Texts(da="Sikker side åbnet", en="Secure page opened"),
    "links_closing": Texts(da="Links lukket af afsenderen", en="Links closed by the sender"),
    "missent_reported": Texts(da="Meldt som sendt forkert", en="Reported as sent to the wrong person"),
    "delayed": Texts(da="En kopi venter på at komme frem", en="A copy waits to be delivered"),
    "not_delivered": Texts(da="En kopi er ikke kommet frem", en="A copy was not delivered"),
    "case_closed": Texts(da="Sag lukket", en="Case closed"),
    "waiting": Texts(da="Venter på sikker forbindelse", en="Waits for a secure connection"),
    "missent_handled": Texts(da="Links lukket og besked givet", en="Links closed and people told"),
    "offline_decided": Texts(da="Afgjort uden tjenesten", en="Decided without the service"),
    "offline_judged": Texts(da="Bedømt bagefter", en="Judged afterwards"),
    "snapshot_degraded": Texts(da="Nøddrift besluttet", en="Emergency declared"),
    "snapshot_asked": Texts(da="Bedt om nøddrift", en="Emergency asked for"),
    "snapshot_withdrawn": Texts(da="Ingen nøddrift: trukket tilbage", en="No emergency: withdrawn"),
    "snapshot_restored": Texts(da="Nøddrift afsluttet", en="Emergency ended"),
    "log_read": Texts(da="Logbogen læst", en="Log read"),
    "settled": Texts(da="En person har taget sig af en afsendelse", en="A person took a send in hand"),
    "started": Texts(da="Tjenesten startet", en="Service started"),
}


@dataclass(frozen=True, slots=True)
class LineView:
    """One record on the page. ``at`` is None when the entry cannot be read; its proof is shown all the same."""

    index: int
    action: Texts
    at: datetime | None
    actor: str
    text: str
    leaf_hash: str
    proof: tuple[str, ...]
    verified: bool
    event_id: str = ""  # of a record that decided something: it can be asked again


def line_view(line: LogLine) -> LineView:
    """A record as the page shows it. Nothing in it is taken on trust: an entry that is not JSON is shown as bytes."""
    try:
        fields = json.loads(line.entry)
        at: datetime | None = datetime.fromisoformat(str(fields["occurred_at"]).replace("Z", "+00:00"))
        action, actor = str(fields["action"]), str(fields["actor"])
        text = json.dumps(fields, indent=2, ensure_ascii=False)
        event_id = str(fields["event_id"]) if action in DECIDING and fields["body"]["policy"].get("question") else ""
    except (ValueError, KeyError, TypeError):
        at, action, actor, text, event_id = None, "?", "", line.entry.hex(), ""
    words = ACTIONS.get(action, Texts(da=action, en=action))
    proof = tuple(item.hex() for item in line.proof)
    return LineView(line.index, words, at, actor, text, line.leaf_hash.hex(), proof, line.verified, event_id)


async def log(request: Request) -> Response:
    """``GET /log``: the newest records with their inclusion proofs against the checkpoint that stands on the page."""
    require_open(request)
    view = await run_in_threadpool(services_of(request).recent, SHOWN, request_id_of(request))
    lines = [line_view(line) for line in view.lines]
    broken = not view.signature_verified or not all(line.verified for line in lines)
    return pages_of(request).render(request, "log.html", view=view, lines=lines, broken=broken)


ROUTES = (Route("/log", log, methods=["GET"]),)
