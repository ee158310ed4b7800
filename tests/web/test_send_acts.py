"""What a person may do with a send: the sender's own through the API, the officer's list without any address."""

from __future__ import annotations

import pytest

from addin_backend.errors import Conflict
from addin_backend.model.sending import Act
from service_set import AS_JONAS, AS_METTE, Recorder, client

URL = "/api/v1/send/job-1"


def test_the_sender_sees_and_does_what_can_be_done() -> None:
    """The actions of the moment, and one of them done: 202 with the job."""
    recorder = Recorder()
    seen = client(recorder).get(f"{URL}/actions", headers=AS_METTE)
    done = client(recorder).post(f"{URL}/send_again", headers=AS_METTE)
    assert (200, ["was_sent", "send_again"]) == (seen.status_code, seen.json()["actions"])
    assert (202, "job-1") == (done.status_code, done.json()["job"]["job_id"])
    assert [(Act.SEND_AGAIN, "job-1")] == [(call.act, call.job_id) for call in recorder.acted]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", f"{URL}/actions", AS_JONAS, 404),
        ("POST", f"{URL}/cancel", AS_JONAS, 404),
        ("POST", f"{URL}/cancel", {}, 401),
        ("POST", f"{URL}/shout", AS_METTE, 404),
        ("POST", "/api/v1/send/job-2/cancel", AS_METTE, 404),
    ],
)
def test_nobody_else_does_anything(method: str, path: str, headers: dict[str, str], status: int) -> None:
    """Somebody else's send does not exist, nor does an act that is none."""
    recorder = Recorder()
    assert (status, []) == (client(recorder).request(method, path, headers=headers).status_code, recorder.acted)


def test_what_cannot_be_done_is_said_in_words() -> None:
    """409 with the sentence in both languages."""
    answer = client(Recorder(failure=Conflict(field="action"))).post(f"{URL}/give_back", headers=AS_METTE)
    assert (409, "action") == (answer.status_code, answer.json()["error"]["field"])


DANISH = [
    '1 ikke kommet frem</span> <span class="fine">ifølge en rapport udefra',
    "Uvist, om den er sendt",
    "opgivet efter et døgn",
    "Giv kladden tilbage",
]
ENGLISH = ["1 not delivered", "Not known whether it was sent", "given up after a day", "Give the draft back"]


@pytest.mark.parametrize(("language", "words"), [("da", DANISH), ("en", ENGLISH)])
def test_the_officers_list(language: str, words: list[str]) -> None:
    """State, why, what is left and what can be done, and no address; without sign-in it is for the demo world only."""
    page = client(Recorder()).get(f"/console/sends?lang={language}")
    assert page.status_code == 200
    assert [word for word in words if word not in page.text] == []
    assert "@" not in page.text
    assert client(Recorder(), open_pages=False).get("/console/sends").status_code == 403
