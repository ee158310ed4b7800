"""MTA-STS (RFC 8461): the TXT record, the policy, and whether an MX is covered. Nothing here raises; what is wrong has a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from addin_backend.evidence.transport.names import a_label, is_address

MAX_AGE = 31557600  # seconds; the largest max_age (§3.2)
MAX_BYTES = 64 * 1024  # §3.3 suggests 64 kilobytes as the limit of a policy body
VERSION = "STSv1"

_WSP = " \t"
_RECORD_START = "v=STSv1;"
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_RECORD_VALUE = re.compile(r"[\x21-\x3a\x3c\x3e-\x7e]+")
_SECONDS = re.compile(r"[0-9]{1,10}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LDH = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Mode(StrEnum):
    """What the recipient asks of the sender (§5). Only ``enforce`` is a commitment."""

    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Invalid:
    """Not usable. ``reason`` is a short word, e.g. "several_records", "blank_line", "bad_mode"."""

    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """The TXT record at ``_mta-sts``. ``id`` changes when the policy does; ``extensions`` are kept as published."""

    id: str
    extensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A valid policy. ``mx`` are patterns in lower-case A-labels, ``max_age`` seconds; ``notes`` are words on what was put right."""

    mode: Mode
    mx: tuple[str, ...]
    max_age: int
    extensions: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def read_record(texts: Sequence[str]) -> Record | Invalid:
    """The record among the TXT strings (§3.1). None that begins with the version, or more than one: there is no policy."""
    candidates = [text for text in texts if text.startswith(_RECORD_START)]
    if len(candidates) != 1:
        return Invalid("several_records" if candidates else "no_record")
    fields = [part.strip(_WSP) for part in candidates[0].split(";")[1:]]
    if fields and not fields[-1]:
        fields.pop()  # one final delimiter is allowed
    pairs: list[tuple[str, str]] = []
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals or not _NAME.fullmatch(name) or not _RECORD_VALUE.fullmatch(value):
            return Invalid("bad_record")
        pairs.append((name, value))
    identifier = next((value for name, value in pairs if name == "id"), "")
    if not _ID.fullmatch(identifier):
        return Invalid("bad_record_id")
    return Record(identifier, tuple(pair for pair in pairs if pair[0] != "id"))


def _fields(text: str) -> list[tuple[str, str]] | Invalid:
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()  # the last line may end like the others
    fields: list[tuple[str, str]] = []
    for line in lines:
        plain = line.removesuffix("\r").rstrip(_WSP)
        if not plain:
            return Invalid("blank_line")
        name, colon, value = plain.partition(":")
        value = value.lstrip(_WSP)
        if not colon or not value or not _NAME.fullmatch(name) or _CONTROL.search(plain):
            return Invalid("bad_line")
        fields.append((name, value))
    return fields


def _pattern(value: str) -> str | None:
    """The pattern in A-labels; "" for an IP address, which no MX name can match; None when it is no ``["*."] Domain`` (§3.2)."""
    if is_address(value) and not value.startswith("["):
        return ""
    star = "*." if value.startswith("*.") else ""
    rest = value[len(star) :].lower()
    if not rest.isascii() or "." in rest:
        name = None if rest.endswith(".") else a_label(rest)
    else:
        name = rest  # a single label is a Domain, too
    if name is None or not all(_LDH.fullmatch(label) for label in name.split(".")):
        return None
    return star + name


def _patterns(values: Iterable[str]) -> tuple[str, ...] | Invalid:
    found: list[str] = []
    for value in values:
        pattern = _pattern(value)
        if pattern is None:
            return Invalid("bad_mx")
        found.append(pattern)
    return tuple(dict.fromkeys(found))


def _decoded(body: bytes) -> str | Invalid:
    if len(body) > MAX_BYTES:
        return Invalid("too_large")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return Invalid("not_utf8")


def _build(fields: list[tuple[str, str]]) -> Policy | Invalid:
    first: dict[str, str] = {}
    for name, value in fields:
        first.setdefault(name, value)  # a repeated field: the first counts (§3.2)
    if first.get("version") != VERSION:
        return Invalid("bad_version")
    if first.get("mode") not in set(Mode):
        return Invalid("bad_mode")
    if not _SECONDS.fullmatch(first.get("max_age", "")):
        return Invalid("bad_max_age")
    patterns = _patterns(value for name, value in fields if name == "mx")
    if isinstance(patterns, Invalid):
        return patterns
    mode, seconds, mx = Mode(first["mode"]), int(first["max_age"]), tuple(pattern for pattern in patterns if pattern)
    if mode is not Mode.NONE and not mx:
        return Invalid("no_mx")
    notes = [word for word, holds in (("max_age_capped", seconds > MAX_AGE), ("mx_address_dropped", "" in patterns)) if holds]
    known = {"version", "mode", "max_age", "mx"}
    extensions = tuple(field for field in fields if field[0] not in known)
    return Policy(mode, mx, min(seconds, MAX_AGE), extensions, tuple(notes))


def read_policy(body: bytes) -> Policy | Invalid:
    """The policy in ``body`` (§3.2): lines ended by LF or CRLF, fields in any order, unknown fields kept, case as the grammar has it."""
    text = _decoded(body)
    if isinstance(text, Invalid):
        return text
    fields = _fields(text)
    return fields if isinstance(fields, Invalid) else _build(fields)


def _host(name: str) -> str:
    plain = name.removesuffix(".").lower()
    return plain if plain.isascii() else a_label(plain) or ""


def unmatched(policy: Policy, hosts: Iterable[str]) -> tuple[str, ...]:
    """The MX ``hosts`` that no pattern covers (§4.1): equal, or ``*.`` in place of exactly one left-most label."""
    exact = {pattern for pattern in policy.mx if not pattern.startswith("*.")}
    parents = {pattern[2:] for pattern in policy.mx if pattern.startswith("*.")}
    missing = []
    for host in hosts:
        name = _host(host)
        label, _, parent = name.partition(".")
        if name not in exact and not (label and parent and parent in parents):
            missing.append(host)
    return tuple(missing)


def matches(pattern: str, host: str) -> bool:
    """Whether one published ``pattern`` covers the MX ``host``; False for a pattern that is none."""
    known = _pattern(pattern)
    return bool(known) and not unmatched(Policy(Mode.ENFORCE, (str(known),), 0), (host,))
