"""The life of a cached MTA-STS policy (RFC 8461 §3.1, §3.3, §5.1) and how long an answer may be used. Pure: the time comes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from addin_backend.evidence.transport.mta_sts import Invalid, Mode, Policy, Record, read_policy
from addin_backend.model.transport import PolicyDocument, StoredPolicy, TxtAnswer

REFRESH = timedelta(days=1)  # policies change in the wild without a new id (postfix-mta-sts-resolver #109), so look daily
POSITIVE = (60, 86400)  # seconds; bounds for a definite answer
NEGATIVE = (60, 1800)  # seconds; bounds for a definite "nothing there" (RFC 2308 §5)
FETCH_FAILED = 300  # seconds until a policy that could not be fetched is asked for again (RFC 8461 §3.3)
FAILED = 60  # seconds that a failure to find out is kept


@dataclass(frozen=True, slots=True)
class Cached:
    """A policy that was fetched and is valid in form. ``expires_at`` is ``fetched_at`` + max_age."""

    record_id: str
    policy: Policy
    fetched_at: datetime
    expires_at: datetime

    def in_force(self, at: datetime) -> bool:
        """Whether ``at`` lies in the policy's life, both ends included: one with max_age 0 counts for its own look-up only."""
        return self.fetched_at <= at <= self.expires_at


class Found(StrEnum):
    """What the TXT look-up gave."""

    RECORD = "record"
    NOTHING = "nothing"  # no usable record: there is no policy to be had
    FAILURE = "failure"  # we could not find out


@dataclass(frozen=True, slots=True)
class Discovery:
    """The outcome of the TXT look-up. ``reason`` says why there is no record; ``ttl`` in seconds."""

    found: Found
    record: Record | None = None
    reason: str = ""
    ttl: int = 0


def discovered(answer: TxtAnswer, record: Record | Invalid) -> Discovery:
    """The two together: what DNS said, and what its text means."""
    if answer.status in {"timeout", "error"}:
        return Discovery(Found.FAILURE, reason=f"dns_{answer.status}")
    if answer.status not in {"ok", "none"}:
        return Discovery(Found.FAILURE, reason="dnssec_bogus" if answer.status == "bogus" else "dns_error")
    if answer.status == "none":
        return Discovery(Found.NOTHING, reason="no_record", ttl=answer.ttl)
    if isinstance(record, Invalid):
        return Discovery(Found.NOTHING, reason=record.reason, ttl=answer.ttl)
    return Discovery(Found.RECORD, record=record, ttl=answer.ttl)


def restored(stored: StoredPolicy | None, at: datetime) -> Cached | None:
    """The policy out of the store, when it is valid and in force at ``at``; expired means absent."""
    if stored is None:
        return None
    policy = read_policy(stored.body)
    if isinstance(policy, Invalid):
        return None
    cached = Cached(stored.record_id, policy, stored.fetched_at, stored.fetched_at + timedelta(seconds=policy.max_age))
    return cached if cached.in_force(at) else None


def must_fetch(cached: Cached | None, discovery: Discovery, at: datetime) -> bool:
    """Whether the policy has to be fetched: a record stands there, and what we hold is none, of another id, or a day old."""
    if discovery.record is None or (cached is not None and not cached.in_force(at)):
        return discovery.record is not None
    return cached is None or cached.record_id != discovery.record.id or at - cached.fetched_at >= REFRESH


@dataclass(frozen=True, slots=True)
class PolicyState:
    """What counts after the look-up.

    ``known`` is False when a record stands there, or could stand there, and no policy could be had: then nobody can say
    that there is none. ``store`` is to be kept when it is not None; ``fresh`` says that it came just now.
    """

    cached: Cached | None
    known: bool
    reasons: tuple[str, ...] = ()
    store: StoredPolicy | None = None
    fresh: bool = False


def without_fetch(cached: Cached | None, discovery: Discovery, at: datetime) -> PolicyState:
    """The state when nothing was fetched. A policy in force outlives a vanished record and a failing DNS (§3.3)."""
    if cached is not None and cached.in_force(at):
        reasons = () if discovery.found is Found.RECORD else (f"mta_sts_kept_{discovery.found}",)
        return PolicyState(cached, known=True, reasons=reasons)
    if discovery.found is Found.FAILURE:
        return PolicyState(None, known=False, reasons=(discovery.reason,))
    return PolicyState(None, known=discovery.found is Found.NOTHING, reasons=(f"mta_sts_{discovery.reason}",))


def after_fetch(cached: Cached | None, record: Record, document: PolicyDocument, at: datetime) -> PolicyState:
    """The state after a fetch: a valid policy replaces at once, ``mode: none`` too; a failure leaves the one in force (§3.3)."""
    policy = read_policy(document.body) if document.status == "ok" else Invalid(f"fetch_{document.status}")
    if isinstance(policy, Invalid):
        reason = f"mta_sts_{policy.reason}"
        if cached is not None and cached.in_force(at):
            return PolicyState(cached, known=True, reasons=(reason,))
        return PolicyState(None, known=False, reasons=(reason,))
    fresh = Cached(record.id, policy, at, at + timedelta(seconds=policy.max_age))
    return PolicyState(fresh, known=True, store=StoredPolicy(record.id, document.body, at), fresh=True)


def clamp(seconds: int, bounds: tuple[int, int]) -> int:
    """``seconds`` within ``bounds``."""
    return max(bounds[0], min(seconds, bounds[1]))


def is_commitment(cached: Cached | None, at: datetime) -> bool:
    """Whether a policy in force at ``at`` is one that senders must enforce."""
    return cached is not None and cached.in_force(at) and cached.policy.mode is Mode.ENFORCE
