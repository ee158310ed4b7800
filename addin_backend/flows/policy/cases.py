"""The cases that stand beside the rules: what each one asks, which registers it brings along, and whether an answer is the expected one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from addin_backend.decision.revision import policy_set
from addin_backend.model.policy import Diagnostic
from addin_backend.ports import PolicySet

BASE_QUESTION = "schemas/base_question.json"
SUFFIX = "_cases.json"


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
    """Every case with the file it stands in. The files are those that ``case_faults`` found sound."""
    return [(path, case) for path in sorted(files) if path.endswith(SUFFIX) for case in json.loads(files[path])]


def with_case_registers(policies: PolicySet, registers: Mapping[str, Any]) -> PolicySet:
    """The same rules with a case's own registers in place of those in force."""
    files = dict(policies.files)
    for name, content in registers.items():
        files[f"registers/{name}/data.json"] = json.dumps(content).encode()
    return policy_set(files)


def by_registers(found: list[tuple[str, dict[str, Any]]]) -> list[tuple[Mapping[str, Any], list[tuple[str, dict[str, Any]]]]]:
    """The cases in groups that can share an engine: those that bring the same registers along."""
    groups: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for path, case in found:
        groups.setdefault(json.dumps(case.get("registers", {}), sort_keys=True), []).append((path, case))
    return [(json.loads(registers), group) for registers, group in groups.items()]


def difference(expect: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
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


def case_faults(path: str, document: Any) -> Iterator[Diagnostic]:
    """What is wrong with the form of one file of cases, once it is JSON."""
    if not isinstance(document, list):
        yield _fault(path, "The file is not a list of cases.")
        return
    names: set[str] = set()
    for index, case in enumerate(document):
        expect = case.get("expect") if isinstance(case, dict) else None
        if not isinstance(expect, dict) or not isinstance(case.get("name"), str) or not isinstance(case.get("given"), dict):
            yield _fault(path, f"Case number {index + 1} needs name, given and expect.")
        elif not {"action", "codes", "protection"} <= expect.keys():
            yield _fault(path, f"Case “{case['name']}” needs expect: action, codes, protection.")
        elif case["name"] in names:
            yield _fault(path, f"Two cases are called “{case['name']}”.")
        else:
            names.add(case["name"])


def _fault(file: str, sentence: str) -> Diagnostic:
    return Diagnostic(file=file, row=0, col=0, sentence=sentence)
