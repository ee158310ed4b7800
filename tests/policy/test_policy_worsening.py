"""A fact that gets worse never makes the answer milder: each one is turned to each worse word in turn."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.flows.policy.cases import by_registers, case_question, cases, with_case_registers
from policy.engines import base_question, product_files, product_policies
from policy.test_policy_mutation import ask, milder
from sizes import size

# From good to bad, one scale per fact. `not_asked` stands on none: nobody looked, which is no better and no worse.
_THREAD = ["none", "tls", "smime", "portal"]
_GRADE = ["possible", "likely", "certain"]
_MESSAGE: Mapping[str, Sequence[Any]] = {
    "readable": [True, False],
    "subject_sensitive": [False, True],
    "secure_requested": [False, True],
    "label": ["none", "confidential"],
    "label ": ["public", "highly_confidential"],
    "thread_protection": _THREAD,
    "thread_protection ": ["none", "unknown"],
    "salutation": ["matches", "names_someone_else"],
    "unreadable_parts": [0, 1],
    "size_bytes": [4096, 20_000_000, 30_000_000, 200_000_000],
    "confidence.confidential": _GRADE,
    "confidence.cpr": _GRADE,
    "confidence.criminal": _GRADE,
    "confidence.special_category": _GRADE,
    "counts.cpr": [1, 2, 40],
}
_RECIPIENT: Mapping[str, Sequence[Any]] = {
    "valid": [True, False],
    "literal": [False, True],
    "internal": [True, False],
    "free_mail": [False, True],
    "no_reply": [False, True],
    "history": ["known", "first_time"],
    "history ": ["known", "unknown"],
    "look_alike": ["none", "of_known"],
    "look_alike ": ["none", "of_own"],
    "added_by_reply": ["no", "unknown"],
    "added_by_reply ": ["no", "yes"],
    "thread_protection": _THREAD,
    "thread_protection ": ["none", "unknown"],
    "told": [["RC-06", "RC-07", "RC-08", "RC-09", "RC-10", "RC-11", "RC-12", "RC-13"], []],
    "role": ["private_person", "organisation"],
    "role ": ["organisation", "unknown"],
    "country_strength": ["registered", "presumed", "flagged"],  # with `unknown` the country itself is
    "remote_access": [{"by": "none", "country": "IN"}, {"by": "other_company", "country": "IN"}],
    "certificate": ["usable", "expired"],
    "certificate ": ["usable", "none"],
    "digital_post": ["not_reachable", "unknown", "reachable"],
    "confirmed": [["RC-06", "TF-02", "TF-03", "CO-10", "CO-11", "DP-01"], []],
    "justified": [["CO-10", "DP-01"], []],
    "basis.guarantees_met": [True, False],
    "basis.scope_met": ["yes", "no"],
    "basis.public_powers": ["no", "yes"],
    "basis.authority_informed": ["yes", "no"],
    "basis.valid_to": ["2027-01-01", "2026-11-23", "2026-11-22", "none"],
    "basis.classes": [["confidential", "cpr", "criminal", "ordinary", "special_category", "unknown"], ["ordinary"], []],
    "basis.uses": [
        {"state": "counted", "count": count, "limit": 3, "window_days": 365} if count < 9 else
        {"state": "unknown", "count": 0, "limit": 3, "window_days": 365} for count in (0, 2, 3, 9)
    ],
    "transport.enforcement": ["connector", "none"],
    "transport.verdict": ["register", "unknown"],
    "transport.verdict ": ["dane", "contradicted"],
    "transport.verdict  ": ["unknown", "refuses"],
    "transport.network_country": ["DK", "IN"],
}  # fmt: skip
_BETTER_CHANNEL = ("tls", "smime", "portal")


def _steps(node: Mapping[str, Any], scales: Mapping[str, Sequence[Any]], here: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """(path, worse value) for each fact of ``node`` that stands on a scale."""
    for name, scale in scales.items():
        *parents, last = name.strip().split(".")
        inner: Any = node
        for parent in parents:
            inner = inner[parent]
        if inner[last] in scale:
            for worse in scale[scale.index(inner[last]) + 1 :]:
                yield (*here, *parents, last), worse


def worsened(question: Mapping[str, Any]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every step to the worse that the question allows."""
    yield from _steps(question["message"], _MESSAGE, ("message",))
    for index, recipient in enumerate(question["recipients"]):
        yield from _steps(recipient, _RECIPIENT, ("recipients", index))
    for channel in _BETTER_CHANNEL:
        if question["channels"][channel]:
            yield ("channels", channel), False
    if question["organisation"]["kind"] == "private":
        for recipient in question["recipients"]:
            if recipient["basis"]["kind"] in {"derogation_a", "derogation_b", "derogation_c"}:
                yield ("organisation", "kind"), "public"


def changed(question: Mapping[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy with ``value`` at ``path``."""
    result: Any = copy.deepcopy(question)
    node = result
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    made: dict[str, Any] = result
    return made


_NOT_FOR: Mapping[tuple[str, ...], set[str]] = {
    # A criminal matter is asked about by private organisations only, and Digital Post by public ones: another question, no milder one.
    ("organisation", "kind"): {"CO-10"},
    # With a private mail and no partner there is nothing to ask about a partner.
    ("transport", "verdict"): {"CO-11"},
}


def _expected(path: tuple[Any, ...], before: Mapping[str, Any]) -> bool:
    codes = {code for line in before["recipients"] for code in line["codes"]}
    return bool(codes & _NOT_FOR.get(tuple(step for step in path if isinstance(step, str))[-2:], set()))


def _whole(question: Mapping[str, Any]) -> bool:
    """A case about a hole in the question has no facts to worsen."""
    try:
        return len(list(worsened(question))) > 0
    except (KeyError, TypeError):
        return False


def test_no_fact_that_gets_worse_makes_an_answer_milder() -> None:
    """Each fact of each case, turned to each worse word, on the raw engine with the case's own registers."""
    policies = product_policies()
    counted = 0
    for registers, group in by_registers(cases(product_files())):
        own = with_case_registers(policies, registers)
        engine = RegorusWorker(own)
        try:
            for _, case in group[:: max(1, len(group) // size(sample=12, full=400))]:
                question = case_question(base_question(), case["given"])
                if not _whole(question):
                    continue
                before = ask(engine, own, question)
                for path, worse in worsened(question):
                    counted += 1
                    told = milder(before, ask(engine, own, changed(question, path, worse)))
                    assert told == "" or _expected(path, before), f"{case['name']}: {path} = {json.dumps(worse)}: {told}"
        finally:
            engine.close()
    assert counted > 1000
