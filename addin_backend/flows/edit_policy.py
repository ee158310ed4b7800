"""Before rules count: `policy check` (are they sound) and `policy test` (do they answer as their cases say, on every engine)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from addin_backend.decision import builtins, metadata
from addin_backend.decision.revision import policy_set
from addin_backend.errors import SendSecurelyError
from addin_backend.evidence.registers import read_registers
from addin_backend.model.policy import CaseOutcome, Diagnostic, PolicyReport, RuleReport
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet

Compiler = Callable[[PolicySet], Sequence[Diagnostic]]
SyntaxTree = Callable[[str, str], Any]
EngineFactory = Callable[[PolicySet], PolicyEngine]

BASE_QUESTION = "schemas/base_question.json"
SCHEMAS = ("schemas/question.json", "schemas/answer.json", BASE_QUESTION)
_DEADLINE = 5.0  # seconds for one case; a case measures the rule, not the machine
_SUFFIX = "_cases.json"


def check_policy(policies: PolicySet, compilers: Sequence[Compiler], syntax_tree: SyntaxTree) -> tuple[Diagnostic, ...]:
    """Everything that keeps these rules from counting, sorted by place; empty when they are sound.

    ``compilers`` are the engines' own judgements, ``syntax_tree(path, text)`` the embedded engine's tree of one file, which raises
    EngineFailure when the file does not parse.
    """
    files = dict(policies.files)
    found = [*metadata.read(files).faults, *_schema_faults(files), *_register_faults(files), *_case_faults(files)]
    for path in sorted(files):
        if path.endswith(".rego"):
            found += _rule_faults(path, files[path], syntax_tree)
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


def _rule_faults(path: str, raw: bytes, syntax_tree: SyntaxTree) -> Sequence[Diagnostic]:
    try:
        return builtins.faults(path, syntax_tree(path, raw.decode()))
    except UnicodeDecodeError:
        return (_fault(path, "The file is not UTF-8."),)
    except EngineFailure as failure:
        # The compilers name the place; a file that hangs the parser has no other witness.
        return () if failure.kind == "compile" else (_fault(path, "The file could not be read within its time."),)


def _json(files: Mapping[str, bytes], path: str) -> Any:
    """The document, or a Diagnostic that says why there is none."""
    if path not in files:
        return _fault(path, "The file is missing.")
    try:
        return json.loads(files[path])
    except (ValueError, RecursionError) as error:
        row, col = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        return Diagnostic(file=path, row=row, col=col, sentence="The file is not JSON.")


def _schema_faults(files: Mapping[str, bytes]) -> Iterator[Diagnostic]:
    for path in SCHEMAS:
        document = _json(files, path)
        if isinstance(document, Diagnostic):
            yield document
        elif not isinstance(document, dict) or (path != BASE_QUESTION and document.get("type") != "object"):
            yield _fault(path, "The schema does not describe an object.")


def _register_faults(files: Mapping[str, bytes]) -> Iterator[Diagnostic]:
    try:
        read_registers(files)
    except SendSecurelyError as error:
        yield _fault((error.field or "").split(",")[0], error.sentence)


def _case_faults(files: Mapping[str, bytes]) -> Iterator[Diagnostic]:
    for path in sorted(files):
        if not path.endswith(_SUFFIX):
            continue
        document = _json(files, path)
        if isinstance(document, Diagnostic):
            yield document
        elif not isinstance(document, list):
            yield _fault(path, "The file is not a list of cases.")
        else:
            yield from _one_case_faults(path, document)


def _one_case_faults(path: str, cases: list[Any]) -> Iterator[Diagnostic]:
    names: set[str] = set()
    for index, case in enumerate(cases):
        expect = case.get("expect") if isinstance(case, dict) else None
        if not isinstance(expect, dict) or not isinstance(case.get("name"), str) or not isinstance(case.get("given"), dict):
            yield _fault(path, f"Case number {index + 1} needs name, given and expect.")
        elif not {"action", "codes", "protection"} <= expect.keys():
            yield _fault(path, f"Case “{case['name']}” needs expect: action, codes, protection.")
        elif case["name"] in names:
            yield _fault(path, f"Two cases are called “{case['name']}”.")
        else:
            names.add(case["name"])


# --- cases ------------------------------------------------------------------------------------------------------------


def merged(base: Any, difference: Any) -> Any:
    """JSON merge patch (RFC 7396): null leaves a key out."""
    if not isinstance(difference, dict):
        return difference
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in difference.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def case_question(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The base question with a case's difference; each of its recipients is a difference from the base recipient, ids in order."""
    question: dict[str, Any] = merged(base, {key: value for key, value in given.items() if key != "recipients"})
    recipients = given.get("recipients", base["recipients"])
    if isinstance(recipients, list):
        template = base["recipients"][0]
        question["recipients"] = [merged({**template, "id": f"r{index}"}, item) for index, item in enumerate(recipients)]
    else:
        question.pop("recipients", None)
    return question


