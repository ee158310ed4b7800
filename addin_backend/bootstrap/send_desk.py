"""Who takes a send in hand: puts together what the sender's acts and the officer's list need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from addin_backend.accountability import records
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.live_rules import LiveRules
from addin_backend.bootstrap.sending import Cabinet, act_of, keep_question, with_history
from addin_backend.bootstrap.workflows import Workflows
from addin_backend.errors import NotFound
from addin_backend.flows.accept_send import Press
from addin_backend.flows.decide_again import decide_again
from addin_backend.flows.delivery_reports import Deliveries
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.take_in_hand import Hand, acts_for, take_in_hand
from addin_backend.model.decision import Decision
from addin_backend.model.delivery import Source
from addin_backend.model.evidence import Evidence
from addin_backend.model.sending import Act, SendJob, SendState
from addin_backend.ports import Mailbox, Outgoing
from addin_backend.web.services import ActCall, SendHand, SendLine

SHOWN = 50  # newest sends on the officer's page, besides those that wait


@dataclass(frozen=True, slots=True)
class Desk:
    """What the web room asks about sends that are not wholly done."""

    rules: LiveRules
    cabinet: Cabinet
    mailbox: Mailbox
    workflows: Workflows
    deliveries: Deliveries

    def _content(self, job_id: str) -> JobContent:
        sealed = self.cabinet.store.get_bytes(job_id, "content")
        return msgspec.msgpack.decode(self.cabinet.unseal(sealed, job_id), type=JobContent)

    def _outgoing(self, job_id: str, group_id: str) -> Outgoing:
        sealed = self.cabinet.store.get_bytes(job_id, group_id)
        return msgspec.msgpack.decode(self.cabinet.unseal(sealed, f"{job_id}/{group_id}"), type=Outgoing)

    def hand(self) -> SendHand:
        """What the web room is given."""
        return SendHand(self.acts, self.act, self.sends)

    def acts(self, job: SendJob) -> tuple[Act, ...]:
        """What a person may do with it now."""
        return acts_for(job, now())

    def act(self, call: ActCall) -> SendJob:
        """Do it. Raises NotFound, Conflict, Unavailable, LogBroken."""
        return take_in_hand(call.job_id, call.act, self._hand(call))

    def _hand(self, call: ActCall) -> Hand:
        cabinet = self.cabinet

        def record(job: SendJob, act: Act, seen: str) -> None:
            who = act_of(call.identity.address, job.mailbox, call.request_id)
            facts = {"job": job.job_id, "state": job.state.value, "seen": seen, "role": call.identity.role.value}
            cabinet.log.append(records.settled(act.value, who, cabinet.names, **facts))

        def again(job: SendJob) -> None:
            with self.rules.lent() as in_force:
                checking = with_history(in_force.checking, cabinet)
                decide_again(job, self._content(job.job_id), (call.identity.address, call.request_id), checking, now, self._decided(job))

        return Hand(
            store=cabinet.store,
            rounds=self.workflows.rounds,
            durable=self.workflows.durable,
            mailbox=self.mailbox,
            outgoing=self._outgoing,
            record=record,
            decide_again=again,
            clock=now,
        )

    def _decided(self, job: SendJob) -> Callable[[Decision, Evidence, Press], None]:
        def record(decision: Decision, evidence: Evidence, press: Press) -> None:
            act = act_of(press.actor, press.mailbox, press.request_id, press.language)
            act = records.for_job(act, job.job_id)
            keep_question(self.cabinet, act.event_id, decision)
            self.cabinet.log.append(records.decided(decision, evidence, act, self.cabinet.names))

        return record

    def sends(self) -> tuple[SendLine, ...]:
        """The officer's list: what waits for a person first, then the newest."""
        waiting = []
        for job_id in self.workflows.rounds.waiting(SHOWN * 4):
            try:
                waiting.append(self.cabinet.store.job(job_id))
            except NotFound:
                continue
        newest = [job for job in self.cabinet.store.newest(SHOWN) if job.job_id not in {item.job_id for item in waiting}]
        waiting.sort(key=lambda job: (job.state is not SendState.UNCERTAIN, -job.created_at.timestamp()))
        shown = (*waiting, *newest)
        fates: dict[str, Counter[tuple[str, bool]]] = {job.job_id: Counter() for job in shown}
        for one in self.deliveries.of(list(fates)):
            fates[one.job_id][one.fate.value, one.source is Source.REPORT] += 1
        return tuple(self._line(job, fates[job.job_id]) for job in shown)

    def _line(self, job: SendJob, fates: Counter[tuple[str, bool]]) -> SendLine:
        return SendLine(
            job_id=job.job_id,
            mailbox=self.cabinet.names.pseudonym("address", job.mailbox, job.created_at),
            state=job.state.value,
            error_code=job.error_code,
            since=job.since or job.created_at,
            copies=tuple((item.protection.value, len(item.addresses), item.state.value, item.error_code) for item in job.groups),
            left=tuple(item.value for item in job.left),
            next_at=job.next_at,
            gave_up=bool(job.left) and job.next_at is None and not self.workflows.rounds.round(job.job_id).running,
            acts=acts_for(job, now()),
            fates=tuple((fate, count, claimed) for (fate, claimed), count in sorted(fates.items())),
        )
