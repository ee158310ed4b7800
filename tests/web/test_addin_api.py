"""The add-in's API: shapes, the path of a wrong field, limits, and who may ask for what."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from addin_backend.errors import Conflict, LogBroken, NotFound, OutcomeUnknown, Unavailable
from addin_backend.model.access import AgreedCode, SaidBy, TypedNumber
from addin_backend.model.decision import Action, Protection
from addin_backend.model.message import RecipientKind
from addin_backend.web.services import Ticket
from service_set import AS_JONAS, AS_METTE, METTE, Recorder, check_body, client, decision, draft, send_body

BO = "bo.madsen@postkasse.example"
ERROR_KEYS = {"code", "sentence", "next_step", "field", "request_id"}


def _error(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["x-request-id"]
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == ERROR_KEYS
    assert error["sentence"]["da"]
    assert error["sentence"]["en"]
    assert error["request_id"] == response.headers["x-request-id"]
    return error


def test_a_check_answers_with_the_whole_decision() -> None:
    """The keys of the contract, no more and no fewer, and the draft reaches the flow as a normalised message."""
    recorder = Recorder(ticket=Ticket("X-SendSecurely-Ticket", "v1.abc"))
    confirmed = {"confirmed": ["TF-03"], "confirmed_for": "d" * 64}
    body = check_body(draft=draft(cc=[{"address": "LISE@CafeHavnen.Example"}]), **confirmed, secure=True, language="en")
    response = client(recorder).post("/api/v1/check", json=body, headers=AS_METTE)
    assert response.status_code == 200
    answer = response.json()
    expected = [
        "action",
        "classes",
        "headline",
        "recipients",
        "content",
        "findings",
        "ways_out",
        "policy_revision",
        "digest",
        "ticket",
        "phones",
    ]
    assert sorted(answer) == sorted([*expected, "snapshot"])
    assert answer["ticket"] == {"header": "X-SendSecurely-Ticket", "value": "v1.abc"}
    assert answer["recipients"] == [
        {"address": "bo.madsen@postkasse.example", "action": "protect", "protection": "portal", "codes": ["CO-01"]}
    ]
    assert set(answer["findings"][0]) == {"code", "effect", "recipient", "params", "title", "texts", "law"}
    assert set(answer["ways_out"][0]) == {"change", "recipients", "parts", "action", "texts"}
    (call,) = recorder.checks
    assert (call.mailbox, call.language, call.confirmed, call.secure) == (METTE, "en", frozenset({"TF-03"}), True)
    assert [(item.domain, item.kind) for item in call.message.recipients] == [
        ("postkasse.example", RecipientKind.TO),
        ("cafehavnen.example", RecipientKind.CC),
    ]


CASES_OF_FORM: list[tuple[str, dict[str, Any], str | None]] = [
    ("address is a number", {"draft": draft(to=[{"address": 1}])}, "draft.to[0].address"),
    ("second recipient lacks the address", {"draft": draft(cc=[{"address": "a@b.example"}, {"name": "x"}])}, "draft.cc[1].address"),
    (
        "bad base64",
        {"draft": draft(attachments=[{"name": "a", "media_type": "text/plain", "base64": "%%"}])},
        "draft.attachments[0].base64",
    ),
    (
        "base64 without padding",
        {"draft": draft(attachments=[{"name": "a", "media_type": "", "base64": "aGVqaA"}])},
        "draft.attachments[0].base64",
    ),
    ("unknown format", {"draft": draft(body_format="rtf")}, "draft.body_format"),
    ("unknown importance", {"draft": draft(importance="urgent")}, "draft.importance"),
    ("unknown language", {"language": "sv"}, "language"),
    ("unknown field", {"draft": draft(colour="red")}, "draft.colour"),
    ("confirmed without the mail it is for", {"confirmed": ["TF-03"]}, "confirmed_for"),
    ("confirmed is not a list", {"confirmed": "TF-03"}, "confirmed"),
    ("confirmed is no code", {"confirmed": ["010190-1233"], "confirmed_for": "d" * 64}, "confirmed[0]"),
    ("a code with prose behind it", {"confirmed": ["TF-03 Anna"], "confirmed_for": "d" * 64}, "confirmed[0]"),
    ("a reason for no code", {"reasons": {"Anna Lund": "hun venter på det"}, "confirmed_for": "d" * 64}, "reasons"),
    ("secure is a word", {"secure": "yes"}, "secure"),
    ("draft is missing", {"draft": None}, "draft"),
    ("subject is null", {"draft": draft(subject=None)}, "draft.subject"),
]


@pytest.mark.parametrize(("name", "change", "field"), CASES_OF_FORM, ids=[case[0] for case in CASES_OF_FORM])
def test_a_wrong_field_is_named(name: str, change: dict[str, Any], field: str | None) -> None:
    """Wrong form is 400 with the path of the field, and nothing reaches the flow."""
    recorder = Recorder()
    error = _error(client(recorder).post("/api/v1/check", json=check_body(**change), headers=AS_METTE), 400)
    assert (error["code"], error["field"]) == ("bad_input", field)
    assert recorder.checks == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1,2", b"nonsense", b"[" * 50_000, b'{"mailbox":"\\ud800"}'])
def test_what_is_not_json_is_bad_input(body: bytes) -> None:
    """Bytes that are not JSON give 400, never a traceback, however deeply nested."""
    headers = {**AS_METTE, "Content-Type": "application/json"}
    assert _error(client(Recorder()).post("/api/v1/check", content=body, headers=headers), 400)["code"] == "bad_input"


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "text/json"])
def test_only_json_is_taken(media_type: str) -> None:
    """A body that is not declared as JSON is refused, so that a form on another site cannot post."""
    response = client(Recorder()).post("/api/v1/check", content=json.dumps(check_body()), headers={**AS_METTE, "Content-Type": media_type})
    assert _error(response, 415)["code"] == "not_json"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic token-mette", "Bearer " + "x" * 9000, "token-mette"]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/check"), ("POST", "/api/v1/send"), ("GET", "/api/v1/send/job-1")])
def test_without_a_valid_token_nothing_answers(header: str | None, method: str, path: str) -> None:
    """401 with WWW-Authenticate for every way of not being signed in."""
    headers = {} if header is None else {"Authorization": header}
    response = client(Recorder()).request(method, path, json=None if method == "GET" else check_body(), headers=headers)
    assert _error(response, 401)["code"] == "not_signed_in"
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_cookie_is_not_a_sign_in() -> None:
    """A token in a cookie counts for nothing: there is no cross-site request to forge."""
    response = client(Recorder()).post(
        "/api/v1/check", json=check_body(), headers={"Cookie": "token=token-mette; Authorization=Bearer token-mette"}
    )
    _error(response, 401)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"mailbox": "karin.bach@nordlys.example"}, "mailbox"), ({"draft": draft(**{"from": "karin.bach@nordlys.example"})}, "draft.from")],
)
@pytest.mark.parametrize("path", ["/api/v1/check", "/api/v1/send"])
def test_somebody_elses_mailbox_is_refused(path: str, change: dict[str, Any], field: str) -> None:
    """A token is good for its own mailboxes only, as mailbox and as sender."""
    recorder = Recorder()
    body = send_body(**change) if path.endswith("send") else check_body(**change)
    error = _error(client(recorder).post(path, json=body, headers=AS_METTE), 403)
    assert (error["code"], error["field"]) == ("not_yours", field)
    assert (recorder.checks, recorder.sends) == ([], [])


def test_the_mailbox_may_be_written_in_any_case() -> None:
    """Addresses of mailboxes are compared without regard to case."""
    recorder = Recorder()
    body = check_body(mailbox="Mette.Holm@Nordlys.Example", draft=draft(**{"from": "METTE.HOLM@nordlys.example"}))
    assert client(recorder).post("/api/v1/check", json=body, headers=AS_METTE).status_code == 200
    assert recorder.checks[0].mailbox == METTE


def test_a_send_is_accepted_with_a_job() -> None:
    """202 with job and decision; the job can be asked for afterwards."""
    recorder = Recorder()
    app = client(recorder)
    response = app.post("/api/v1/send", json=send_body(), headers=AS_METTE)
    assert response.status_code == 202
    assert sorted(response.json()) == ["decision", "job", "outcome"]
    assert response.json()["outcome"] == "accepted"
    expected = {
        "job_id": "job-1",
        "state": "sent",
        "error_code": "",
        "reason": None,
        "draft_waits": False,
        "groups": [{"protection": "portal", "addresses": ["bo.madsen@postkasse.example"], "state": "sent"}],
    }
    assert response.json()["job"] == expected
    assert app.get("/api/v1/send/job-1", headers=AS_METTE).json() == expected
    assert recorder.sends[0].idempotency_key == "window-0001"
    assert recorder.sends[0].check.secure is True


@pytest.mark.parametrize("action", [Action.BLOCK, Action.CONFIRM])
def test_what_must_not_go_is_not_sent(action: Action) -> None:
    """Block and confirm answer 200 not_sent, with the decision and no job."""
    recorder = Recorder(answer=decision(action, Protection.NONE))
    response = client(recorder).post("/api/v1/send", json=send_body(), headers=AS_METTE)
    assert response.status_code == 200
    assert sorted(response.json()) == ["decision", "outcome"]
    assert response.json()["outcome"] == "not_sent"
    assert response.json()["decision"]["action"] == action.value


def test_the_same_key_with_another_content_is_a_conflict() -> None:
    """409 names the key."""
    app = client(Recorder())
    assert app.post("/api/v1/send", json=send_body(), headers=AS_METTE).status_code == 202
    error = _error(app.post("/api/v1/send", json=send_body(draft=draft(body="noget andet")), headers=AS_METTE), 409)
    assert (error["code"], error["field"]) == ("conflict", "idempotency_key")


def test_somebody_elses_job_does_not_exist() -> None:
    """404 for an unknown job and for another person's, so that ids cannot be tried out."""
    app = client(Recorder())
    assert _error(app.get("/api/v1/send/job-2", headers=AS_METTE), 404) | {"request_id": ""} == _error(
        app.get("/api/v1/send/job-1", headers=AS_JONAS), 404
    ) | {"request_id": ""}


