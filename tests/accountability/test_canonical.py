"""The canonical form of a record: one form only, and nothing in it that a mail could have put there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from addin_backend.accountability.canonical import ENTRY_LIMIT, canonical, read_record
from addin_backend.accountability.records import event_id
from addin_backend.errors import BadInput, LogBroken
from addin_backend.model.record import Record

AT = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
EVENT = event_id(AT, bytes(10))


def record(body: dict[str, Any], **changes: Any) -> Record:
    """A record with this body."""
    plain = Record(event_id=EVENT, occurred_at=AT, action="decided", actor="2026q4-abc", request_id="r", body=body)
    return msgspec.structs.replace(plain, **changes)


def test_the_form_is_fixed() -> None:
    """Keys sorted, no space, time in UTC with microseconds: these bytes and no others."""
    expected = (
        b'{"action":"decided","actor":"2026q4-abc","body":{"a":[1,true,null],"b":"x"},"event_id":"' + EVENT.encode() + b'",'
        b'"occurred_at":"2026-11-23T12:00:00.123456Z","request_id":"r","schema":1}'
    )
    assert canonical(record({"b": "x", "a": [1, True, None]})) == expected
    assert canonical(record({"a": (1, True, None), "b": "x"}, occurred_at=AT.astimezone(timezone(timedelta(hours=1))))) == expected
    assert read_record(expected) == record({"a": [1, True, None], "b": "x"})


@pytest.mark.parametrize(
    "value",
    [
        "anna.lund@fynskpension.example",
        "Kære Anna",
        "010203-1234",
        "ref 0102031234",
        "x" * 513,
        "a\nb",
        "\ud800",
        1.5,
        float("nan"),
        2**53,
        b"bytes",
        {1: "x"},
        {"bo@postkasse.example": 1},
        AT,
    ],
)
def test_what_a_mail_could_have_put_there_is_refused(value: Any) -> None:
    """Addresses, prose, CPR numbers, floats and other kinds do not enter the log, and the error does not repeat them."""
    with pytest.raises(BadInput) as refused:
        canonical(record({"field": value}))
    assert not isinstance(value, str) or value not in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": "1"},
        {"event_id": EVENT.upper()},
        {"action": "invented"},
        {"schema": 2},
        {"occurred_at": AT.replace(tzinfo=None)},
        {"actor": "a@b.example"},
        {"request_id": "æ"},
    ],
)
def test_a_record_outside_the_schema_is_refused(changes: dict[str, Any]) -> None:
    """An unknown action, schema or id, or a time without a zone, is not recorded as if it were known."""
    with pytest.raises(BadInput):
        canonical(record({}, **changes))


def test_an_entry_fits_its_length_field() -> None:
    """The length of an entry is a uint16 in the export, so a larger one is refused when it is written, not when it is exported."""
    with pytest.raises(BadInput, match="65535"):
        canonical(record({str(index): "x" * 500 for index in range(140)}))
    assert len(canonical(record({str(index): "x" * 500 for index in range(120)}))) <= ENTRY_LIMIT


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.replace(b'":', b'" :', 1),
        lambda entry: entry.replace(b"decided", b"invented"),
        lambda entry: entry[:-1] + b',"zzz":1}',
        lambda entry: entry.replace(b'"schema":1', b'"schema":1.0'),
        lambda entry: entry.replace(b'"b":1,', b'"b":1,"b":1,'),
        lambda entry: entry.replace(b'"request_id":"r",', b""),
        lambda entry: entry + b"\n",
        lambda entry: b"[" * 100_000,
        lambda entry: b"",
    ],
)
def test_bytes_in_another_form_are_no_record(change: Any) -> None:
    """Only the canonical bytes are read back as a record."""
    entry = canonical(record({"b": 1, "c": 2}))
    assert change(entry) != entry
    with pytest.raises(LogBroken):
        read_record(change(entry))


@pytest.mark.parametrize("written", ["01.01.90-1233", "01 01 90 1233", "01-01-90.1233", "code-0101 90--1233"])
def test_a_cpr_number_with_other_separators_does_not_enter_either(written: str) -> None:
    """Those that logs know too; what an earlier version let in is still read, or a whole log would not verify."""
    for made in (record({"a": written}), record({"a": [{written: 1}]}), record({}, request_id=written)):
        with pytest.raises(BadInput) as refused:
            canonical(made)
        assert written not in str(refused.value)
    old = canonical(record({"a": "harmless"})).replace(b"harmless", written.encode())
    assert written == read_record(old).body["a"]


def test_digests_and_times_are_no_cpr_numbers() -> None:
    """Ten digits within a longer word are no number of their own."""
    canonical(record({"digest": "a0101901233f" * 5, "at": "2012-10-10T12:00:00.101190Z", "version": "1.21.3"}))
