"""What the console asks about an emergency: two people declare one, or somebody ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from addin_backend.model.offline import Asked, Paper


@dataclass(frozen=True, slots=True)
class EmergencyHand:
    """Two people declare an emergency in the console, or end it; each act takes who does it and the request's id.

    ``asked`` is what waits for a second person, ``in_force`` what counts; ``ask`` takes (by, hours, request id), ``approve`` and
    ``withdraw`` (id of what was asked, by, request id), ``end`` (by, request id). They raise BadInput, Conflict, Unavailable, LogBroken.
    """

    asked: Callable[[], Asked | None]
    in_force: Callable[[], Paper | None]
    ask: Callable[[str, int, str], None]
    approve: Callable[[str, str, str], None]
    withdraw: Callable[[str, str, str], None]
    end: Callable[[str, str], None]