FAILURES = [
    (NotFound(), 404, "not_found"),
    (Conflict(), 409, "conflict"),
    (Unavailable(), 503, "unavailable"),
    (LogBroken(), 503, "log_broken"),
    (OutcomeUnknown(), 502, "outcome_unknown"),
    (ValueError("Bo Madsens CPR-nummer er 010190-1234"), 500, "internal_error"),
]


@pytest.mark.parametrize(("failure", "status", "code"), FAILURES, ids=[case[2] for case in FAILURES])
@pytest.mark.parametrize("path", ["/api/v1/check", "/api/v1/send"])
def test_a_failure_below_is_one_error_shape(path: str, failure: Exception, status: int, code: str) -> None:
    """Every error of the product keeps its code and status; one that nobody foresaw is a 500 that quotes nothing."""
    recorder = Recorder(failure=failure)
    body = send_body() if path.endswith("send") else check_body()
    response = client(recorder).post(path, json=body, headers=AS_METTE)
    assert _error(response, status)["code"] == code
    assert "010190" not in response.text + repr(recorder.events)


def test_a_mail_over_the_limit_is_refused_by_its_decoded_size() -> None:
    """413 names the limit, counted over subject, body and decoded attachments; one byte less is taken."""
    limit = 2 * 1024 * 1024
    fixed = len(draft()["subject"].encode()) + len(draft()["body"].encode())
    app = client(Recorder(), message_limit=limit)
    for extra, status in ((0, 200), (1, 413)):
        content = base64.b64encode(b"x" * (limit - fixed + extra)).decode()
        body = check_body(draft=draft(attachments=[{"name": "a.bin", "media_type": "x/y", "base64": content}]))
        response = app.post("/api/v1/check", json=body, headers=AS_METTE)
        assert response.status_code == status
    error = _error(response, 413)
    assert "2 MB" in error["sentence"]["da"]
    assert "2 MB" in error["sentence"]["en"]


