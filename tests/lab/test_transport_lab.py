"""Every verdict over real servers: nsd, unbound, postfix, aiosmtpd and misbehaving ones in a network namespace; Postfix is the judge."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from lab.namespace import RESOLVER, Lab

pytestmark = pytest.mark.slow
WITHOUT_SERVERS = {
    "good.lab": "dane",
    "sts.lab": "mta_sts_enforce",
    "stsmx.lab": "contradicted",
    "pkix0.lab": "unknown",
    "mism.lab": "dane",
}


@pytest.fixture(scope="module")
def lab(tool: Callable[[str], str]) -> Iterator[Lab]:
    """The lab, up and running. (Not in pytest's own folder: Postfix's user has to get through to its queue.)"""
    with TemporaryDirectory(prefix="transport-lab-") as folder, Lab(Path(folder), tool) as running:
        yield running


@pytest.fixture(scope="module")
def found(lab: Lab) -> dict[str, dict[str, Any]]:
    """What `probe --smtp` says of every name, by name."""
    names = list(lab.world.expected)
    started = time.monotonic()
    lines: list[dict[str, Any]] = lab.probe("--smtp", "--data", str(lab.folder / "data"), "--", *names)
    assert [line["domain"] for line in lines] == names
    assert time.monotonic() - started < 60
    return {line["domain"]: line for line in lines}


def test_every_name_gets_its_verdict(lab: Lab, found: dict[str, dict[str, Any]]) -> None:
    """Each of the lab's names gets the one word that fits: those too that other programs get wrong (CNAMEd MX, mismatch, bogus)."""
    assert {name: (line["verdict"], line["reasons"]) for name, line in found.items() if line["verdict"] != lab.world.expected[name]} == {}
    assert all(line["reasons"] for line in found.values() if line["verdict"] in {"unknown", "refuses", "contradicted"})


def test_without_the_servers_only_what_is_published_counts(lab: Lab) -> None:
    """Where port 25 is closed to us DANE and MTA-STS still decide, and nothing is called authenticated."""
    lines = {str(line["domain"]): line["verdict"] for line in lab.probe(*WITHOUT_SERVERS)}
    assert lines == WITHOUT_SERVERS


def test_bogus_is_unknown_within_a_second(lab: Lab, found: dict[str, dict[str, Any]]) -> None:
    """A zone whose signatures do not hold is unknown with that reason, and quickly."""
    code = (
        "import time; from addin_backend.edges.dns.resolver import DnsResolver; r = DnsResolver('127.0.0.1:53');"
        "began = time.monotonic(); print(r.mx('bogus.lab', 8.0).status, time.monotonic() - began)"
    )
    status, seconds = lab.run(sys.executable, "-c", code).stdout.split()
    assert (status, found["bogus.lab"]["reasons"]) == ("bogus", ["dnssec_bogus"])
    assert float(seconds) < 1.0


def test_a_replay_gives_the_same_verdict(lab: Lab, found: dict[str, dict[str, Any]]) -> None:
    """From the kept evidence alone, read from the very octets that came, each verdict comes again; years later it is stale."""
    for name in ("stscert.lab",):
        line = found[name]
        command = (sys.executable, "-m", "addin_backend", "probe", "--json", "--data", str(lab.folder / "data"), "--replay")
        again = lab.run(*command, line["evidence"]).stdout
        assert (line["verdict"], line["reasons"]) == tuple(json.loads(again)[key] for key in ("verdict", "reasons"))
    late = lab.run(*command, found["good.lab"]["evidence"][:12], "--at", "2031-01-01")
    assert '"verdict":"unknown","reasons":["evidence_stale"]' in late.stdout


# --- Postfix's own client as the judge --------------------------------------------------------------------------------

_STATUS = re.compile(r"posttls-finger: (Verified|Trusted|Untrusted|Anonymous) TLS connection established to (\S+?)\[")
# What its DANE level says about a domain, against our word. "Verified" is DANE that held; it reports the first MX that it reaches.
HELD = {"dane", "dane_partial"}


def _finger(lab: Lab, name: str) -> str:
    """One word for what posttls-finger saw at level dane: verified, untrusted, or nothing."""
    options = ("-o", "dnssec_probe=", "-t", "3", "-T", "3", "-c", "-l", "dane", "-L", "summary,certmatch")
    done = lab.run("posttls-finger", *options, name, seconds=90)
    seen = _STATUS.search(done.stdout + done.stderr)
    return seen[1].lower() if seen else "nothing"


def test_posttls_finger_agrees(lab: Lab, found: dict[str, dict[str, Any]]) -> None:
    """On every name of the lab: where Postfix verifies DANE we say so, and where it does not we never do."""
    skipped = {"[127.0.1.1]", "not a domain", "lab", ""}
    names = [name for name in lab.world.expected if name not in skipped]
    with ThreadPoolExecutor(8) as pool:
        judged = dict(zip(names, pool.map(lambda name: _finger(lab, name), names), strict=True))
    ours = {name for name in names if found[name]["verdict"] in HELD}
    verified = {name for name, word in judged.items() if word == "verified"}
    assert (ours - verified - POSTFIX_SEES_LESS, verified - ours - POSTFIX_SEES_ONE_PROMISE) == (set(), set())


# An unsigned MX answer: Postfix does not look for TLSA at all, we report it as partial. Behind DANE that holds it looks for no policy.
POSTFIX_SEES_LESS, POSTFIX_SEES_ONE_PROMISE = {"halfdane.plain"}, {"twice.lab", "eests.lab"}


# --- faults ------------------------------------------------------------------------------------------------------------


def test_the_command_shows_a_table_for_people(lab: Lab, tmp_path: Path) -> None:
    """Without --json: a table with verdict and reason, from a file of domains."""
    listed = tmp_path / "domains.txt"
    listed.write_text("# partners\ngood.lab\n\nmism.lab\n", encoding="utf-8")
    options = ("--resolver", RESOLVER, "--ca-file", str(lab.ca_file), "--smtp", "--file", str(listed))
    done = lab.run(sys.executable, "-m", "addin_backend", "probe", *options, cwd=tmp_path)
    rows = [line.split()[:3] for line in done.stdout.splitlines()[1:]]
    assert rows == [["good.lab", "dane", "-"], ["mism.lab", "contradicted", "dane_mismatch"]]
