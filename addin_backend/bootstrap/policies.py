"""`policy check` and `policy test`: the rules before they count, on every engine that can be had."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from addin_backend.bootstrap.checking import PROJECT, NoEngine, own_opa, policy_files, unusable
from addin_backend.decision.revision import policy_set
from addin_backend.edges import regal
from addin_backend.edges.opa_process import OpaProcess, compile_opa
from addin_backend.edges.rego_embedded import RULE, RegorusWorker, compile_embedded, register_data, rule_files
from addin_backend.edges.rego_server import OpaServer
from addin_backend.edges.rego_study import syntax_trees, unreached_lines
from addin_backend.flows.policy.ask import EngineFactory
from addin_backend.flows.policy.check import Compiler, check_policy
from addin_backend.flows.policy.compare import Comparison, compare
from addin_backend.flows.policy.sample import sample_question
from addin_backend.flows.policy.slow import slow_faults
from addin_backend.flows.policy.trial import try_policy
from addin_backend.model.policy import Diagnostic, PolicyReport
from addin_backend.ports import EngineFailure, PolicySet
from addin_backend.settings import Settings

Note = Callable[[PolicySet, PolicyReport], None]

SEED = 20261123
WORKERS = 2  # embedded processes that answer generated and recorded questions


class OwnOpa:
    """An OPA server of its own for one set of rules, stopped with it."""

    name = "opa"

    def __init__(self, binary: Path, policies: PolicySet) -> None:
        self._process = OpaProcess(binary, policies)
        self._process.start()
        self._server = OpaServer(self._process.url, policies, timeout=5.0)

    def evaluate(self, revision: str, question: bytes, deadline: float) -> bytes:
        """As PolicyEngine."""
        return self._server.evaluate(revision, question, deadline)

    def close(self) -> None:
        """Stop client and server."""
        self._server.close()
        self._process.stop()


@dataclass(frozen=True, slots=True)
class Workshop:
    """The programs that rules are tried with. ``opa`` and ``regal`` are None where they cannot be had."""

    opa: Path | None
    regal: Path | None

    @property
    def engines(self) -> str:
        """Who judges, for a person."""
        return ", ".join(["regorus", *(["OPA"] if self.opa else []), *(["Regal"] if self.regal else [])]) + (
            "" if self.opa else " (no OPA was found: run `make tools`)"
        )

    def compilers(self) -> list[Compiler]:
        """Every judgement of the rules by a program."""
        found: list[Compiler] = [compile_embedded, lambda rules: slow_faults(rules, _entry)]
        if self.opa:
            found.append(functools.partial(compile_opa, self.opa))
        if self.regal:
            found.append(functools.partial(regal.lint, self.regal, PROJECT / ".regal" / "config.yaml"))
        return found

    def factories(self, workers: int = 1) -> list[EngineFactory]:
        """The engines, the embedded one first."""
        found: list[EngineFactory] = [lambda rules: RegorusWorker(rules, workers=workers)]
        if self.opa:
            opa = self.opa
            found.append(lambda rules: OwnOpa(opa, rules))
        return found

    def check(self, policies: PolicySet) -> tuple[Diagnostic, ...]:
        """Every fault."""
        return check_policy(policies, self.compilers(), syntax_trees, sample_question())

    def compare(self, policies: PolicySet, count: int) -> Comparison:
        """Generated questions on all engines."""
        return compare(policies, self.factories(WORKERS), count, SEED)


def _entry(policies: PolicySet, rule: str) -> RegorusWorker:
    return RegorusWorker(policies, rule=rule, start_seconds=3.0)


def workshop(settings: Settings) -> Workshop:
    """What this machine has."""
    try:
        opa: Path | None = own_opa(settings)
    except NoEngine:
        opa = None
    built = PROJECT / ".tools" / "regal"
    found = str(built) if os.access(built, os.X_OK) else shutil.which("regal")
    return Workshop(opa, Path(found) if found else None)


def reached(policies: PolicySet, questions: Sequence[bytes]) -> Mapping[str, tuple[frozenset[int], frozenset[int]]]:
    """The lines of the rules that the questions reach, and those that none does."""
    asked = [question.decode() for question in questions]
    return unreached_lines(rule_files(policies), register_data(policies.files), RULE, asked)


def show_faults(faults: Sequence[Diagnostic], out: TextIO) -> None:
    """One line per fault: file:row:col: sentence."""
    for fault in faults:
        print(f"{fault.file or '(alle)'}:{fault.row}:{fault.col}: {fault.sentence}", file=out)


def check(settings: Settings, out: TextIO) -> int:
    """0 when the rules are sound, 1 with every fault and its place. Raises NoEngine."""
    policies = policy_set(policy_files(settings))
    shop = workshop(settings)
    faults = shop.check(policies)
    show_faults(faults, out)
    print(f"{'Faults: ' + str(len(faults)) if faults else 'Sound'}. Revision {policies.revision}. Compiled by {shop.engines}.", file=out)
    return 1 if faults else 0


def _table(report: PolicyReport, out: TextIO) -> None:
    for rule in report.rules:
        print(
            f"{rule.code}  {len(rule.fires):3} fires  {len(rule.silent):3} silent  {len(rule.noticed_by):3} notice its absence  "
            f"{rule.title}  ({rule.file}:{rule.row})",
            file=out,
        )
    for outcome in report.outcomes:
        if not outcome.passed:
            print(f"FAILED on {outcome.engine}: {outcome.file}: {outcome.name}: {outcome.difference}", file=out)
    for code in report.without_must_fire:
        print(f"{code} has no case in which it must fire.", file=out)
    for code in report.without_must_not_fire:
        print(f"{code} has no case in which it must not fire.", file=out)
    for code in report.unnoticed:
        print(f"{code} has no case that would notice if the rule vanished.", file=out)
    for place in report.unreached:
        print(f"{place} is reached by no case.", file=out)


def show_comparison(comparison: Comparison, out: TextIO) -> None:
    """The histogram, and each difference that was kept with its question."""
    print(f"Generated questions: {comparison.asked} on {', '.join(comparison.engines)}: {comparison.different} differences.", file=out)
    for name, counted in (("actions", comparison.actions), ("codes", comparison.codes)):
        print(f"  {name}: " + ", ".join(f"{key} {count}" for key, count in counted.items()), file=out)
    for line in comparison.short:
        print(f"  Too few: {line}.", file=out)
    for example in comparison.examples:
        print(f"  DIFFERENT for {example.question.decode()}", file=out)
        for engine, answer in example.answers:
            print(f"    {engine}: {answer}", file=out)


def test(settings: Settings, count: int, out: TextIO, note: Note) -> int:
    """0 when every case holds on every engine, every rule has its cases, and ``count`` generated questions are answered alike; 1 else.

    ``note`` is told what came of it. Raises BadRegister (they do not compile), NoEngine.
    """
    policies = policy_set(policy_files(settings))
    shop = workshop(settings)
    compared: list[Comparison] = []

    def compare_all(rules: PolicySet) -> Comparison:
        compared.append(shop.compare(rules, count))
        return compared[0]

    try:
        report = try_policy(policies, shop.factories(), reached, compare_all if shop.opa and count else None)
    except EngineFailure as failure:
        raise unusable(failure) from None
    show_faults(report.faults, out)
    _table(report, out)
    for comparison in compared:
        show_comparison(comparison, out)
    _summary(report, shop, out)
    note(policies, report)
    return 0 if report.passed else 1


def _summary(report: PolicyReport, shop: Workshop, out: TextIO) -> None:
    failed = sum(not item.passed for item in report.outcomes)
    without = {place.rsplit(":", 1)[0] for place in report.unreached}
    reached_rules = sum(rule.file not in without for rule in report.rules)
    missed = len(report.rules) - len(report.unnoticed)
    engines = ", ".join(report.engines) + ("" if shop.opa else " (no OPA was found: run `make tools`)")
    print(f"{len(report.rules)} rules: {reached_rules} reached in every line, {missed} missed when they are gone.", file=out)
    print(f"{len(report.outcomes)} outcomes on {engines}: {failed} failed. Revision {report.revision}.", file=out)
