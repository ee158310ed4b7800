"""The API's own description: real answers fit it, and whatever follows it gets an answer that it names (schemathesis)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from starlette.routing import Route

from addin_backend.model.offline import Received, Snapshot
from addin_backend.web import answers
from addin_backend.web.app import create_app
from addin_backend.web.me_api import DecisionsOut
from addin_backend.web.openapi import OPERATIONS, PATH, document
from addin_backend.web.services import Addin, Ticket
from addin_backend.web.wire import JobOut
from service_set import AS_METTE, METTE, Recorder, check_body, client, decision, draft, send_body, services
from sizes import size

ROUNDS = size(sample=12, full=300)
ADDIN = Addin(preflight=lambda _call: decision(), hear=lambda _who, told: tuple(Received(id=item.id, paper="good") for item in told))
DESCRIBED = {(item.method.upper(), item.path) for item in OPERATIONS}
# The first version's names of /checks and /sends, and what others describe: rules for OPA, this document, the add-in's own housekeeping.
FIRST = {"/api/v1/check", "/api/v1/send", "/api/v1/send/{job_id}", "/api/v1/send/{job_id}/actions", "/api/v1/send/{job_id}/{action}"}
UNDESCRIBED = {*FIRST, PATH, "/api/v1/{rest:path}"}


def test_every_route_of_the_api_is_described() -> None:
    """A new operation cannot be forgotten."""
    app = create_app(services(Recorder()))
    routes = [item for item in app.routes if isinstance(item, Route) and item.path.startswith("/api/") and item.path not in UNDESCRIBED]
    assert {(method, item.path) for item in routes for method in (item.methods or ()) if method != "HEAD"} == DESCRIBED


def test_the_document_is_open_and_whole() -> None:
    """Without sign-in; every reference leads somewhere."""
    response = client(Recorder()).get(PATH)
    assert (200, "3.1.0") == (response.status_code, response.json()["openapi"])
    text = response.text
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(response.json()["components"]["schemas"])


ANSWERS: list[tuple[str, str, Any, Any]] = [
    ("post", "/api/v1/preflight", check_body(), answers.CheckAnswer),
    ("post", "/api/v1/checks", check_body(), answers.CheckAnswer),
    ("post", "/api/v1/sends", send_body(), answers.SendAnswer),
    (
        "post",
        "/api/v1/apply",
        {
            "mailbox": METTE,
            "draft": draft(attachments=[{"name": "a.txt", "media_type": "text/plain", "base64": "QQ=="}]),
            "change": "remove_attachment",
            "parts": [0],
        },
        answers.AppliedAnswer,
    ),
    ("get", "/api/v1/sends/job-1", None, JobOut),
    ("get", "/api/v1/sends/job-1/actions", None, answers.ActsAnswer),
    ("post", "/api/v1/sends/job-1/cancel", {}, answers.ActedAnswer),
    ("get", f"/api/v1/pressed/job-1-xyz?mailbox={METTE}", None, answers.ErrorAnswer),
    ("post", "/api/v1/sent", {"mailbox": METTE, "message_id": "<a@b.example>"}, answers.SentAnswer),
    ("post", "/api/v1/revoke", {"mailbox": METTE, "job_id": "job-1"}, answers.RevokedAnswer),
    (
        "post",
        "/api/v1/missent",
        {"idempotency_key": "press-0001", "mailbox": METTE, "recipients": ["bo@postkasse.example"]},
        answers.MissentAnswer,
    ),
    ("get", "/api/v1/me/decisions?limit=1", None, DecisionsOut),
    ("get", "/api/v1/snapshot", None, Snapshot | None),
    ("post", "/api/v1/offline-decisions", {"decisions": []}, answers.LaterAnswer),
]


@pytest.mark.parametrize(("method", "path", "body", "shape"), ANSWERS, ids=[item[1] for item in ANSWERS])
def test_a_real_answer_has_the_described_shape(method: str, path: str, body: Any, shape: Any) -> None:
    """No key too many, none too few."""
    asked = client(Recorder(ticket=Ticket("X-SendSecurely-Ticket", "v1.abc")), addin=ADDIN)
    response = asked.request(method, path, json=body, headers=AS_METTE) if body else asked.request(method, path, headers=AS_METTE)
    msgspec.convert(response.json(), shape)
    assert (response.status_code >= 400) is (shape is answers.ErrorAnswer)


def test_the_newest_own_decisions_and_a_limit() -> None:
    """A limit that is none is named."""
    asked = client(Recorder())
    found = asked.get("/api/v1/me/decisions", headers=AS_METTE).json()["decisions"]
    assert [("sent", ""), ("decided", "protect")] == [(item["event"], item["action"]) for item in found]
    assert 401 == asked.get("/api/v1/me/decisions").status_code
    for limit in ("0", "501", "x", "-1", "1.5", "99999999999999999999", "٣"):
        refused = asked.get("/api/v1/me/decisions", params={"limit": limit}, headers=AS_METTE)
        assert (400, "limit") == (refused.status_code, refused.json()["error"]["field"])


SCHEMA = schemathesis.openapi.from_dict(document())
APP = create_app(services(Recorder(), addin=ADDIN))
SCHEMA.app = APP
CASES = st.one_of([SCHEMA[item.path][item.method].as_strategy() for item in OPERATIONS])


@given(case=CASES)
@settings(max_examples=ROUNDS * len(OPERATIONS), deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_follows_the_description_gets_an_answer_that_it_names(case: Any) -> None:
    """Generated requests for every operation: a status and a shape that the document promises, and never a 500."""
    response = case.call(headers=AS_METTE)
    case.validate_response(response, checks=[not_a_server_error, status_code_conformance, response_schema_conformance])
