"""`transport delivered`: what a message trace says of our own mails, held against what was promised."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TextIO

from addin_backend.bootstrap.checking import policy_files
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import key_path, open_store
from addin_backend.bootstrap.transport_report import read_file, write_register
from addin_backend.bootstrap.waiting import waits_of
from addin_backend.edges.keys import KeyFile
from addin_backend.errors import NotFound
from addin_backend.evidence.transport.observed import merged, read_observations
from addin_backend.evidence.transport.trace import read_trace
from addin_backend.flows.after_send import job_id_of
from addin_backend.flows.delivered import Kept, hold
from addin_backend.flows.waiting_facts import Hearing, hear_rows
from addin_backend.model.sending import SendJob
from addin_backend.model.waiting import Teller
from addin_backend.settings import Settings

SENTENCES = (
    (Kept.KEPT, "gik med TLS som lovet", "went over TLS as promised"),
    (Kept.BROKEN, "var lovet TLS og gik uden", "were promised TLS and went without"),
    (
        Kept.NOT_SAID,
        "var lovet TLS, og sporingen siger ikke, hvordan de gik",
        "were promised TLS, and the trace does not say how they went",
    ),
    (Kept.FAILED, "kom ikke frem", "were not delivered"),
    (Kept.NO_PROMISE, "var beskyttet på anden måde eller gik som almindelig mail", "were protected in another way, or were ordinary mail"),
    (Kept.NOT_OURS, "er ikke sendt af os", "were not sent by us"),
    (Kept.WAITS, "venter stadig i køen", "still wait in the queue"),
    (Kept.WITHDRAWN, "er taget ud af køen", "were taken out of the queue"),
)


def take_in(settings: Settings, trace: Path, on: date, out: TextIO) -> int:
    """0 when every promise that the trace speaks of was kept, 1 when one was broken or a mail was not delivered.

    What it says of mail that waits is kept for the server's next round. A broken promise is written in the register of observations, so
    that it ends and is an alarm (see ``transport report``). Raises BadInput, BadRegister, Unavailable, with nothing written.
    """
    raw = read_file(trace)
    rows = read_trace(raw)
    store = open_store(settings)

    def job_of(message_id: str) -> SendJob | None:
        try:
            return store.job(job_id_of(message_id))
        except NotFound:
            return None

    try:
        held = hold(rows, job_of, on)
        with closing(waits_of(settings, KeyFile.load_or_create(key_path(settings)))) as waits:
            hear_rows(rows, Teller.LOG, Hearing(waits, store.job, now))
    finally:
        store.close()
    if held.broken:
        write_register(settings, merged(read_observations(policy_files(settings)), held.broken, hashlib.sha256(raw).hexdigest(), on))
    for kept, da, en in SENTENCES:
        print(f"{held.counts[kept]:7} {da} / {en}", file=out)
    for item in held.broken:
        print(f"✗ {item.domain}: {item.count}, {item.day}", file=out)
    return int(bool(held.counts[Kept.BROKEN] or held.counts[Kept.FAILED]))
