"""`policy check`: everything that keeps a set of rules from counting, each with its place and a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from addin_backend.decision import builtins, metadata, placeholders, traps
from addin_backend.decision.schema import misfits, schema_faults
from addin_backend.errors import SendSecurelyError
from addin_backend.evidence.registers import read_registers
from addin_backend.evidence.transport.connections import read_connections
from addin_backend.evidence.transport.observed import read_observations
from addin_backend.flows.policy.cases import BASE_QUESTION, SUFFIX, case_faults, case_question
from addin_backend.flows.policy.register_faults import register_faults
from addin_backend.model.policy import Diagnostic
from addin_backend.ports import EngineFailure, PolicySet

Compiler = Callable[[PolicySet], Sequence[Diagnostic]]
SyntaxTrees = Callable[[Mapping[str, str]], Mapping[str, Any]]

QUESTION_SCHEMA = "schemas/question.json"
SCHEMAS = (QUESTION_SCHEMA, "schemas/answer.json", BASE_QUESTION)


def check_policy(
    policies: PolicySet, compilers: Sequence[Compiler], syntax_trees: SyntaxTrees, asked_by_program: bytes = b""
) -> tuple[Diagnostic, ...]:
    """Everything that keeps these rules from counting, sorted by place; empty when they are sound.

    ``compilers`` are the engines' own judgements (and a linter's), ``syntax_trees`` gives the embedded engine's trees (or an
    EngineFailure in place of one). ``asked_by_program`` is a question as this version of the program builds it: the schema must fit it.
    """
    files = dict(policies.files)
    reading = metadata.read(files)
    found = [*reading.faults, *schema_file_faults(files, asked_by_program), *_register_faults(files, frozenset(reading.rules))]
    found += [*case_file_faults(files, frozenset(reading.rules)), *_rule_faults(files, reading, syntax_trees)]
    if not any(path.endswith(".rego") for path in files):
        found.append(_fault("", "There is not one rule."))
    for compile_policies in compilers:
        try:
            found += compile_policies(policies)
        except EngineFailure as failure:
            found.append(_fault("", f"The rules could not be compiled: {failure.kind} {failure.detail}".strip()))
    return tuple(sorted(set(found)))


def _fault(file: str, sentence: str) -> Diagnostic:
    return Diagnostic(file=file, row=0, col=0, sentence=sentence)


def _rule_faults(files: Mapping[str, bytes], reading: metadata.Reading, syntax_trees: SyntaxTrees) -> Iterator[Diagnostic]:
    texts = {}
    for path in sorted(files):
        if path.endswith(".rego"):
            try:
                texts[path] = files[path].decode()
            except UnicodeDecodeError:
                yield _fault(path, "The file is not UTF-8.")
    trees = {}
    for path, tree in syntax_trees(texts).items():
        if not isinstance(tree, EngineFailure):
            trees[path] = tree
            yield from builtins.faults(path, tree)
            yield from traps.faults(path, tree)
        elif tree.kind != "compile":  # the compilers name the place of what does not parse; a file that hangs has no other witness
            yield _fault(path, "The file could not be read within its time.")
    if len(trees) == len(texts):  # else the missing file's rules would seem unknown
        yield from traps.unknown_references(trees)
        yield from placeholders.faults(reading.rules, trees)


def read_json(files: Mapping[str, bytes], path: str) -> Any:
    """The document, or a Diagnostic that says why there is none."""
    if path not in files:
        return _fault(path, "The file is missing.")
    try:
        return json.loads(files[path])
    except (ValueError, RecursionError) as error:
        row, col = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        return Diagnostic(file=path, row=row, col=col, sentence="The file is not JSON.")


def schema_file_faults(files: Mapping[str, bytes], asked_by_program: bytes = b"") -> Iterator[Diagnostic]:
    """Schemas that are missing, no JSON, open, or not what this program asks."""
    documents = {path: read_json(files, path) for path in SCHEMAS}
    for path, document in documents.items():
        if isinstance(document, Diagnostic):
            yield document
        elif not isinstance(document, dict) or (path != BASE_QUESTION and document.get("type") != "object"):
            yield _fault(path, "The schema does not describe an object.")
    schema = documents[QUESTION_SCHEMA]
    if isinstance(schema, Diagnostic) or not isinstance(schema, dict) or schema.get("type") != "object":
        return
    unread = [_fault(QUESTION_SCHEMA, sentence) for sentence in schema_faults(schema)]
    yield from unread
    if unread:
        return
    if isinstance(documents[BASE_QUESTION], dict):
        for misfit in misfits(schema, documents[BASE_QUESTION]):
            yield _fault(BASE_QUESTION, f"The base question: {misfit.path} {misfit.sentence}.")
    for misfit in misfits(schema, json.loads(asked_by_program)) if asked_by_program else ():
        yield _fault(QUESTION_SCHEMA, f"This version of the program asks in another form: {misfit.path} {misfit.sentence}.")


def _register_faults(files: Mapping[str, bytes], codes: frozenset[str]) -> Iterator[Diagnostic]:
    for read in (lambda: read_registers(files, codes), lambda: read_connections(files), lambda: read_observations(files)):
        try:
            read()
        except SendSecurelyError as error:
            yield _fault((error.field or "").split(",")[0], error.sentence)
    yield from register_faults(files, codes)


def case_file_faults(files: Mapping[str, bytes], codes: frozenset[str]) -> Iterator[Diagnostic]:
    """Case files that are no JSON or not of the form, cases with a code that no rule has, and cases that ask what nobody can."""
    schema, base = read_json(files, QUESTION_SCHEMA), read_json(files, BASE_QUESTION)
    usable = isinstance(schema, dict) and isinstance(base, dict) and not any(schema_faults(schema))
    for path in sorted(files):
        if not path.endswith(SUFFIX):
            continue
        document = read_json(files, path)
        if isinstance(document, Diagnostic):
            yield document
            continue
        formed = list(case_faults(path, document))
        yield from formed
        for case in document if usable and not formed else ():
            yield from _one_case(path, case, schema, base, codes)


def _one_case(
    path: str, case: Mapping[str, Any], schema: Mapping[str, Any], base: Mapping[str, Any], codes: frozenset[str]
) -> Iterator[Diagnostic]:
    spoken = {*case["expect"]["codes"], *case["expect"].get("not", [])}
    for code in sorted(spoken - codes):
        yield _fault(path, f"Case “{case['name']}” speaks of {code}, which no rule has.")
    try:
        found = list(misfits(schema, case_question(base, case["given"])))
    except (TypeError, KeyError, AttributeError):
        yield _fault(path, f"Case “{case['name']}” does not give a difference from the base question.")
        return
    for misfit in found:
        if misfit.sentence == "is missing":
            continue  # a case may leave a key out, to show what a hole in the question does
        if "is not a key" in misfit.sentence or case["expect"]["action"] != "block":  # what is not of the form may only ever be blocked
            yield _fault(path, f"Case “{case['name']}”: {misfit.path} {misfit.sentence}.")
