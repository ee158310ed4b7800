"""``POST /api/v1/details``: a mail becomes a draft of the caller's own, and an answer that it does not means that it did not."""

from __future__ import annotations

from typing import Any

import pytest

from addin_backend.errors import SendSecurelyError, TooLarge, Unavailable
from service_set import AS_JONAS, AS_METTE, METTE, Recorder, client, draft

PATH = "/api/v1/details"


def _body(**changes: Any) -> dict[str, Any]:
    return {"idempotency_key": "window-0001", "mailbox": METTE, "draft": draft(), **changes}


def test_a_draft_is_kept_under_the_key_of_the_press() -> None:
    """The mailbox in lower case, the mail as a message; nothing is checked, recorded or sent."""
    recorder = Recorder()
    answer = client(recorder).post(PATH, json=_body(mailbox="Mette.Holm@nordlys.example"), headers=AS_METTE)
    assert (answer.status_code, answer.json()) == (200, {"kept": True})
    ((mailbox, key, message),) = recorder.kept
    assert (mailbox, key, message.subject) == (METTE, "window-0001", "Din forsikring")
    assert (recorder.checks, recorder.sends) == ([], [])


@pytest.mark.parametrize(
    ("headers", "change", "status"),
    [
        ({}, {}, 401),
        (AS_JONAS, {}, 403),
        (AS_METTE, {"draft": draft(**{"from": "karin.bach@nordlys.example"})}, 403),
        (AS_METTE, {"idempotency_key": "x"}, 400),
        (AS_METTE, {"colour": "red"}, 400),
    ],
)
def test_nobody_elses_mailbox_and_no_other_form(headers: dict[str, str], change: dict[str, Any], status: int) -> None:
    """Refused before anything is kept."""
    recorder = Recorder()
    assert client(recorder).post(PATH, json=_body(**change), headers=headers).status_code == status
    assert recorder.kept == []


@pytest.mark.parametrize("failure", [Unavailable(), TooLarge()])
def test_a_failure_is_told(failure: SendSecurelyError) -> None:
    """So that the pane leaves the invitation alone."""
    answer = client(Recorder(failure=failure)).post(PATH, json=_body(), headers=AS_METTE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (failure.status, failure.code)