def test_a_body_without_end_is_cut_off() -> None:
    """A stream that says nothing of its length is read no further than the cap."""
    read = 0

    def endless() -> Any:
        nonlocal read
        while read < 64 * 1024 * 1024:
            read += 65536
            yield b" " * 65536

    headers = {**AS_METTE, "Content-Type": "application/json"}
    _error(client(Recorder(), message_limit=1024 * 1024).post("/api/v1/check", content=endless(), headers=headers), 413)


def test_a_declared_length_over_the_cap_is_refused_before_reading() -> None:
    """Content-Length alone is enough."""
    headers = {**AS_METTE, "Content-Type": "application/json", "Content-Length": str(10**9)}
    _error(client(Recorder()).post("/api/v1/check", content=b"{}", headers=headers), 413)


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with space", "æøå-12345"])
def test_an_idempotency_key_has_a_form(key: str) -> None:
    """8 to 128 characters that are safe anywhere."""
    assert (
        _error(client(Recorder()).post("/api/v1/send", json=send_body(idempotency_key=key), headers=AS_METTE), 400)["field"]
        == "idempotency_key"
    )


def test_unknown_addresses_and_methods_of_the_api_answer_in_json() -> None:
    """404 and 405 have the one error shape too."""
    app = client(Recorder())
    assert _error(app.get("/api/v1/nothing"), 404)["code"] == "not_found"
    assert _error(app.get("/api/v1/check"), 405)["code"] == "wrong_method"


def test_health_says_which_rules_are_in_force() -> None:
    """An answer means that the rules could be read."""
    assert client(Recorder()).get("/healthz").json() == {"status": "ok", "policy_revision": "a" * 64, "engine": "regorus"}


