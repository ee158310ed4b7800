"""``manifest/build.toml``: the one source of both manifests, read strictly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from addin_backend.errors import BadInput

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ORIGIN = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{2,5})?")
VERSION = re.compile(r"(?:0|[1-9][0-9]{0,3})(?:\.(?:0|[1-9][0-9]{0,3})){2}")
SEND_MODES = ("PromptUser", "SoftBlock", "Block")


@dataclass(frozen=True, slots=True)
class Words:
    """The strings of one language. Labels stand under icons, tips in the box beside them."""

    name: str
    description: str
    about: str
    group: str
    send_label: str
    send_tip: str
    check_label: str
    check_tip: str
    meeting_label: str
    meeting_tip: str
    how_label: str
    how_tip: str


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that an installation decides about its manifests.

    ``origin`` scheme and host of files and API; ``xml_id`` and ``json_id`` differ, because they are two deployments of one add-in;
    ``client_id`` of the app registration; ``version`` is raised with every change, which asks every administrator for consent again.
    """

    origin: str
    version: str
    send_mode: str
    provider: str
    xml_id: str
    json_id: str
    client_id: str
    da: Words
    en: Words

    @property
    def host(self) -> str:
        """The origin without its scheme."""
        return self.origin.removeprefix("https://")

    @property
    def resource(self) -> str:
        """The application id URI of the API (Entra ID)."""
        return f"api://{self.host}/{self.client_id}"

    def url(self, path: str) -> str:
        """An address under the origin."""
        return f"{self.origin}/{path}"


def _refused(what: str, what_da: str, field: str) -> BadInput:
    return BadInput(f"manifest/build.toml: {field} {what}.", sentence_da=f"manifest/build.toml: {field} {what_da}.", field=field)


def _text(table: Mapping[str, Any], key: str, place: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip() or value != value.strip():
        raise _refused("is missing or no text", "mangler eller er ikke en tekst", f"{place}{key}")
    return value


def _matching(pattern: re.Pattern[str], table: Mapping[str, Any], key: str, place: str = "") -> str:
    value = _text(table, key, place)
    if not pattern.fullmatch(value):
        raise _refused(f"must look like {pattern.pattern}", f"skal have formen {pattern.pattern}", f"{place}{key}")
    return value


def _known(table: Mapping[str, Any], names: set[str], place: str) -> None:
    unknown = sorted(set(table) - names)
    if unknown:
        raise _refused("is not a field of this file", "er ikke et felt i filen", f"{place}{unknown[0]}")


def _table(table: Mapping[str, Any], key: str, place: str = "") -> Mapping[str, Any]:
    value = table.get(key)
    if not isinstance(value, dict):
        raise _refused("is missing or no table", "mangler eller er ikke en tabel", f"{place}{key}")
    return value


def _words(strings: Mapping[str, Any], language: str) -> Words:
    place = f"strings.{language}."
    table = _table(strings, language, "strings.")
    names = [item.name for item in fields(Words)]
    _known(table, set(names), place)
    return Words(**{name: _text(table, name, place) for name in names})


def parse_source(text: str) -> Source:
    """The source in ``text``. Raises BadInput that names the field."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused(f"is not TOML: {error}", f"er ikke TOML: {error}", "the file") from None
    _known(given, {"origin", "version", "send_mode", "provider", "ids", "strings"}, "")
    ids, strings = _table(given, "ids"), _table(given, "strings")
    _known(ids, {"xml", "json", "client"}, "ids.")
    _known(strings, {"da", "en"}, "strings.")
    if given.get("send_mode") not in SEND_MODES:
        raise _refused(f"must be one of {', '.join(SEND_MODES)}", f"skal være en af {', '.join(SEND_MODES)}", "send_mode")
    return Source(
        origin=_matching(ORIGIN, given, "origin"),
        version=_matching(VERSION, given, "version"),
        send_mode=given["send_mode"],
        provider=_text(given, "provider", ""),
        xml_id=_matching(GUID, ids, "xml", "ids."),
        json_id=_matching(GUID, ids, "json", "ids."),
        client_id=_matching(GUID, ids, "client", "ids."),
        da=_words(strings, "da"),
        en=_words(strings, "en"),
    )


def read_source(path: Path) -> Source:
    """The source in a file. Raises BadInput."""
    try:
        return parse_source(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{path} cannot be read.", sentence_da=f"{path} kan ikke læses.", field="build.toml") from None
