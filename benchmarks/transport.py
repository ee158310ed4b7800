"""Transport evidence: cached answers from memory and SQLite, a cold look-up, full probes, memory of 50,000 domains, and a bogus zone.

DNS, HTTPS and SMTP are the lab's real servers in a network namespace (tests/lab), on the same cores; without a namespace those rows are
left out by name. Beside us runs postfix-mta-sts-resolver (transport_peer.py), where it can be installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import transport_peer
from addin_backend.edges.transport_store import SqliteTransportStore
from addin_backend.evidence.transport.memory import KnownAnswers
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.model.transport import Proof
from table import Line, resident, rounds, show

if TYPE_CHECKING:
    from lab.namespace import Lab
    from lab.zones import World

DOMAINS, ROUNDS, PROBES = 50_000, 20_000, 400
SERVER = "127.0.4.1"
PEER_NAMES = ("sts.lab", "good.lab", "stsmx.lab", "stscert.lab", "testing.lab", "twice.lab")
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
warm = TransportLookup(t.world(settings, way), {}); warm.look_up_all(["sts.lab"], now(), 10.0); warm.close()
cold = []
for _ in range(30):
    lookup = TransportLookup(t.world(settings, way), {})
    began = time.perf_counter(); found = lookup.look_up_all(["sts.lab"], now(), 1.5)["sts.lab"]; cold.append(time.perf_counter() - began)
    assert found.verdict == "mta_sts_enforce", found
    lookup.close()
began = time.perf_counter(); lookup = TransportLookup(t.world(settings, way), {})
bogus = lookup.look_up_all(["bogus.lab"], now(), 1.5)["bogus.lab"]; bogus_seconds = time.perf_counter() - began
assert bogus.verdict == "unknown"
rates, spents = [], []
for _ in range(4):
    prober = t.local_prober(settings, way, 25)
    place = t.world(settings, way, None, t.shared_probes(None, prober))
    began, spent = time.perf_counter(), time.process_time(); shown = list(probe(names, place, now, Wish(live=True), side_by_side=32))
    took = time.perf_counter() - began
    said = {item["verdict"] for item in shown}
    assert said == {"dane"} or not rates, said  # in the first round the resolver has yet to validate every zone
    spent = time.process_time() - spent
    rates.append(round(len(names) / took, 1))
    spents.append(spent / len(names) * 1000)
    prober.close()
# the first round fills the resolver's cache: what a zone costs to validate is the resolver's figure, not ours
print(json.dumps({"cold": cold, "bogus": bogus_seconds, "probes": rates[1:], "own": min(spents)}))
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
    before = resident(os.getpid())
    known = KnownAnswers()
    for number in range(DOMAINS):
        known.keep(answer(number))
    grown = resident(os.getpid()) - before
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


def _with_many_servers(world: World) -> list[str]:
    """Domains with an MX host each, all of them at one server that says the least it can; their names."""
    from lab.mail_pki import tlsa

    identity = world.hosts[0].identity
    assert identity is not None
    names = []
    for number in range(PROBES):
        host = world.host(f"b{number}", "fast", identity, (tlsa(3, 1, 1, identity),))
        made = world.hosts.pop()
        world.zone.remove(f"b{number} A {made.v4}")
        world.zone.append(f"b{number} A {SERVER}")
        world.domain(f"bench{number}", "dane", host)
        names.append(f"bench{number}.lab")
    made.v4 = SERVER
    world.hosts.append(made)
    return names


def _peer(lab: Lab, folder: Path) -> list[Line]:
    """The same look-ups by postfix-mta-sts-resolver; nothing where it cannot be had."""
    program = transport_peer.install(folder)
    if program is None:
        print("LEFT OUT: postfix-mta-sts-resolver (it could not be installed into an environment of its own)")
        return []
    arguments = (str(program), str(transport_peer.configure(folder)), str(lab.ca_file), ",".join(PEER_NAMES), "2000")
    done = lab.run(sys.executable, "-c", transport_peer.INSIDE, *arguments, seconds=120)
    if done.returncode:
        print(f"LEFT OUT: postfix-mta-sts-resolver ({done.stderr.strip().splitlines()[-1:]})")
        return []
    figures = json.loads(done.stdout.splitlines()[-1])
    print(f"postfix-mta-sts-resolver says of {PEER_NAMES[0]}: {figures['said'][0]}")
    return [
        Line("peer: cold, DNS and policy", tuple(figures["cold"])),
        Line("peer: cached, SQLite over its socket", tuple(figures["cached"])),
    ]


def in_the_lab() -> tuple[list[Line], dict[str, str]]:
    """A cold look-up and full probes over real servers. Raises AssertionError, OSError where a namespace cannot be had."""
    from lab.namespace import Lab

    with tempfile.TemporaryDirectory(prefix="transport-bench-") as made:
        folder = Path(made)
        lab = Lab(folder, lambda name: shutil.which(name) or name)
        names = _with_many_servers(lab.world)
        with lab:
            listed = folder / "names.json"
            listed.write_text(json.dumps(names))
            done = lab.run(sys.executable, "-c", INSIDE, str(lab.ca_file), str(listed), seconds=300)
            if done.returncode:
                raise SystemExit(done.stderr[-2000:])
            figures = json.loads(done.stdout.splitlines()[-1])
            peer = _peer(lab, folder)
    cold = Line("cold: DNS and policy over HTTPS", tuple(figures["cold"]))
    return [cold, *peer], {
        "full probes per second, best of three": f"{max(figures['probes']):.0f} (of {figures['probes']})",
        "CPU of the asking side, ms per probe": f"{figures['own']:.2f}",
        "bogus zone answered after seconds": f"{figures['bogus']:.3f}",
    }


def bad_input() -> None:
    """What strangers may send at its worst: the word, the time, and the most memory that it took."""
    from lab.bad_transport import Places, cases, is_word

    print(f"\n{'Bad input':52} {'word':32} {'ms':>8} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder, Places(Path(folder)) as places:
        for name, word, call in cases(places):
            began = time.perf_counter()
            found = call()
            took = time.perf_counter() - began
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            call()
            peak = tracemalloc.get_traced_memory()[1] - before
            tracemalloc.stop()
            right = "" if is_word(found, word) else f"  WRONG, should be {word}"
            print(f"{name:52} {found:32} {took * 1000:8.1f} {peak / 1e6:8.2f}{right}")


def main() -> None:
    """Measure and print."""
    known = cached()
    show("Answers that are known", known)
    for line in known:
        print(f"{line.name:44} {line.median * 1e6:7.1f} µs median, {line.p99 * 1e6:7.1f} µs p99")
    bad_input()
    try:
        lines, figures = in_the_lab()
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"LEFT OUT: cold look-up, full probes and the bogus zone, for want of a network namespace or its servers ({error})")
        return
    show("Over the lab's servers", lines)
    for name, value in figures.items():
        print(f"{name:44} {value}")
    print(f"load average: {' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"({time.monotonic() - began:.0f} s)")
