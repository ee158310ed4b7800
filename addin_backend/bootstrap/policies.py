"""`policy check` and `policy test`: the rules before they count, on every engine that can be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from addin_backend.bootstrap.checking import NoEngine, own_opa, policy_files, unusable
from addin_backend.decision.revision import policy_set
from addin_backend.edges.opa_process import OpaProcess, compile_opa
from addin_backend.edges.rego_embedded import RegorusWorker, compile_embedded, syntax_tree
from addin_backend.edges.rego_server import OpaServer
from addin_backend.flows.edit_policy import check_policy, test_policy
from addin_backend.model.policy import Diagnostic, PolicyReport
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet
from addin_backend.settings import Settings


class _OwnOpa:
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


def _opa(settings: Settings) -> Path | None:
    try:
        return own_opa(settings)
    except NoEngine:
        return None


def _show(faults: Sequence[Diagnostic], out: TextIO) -> None:
    for fault in faults:
        print(f"{fault.file or '(alle)'}:{fault.row}:{fault.col}: {fault.sentence}", file=out)


def check(settings: Settings, out: TextIO) -> int:
    """0 when the rules are sound, 1 with every fault and its place. Raises NoEngine."""
    policies = policy_set(policy_files(settings))
    binary = _opa(settings)
    compilers: list[Callable[[PolicySet], Sequence[Diagnostic]]] = [compile_embedded]
    if binary is not None:
        compilers.append(lambda rules: compile_opa(binary, rules))
    try:
        faults = check_policy(policies, compilers, syntax_tree)
    except EngineFailure as failure:
        raise unusable(failure) from None
    _show(faults, out)
    engines = "regorus, OPA" if binary else "regorus (no OPA was found: run `make tools`)"
    print(f"{'Faults: ' + str(len(faults)) if faults else 'Sound'}. Revision {policies.revision}. Compiled by {engines}.", file=out)
    return 1 if faults else 0


def _table(report: PolicyReport, out: TextIO) -> None:
    for rule in report.rules:
        print(f"{rule.code}  {len(rule.fires):3} fires  {len(rule.silent):3} silent  {rule.title}  ({rule.file}:{rule.row})", file=out)
    for outcome in report.outcomes:
        if not outcome.passed:
            print(f"FAILED on {outcome.engine}: {outcome.file}: {outcome.name}: {outcome.difference}", file=out)
    for code in report.without_must_fire:
        print(f"{code} has no case in which it must fire.", file=out)
    for code in report.without_must_not_fire:
        print(f"{code} has no case in which it must not fire.", file=out)


def test(settings: Settings, out: TextIO) -> int:
    """0 when every case holds on every engine and every rule has cases; 1 else. Raises BadRegister (they do not compile), NoEngine."""
    policies = policy_set(policy_files(settings))
    binary = _opa(settings)
    factories: list[Callable[[PolicySet], PolicyEngine]] = [RegorusWorker]
    if binary is not None:
        factories.append(lambda rules: _OwnOpa(binary, rules))
    try:
        report = test_policy(policies, factories)
    except EngineFailure as failure:
        raise unusable(failure) from None
    _show(report.faults, out)
    _table(report, out)
    failed = sum(not item.passed for item in report.outcomes)
    engines = ", ".join(report.engines) + ("" if binary else " (no OPA was found: run `make tools`)")
    print(
        f"{len(report.rules)} rules, {len(report.outcomes)} outcomes on {engines}: {failed} failed. Revision {report.revision}.", file=out
    )
    return 0 if report.passed else 1