def test_a_way_out_changes_the_draft_and_names_only_what_it_changed() -> None:
    """The recipient moves, the attachment that stays is told by its place, and nothing is stored or sent."""
    recorder = Recorder()
    files = [{"name": f"{name}.txt", "media_type": "text/plain", "base64": base64.b64encode(name.encode()).decode()} for name in "ab"]
    body = {"mailbox": METTE, "draft": draft(attachments=files), "change": "remove_attachment", "parts": [0]}
    (changed,) = client(recorder).post("/api/v1/apply", json=body, headers=AS_METTE).json()["drafts"]
    assert [{"part": 1, "name": "b.txt", "base64": None}] == changed["attachments"]
    assert [{"address": "bo.madsen@postkasse.example", "name": "Bo Madsen"}] == changed["to"]
    apart = client(recorder).post("/api/v1/apply", json={**body, "change": "send_attachment_separately"}, headers=AS_METTE).json()["drafts"]
    assert [["b.txt"], ["a.txt"]] == [[item["name"] for item in one["attachments"]] for one in apart]
    assert "CPR" not in apart[1]["body"] + apart[1]["subject"]
    assert ([], []) == (recorder.checks, recorder.sends)


@pytest.mark.parametrize("change", ["remove_sensitive_content", "only_the_dead_know"])
def test_a_change_that_is_the_writers_is_refused(change: str) -> None:
    """Bad input with the field, and a sentence for the person."""
    body = {"mailbox": METTE, "draft": draft(), "change": change}
    assert _error(client(Recorder()).post("/api/v1/apply", json=body, headers=AS_METTE), 400)["field"] == "change"


def test_somebody_elses_draft_is_not_changed() -> None:
    """A token for one mailbox says nothing about another."""
    _error(
        client(Recorder()).post("/api/v1/apply", json={"mailbox": METTE, "draft": draft(), "change": "move_to_bcc"}, headers=AS_JONAS), 403
    )


def test_reasons_and_answers_reach_the_flow_and_are_checked() -> None:
    """A reason belongs to a confirmation, has ten letters, and comes with the digest; an answer is by lower-case address."""
    recorder = Recorder()
    page = client(recorder)
    asked = {"confirmed": ["CO-10"], "confirmed_for": "d" * 64}
    said = {"reasons": {"CO-10": "  Retten har bedt om det.  "}, "answers": {"RAVI@x.example": {"role": "organisation", "country": "IN"}}}
    assert page.post("/api/v1/check", json=check_body(**asked, **said), headers=AS_METTE).status_code == 200
    (call,) = recorder.checks
    assert call.reasons == {"CO-10": "Retten har bedt om det."}
    assert call.answers["ravi@x.example"].country == "IN"
    for wrong in (
        {**asked, "reasons": {"CO-10": "kort"}},
        {**asked, "reasons": {"CO-10": "           kort"}},
        {**asked, "reasons": {"CO-10": "x" * 1001}},
        {**asked, "reasons": {"TF-03": "Retten har bedt om det."}},
        {"reasons": {"CO-10": "Retten har bedt om det."}},
        {**asked, "answers": {"a@x.example": {"role": "own_employee"}}},
        {**asked, "answers": {"a@x.example": {"role": "organisation", "country": "dk"}}},
    ):
        _error(page.post("/api/v1/check", json=check_body(**wrong), headers=AS_METTE), 400)


ACCESS_CASES: list[tuple[dict[str, Any], str]] = [
    ({BO: {"kind": "code", "code": "12345678"}}, "access"),
    ({BO: {"kind": "sms", "number": "12", "said_by": "recipient"}}, "access"),
    ({BO: {"kind": "sms", "number": "20000078"}}, "access[...].said_by"),
    ({BO: {"kind": "pigeon"}}, "access[...].kind"),
    ({f"{number}@x.example": {"kind": "known_sms", "ref": "a"} for number in range(51)}, "access"),
]


@pytest.mark.parametrize(("access", "field"), ACCESS_CASES)
def test_access_that_cannot_be_used_is_refused_before_anything_is_sent(access: dict[str, Any], field: str) -> None:
    """A weak code, no number, nobody who says so, a way that does not exist, too many."""
    recorder = Recorder()
    error = _error(client(recorder).post("/api/v1/sends", json=send_body(access=access), headers=AS_METTE), 400)
    assert error["field"] == field
    assert recorder.sends == []


def test_access_reaches_the_send_and_never_its_picture() -> None:
    """By address in lower case; a call that is printed shows no code and no number."""
    recorder = Recorder()
    access = {
        BO.upper(): {"kind": "code", "code": "blå hest 4277"},
        "e@x.example": {"kind": "sms", "number": "20 00 00 78", "said_by": "other"},
    }
    assert client(recorder).post("/api/v1/sends", json=send_body(access=access), headers=AS_METTE).status_code == 202
    (call,) = recorder.sends
    assert call.access == {BO: AgreedCode("blå hest 4277"), "e@x.example": TypedNumber("20 00 00 78", SaidBy.OTHER)}
    assert "hest" not in repr(call)
    assert "20 00" not in repr(call)
