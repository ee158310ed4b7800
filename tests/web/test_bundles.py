"""The bundle's address: closed without a token, 304 for who has it, and counters that tell of nobody."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

import service_set
from addin_backend.web.bundles import PATH
from addin_backend.web.services import ServedBundle

TOKEN = "a" * 40


def client(token: str | None) -> TestClient:
    """The app with a bundle that says what it is."""
    served = None if token is None else ServedBundle(lambda: (b"bundle", '"tag-1"'), token)
    counted = {"sendsecurely_b": 2, "sendsecurely_a": 1}
    return service_set.client(service_set.Recorder(), bundle=served, counters=lambda: counted)


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_in_the_settings_it_is_closed(token: str | None) -> None:
    """Registers name partners and people: no token, no bundle, whatever the caller sends."""
    assert client(token).get(PATH, headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer b", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"])
def test_a_wrong_token_is_refused(given: str) -> None:
    """401, and not a byte of the bundle."""
    answer = client(TOKEN).get(PATH, headers={"Authorization": given})
    assert answer.status_code == 401
    assert b"bundle" not in answer.content


def test_the_bundle_comes_with_its_tag_and_is_not_sent_twice() -> None:
    """200 with an ETag; with If-None-Match 304 without a body; another tag gets it whole."""
    right = {"Authorization": f"Bearer {TOKEN}"}
    first = client(TOKEN).get(PATH, headers=right)
    assert (first.status_code, first.content, first.headers["etag"]) == (200, b"bundle", '"tag-1"')
    again = client(TOKEN).get(PATH, headers={**right, "If-None-Match": '"x", "tag-1"'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", '"tag-1"')
    assert client(TOKEN).get(PATH, headers={**right, "If-None-Match": '"tag-2"'}).content == b"bundle"


def test_counters_are_written_as_prometheus_reads_them() -> None:
    """Sorted, each with its type."""
    answer = client(TOKEN).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.text == "# TYPE sendsecurely_a counter\nsendsecurely_a 1\n# TYPE sendsecurely_b counter\nsendsecurely_b 2\n"
