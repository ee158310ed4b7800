"""The fault matrix: every crash point and every fault of Exchange, on each database and over each transport; `make matrix` prints it.

A cell is one send that is killed at one point (SIGKILL), or whose request or answer Exchange loses. The process is started again, the
simulator's journal says what left, and the cell holds one of the two ends that are allowed, or what is wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "faults")]

import postgres  # noqa: E402 the tests' own modules, also when this file is run by itself
from driver import ANNA, DELIVERED, GIVEN_BACK, Sent, Stage, stage, traced  # noqa: E402 likewise
from exchange_simulator import BO, World, running  # noqa: E402 likewise

DATABASES, TRANSPORTS = ("sqlite", "postgresql"), ("ews", "graph")
OPERATIONS = ("GetItem", "UpdateItem", "CreateItem", "SendItem", "FindItem", "DeleteItem")
KINDS = ("drop_before", "drop_after_commit", "http", "http_after_commit", "delay", "delay_after_commit", "server_busy")
LOST = ("drop_before", "drop_after_commit", "http_after_commit")
TIMEOUT, LATE = 3.0, 4.0  # seconds that a request may take, and that the late answers take
SHORT = {DELIVERED: "delivered", GIVEN_BACK: "given back"}
PAIR = (BO, ANNA)  # a clear copy and a link
Place = tuple[str, str]  # database, transport


@contextmanager
def stages(places: Sequence[Place], new_database: Callable[[], str]) -> Iterator[dict[Place, Stage]]:
    """A stage for each place, with a simulator of its own."""
    with ExitStack() as open_ones:
        made: dict[Place, Stage] = {}
        for database, transport in places:
            folder = Path(open_ones.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            world: World = open_ones.enter_context(running(folder / "exchange"))
            url = new_database() if database == "postgresql" else ""
            made[database, transport] = open_ones.enter_context(stage(world, folder / "data", transport, url))
        yield made


def crash_at(on: Stage, point: str) -> str:
    """A send that dies at ``point``, and what became of it in the next life."""
    if on.backend is None or on.backend.died(0):
        on.live()
    assert on.backend is not None
    on.backend.say({"arm": point})
    sent = on.press()
    if not on.backend.died(30):
        return f"the point {point} was not passed"
    on.live()
    return on.verdict(sent)


def fault_at(on: Stage, operation: str, kind: str) -> str:
    """A send that meets one fault of Exchange."""
    if on.backend is None or on.backend.died(0) or on.start.timeout != TIMEOUT:
        on.start = msgspec.structs.replace(on.start, timeout=TIMEOUT)
        on.live()
    seconds = LATE if kind.startswith("delay") else 1.0
    sent = on.press(before=lambda: on.world.fault(operation, kind, seconds=seconds, status=503 if kind == "http" else 504))
    found = on.verdict(sent)
    met = not on.world.faults()
    on.world.no_faults()
    return found if met else f"the fault was not met ({found})"


def random_kills(on: Stage, count: int, dice: random.Random, say: Callable[[str], None] = lambda _line: None) -> Counter[str]:
    """Two sends at a time under random faults, killed at a random moment, ``count`` times; what became of all of them.

    ``say`` is told how far it is, and in the end what was under way when the process was killed, and how often.
    """
    kept: list[Sent] = []
    where: Counter[str] = Counter()
    for number in range(1, count + 1):
        prepared = [on.prepare(PAIR) for _ in range(2)]
        backend, begun = on.live(trace=True), time.monotonic()
        for item in prepared:
            _trouble(on, dice)
            on.begin(item)
            kept.append(item[0])
        time.sleep(max(0.0, dice.uniform(0.0, 2.5) - (time.monotonic() - begun)))
        on.kill()
        on.world.no_faults()
        where[backend.points[-1].rpartition(" ")[0].partition(" ")[0] if backend.points else "nothing"] += 1
        if number % 10 == 0:
            say(f"{number} of {count} kills")
    on.live()
    ends: Counter[str] = Counter()
    for number, sent in enumerate(kept, 1):
        ends[on.verdict(sent)] += 1
        if number % 50 == 0:
            say(f"{number} of {len(kept)} sends judged: {dict(ends)}")
    say(f"last passed before the kill: {dict(where.most_common())}")
    return ends


def _trouble(on: Stage, dice: random.Random) -> None:
    """Answers that are a little late for the next requests, and mostly one lost request or answer. The first fault that fits is taken."""
    on.world.no_faults()
    if dice.random() < 0.7:
        on.world.fault(dice.choice(OPERATIONS), dice.choice(LOST), status=504)
    on.world.fault("*", dice.choice(("delay", "delay_after_commit")), seconds=0.05, count=30)


def cells(stages_of: dict[Place, Stage], say: Callable[[str], None]) -> dict[str, dict[Place, str]]:
    """Every row of the matrix with its cell for each place."""
    rows: dict[str, dict[Place, str]] = {}
    for place, on in stages_of.items():
        wanted: list[tuple[str, Callable[[], str]]] = [
            (f"{operation} {kind}", partial(fault_at, on, operation, kind)) for operation in OPERATIONS for kind in KINDS
        ]
        wanted += [(f"killed at {point}", partial(crash_at, on, point)) for point in traced(on)]
        for number, (name, cell) in enumerate(wanted, 1):
            begun = time.monotonic()
            rows.setdefault(name, {})[place] = found = cell()
            say(f"{'/'.join(place)} {number}/{len(wanted)} {name}: {found} ({time.monotonic() - begun:.1f} s)")
    return rows


def table(rows: dict[str, dict[Place, str]], places: Sequence[Place]) -> str:
    """The matrix as text."""
    heads = ["/".join(place) for place in places]
    lines = [f"{'':36}" + "".join(f"{head:>18}" for head in heads)]
    for name, found in rows.items():
        lines.append(f"{name:36}" + "".join(f"{SHORT.get(found.get(place, '-'), found.get(place, '-')):>18}" for place in places))
    counted = Counter(word for found in rows.values() for word in found.values())
    lines += ["", *(f"{count:5} {word}" for word, count in counted.most_common())]
    return "\n".join(lines)


def tell(line: str, of: str = "") -> None:
    """Progress, with the time of the day."""
    print(f"{time.strftime('%H:%M:%S')} {of}{line}", file=sys.stderr, flush=True)


def main() -> int:
    """Print the matrix; 0 when every cell is one of the two ends that are allowed."""
    asked = argparse.ArgumentParser(description=__doc__)
    everywhere = [f"{database}/{transport}" for database in DATABASES for transport in TRANSPORTS]
    asked.add_argument("--place", action="append", choices=everywhere, help="this one only (repeat)")
    asked.add_argument("--random", type=int, default=0, help="random kills, in all, after the matrix")
    asked.add_argument("--only-random", action="store_true", help="no matrix")
    asked.add_argument("--seed", default="1", help="of the random kills; printed with what became of them")
    given = asked.parse_args()
    wanted = [tuple(item.split("/")) for item in given.place or everywhere]
    places: list[Place] = [(item[0], item[1]) for item in wanted]
    program = json.loads((ROOT / ".tools" / "paths.json").read_text())["paths"].get("postgres") or shutil.which("postgres") or ""
    wrong = False
    with ExitStack() as around:
        needed = any(place[0] == "postgresql" for place in places)
        cluster = around.enter_context(postgres.cluster(program)) if needed else None
        stages_of = around.enter_context(stages(places, lambda: cluster.fresh() if cluster else ""))
        if not given.only_random:
            rows = cells(stages_of, tell)
            print(table(rows, places), flush=True)
            wrong = any(word not in SHORT for found in rows.values() for word in found.values())
        for place, on in stages_of.items() if given.random else ():
            name = "/".join(place)
            seed = f"{name} {given.seed}"
            ends = random_kills(on, given.random // len(places), random.Random(seed), partial(tell, of=f"{name}: "))
            print(f"{given.random // len(places)} random kills on {name} (seed {seed!r}): {dict(ends)}", flush=True)
            wrong |= any(word not in SHORT for word in ends)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
