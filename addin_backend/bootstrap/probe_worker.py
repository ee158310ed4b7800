"""`probe-worker`: the process that asks mail servers where port 25 is open, and signs what it saw. It has no database and no secrets
of the core: a key of its own, and the token that the core shows."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TextIO

import uvicorn

from addin_backend.accountability.notes import Signer
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.setting_files import make_data_folder, private_file, refused
from addin_backend.bootstrap.transport import SMTP, Way, local_prober
from addin_backend.evidence.transport.memory import MemoryProbes
from addin_backend.flows.probe_hosts import BudgetedProber, SharedProbes
from addin_backend.flows.probe_worker import answer
from addin_backend.settings import Settings
from addin_backend.web.probe_worker import create_probe_worker

SEED = 32


def signer_of(settings: Settings) -> Signer:
    """The worker's key, made at the first start. Raises BadRegister."""
    folder = make_data_folder(Path(settings.data_dir))
    path = private_file(folder / "probe_worker.key")
    try:
        seed = path.read_bytes() or secrets.token_bytes(SEED)
        path.write_bytes(seed)
    except OSError as error:
        raise refused("data_dir", f"holds a key that cannot be used ({error.strerror})", "har en nøgle, der ikke kan bruges") from None
    if len(seed) != SEED:
        raise refused("data_dir", "holds a probe_worker.key of another length", "har en probe_worker.key af en anden længde")
    return Signer(f"sendsecurely.{settings.tenant}/probe", seed)


def run(settings: Settings, port: int, out: TextIO, *, smtp_port: int = SMTP, test_resolver: bool = False) -> None:
    """Serve until it is told to stop. ``test_resolver``: the resolver was named for a test, and permits private addresses."""
    if not settings.smtp_probe_token:
        raise refused("smtp_probe_token", "is missing: anybody could have servers probed", "mangler: enhver kunne få servere undersøgt")
    signer, prober = signer_of(settings), local_prober(settings, Way(test_resolver=test_resolver), smtp_port)
    budgeted = BudgetedProber(SharedProbes(MemoryProbes(), prober, now), now)
    app = create_probe_worker(lambda raw: answer(raw, budgeted, signer), settings.smtp_probe_token)
    print(f"http://{settings.host}:{port}  smtp_probe_key = {signer.verifier_key}", file=out, flush=True)
    uvicorn.run(app, host=settings.host, port=port, log_config=None, server_header=False, access_log=False)
