"""The one form in bytes that a record has: canonical JSON (RFC 8785), and a guard that keeps addresses and prose out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from addin_backend.errors import BadInput, LogBroken
from addin_backend.model.record import Record

ENTRY_LIMIT = 65_535  # octets; the length of an entry is a uint16 in an entry bundle (C2SP tlog-tiles, Log entries)
WORD_LIMIT = 512  # characters of one value; more is content, not a word
LARGEST_INTEGER = 2**53 - 1  # RFC 8785 §3.2.2.3: what every JSON reader keeps exactly
SCHEMA = 1
ACTIONS = frozenset(
    {
        *("checked", "decided", "sent", "not_sent", "partly_sent", "uncertain", "draft_removed", "package_opened", "log_read", "started"),
        *("policy_published", "policy_rolled_back", "settled"),
        *("links_closing", "missent_reported", "missent_handled"),
        *("unchecked", "case_closed"),
        *("delayed", "not_delivered", "waiting"),
        *("offline_decided", "offline_judged", "snapshot_asked", "snapshot_withdrawn", "snapshot_degraded", "snapshot_restored"),
    }
)

_WORD = re.compile(r"[A-Za-z0-9 _.:/+=,;()<>-]*")  # no "@", no letters outside ASCII: an address or a sentence from a mail does not pass
_CPR_LIKE = re.compile(r"(?<![0-9A-Za-z])\d{6}[- ]?\d{4}(?![0-9A-Za-z])")
_CPR_APART = re.compile(  # as in logs: with what may stand between its pairs; hexadecimal digests are longer words
    r"(?<![0-9A-Za-z])(?:0[1-9]|[12]\d|3[01])[ .-]{0,3}(?:0[1-9]|1[0-2])[ .-]{0,3}\d\d[ .-]{0,3}\d{4}(?![0-9A-Za-z])"
)
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record as its bytes hold it. Every field must be there."""

    schema: int
    event_id: str
    occurred_at: str
    action: str
    actor: str
    request_id: str
    body: dict[str, Any]


def _refused(why: str, why_da: str) -> BadInput:
    return BadInput(f"The record cannot be kept: {why}.", sentence_da=f"Posten kan ikke gemmes: {why_da}.", field="record")


def _word(value: str) -> str:
    """``value``, or BadInput: never quoted, since it may be just what must not be shown."""
    if len(value) > WORD_LIMIT or not _WORD.fullmatch(value) or _CPR_LIKE.search(value):
        raise _refused("a value is not a word, a pseudonym or a digest", "en værdi er hverken et ord, et pseudonym eller et fingeraftryk")
    return value


def _ordered(value: Any) -> Any:
    """``value`` with keys sorted by UTF-16 code units (RFC 8785 §3.2.3) and only what a record may hold."""
    if isinstance(value, str):
        return _word(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise _refused("a number is too large", "et tal er for stort")
        return value
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {_word(key): _ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))}
    raise _refused("a value is of a kind that records do not hold", "en værdi er af en slags, som poster ikke rummer")


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _words(key)
            yield from _words(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words(item)


def canonical(record: Record) -> bytes:
    """The bytes whose leaf hash the tree holds. Raises BadInput for a record that is too large or holds more than words and counts."""
    if any(_CPR_APART.search(word) for word in (record.actor, record.request_id, *_words(record.body))):
        raise _refused("a value may be a CPR number", "en værdi kan være et CPR-nummer")
    return _bytes_of(record)


def _bytes_of(record: Record) -> bytes:
    """The canonical form. What earlier versions wrote must still be read, so the test for CPR numbers that is here is the first one."""
    if record.occurred_at.tzinfo is None:
        raise _refused("the time has no zone", "tidspunktet mangler en tidszone")
    if record.schema != SCHEMA or record.action not in ACTIONS or not _UUID7.fullmatch(record.event_id):
        raise _refused("its schema, action or event id is unknown", "skema, handling eller hændelses-id er ukendt")
    document = {
        "schema": record.schema,
        "event_id": record.event_id,
        "occurred_at": record.occurred_at.astimezone(UTC).strftime(_MOMENT),
        "action": record.action,
        "actor": record.actor,
        "request_id": record.request_id,
        "body": record.body,
    }
    entry = json.dumps(_ordered(document), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(entry) > ENTRY_LIMIT:
        raise _refused(f"it is larger than {ENTRY_LIMIT} octets", f"den er større end {ENTRY_LIMIT} oktetter")
    return entry


def read_record(entry: bytes) -> Record:
    """The record again. Raises LogBroken unless ``entry`` is exactly the canonical form of a record of this schema."""
    try:
        stored = msgspec.json.decode(entry, type=_Stored)
        record = Record(
            schema=stored.schema,
            event_id=stored.event_id,
            occurred_at=datetime.strptime(stored.occurred_at, _MOMENT).replace(tzinfo=UTC),
            action=stored.action,
            actor=stored.actor,
            request_id=stored.request_id,
            body=stored.body,
        )
        whole = _bytes_of(record) == entry
    except (msgspec.DecodeError, ValueError, RecursionError, BadInput):
        whole = False
    if not whole:
        raise LogBroken("An entry is not a record in canonical form.", sentence_da="En post er ikke på den faste form.")
    return record
