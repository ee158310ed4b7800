"""`mistakes …`: reports of wrong answers about a mail's content, and what the next training gets of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from addin_backend.bootstrap.checking import policy_files
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import database_of, key_path, open_questions
from addin_backend.bootstrap.setting_files import private_file
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.mistake_store import SqlMistakeStore
from addin_backend.errors import BadInput
from addin_backend.evidence.content.anonymous import without_identity
from addin_backend.evidence.content.terms import read_terms
from addin_backend.flows.mistakes import Reporting, counted, examples, report_mistake
from addin_backend.model.mistake import Reported
from addin_backend.sealing import envelope
from addin_backend.settings import Settings

_KIND_NAMES = {
    "false_alarm": "falsk alarm / false alarm",
    "missed": "ikke fundet / missed",
    "wrong_class": "forkert klasse / wrong class",
}


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[SqlMistakeStore, KeyFile]]:
    """The store and the keys. Raises BadInput when there is no installation here."""
    if not key_path(settings).exists():
        raise BadInput("There is no installation in this data folder.", sentence_da="Der er ingen installation i datamappen.", field="data")
    keys = KeyFile.load_or_create(key_path(settings))
    store = SqlMistakeStore(
        database_of(settings, "mistakes"),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
    )
    try:
        yield store, keys
    finally:
        store.close()


def add(settings: Settings, given: Reported, out: TextIO) -> int:
    """Keep a report and show what is kept of it. Raises NotFound, BadInput, Unavailable."""
    terms = read_terms(policy_files(settings)["registers/content_terms/data.json"], now().date())
    with _opened(settings) as (store, keys):
        questions = open_questions(settings, keys)
        try:
            parts = Reporting(question=questions.question, neutral=lambda text: without_identity(text, terms), store=store)
            kept = report_mistake(given, now(), parts)
        finally:
            questions.close()
    print(f"Tak. Fejlen er gemt: / Thank you. Kept as: {_KIND_NAMES[kept.kind.value]}", file=out)
    if kept.sentence:
        print(f"Gemt sætning, uden navne og numre / kept sentence, without names and numbers:\n  {kept.sentence}", file=out)
        print(f"Fortryd / take it back: addin-backend mistakes withdraw {kept.event_id}", file=out)
    else:
        print("Intet af mailen er gemt. / Nothing of the mail is kept.", file=out)
    return 0


def show(settings: Settings, out: TextIO) -> int:
    """How many there are of each kind and class. Raises BadInput, Unavailable."""
    with _opened(settings) as (store, _):
        kept = store.all()
    for kind, counts in counted(kept).items():
        classes = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if name)
        print(f"{_KIND_NAMES[kind]}: {counts['']}{f' ({classes})' if classes else ''}", file=out)
    print(f"Med sætning / with a sentence: {sum(bool(item.sentence) for item in kept)}", file=out)
    return 0


def withdraw(settings: Settings, event_id: str, out: TextIO) -> int:
    """Delete a report. Raises NotFound, BadInput, Unavailable."""
    with _opened(settings) as (store, _):
        store.withdraw(event_id)
    print("Meldingen er slettet. / The report has been deleted.", file=out)
    return 0


def export(settings: Settings, path: Path, out: TextIO) -> int:
    """Write the sentences as labelled examples for tools/train_content_model.py --reports. Raises BadInput, Unavailable."""
    with _opened(settings) as (store, _):
        lines = [json.dumps(item, ensure_ascii=False) + "\n" for item in examples(store.all())]
    try:
        with private_file(path).open("w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError:
        raise BadInput(f"{path} cannot be written.", sentence_da=f"{path} kan ikke skrives.", field="file") from None
    print(f"{len(lines)} eksempler / examples", file=out)
    return 0
