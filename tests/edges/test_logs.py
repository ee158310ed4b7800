"""Nothing that a mail holds gets into the log, whoever logs it and however."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from addin_backend.edges.logs import REMOVED, reporter, request_scope, scrub_text, scrub_value, set_up

CPR_NUMBERS = [
    "010190-1234",
    "0101901234",
    "010190 1234",
    "01 01 90 1234",
    "01.01.90-1234",
    "010190\u20131234",
    "cpr_010190-1234",
    "CPR0101901234.",
    "x=311299-4321;",
]
ADDRESSES = ["bo.madsen@postkasse.example", "Beth <bo@x.example>", "bo+tag@sub.x.example", "søren@ærø.example", "bo@[192.0.2.1]"]
KEPT = [
    "policy_loaded",
    "2026-11-23T20:36:16.123456Z",
    "2026-11-23 20:36",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "0101901234" + "a" * 54,
    "018f3c4e-7b1a-7c2d-8e3f-0123456789ab",
    "postkasse.example",
    "10.25.0.1:40001",
    "4471",
]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A place to log to; logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    logging.setLogRecordFactory(logging.LogRecord)
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("text", CPR_NUMBERS)
def test_a_cpr_number_is_removed_however_it_is_written(text: str) -> None:
    """No four digits of it are left."""
    scrubbed = scrub_text(f"before {text} after")
    assert "[number]" in scrubbed
    assert not any(part in scrubbed for part in ("1234", "4321", "010190"))


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_removed(text: str) -> None:
    """Neither the local part nor the domain is left."""
    scrubbed = scrub_text(f"to {text}, soon")
    assert "[address]" in scrubbed
    assert "@" not in scrubbed
    assert "bo" not in scrubbed.lower().split()


@pytest.mark.parametrize("text", KEPT)
def test_what_a_log_needs_is_kept(text: str) -> None:
    """Times, digests, ids, domains and ports are not mistaken for numbers of persons."""
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (101901234, "[number]"),
        (3112994321, "[number]"),
        (1763900000, 1763900000),
        (42, 42),
        (True, True),
        (None, None),
        (b"secret", "[6 bytes]"),
        ({"subject": "secret", "count": 2}, {"subject": REMOVED, "count": 2}),
        ([{"body": "secret"}], [{"body": REMOVED}]),
        (ValueError("secret"), "[ValueError]"),
        ({"a": {"b": {"c": {"d": {"e": "secret"}}}}}, {"a": {"b": {"c": {"d": "[dict]"}}}}),
    ],
)
def test_values_of_every_kind_are_scrubbed(value: object, expected: object) -> None:
    """Numbers, bytes, nesting and objects; an object's own words are never used."""
    assert scrub_value(value) == expected


def test_our_events_are_scrubbed_and_carry_the_request_id(stream: io.StringIO) -> None:
    """Fields named after content are emptied, the rest is scrubbed, and the id is on every line of the request."""
    log = set_up("json", stream)
    with request_scope("request-7"):
        log.info("checked", subject="Om Bo", recipient="bo@x.example", where="x 010190-1234", code="CO-01", ms=12)
    log.info("after")
    first, second = _lines(stream)
    assert first["request_id"] == "request-7"
    assert (first["event"], first["subject"], first["recipient"]) == ("checked", REMOVED, REMOVED)
    assert (first["where"], first["code"], first["ms"], first["level"]) == ("x [number]", "CO-01", 12, "info")
    assert "request_id" not in second


def test_exceptions_are_logged_by_type_and_place(stream: io.StringIO) -> None:
    """The words of an exception, of its cause and of its locals stay out, from our logger and from others."""
    log = set_up("json", stream)
    try:
        raise ValueError("Bo er syg 010190-1234")
    except ValueError:
        log.exception("failed")
        logging.getLogger("somebody").exception("broke")
    ours, theirs = _lines(stream)
    for line in (ours, theirs):
        assert line["error_type"] == "ValueError"
        assert any("test_logs" in frame for frame in line["frames"])
    assert "syg" not in stream.getvalue()


def test_other_libraries_log_their_template_only(stream: io.StringIO) -> None:
    """Arguments of a foreign logger may be content, so they are not filled in; handlers it had are gone."""
    foreign = logging.getLogger("exchangelib.services")
    foreign.addHandler(logging.StreamHandler(stream))
    set_up("json", stream)
    foreign.error("Got response %s for %s", "<t:Body>Bo er syg</t:Body>", "bo@x.example")
    foreign.error("Bo har CPR 010190-1234 og bo@x.example")
    foreign.info("quiet %s", "x")
    first, second = _lines(stream)
    assert first["event"] == "Got response %s for %s"
    assert second["event"] == "Bo har CPR [number] og [address]"
    assert first["logger"] == "exchangelib.services"


def test_a_handler_that_a_library_adds_later_gets_no_more(stream: io.StringIO) -> None:
    """DBOS and others bring their own handlers; the record itself holds nothing that they could tell."""
    set_up("json", io.StringIO())
    library = logging.getLogger("dbos_like")
    handler = logging.StreamHandler(stream)
    library.addHandler(handler)
    try:
        raise ValueError("Bo er syg")
    except ValueError:
        library.exception("step of bo@x.example failed with %s", "010190-1234")
    finally:
        library.removeHandler(handler)
    assert stream.getvalue() == "step of [address] failed with %s\n"


def test_the_server_may_say_where_it_listens_but_not_what_it_was_asked(stream: io.StringIO) -> None:
    """uvicorn's own messages are filled in; its access log, which holds paths, is off."""
    set_up("json", stream)
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s://%s:%d", "http", "127.0.0.1", 8000)
    logging.getLogger("uvicorn.access").info('%s - "%s %s"', "127.0.0.1", "GET", "/portal/secret")
    (line,) = _lines(stream)
    assert line["event"] == "Uvicorn running on http://127.0.0.1:8000"


def test_warnings_go_the_same_way(stream: io.StringIO) -> None:
    """A warning with an address in it is scrubbed as well."""
    set_up("json", stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("odd address bo@x.example", stacklevel=1)
    assert "bo@x" not in stream.getvalue()


def test_the_console_is_scrubbed_too(stream: io.StringIO) -> None:
    """Development shows readable lines with the same things left out."""
    set_up("console", stream).warning("refused", where="bo@x.example", body="Bo er syg")
    assert "refused" in stream.getvalue()
    assert "[address]" in stream.getvalue()
    assert "syg" not in stream.getvalue()


def test_a_report_of_the_web_room_becomes_an_event(stream: io.StringIO) -> None:
    """Failures are errors, the rest is information."""
    report = reporter(set_up("json", stream))
    report("request", {"status": 200})
    report("request_failed", {"error_type": "ValueError"})
    assert [(line["event"], line["level"]) for line in _lines(stream)] == [("request", "info"), ("request_failed", "error")]
