"""``python -m addin_backend.sandbox.exchange --data DIR [--port N]``: runs on loopback and prints its address once it listens."""

from __future__ import annotations

import argparse
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from addin_backend.model.first_use import learn_structs
from addin_backend.sandbox.exchange import app, seeds
from addin_backend.sandbox.exchange.context import Switches
from addin_backend.sandbox.exchange.service import Service
from addin_backend.sandbox.exchange.store import Store


def main() -> None:
    """Parse, plant the seeds, listen, serve until stopped."""
    parser = argparse.ArgumentParser(prog="addin_backend.sandbox.exchange", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 asks the system for a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder of the mailboxes; kept over restarts")
    parser.add_argument("--password", default="sandbox", help="of every account")
    parser.add_argument("--token", default="sandbox-token", help="bearer token of the service account")
    parser.add_argument("--published-schema", type=Path, default=None, help="folder with messages.xsd and types.xsd, checked as well")
    parser.add_argument("--end-with-parent", action="store_true", help="stop when standard input is closed")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    store = Store(given.data / "exchange.sqlite")
    switches = Switches(own_domains=seeds.OWN_DOMAINS)
    seeds.plant(store, switches)
    learn_structs()
    service = Service(store, switches, given.published_schema)
    listening = socket.create_server(("127.0.0.1", given.port), backlog=128)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app.create(service, app.SignIn(given.password, given.token)), log_level="warning", timeout_keep_alive=75)
    server = uvicorn.Server(config)
    if given.end_with_parent:
        threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[listening])
    store.close()


def _end_with_parent(server: uvicorn.Server) -> None:
    """However the parent ends, even by SIGKILL, its end of the pipe closes."""
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
