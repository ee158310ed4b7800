"""`probe` against a DNS server on loopback: one object per domain, a verdict of the eleven words, exit 0."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from addin_backend.model.evidence import TransportVerdict
from addin_backend.sandbox.dns import LoopbackDns
from command_line import ran, ran_anew, without_traceback

WORDS = {word.value for word in TransportVerdict}
TABLE = {
    "god.example": {"MX": ["10 mx.god.example."]},
    "mx.god.example": {"A": ["127.0.0.1"]},
    "null.example": {"MX": ["0 ."]},
    "loefte.example": {"MX": ["10 mx.loefte.example."]},
    "mx.loefte.example": {"A": ["127.0.0.1"]},
    "_mta-sts.loefte.example": {"TXT": ['"v=STSv1; id=1"']},
    "mta-sts.loefte.example": {"A": ["127.0.0.1"]},
}


def test_every_domain_has_a_verdict(tmp_path: Path) -> None:
    """Reachable, refusing, promising without a policy that can be fetched, failing and missing domains: each gets one line in order."""
    domains = ["god.example", "null.example", "loefte.example", "fejl.example", "findes-ikke.example", "blåbær.example", "to ord"]
    with LoopbackDns(TABLE, servfail=["fejl.example"]) as dns:
        run = ran("probe", "--json", "--resolver", dns.resolver, *domains, folder=tmp_path)
    without_traceback(run)
    assert (0, domains) == (run.code, [line["domain"] for line in run.lines])
    verdicts = [line["verdict"] for line in run.lines]
    assert set(verdicts) <= WORDS
    assert (verdicts[1], verdicts[6]) == ("refuses", "unknown")
    assert not {"register", "dane", "mta_sts_enforce"} & set(verdicts)
    assert all({"domain", "verdict", "reasons"} <= line.keys() and isinstance(line["reasons"], list) for line in run.lines)


def test_a_resolver_that_is_silent_leaves_all_unknown(tmp_path: Path) -> None:
    """Nothing listens at the resolver: `unknown` with a reason, exit 0 and no traceback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        run = ran("probe", "--json", "--resolver", f"127.0.0.1:{taken.getsockname()[1]}", "god.example", folder=tmp_path)
    without_traceback(run)
    assert (0, ["unknown"]) == (run.code, [line["verdict"] for line in run.lines])
    assert run.lines[0]["reasons"]


def test_for_a_person_it_is_text(tmp_path: Path) -> None:
    """Without --json: the verdict, MX and MTA-STS in words."""
    with LoopbackDns(TABLE) as dns:
        run = ran_anew("probe", "--resolver", dns.resolver, "null.example", folder=tmp_path)
    assert (0, ["null.example", "refuses", "null_mx"]) == (run.code, run.out.splitlines()[1].split()[:3])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--resolver", "dns.example", "god.example"), "dns.example"),
        (("--resolver", "127.0.0.1:x", "god.example"), "127.0.0.1:x"),
        (("--ca-file", "nix.pem", "--resolver", "127.0.0.1:1", "god.example"), "nix.pem"),
        ((), "domains"),
    ],
)
def test_a_mistake_is_named(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    """Exit 2 and the word that was wrong."""
    run = ran("probe", "--json", *arguments, folder=tmp_path)
    without_traceback(run)
    assert (2, "") == (run.code, run.out)
    assert named in run.err
