"""The recipients of a disarmed draft as text, kept in one property of ours: both transports read what the other wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

MARKER_NAME = "SendSecurelyMarker"
RECIPIENTS_NAME = "SendSecurelyRecipients"
KINDS = ("to", "cc", "bcc")
ARMED = "{}"  # what stands in the property of a draft that has its recipients back, where a property cannot be taken away

Pair = tuple[str, str]  # display name or "", address


def written(recipients: Mapping[str, Sequence[Pair]]) -> str:
    """JSON: {"to": [[name, address], …], "cc": …, "bcc": …}."""
    return json.dumps({kind: [list(pair) for pair in recipients.get(kind, ())] for kind in KINDS})


def read(stored: str | None) -> dict[str, list[Pair]] | None:
    """The recipients, or None when the draft is not disarmed."""
    if not stored or stored == ARMED:
        return None
    found = json.loads(stored)
    return {kind: [(str(name), str(address)) for name, address in found.get(kind, [])] for kind in KINDS}


def merged(kept: Sequence[Pair], typed: Sequence[Pair]) -> list[Pair]:
    """The kept people, and behind them whoever was typed meanwhile."""
    addresses = {address.lower() for _, address in kept}
    return [*kept, *(pair for pair in typed if pair[1].lower() not in addresses)]
