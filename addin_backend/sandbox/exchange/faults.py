"""Faults that tests and the demo ask for: each holds for an operation, perhaps one mailbox, and a number of requests."""

from __future__ import annotations

import threading

import msgspec

KINDS = (
    "drop_before",  # the connection breaks, nothing was done
    "drop_after_commit",  # the connection breaks after it was done
    "delay",  # the answer, and the work, come late
    "delay_after_commit",  # the work is done at once, the answer comes late
    "server_busy",  # throttled: a fault with BackOffMilliseconds
    "fault",  # any SOAP fault; `code` and `text` say which
    "error",  # any response code in a normal answer; nothing was done
    "item_not_found_first_n",  # a draft that has not yet been synchronised
    "http",  # a bare HTTP status before anything was done
    "http_after_commit",  # a gateway that gave up although it was done
    "claims_challenge",  # 401: the token must be fetched again with claims (continuous access evaluation)
    "wrong_audience",  # 401: the token is for another API
    "schema_violation",  # the request gets something that the schema does not have, and is answered with line and position
    "corrupt_mime",  # the MIME of the item is no mail
    "away_after_commit",  # it was done; the connection breaks, and nothing answers any more until the faults are taken away
    "accepted_not_done",  # 200, and nothing was done (Graph, large mails)
)
FOR_GOOD = 1_000_000  # requests
NO_MAIL = b"\xff\xfe\x00 \x13\x37 no line of this is a field of a mail \x00\r\n" * 20


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One planned fault. ``mailbox`` "" means any, and so does ``api``, which is "ews" or "graph"; ``seconds`` is for delays; ``count``
    requests are hit. ``service`` True: only requests of the service, and none of Outlook's own.
    """

    operation: str
    kind: str
    mailbox: str = ""
    api: str = ""
    count: int = 1
    service: bool = False
    seconds: float = 1.0
    code: str = "ErrorInternalServerError"
    text: str = "An internal server error occurred. The operation failed."
    status: int = 503

    def __post_init__(self) -> None:
        """Only known kinds."""
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of: {', '.join(KINDS)}")


class Faults:
    """The plan. Thread-safe."""

    def __init__(self) -> None:
        """Nothing is planned."""
        self._lock = threading.Lock()
        self._planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        """Add a fault."""
        with self._lock:
            self._planned.append(fault)

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._planned.clear()

    def planned(self) -> list[Fault]:
        """What has not yet been met, first come first."""
        with self._lock:
            return list(self._planned)

    def go_away(self, met: Fault, mailbox: str) -> None:
        """From now on every request for the mailbox on this API finds nobody."""
        self.plan(Fault(operation="*", kind="drop_before", mailbox=mailbox, api=met.api, service=met.service, count=FOR_GOOD))

    def take(self, operation: str, mailbox: str, api: str, *, outlook: bool = False) -> Fault | None:
        """The first fault that fits; it is used up by one. ``outlook``: the employee's own program asks, not the service."""
        with self._lock:
            for fault in self._planned:
                if fault.service and outlook:
                    continue
                if fault.operation in (operation, "*") and fault.mailbox in ("", mailbox) and fault.api in ("", api):
                    fault.count -= 1
                    if fault.count <= 0:
                        self._planned.remove(fault)
                    return fault
        return None
