"""A real HTTP server in OPA's place that answers as it is told: for what a real OPA will not do on demand."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Respond = Callable[[dict[str, Any]], Any]


class FakeOpa:
    """Context manager; ``url`` is the address on loopback.

    ``respond(question)`` gives the result, or raises LookupError for an undefined one. ``status`` and ``raw`` replace the whole
    answer, ``delay`` (seconds) holds it back. ``questions`` keeps what was asked. ``revision`` is what it claims to hold.
    """

    def __init__(self, respond: Respond, *, revision: str, status: int = 200, raw: bytes | None = None, delay: float = 0.0) -> None:
        self.respond, self.revision, self.status, self.raw, self.delay = respond, revision, status, raw, delay
        self.questions: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeOpa:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, question: dict[str, Any]) -> bytes:
        """The body for one question."""
        if self.raw is not None:
            return self.raw
        reply: dict[str, Any] = {"provenance": {"bundles": {"own": {"revision": self.revision}}}}
        with contextlib.suppress(LookupError):
            reply["result"] = self.respond(question)
        return json.dumps(reply).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self) -> None:
                """OPA's data API (POST /v1/data/…)."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                question = json.loads(body)["input"]
                fake.questions.append(question)
                fake.paths.append(self.path)
                time.sleep(fake.delay)
                content = fake.answer(question)
                self.send_response(fake.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # who asked may have given up
                    self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 the base class names it so
                """Say nothing."""

        return Handler
