"""msgspec learns a struct when it is first decoded. Two threads that do so at once end the process (SIGSEGV, msgspec 0.22.0).

The second thread finds the struct's fields half filled in. It happens where it hurts most: at a start that takes several sends up at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


def _kinds(kind: type) -> Iterator[type]:
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield child
        yield from _kinds(child)


def learn_structs() -> int:
    """Let msgspec learn every struct that has been imported, before there are threads; how many. Call it once all modules are there."""
    found = list(dict.fromkeys(_kinds(msgspec.Struct)))
    for kind in found:
        msgspec.json.Decoder(kind)
    return len(found)
