"""The add-in's files and what Outlook asks of their origin."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from addin_backend.web.addin_files import FOLDER
from addin_backend.web.services import Addin
from service_set import AS_METTE, Recorder, check_body, client

ORIGIN = "https://sendsikkert.nordlys.example"
EVENT = "/addin/launchevent.js"


def _app(client_id: str = "") -> TestClient:
    return client(Recorder(), addin=Addin(ORIGIN, client_id))


def test_the_event_code_carries_its_own_origin_and_client() -> None:
    """The classic runtime takes absolute addresses only: origin and client id are written in, and no placeholder is left."""
    answer = _app(client_id="client-1").get(EVENT)
    assert (200, "text/javascript; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert f'const ORIGIN = "{ORIGIN}";' in answer.text
    assert 'const CLIENT = "client-1";' in answer.text
    assert "{{" not in answer.text


def test_the_event_code_is_kept_for_minutes_and_asked_for_by_its_tag() -> None:
    """Its address never changes: a short life, an entity tag that follows the content, and 304 for who has it."""
    app = _app()
    first = app.get(EVENT)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, max-age=300, must-revalidate"
    for asked in (tag, f"W/{tag}", f'"other", {tag}'):
        again = app.get(EVENT, headers={"If-None-Match": asked})
        assert (304, b"") == (again.status_code, again.content)
    assert app.get(EVENT, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client(Recorder(), addin=Addin("https://other.example")).get(EVENT).headers["etag"] != tag


def test_the_pane_signs_in_to_the_same_application_and_msal_comes_from_the_installation() -> None:
    """sign_in.js carries origin and client id, too; msal-browser is what the setting names, and an empty script without one."""
    app = client(Recorder(), addin=Addin(ORIGIN, "client-1", b"var msal = {};"))
    assert f'const ORIGIN = "{ORIGIN}";' in app.get("/addin/sign_in.js").text
    found = app.get("/addin/msal-browser.min.js")
    assert (200, "var msal = {};", "text/javascript; charset=utf-8") == (found.status_code, found.text, found.headers["content-type"])
    assert (200, "") == ((empty := _app().get("/addin/msal-browser.min.js")).status_code, empty.text)
    for page in ("/addin/taskpane.html", "/addin/launchevent.html"):
        assert app.get(page).text.count("msal-browser.min.js") == 1


def test_the_well_known_file_names_exactly_the_event_code() -> None:
    """200, JSON, without sign-in, the one script of the manifest."""
    answer = _app().get("/.well-known/microsoft-officeaddins-allowed.json")
    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert answer.json() == {"allowed": [f"{ORIGIN}{EVENT}"]}


def test_a_preflight_from_our_own_origin_is_answered_and_no_other() -> None:
    """OPTIONS on the API: our origin may post with a token; a foreign one hears nothing; and the API itself still answers."""
    app = _app()
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    own = app.options("/api/v1/check", headers=asked)
    assert (204, ORIGIN, "GET, POST") == (
        own.status_code,
        own.headers["access-control-allow-origin"],
        own.headers["access-control-allow-methods"],
    )
    assert own.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    for foreign in ({**asked, "Origin": "https://evil.example"}, {}):
        refused = app.options("/api/v1/check", headers=foreign).headers
        assert refused["access-control-allow-origin"] == ORIGIN, "never the asker's"
        assert "access-control-allow-headers" not in refused
    answer = app.post("/api/v1/check", json=check_body(), headers={**AS_METTE, "Origin": ORIGIN})
    assert (200, ORIGIN) == (answer.status_code, answer.headers["access-control-allow-origin"])
    assert app.get("/addin/degraded.json").headers["access-control-allow-origin"] == ORIGIN
    for path in ("/", "/addin/launchevent.html", "/log", "/healthz"):
        assert "access-control-allow-origin" not in app.get(path).headers, path
    assert app.get("/api/v1/check").status_code == 405


def test_the_pages_load_office_js_and_may_be_framed_by_outlook_only() -> None:
    """Microsoft's one origin for scripts, no inline code, frame-ancestors as everywhere in the add-in, asked for again each time."""
    answer = client(Recorder()).get("/addin/launchevent.html")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self' https://appsforoffice.microsoft.com" in policy
    assert "frame-ancestors 'self' https://outlook.office.com" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-cache"
    assert "x-frame-options" not in answer.headers
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)


@pytest.mark.parametrize("path", ["/addin/", "/addin/nothing.js", "/addin/../app.py", "/addin/%2e%2e/app.py"])
def test_nothing_but_the_files_is_there(path: str) -> None:
    """No listing, no way out of the folder."""
    assert client(Recorder()).get(path).status_code == 404


def test_the_files_name_no_other_host_than_office_js_and_the_sign_in() -> None:
    """One origin: no absolute address in the add-in's files but Microsoft's two (and the SVG namespace, which nobody fetches)."""
    allowed = {"appsforoffice.microsoft.com", "login.microsoftonline.com", "www.w3.org"}
    for path in FOLDER.rglob("*"):
        if path.suffix in {".js", ".html", ".css"}:
            assert set(re.findall(r"https?://([a-z0-9.-]+)", path.read_text(encoding="utf-8"))) <= allowed, path.name
