"""Transport evidence: cached answers from memory and SQLite, a cold look-up, full probes, memory of 50,000 domains, and a bogus zone.

DNS, HTTPS and SMTP are the lab's real servers in a network namespace (tests/lab), on the same cores; without a namespace those rows are
left out by name. No peer runs beside it yet.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from addin_backend.edges.transport_store import SqliteTransportStore
from addin_backend.evidence.transport.memory import KnownAnswers
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.model.transport import Proof
from table import Line, resident, rounds, show

DOMAINS, ROUNDS, PROBES = 50_000, 20_000, 400
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
INSIDE = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from addin_backend.bootstrap import transport as t
from addin_backend.settings import Settings
from addin_backend.flows.look_up_transport import TransportLookup
from addin_backend.flows.gather_transport import Wish
from addin_backend.flows.show_transport import probe
ca, names = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
settings, way, now = Settings(resolver="127.0.0.1:53"), t.Way(ca, True), lambda: datetime.now(UTC)
cold = []
for _ in range(30):
    lookup = TransportLookup(t.world(settings, way), {})
    began = time.perf_counter(); found = lookup.look_up_all(["sts.lab"], now(), 1.5)["sts.lab"]; cold.append(time.perf_counter() - began)
    assert found.verdict == "mta_sts_enforce", found
    lookup.close()
began = time.perf_counter(); lookup = TransportLookup(t.world(settings, way), {})
bogus = lookup.look_up_all(["bogus.lab"], now(), 1.5)["bogus.lab"]; bogus_seconds = time.perf_counter() - began
assert bogus.verdict == "unknown"
best = None
for _ in range(3):
    prober = t.local_prober(settings, way, 25)
    place = t.world(settings, way, None, t.shared_probes(None, prober))
    began, spent = time.perf_counter(), time.process_time(); shown = list(probe(names, place, now, Wish(live=True), side_by_side=16))
    took = time.perf_counter() - began
    assert {item["verdict"] for item in shown} == {"dane"}, {item["verdict"] for item in shown}
    spent = time.process_time() - spent
    best = min(best or (took, spent), (took, spent))
    prober.close()
print(json.dumps({"cold": cold, "bogus": bogus_seconds, "probes": len(names) / best[0], "own": best[1] / len(names) * 1000}))
"""


def answer(number: int) -> TransportEvidence:
    """What is kept of one domain, each with an evidence name of its own."""
    return TransportEvidence(
        domain=f"d{number}.example",
        verdict=TransportVerdict.DANE,
        commitment="dane",
        enforcement="connector",
        checked_at=AT,
        expires_at=AT + timedelta(hours=1),
        evidence_id=f"{number:064x}",
        not_proven=("delivery_not_observed", "server_not_probed"),
    )


def cached() -> list[Line]:
    """Memory and SQLite."""
    before = resident(_own_pid())
    known = KnownAnswers()
    for number in range(DOMAINS):
        known.keep(answer(number))
    grown = resident(_own_pid()) - before
    names = [f"d{number * 7919 % DOMAINS}.example" for number in range(ROUNDS)]
    walk = iter(names)
    memory = Line("memory, 50,000 domains", rounds(ROUNDS, lambda: known.at(next(walk), AT)), grown)
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteTransportStore(Path(folder) / "t.sqlite")
        with store._writing() as connection:  # one transaction, or filling it takes the whole run
            import msgspec

            rows = ((f"d{number}.example", msgspec.msgpack.encode(answer(number)), "2027") for number in range(DOMAINS))
            connection.executemany("INSERT INTO answers VALUES (?, ?, ?)", rows)
        again = iter(names)
        sqlite = Line("SQLite, 50,000 domains", rounds(ROUNDS, lambda: store.answer(next(again))))
        store.keep_answer(answer(1), Proof("0" * 64, b"{}", {}))
        store.close()
    return [memory, sqlite]


def _own_pid() -> int:
    import os

    return os.getpid()


def in_the_lab() -> tuple[list[Line], dict[str, float]]:
    """A cold look-up and full probes over real servers; nothing where a namespace cannot be had."""
    from lab.namespace import Lab

    with tempfile.TemporaryDirectory(prefix="transport-bench-") as folder:
        lab = Lab(Path(folder), lambda name: shutil.which(name) or name)
        mx = lab.world
        names = []
        from lab.mail_pki import tlsa

        for number in range(PROBES):
            identity = mx.hosts[0].identity
            assert identity is not None
            host = mx.host(f"b{number}", "bench", identity, (tlsa(3, 1, 1, identity),))
            mx.domain(f"bench{number}", "dane", host)
            names.append(f"bench{number}.lab")
        for item in mx.hosts:
            if item.kind == "bench":
                mx.zone.remove(f"{item.name.removesuffix('.lab')} A {item.v4}")
                item.v4 = "127.0.4.1"
                mx.zone.append(f"{item.name.removesuffix('.lab')} A 127.0.4.1")
        seen = False
        for item in list(mx.hosts):
            if item.kind == "bench":
                if seen:
                    mx.hosts.remove(item)
                seen = True
                item.kind = "fast"
        with lab:
            listed = Path(folder) / "names.json"
            listed.write_text(json.dumps(names))
            done = lab.run(sys.executable, "-c", INSIDE, str(lab.ca_file), str(listed), seconds=300)
            if done.returncode:
                raise SystemExit(done.stderr[-2000:])
            figures = json.loads(done.stdout.splitlines()[-1])
    cold = Line("cold: DNS and policy over HTTPS", tuple(figures["cold"]))
    return [cold], {
        "full probes per second": figures["probes"],
        "CPU of the asking side, ms per probe": figures["own"],
        "bogus zone answered after seconds": figures["bogus"],
    }


def main() -> None:
    """Measure and print."""
    known = cached()
    show("Answers that are known", known)
    for line in known:
        print(f"{line.name:44} {line.median * 1e6:7.1f} µs median, {line.p99 * 1e6:7.1f} µs p99")
    try:
        lines, figures = in_the_lab()
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"LEFT OUT: cold look-up, full probes and the bogus zone, for want of a network namespace or its servers ({error})")
        return
    show("Over the lab's servers", lines)
    for name, value in figures.items():
        print(f"{name:44} {value:.2f}")


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"({time.monotonic() - began:.0f} s)")
