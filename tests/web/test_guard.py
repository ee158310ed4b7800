"""Around every request: id, security headers, and a log that tells no secrets."""

from __future__ import annotations

import re

import pytest

from addin_backend.web.guard import LOOPBACK_HOSTS, host_is_allowed
from service_set import AS_METTE, Recorder, check_body, client, package

PATHS = [
    "/",
    "/console",
    "/log",
    "/portal/package-0001",
    "/portal/unknown-000",
    "/healthz",
    "/api/v1/send/job-1",
    "/nowhere",
    "/static/base.css",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_its_id_and_its_headers(path: str) -> None:
    """No answer goes without id, nosniff, a content policy and a frame rule (ASVS 5.0 3.4.3, 3.4.6)."""
    response = client(Recorder(packages={"package-0001": package(days_left=10)})).get(path)
    policy = response.headers["content-security-policy"]
    assert response.headers["x-request-id"] == "request-1"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors" in policy
    assert "unsafe" not in policy
    assert "set-cookie" not in response.headers
    assert response.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_only_the_add_ins_pages_may_be_framed() -> None:
    """Outlook may frame the root (it looks there); the portal and the console may be framed by nobody."""
    app = client(Recorder(packages={"package-0001": package(days_left=10)}))
    assert "https://outlook.office.com" in app.get("/").headers["content-security-policy"]
    for path in ("/console", "/log", "/portal/package-0001", "/healthz"):
        assert "frame-ancestors 'none'" in app.get(path).headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/console", "/log", "/portal/package-0001", "/nowhere"])
def test_no_page_needs_inline_code(path: str) -> None:
    """No inline script, style or handler, so that the content policy needs no exception."""
    html = client(Recorder(packages={"package-0001": package(days_left=10)})).get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)


def test_the_log_of_a_request_names_the_route_not_the_address() -> None:
    """A link's secret, a mailbox or a query never reaches the log."""
    recorder = Recorder(packages={"package-0001": package(days_left=10)})
    client(recorder).get("/portal/package-0001?x=secret")
    ((event, fields),) = recorder.events
    assert event == "request"
    assert (fields["method"], fields["route"], fields["status"]) == ("GET", "portal", 200)
    assert "package-0001" not in repr(fields)


def test_a_fault_is_reported_by_type_and_place() -> None:
    """What failed and where, without the words of the exception."""
    recorder = Recorder(failure=RuntimeError("secret words"))
    client(recorder).post("/api/v1/check", json=check_body(), headers=AS_METTE)
    fields = dict(recorder.events)["request_failed"]
    assert fields["error_type"] == "RuntimeError"
    assert "service_set" in str(fields["where"])
    assert "secret" not in repr(recorder.events)


OURS = ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:65535"]
FOREIGN = [
    "evil@127.0.0.1",
    "evil@127.0.0.1:8080",
    "127.0.0.1@evil.example",
    "evil.example",
    "127.0.0.1.evil.example",
    "evil.example:80@localhost",
    "localhost.",
    "localhost:",
    "localhost:8080:8080",
    "localhost:8080x",
    "localhost/evil",
    "localhost#evil",
    "localhost evil",
    " localhost",
    "localhost\t",
    "localhost\n",
    "localhost,evil.example",
    "127.1",
    "127.0.0.2",
    "0.0.0.1",
    "2130706433",
    "::1",
    "[::1",
    "[::1]evil",
    "[::ffff:127.0.0.1]",
    "\u0131localhost",
    "local\u017fhost",
    "",
]


@pytest.mark.parametrize(("host", "expected"), [*((host, True) for host in OURS), *((host, False) for host in FOREIGN)])
def test_a_host_is_ours_when_it_is_exactly_a_loopback_name(host: str, expected: bool) -> None:
    """A loopback name with any port; nothing before, after or beside it."""
    assert expected is host_is_allowed({"headers": [(b"host", host.encode())]}, LOOPBACK_HOSTS)


def test_no_host_or_two_hosts_are_refused() -> None:
    """What the browser asked for must be said, and said once; without a list every name is answered."""
    assert not host_is_allowed({"headers": []}, LOOPBACK_HOSTS)
    assert not host_is_allowed({"headers": [(b"host", b"localhost"), (b"host", b"localhost")]}, LOOPBACK_HOSTS)
    assert host_is_allowed({"headers": [(b"host", b"evil.example")]}, ())


@pytest.mark.parametrize("path", PATHS)
def test_open_pages_are_answered_under_a_loopback_name_only(path: str) -> None:
    """DNS rebinding: a foreign page whose name leads to this machine gets 421 from every page and the API, with id and headers."""
    app = client(Recorder(packages={"package-0001": package(days_left=10)}), allowed_hosts=LOOPBACK_HOSTS)
    assert app.get(path).status_code == client(Recorder(packages={"package-0001": package(days_left=10)})).get(path).status_code
    for host in ("evil.example", "evil@127.0.0.1"):
        refused = app.get(path, headers={"Host": host})
        assert (421, "foreign_host") == (refused.status_code, refused.json()["error"]["code"])
        assert refused.headers["x-request-id"] == refused.json()["error"]["request_id"]
        assert refused.headers["x-content-type-options"] == "nosniff"
