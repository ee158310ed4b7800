"""What the sample partners promise by MTA-STS (RFC 8461): the record in the demo's DNS and the policy that its web host shows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from addin_backend.errors import NotFound
from addin_backend.sandbox.dns import LoopbackDns, Records

MAX_AGE = 60  # seconds; a real domain writes weeks, here somebody waits for the end of it
MODES = ("enforce", "testing", "none")
_BEGINNING = {"kystpension.example": "enforce", "aadalsbank.example": "testing"}
PEOPLE = {"kystpension.example": "kirsten.dahl@kystpension.example", "aadalsbank.example": "ole.krogh@aadalsbank.example"}


@dataclass(frozen=True, slots=True)
class Promise:
    """What one domain publishes. ``number`` becomes the id of its record: a new policy has a new one (§3.1)."""

    domain: str
    mode: str
    number: int = 1

    @property
    def record(self) -> str:
        """The TXT record at _mta-sts."""
        return f"v=STSv1; id=demo{self.number};"

    @property
    def policy(self) -> str:
        """The file at /.well-known/mta-sts.txt."""
        hosts = "" if self.mode == "none" else f"mx: mx.{self.domain}\r\n"
        return f"version: STSv1\r\nmode: {self.mode}\r\n{hosts}max_age: {MAX_AGE}\r\n"


def zone() -> dict[str, Records]:
    """The names of these domains, but for their records: those come from ``Promises``."""
    names: dict[str, Records] = {}
    for domain in _BEGINNING:
        names[domain] = {"MX": [f"10 mx.{domain}."]}
        names[f"mx.{domain}"] = names[f"mta-sts.{domain}"] = {"A": ["127.0.0.1"]}
    return names


class Promises:
    """What is published now. ``publish`` changes record and policy together, as the domain's owner would. Thread-safe."""

    def __init__(self, dns: LoopbackDns) -> None:
        self._dns = dns
        self._lock = threading.Lock()
        self._now: dict[str, Promise] = {}
        for domain, mode in _BEGINNING.items():
            self._put(Promise(domain, mode))

    def __iter__(self) -> Iterator[Promise]:
        return iter(tuple(self._now.values()))

    def _put(self, promise: Promise) -> None:
        self._now[promise.domain] = promise
        self._dns.table[f"_mta-sts.{promise.domain}"] = {"TXT": [f'"{promise.record}"']}

    def policies(self) -> Mapping[str, str]:
        """The policy by the name of the host that shows it."""
        return {f"mta-sts.{domain}": promise.policy for domain, promise in self._now.items()}

    def publish(self, domain: str, mode: str) -> Promise:
        """Give ``domain`` a policy of ``mode`` under a new id. Raises NotFound for a domain or mode that is none of these."""
        with self._lock:
            before = self._now.get(domain)
            if before is None or mode not in MODES:
                raise NotFound
            self._put(replace(before, mode=mode, number=before.number + 1))
            return self._now[domain]
