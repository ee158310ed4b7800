"""`log why`: one recorded decision, asked again with the rules of its own time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TextIO

import msgspec

from addin_backend.bootstrap.checking import open_engine, revisions
from addin_backend.bootstrap.sending import key_path, log_path, open_questions
from addin_backend.edges.accountability_log.reader import LogReader
from addin_backend.edges.keys import KeyFile
from addin_backend.errors import BadInput, NotFound
from addin_backend.flows.why import Archive, Explained, explain_again
from addin_backend.model.policy import RecordedQuestion
from addin_backend.settings import Settings


def archive_of(settings: Settings, question: Callable[[str], RecordedQuestion]) -> Archive:
    """Recorded questions, kept rules, and an engine of the kind that the settings name."""
    return Archive(
        question=question, revisions=revisions(settings), engine=lambda policies: open_engine(settings, policies, start_opa=True)
    )


def _event_id(settings: Settings, record: str) -> str:
    """The event id itself, or that of the record with this number."""
    if not record.isdigit():
        return record
    entries = LogReader(log_path(settings)).entries(int(record), int(record) + 1)
    if not entries:
        raise NotFound(field="record")
    return str(json.loads(entries[0].entry)["event_id"])


def _view(found: Explained) -> dict[str, Any]:
    return {
        "event_id": found.event_id,
        "at": found.at.isoformat(),
        "revision": found.revision,
        "identical": found.identical,
        "engine_failed": found.engine_failed,
        "recorded": json.loads(found.recorded),
        "again": json.loads(found.again),
        "why": msgspec.to_builtins(found.why),
    }


def _told(found: Explained, out: TextIO) -> None:
    verdict = "præcis samme svar / the very same answer" if found.identical else "ET ANDET SVAR / ANOTHER ANSWER"
    print(f"{found.event_id} {found.at.isoformat()}: {verdict}", file=out)
    print(f"Udgave / revision {found.revision}", file=out)
    for id_, told, line in found.why.recipients:
        print(f"{id_} {told.get('domain', '')}: {line.get('action', '')} {line.get('protection', '')}", file=out)
    for rule in found.why.rules:
        print(f"  {rule.code} {rule.effect} {rule.recipient or '-'}: {rule.title.da} / {rule.title.en}", file=out)
        print(f"      {rule.law}{f' · {rule.file}:{rule.row}' if rule.file else ''}", file=out)
    for used in found.why.entries:
        print(f"  {used.register} {used.recipient}: {json.dumps(used.entry, ensure_ascii=False, sort_keys=True)}", file=out)


def show(settings: Settings, record: str, out: TextIO, *, as_json: bool) -> int:
    """0 when the rules of then still give the very same answer, else 1. Raises NotFound, BadInput, BadRegister, Unavailable."""
    if not key_path(settings).exists():
        raise BadInput("There is no installation in this data folder.", sentence_da="Der er ingen installation i datamappen.", field="data")
    questions = open_questions(settings, KeyFile.load_or_create(key_path(settings)))
    try:
        found = explain_again(_event_id(settings, record), archive_of(settings, questions.question))
    finally:
        questions.close()
    if as_json:
        print(json.dumps(_view(found), ensure_ascii=False, sort_keys=True), file=out)
    else:
        _told(found, out)
    return 0 if found.identical else 1
