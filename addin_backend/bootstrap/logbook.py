"""`log verify`, `log export`, `log prove`: what an auditor does with the accountability log."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from addin_backend.accountability.notary import Notary, origin_of
from addin_backend.accountability.verify import Report
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import key_path, log_path
from addin_backend.edges.accountability_log.folder import LogFolder
from addin_backend.edges.accountability_log.reader import LogReader, kept_checkpoint, kept_mark
from addin_backend.edges.keys import KeyFile
from addin_backend.errors import BadInput, BadRegister
from addin_backend.flows import verify_log
from addin_backend.settings import Settings


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"The {what} {path} cannot be read.", sentence_da=f"{path} kan ikke læses.", field=what) from None


def _origin(settings: Settings) -> str:
    """The log's own name; whether it may bear it, the signature decides."""
    note = kept_checkpoint(log_path(settings))
    return note.splitlines()[0] if note else origin_of(settings.tenant)


def _key(settings: Settings, given: str | None) -> str:
    """The vkey: as given, from a file, or this installation's own (which proves less: whoever holds the data folder holds it)."""
    if given:
        return _text(Path(given), "key") if "+" not in given else given
    if not key_path(settings).exists():
        raise BadInput(
            "There is no key to verify with.",
            sentence_da="Der er ingen nøgle at kontrollere med.",
            next_step="Give the log's public key with --key; the log page shows it.",
            next_step_da="Angiv logbogens offentlige nøgle med --key; den står på siden Logbog.",
        )
    return str(Notary(_origin(settings), KeyFile.load_or_create(key_path(settings)).log_signing_key).verifier_key)


def _holder(settings: Settings) -> verify_log.KeyHolder | None:
    """The secret key when it is here and may be read; an auditor has none, and then the mark beside the log says nothing."""
    mark = kept_mark(log_path(settings))  # before the log: what it commits to was signed before
    try:
        if not key_path(settings).exists():
            return None
        seed = KeyFile.load_or_create(key_path(settings)).log_signing_key
    except (BadRegister, PermissionError):
        return None
    return verify_log.KeyHolder(Notary(_origin(settings), seed), mark)


def _told(report: Report, streams: tuple[TextIO, TextIO]) -> int:
    out, err = streams
    for problem in report.problems:
        print(f"{problem.code}: {problem.sentence} / {problem.sentence_da}", file=err)
    actions = ", ".join(f"{name} {count}" for name, count in sorted(report.actions.items()))
    verdict = "The log holds" if report.holds else "THE LOG DOES NOT HOLD"
    print(
        f"{verdict}: {report.entries} entries ({actions}), {report.signed} under {report.checkpoints} checkpoints of {report.origin}",
        file=out,
    )
    return 0 if report.holds else 1


def verify(settings: Settings, folder: Path | None, key: str | None, since: Path | None, streams: tuple[TextIO, TextIO]) -> int:
    """0 when the log holds, 1 with what does not. Raises BadInput, NotFound, Unavailable."""
    kept = [_text(since, "since")] if since else []
    if folder is not None:
        report = verify_log.verify_export(LogFolder(folder).read, _key(settings, key), kept)
    else:
        holder = _holder(settings)
        report = verify_log.verify(LogReader(log_path(settings)), _key(settings, key), kept, at=now(), holder=holder)
    return _told(report, streams)


def export(settings: Settings, folder: Path, key: str | None, out: TextIO) -> int:
    """Write the log as files (C2SP tlog-tiles) into an empty folder. Raises BadInput, NotFound, LogBroken."""
    target = LogFolder(folder)
    target.check_empty()
    vkey = _key(settings, key)
    count = verify_log.export(LogReader(log_path(settings)), vkey, target.write)
    print(f"{count} entries written to {folder}. Verify them with: tools/verify_log.py {folder} --key {vkey}", file=out)
    return 0


def prove(settings: Settings, index: int, key: str | None, out: TextIO) -> int:
    """Print the proof (C2SP tlog-proof) that an entry stands in the log. Raises BadInput, NotFound, LogBroken."""
    print(verify_log.prove(LogReader(log_path(settings)), index, _key(settings, key)).proof, file=out, end="")
    return 0
