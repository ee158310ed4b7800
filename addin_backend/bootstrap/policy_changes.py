"""`policy publish` and `policy rollback`: rules are tried, kept, and put in force, by the server when one runs, else by the command."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.bootstrap.checking import files_in_force, policy_files, revisions, rulebook_of
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.policies import Workshop, reached, show_faults, workshop
from addin_backend.bootstrap.sending import open_log
from addin_backend.decision.revision import policy_set
from addin_backend.edges.wish_folder import WishFolder
from addin_backend.errors import Unavailable
from addin_backend.flows.policy.publish import (
    ENOUGH,
    PUBLISHED,
    ROLLED_BACK,
    Refused,
    Trying,
    Wish,
    activate,
    target_of_rollback,
    try_out,
    two_people,
)
from addin_backend.flows.policy.trial import try_policy
from addin_backend.model.policy import PolicyReport, Publication
from addin_backend.ports import PolicySet
from addin_backend.settings import Settings

PATIENCE = 15.0  # seconds that a server may take to put a wish in force
LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class People:
    """Who asks and who approves: two different ones."""

    asked_by: str
    approved_by: str


def fingerprint(policies: PolicySet) -> str:
    """A digest over every file, cases too: what was tried is exactly this."""
    digest = hashlib.sha256()
    for path, raw in policies.files:
        digest.update(json.dumps([path, hashlib.sha256(raw).hexdigest()]).encode())
    return digest.hexdigest()


def _verdicts(settings: Settings) -> Path:
    return Path(settings.data_dir) / "policies" / "tried"


def note_passed(settings: Settings, generated: int, policies: PolicySet, report: PolicyReport) -> None:
    """Remember that these very files passed on both engines, so that publishing need not ask again. Only where a data folder is."""
    if report.passed and generated >= ENOUGH and len(report.engines) > 1 and Path(settings.data_dir).is_dir():
        folder = _verdicts(settings)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{fingerprint(policies)}.json").write_text(json.dumps({"revision": policies.revision, "generated": generated}))


def _trying(settings: Settings, shop: Workshop, out: TextIO) -> Trying:
    if shop.opa is None:
        raise Refused(
            "Without OPA nobody knows whether both engines answer alike (run `make tools`).",
            "Uden OPA ved ingen, om begge regelmotorer svarer ens (kør `make tools`).",
        )

    def tried(policies: PolicySet) -> bool:
        return (_verdicts(settings) / f"{fingerprint(policies)}.json").is_file()

    def test(policies: PolicySet) -> PolicyReport:
        print(f"Trying the rules: every case, and {ENOUGH} generated questions on both engines. This takes minutes.", file=out, flush=True)
        report = try_policy(policies, shop.factories(), reached, lambda rules: shop.compare(rules, ENOUGH))
        note_passed(settings, ENOUGH, policies, report)
        return report

    return Trying(check=shop.check, test=test, tried=tried)


def _wish(kind: str, revision: str, people: People) -> Wish:
    at = now()
    return Wish(
        event_id=records.event_id(at, secrets.token_bytes(10)),
        revision=revision,
        kind=kind,
        asked_by=people.asked_by,
        approved_by=people.approved_by,
        at=at,
    )


def put_in_force(settings: Settings, wish: Wish) -> Publication:
    """By our own hand when nobody writes the log, else by the server that does. Raises SendSecurelyError; then nothing has changed."""
    store = revisions(settings)
    try:
        cabinet = open_log(settings)
    except Unavailable:
        return _asked(settings, wish)
    try:
        return activate(wish, Act(wish.event_id, wish.at, wish.asked_by, "", ""), store, cabinet.log, cabinet.names)
    finally:
        cabinet.log.close()


def _asked(settings: Settings, wish: Wish) -> Publication:
    """Leave the wish to the server, and wait for what becomes of it."""
    store = revisions(settings)
    letters = WishFolder(store.folder)
    letters.put(wish)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = store.in_force()
        if found is not None and found.event_id == wish.event_id:
            return found
        answer = letters.answer(wish.event_id)
        if answer is not None:
            raise Refused(answer.sentence, answer.sentence_da)
        time.sleep(LOOK_EVERY)
    letters.done()
    raise Unavailable(
        "The server did not put the rules in force in time; those in force still are.",
        sentence_da="Serveren satte ikke reglerne i kraft i tide; de hidtidige gælder stadig.",
        next_step="See whether the server runs, and try again.",
        next_step_da="Se efter, om serveren kører, og prøv igen.",
    )


def _told(publication: Publication, out: TextIO) -> int:
    print(f"In force: {publication.revision} ({publication.kind}; before: {publication.previous or 'the folder of rules'}).", file=out)
    return 0


def _refusing(journey: Callable[[], int], out: TextIO) -> int:
    """The journey's exit code; a refusal is told with its places."""
    try:
        return journey()
    except Refused as refused:
        show_faults(refused.faults, out)
        raise


def publish(settings: Settings, people: People, out: TextIO) -> int:
    """0 when the rules of the folders are in force. Raises Refused and other SendSecurelyErrors; then nothing has changed."""
    two_people(people.asked_by, people.approved_by)
    policies = policy_set(policy_files(settings))

    def journey() -> int:
        try_out(policies, _trying(settings, workshop(settings), out))
        rulebook_of(dict(policies.files))
        store = revisions(settings)
        if store.in_force() is None:
            store.keep(policy_set(files_in_force(settings)))
        store.keep(policies)
        return _told(put_in_force(settings, _wish(PUBLISHED, policies.revision, people)), out)

    return _refusing(journey, out)


def rollback(settings: Settings, revision: str | None, people: People, out: TextIO) -> int:
    """0 when the earlier revision is in force again. It must still be sound for this version of the program, and pass its own cases."""
    two_people(people.asked_by, people.approved_by)
    store = revisions(settings)
    target = target_of_rollback(store, store.find(revision) if revision else None)
    policies = store.load(target)

    def journey() -> int:
        shop = workshop(settings)
        tried = Trying(check=shop.check, test=lambda rules: try_policy(rules, shop.factories(), reached), tried=lambda _rules: False)
        try_out(policies, tried)
        return _told(put_in_force(settings, _wish(ROLLED_BACK, target, people)), out)

    return _refusing(journey, out)


def history(settings: Settings, out: TextIO) -> int:
    """Every publication, oldest first; the last line is in force."""
    found = revisions(settings).history()
    for item in found:
        print(f"{item.at:%Y-%m-%d %H:%M}  {item.revision}  {item.kind}", file=out)
    if not found:
        print(f"Nothing was published. In force: {policy_set(files_in_force(settings)).revision} (the folder of rules)", file=out)
    return 0