def cases(files: Mapping[str, bytes]) -> list[tuple[str, dict[str, Any]]]:
    """Every case with the file it stands in. The files are those that `_case_faults` found sound."""
    return [(path, case) for path in sorted(files) if path.endswith(_SUFFIX) for case in json.loads(files[path])]


def with_case_registers(policies: PolicySet, registers: Mapping[str, Any]) -> PolicySet:
    """The same rules with a case's own registers in place of those in force."""
    files = dict(policies.files)
    for name, content in registers.items():
        files[f"registers/{name}/data.json"] = json.dumps(content).encode()
    return policy_set(files)


def _difference(expect: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """What is not as expected, in a sentence; "" when all is."""
    protections = [item["protection"] for item in answer["recipients"]]
    wanted = expect["protection"] if isinstance(expect["protection"], list) else [expect["protection"]]
    got = {
        "action": answer["action"],
        "codes": sorted({item["code"] for item in answer["findings"]}),
        "protection": protections or ["none"],
    }
    expected = {"action": expect["action"], "codes": sorted(expect["codes"]), "protection": wanted}
    return "; ".join(f"{key}: expected {expected[key]}, got {got[key]}" for key in expected if expected[key] != got[key])


def _outcome(engine: PolicyEngine, policies: PolicySet, base: Mapping[str, Any], path: str, case: Mapping[str, Any]) -> CaseOutcome:
    question = json.dumps(case_question(base, case["given"])).encode()
    try:
        difference = _difference(case["expect"], json.loads(engine.evaluate(policies.revision, question, _DEADLINE)))
    except EngineFailure as failure:
        difference = f"no answer: {failure.kind} {failure.detail}".strip()
    except (ValueError, KeyError, TypeError):
        difference = "the answer does not have the form of an answer"
    codes = tuple(sorted(case["expect"]["codes"]))
    return CaseOutcome(file=path, name=case["name"], codes=codes, engine=engine.name, passed=not difference, difference=difference)


def run_cases(policies: PolicySet, factories: Sequence[EngineFactory]) -> list[CaseOutcome]:
    """Every case on every engine. An engine is started once per set of registers that cases bring along."""
    files = dict(policies.files)
    base = json.loads(files[BASE_QUESTION])
    groups: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for path, case in cases(files):
        groups.setdefault(json.dumps(case.get("registers", {}), sort_keys=True), []).append((path, case))
    outcomes = []
    for registers, group in groups.items():
        own = with_case_registers(policies, json.loads(registers))
        for factory in factories:
            engine = factory(own)
            try:
                outcomes += [_outcome(engine, own, base, path, case) for path, case in group]
            finally:
                engine.close()
    return outcomes


def _rule_reports(files: Mapping[str, bytes]) -> tuple[RuleReport, ...]:
    all_cases = cases(files)
    found = []
    for code, rule in sorted(metadata.read(files).rules.items()):
        fires = tuple(case["name"] for _, case in all_cases if code in case["expect"]["codes"])
        silent = tuple(
            case["name"] for _, case in all_cases if code in case["expect"].get("not", []) and code not in case["expect"]["codes"]
        )
        found.append(RuleReport(code=code, file=rule.file, row=rule.row, title=rule.text.title.da, fires=fires, silent=silent))
    return tuple(found)


def test_policy(policies: PolicySet, factories: Sequence[EngineFactory]) -> PolicyReport:
    """Every rule with its cases, and every case on every engine. Faulty case files are reported and nothing is run.

    A case names the codes that must not fire under ``expect.not``. Raises EngineFailure when an engine cannot be started.
    """
    files = dict(policies.files)
    faults = (*metadata.read(files).faults, *_schema_faults(files), *_case_faults(files))
    rules = () if faults else _rule_reports(files)
    outcomes = () if faults else tuple(run_cases(policies, factories))
    return PolicyReport(
        revision=policies.revision,
        engines=tuple(sorted({item.engine for item in outcomes})),
        rules=rules,
        outcomes=outcomes,
        without_must_fire=tuple(rule.code for rule in rules if not rule.fires),
        without_must_not_fire=tuple(rule.code for rule in rules if not rule.silent),
        faults=faults,
    )


test_policy.__test__ = False  # type: ignore[attr-defined]  # pytest must not collect it where a test imports it
