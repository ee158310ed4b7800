"""A web server on loopback that gives the answer it is told to, for answers that no simulator would give."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DROP = -1


class Canned:
    """The running server. ``plan(method, path ending, …)`` says what to answer; what is not planned for gets 501."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self._plans: list[tuple[str, str, int, bytes, dict[str, str]]] = []
        canned = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline()
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                canned._answer(self, body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
                """Nothing on standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def plan(self, method: str, ending: str, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Answer the next request of this kind so; ``status`` DROP breaks the connection. The last plan of a kind stays."""
        self._plans.append((method, ending, status, body, dict(headers or {})))

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = handler.path.partition("?")[0]
        self.asked.append((handler.command, handler.path, dict(handler.headers), body))
        fitting = [plan for plan in self._plans if plan[0] == handler.command and path.endswith(plan[1])]
        _, _, status, content, headers = fitting[0] if fitting else ("", "", 501, b"", {})
        if len(fitting) > 1:
            self._plans.remove(fitting[0])
        if status == DROP:
            handler.close_connection = True
            return
        handler.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)


@contextmanager
def canned() -> Iterator[Canned]:
    """A server for as long as the block runs."""
    server = Canned()
    server.start()
    try:
        yield server
    finally:
        server.stop()
