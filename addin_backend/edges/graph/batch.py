"""Many reads in one request: Graph's JSON batching, at most 20 parts, each with a status and a throttle of its own.

https://learn.microsoft.com/graph/json-batching: a part that is throttled says 429 in the batch, which itself says 200; only those parts
are asked again, once the longest Retry-After among them is over.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from addin_backend.edges.graph import failures, wire
from addin_backend.edges.graph.client import FIRST_PAUSE, READ_AGAIN, Client
from addin_backend.errors import NotFound, Unavailable

MOST = 20  # parts, by Graph
_DONE = 200


def contents(client: Client, paths: Sequence[str]) -> Mapping[str, bytes]:
    """The bytes behind each path (at most 20), without those that are gone. Raises Unavailable when some stay throttled."""
    waiting, found = list(paths), dict[str, bytes]()
    deadline, pause = client.deadline(), FIRST_PAUSE
    while waiting:
        throttled: list[str] = []
        waits = [0.0]
        for path, part in _asked(client, waiting):
            if part.status in READ_AGAIN:
                throttled.append(path)
                waits.append(_wait(part, pause))
            elif (content := _content(client, path, part)) is not None:
                found[path] = content
        if throttled and not client.wait(max(waits), deadline):
            raise Unavailable
        waiting, pause = throttled, pause * 2
    return found


def _asked(client: Client, paths: Sequence[str]) -> list[tuple[str, wire.BatchPart]]:
    parts = tuple(wire.BatchRequest(id=str(number), method="GET", url=path) for number, path in enumerate(paths))
    answer = client.read(wire.BatchAnswer, "POST", "/$batch", body=wire.Batch(requests=parts), reading=True)
    by_id = {part.id: part for part in answer.responses}
    if set(by_id) != {part.id for part in parts}:
        raise Unavailable
    return [(path, by_id[part.id]) for path, part in zip(paths, parts, strict=True)]


def _content(client: Client, path: str, part: wire.BatchPart) -> bytes | None:
    """What the part holds: base64, unless Graph gave the text itself; then it is asked for alone, since text may have lost bytes."""
    if part.status != _DONE:
        failure = failures.tell(part.status, bytes(part.body), False)
        if isinstance(failure, NotFound):
            return None
        raise failure
    try:
        return base64.b64decode(part.text().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        pass
    try:
        return client.ask("GET", path, wanted=_DONE)
    except NotFound:
        return None


def _wait(part: wire.BatchPart, otherwise: float) -> float:
    """Seconds that the part asks for; a header's name may come in any case."""
    said = next((value for name, value in part.headers.items() if name.lower() == "retry-after"), "").strip()
    return float(said) if said.isdecimal() else otherwise
