"""`policy diff`, `policy replay`, `policy doubts`: what a change would do, before it counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TextIO, TypeVar

from addin_backend.bootstrap.checking import files_in_force, policy_files, revisions, unusable
from addin_backend.bootstrap.policies import WORKERS
from addin_backend.bootstrap.sending import key_path, open_questions
from addin_backend.decision.revision import policy_set
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.policy_folder import read_folder
from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.errors import NotFound
from addin_backend.flows.policy.diff import diff
from addin_backend.flows.policy.doubts import doubts
from addin_backend.flows.policy.replay import Replay, replay, replay_then, table
from addin_backend.flows.policy.sentences import outcome_words
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet
from addin_backend.settings import Settings

T = TypeVar("T")
IN_FORCE, DRAFT = "in-force", "draft"


def _engine(policies: PolicySet) -> PolicyEngine:
    return RegorusWorker(policies, workers=WORKERS)


def named(settings: Settings, name: str) -> PolicySet:
    """The rules that a name on the command line means: in-force, draft (the folders), a folder, or the beginning of a revision.

    Raises NotFound, BadRegister.
    """
    if name == IN_FORCE:
        return policy_set(files_in_force(settings))
    if name == DRAFT:
        return policy_set(policy_files(settings))
    if Path(name).is_dir():
        return policy_set(read_folder(Path(name)))
    store = revisions(settings)
    return store.load(store.find(name))


def _told(journey: Callable[[], T]) -> T:
    try:
        return journey()
    except EngineFailure as failure:
        raise unusable(failure) from None


def show_diff(settings: Settings, old: str, new: str, out: TextIO) -> int:
    """0 when both answer alike, 1 when something changes. Raises NotFound, BadRegister."""
    before, after = named(settings, old), named(settings, new)

    def journey() -> int:
        found = diff(before, after, _engine)
        for path, what in found.files:
            print(f"{what}: {path}", file=out)
        for texts in found.changes:
            print(f"• {texts.da}\n  {texts.en}", file=out)
        print(
            f"{found.asked} questions to {before.revision[:12]} and {after.revision[:12]}: {found.different} are answered otherwise.",
            file=out,
        )
        if found.unfit:
            print(f"{found.unfit} questions could not be asked of the old rules: they have another form of question.", file=out)
        return 1 if found.different else 0

    return _told(journey)


def show_replay(settings: Settings, rules: str, limit: int, since: date | None, out: TextIO) -> int:
    """0 when every recorded question gets the same outcome, 1 when some get another. Raises NotFound (nothing recorded, rules)."""
    policies = named(settings, rules)
    start = datetime.combine(since, time(0), UTC) if since else None
    questions = open_questions(settings, _keys(settings))
    try:
        found = _told(lambda: replay(questions.newest(limit, start), policies, _engine, 2 * WORKERS))
    finally:
        questions.close()
    _tell(found, policies, out)
    return 1 if found.changed or found.failed else 0


def show_replay_then(settings: Settings, limit: int, out: TextIO) -> int:
    """0 when every recorded decision is given again to the letter by the rules of its own time."""
    questions = open_questions(settings, _keys(settings))
    try:
        found = _told(lambda: replay_then(questions.newest(limit), revisions(settings).load, _engine))
    finally:
        questions.close()
    for event_id in found.different:
        print(f"DIFFERENT: {event_id}", file=out)
    for event_id in found.without_rules:
        print(f"The rules of its time are not kept: {event_id}", file=out)
    print(
        f"{found.asked} recorded decisions: {found.identical} identical, {found.unanswered} without an answer of the engine then.", file=out
    )
    return 1 if found.different or found.without_rules else 0


def _keys(settings: Settings) -> KeyFile:
    if not key_path(settings).exists():
        raise NotFound(
            "There is no record here: the data folder has no keys.",
            sentence_da="Der er intet optaget her: datamappen har ingen nøgler.",
            next_step="Name the server's data folder with --data.",
            next_step_da="Angiv serverens datamappe med --data.",
        )
    return KeyFile.load_or_create(key_path(settings))


def _tell(found: Replay, policies: PolicySet, out: TextIO) -> None:
    print(f"{found.asked} recorded questions on revision {policies.revision[:12]}:", file=out)
    print(
        f"  {found.same} the same, {found.other_codes} the same outcome for other reasons, {sum(found.changed.values())} changed", file=out
    )
    print(f"  {found.unanswered} without an answer then, {found.misfits} of another form, {found.failed} without an answer now", file=out)
    print("code     before     after", file=out)
    for line in table(found):
        print(line, file=out)
    for (before, after), count in found.changed.most_common():
        print(f"{count} × {outcome_words(before).da} → {outcome_words(after).da}", file=out)
        for example in found.examples[(before, after)]:
            print(f"    {example.event_id}: {example.texts.da}", file=out)


def show_doubts(settings: Settings, rules: str, out: TextIO) -> int:
    """0 when no rule is in doubt, 1 with each and its witness. Raises NotFound, BadRegister."""
    policies = named(settings, rules)

    def journey() -> int:
        found = doubts(policies, _engine)
        for doubt in found:
            print(f"{doubt.kind}: {doubt.texts.da}\n  {doubt.texts.en}", file=out)
            if doubt.question:
                print(f"  {doubt.question.decode()}", file=out)
        print(f"{len(found)} doubts about revision {policies.revision[:12]}.", file=out)
        return 1 if found else 0

    return _told(journey)
