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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "faults")]

import postgres  # noqa: E402 the tests' own modules, also when this file is run by itself
from driver import DELIVERED, GIVEN_BACK, Sent, Stage, stage, traced  # noqa: E402 likewise
from exchange_simulator import World, running  # noqa: E402 likewise

DATABASES, TRANSPORTS = ("sqlite", "postgresql"), ("ews", "graph")
OPERATIONS = ("UpdateItem", "CreateItem", "SendItem", "FindItem", "DeleteItem")
KINDS = ("drop_before", "drop_after_commit", "http_after_commit", "delay_after_commit")
TIMEOUT, LATE = 3.0, 4.0  # seconds that a request may take, and that the late answers take
SHORT = {DELIVERED: "delivered", GIVEN_BACK: "given back"}
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
    if on.backend is None or on.start.timeout != TIMEOUT:
        on.start = on.start.__class__(on.start.data, on.start.exchange, on.start.transport, on.start.database_url, timeout=TIMEOUT)
        on.live()
    seconds = LATE if kind == "delay_after_commit" else 1.0
    sent = on.press(before=lambda: on.world.fault(operation, kind, seconds=seconds, status=504))
    return on.verdict(sent)


def random_kills(on: Stage, count: int, dice: random.Random) -> Counter[str]:
    """Two sends at a time under random faults, killed at a random moment, ``count`` times; what became of all of them."""
    kept: list[Sent] = []
    for _ in range(count):
        on.live()
        on.world.fault("*", dice.choice(("delay", "delay_after_commit")), seconds=0.05, count=30)
        begun = time.monotonic()
        for _ in range(2):
            kept.append(on.press())
            if dice.random() < 0.5:
                kind = dice.choice(("drop_before", "drop_after_commit", "http_after_commit"))
                on.world.fault(dice.choice(OPERATIONS), kind, status=504)
        time.sleep(max(0.0, dice.uniform(0.0, 2.5) - (time.monotonic() - begun)))
        on.kill()
        on.world.no_faults()
    on.live()
    return Counter(on.verdict(sent) for sent in kept)


def cells(stages_of: dict[Place, Stage], say: Callable[[str], None]) -> dict[str, dict[Place, str]]:
    """Every row of the matrix with its cell for each place."""
    rows: dict[str, dict[Place, str]] = {}
    for place, on in stages_of.items():
        for point in traced(on):
            rows.setdefault(f"killed at {point}", {})[place] = crash_at(on, point)
            say(f"{place[0]} {place[1]} {point}: {rows[f'killed at {point}'][place]}")
        for operation in OPERATIONS:
            for kind in KINDS:
                rows.setdefault(f"{operation} {kind}", {})[place] = found = fault_at(on, operation, kind)
                say(f"{place[0]} {place[1]} {operation} {kind}: {found}")
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


def main() -> int:
    """Print the matrix; 0 when every cell is one of the two ends that are allowed."""
    asked = argparse.ArgumentParser(description=__doc__)
    everywhere = [f"{database}/{transport}" for database in DATABASES for transport in TRANSPORTS]
    asked.add_argument("--place", action="append", choices=everywhere, help="this one only (repeat)")
    asked.add_argument("--random", type=int, default=0, help="random kills, in all, after the matrix")
    asked.add_argument("--only-random", action="store_true", help="no matrix")
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
            rows = cells(stages_of, lambda line: print(line, file=sys.stderr, flush=True))
            print(table(rows, places), flush=True)
            wrong = any(word not in SHORT for found in rows.values() for word in found.values())
        for place, on in stages_of.items() if given.random else ():
            ends = random_kills(on, given.random // len(places), random.Random(f"{place}"))
            print(f"{given.random // len(places)} random kills on {'/'.join(place)}: {dict(ends)}", flush=True)
            wrong |= any(word not in SHORT for word in ends)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
