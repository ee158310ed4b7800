"""Accepting a press: real rules, engine, store and log; the mailbox and the durable engine answer as the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from addin_backend.bootstrap.checking import checking, open_engine, rulebook
from addin_backend.bootstrap.sending import Cabinet, accepting, open_cabinet
from addin_backend.errors import Conflict, NotFound, SendSecurelyError, SignInRefused, Unavailable, closed_to_us
from addin_backend.evidence.supplied import read_supplied
from addin_backend.flows.accept_send import Accepting, Press, accept
from addin_backend.flows.check import Ask, with_facts
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.seal_groups import Sealing, seal_group
from addin_backend.model.access import Access, AgreedCode
from addin_backend.model.decision import Protection
from addin_backend.model.message import Message, Recipient
from addin_backend.model.sending import Draft, PortalPackage, SendJob, SendState
from addin_backend.sandbox.exchange.faults import NO_MAIL
from addin_backend.sealing.agreed_code import matches
from addin_backend.settings import Settings

ME = "me@firma.example"
FACTS = {
    "organisation": {"domains": ["firma.example"]},
    "domains": {
        f"{name}.example": {"transport": "register" if name != "three" else "unknown", "country": "DK"} for name in ("one", "two", "three")
    },
}


EVA = Recipient(address="eva@three.example", domain="three.example")


class NoCertificates:
    """Nobody has one."""

    def certificate(self, address: str, at: datetime) -> None:
        """None."""


class OneDraft:
    """A mailbox in which every draft is there."""

    def fetch_draft(self, mailbox: str, item_id: str) -> tuple[Draft, bytes]:
        """The draft asked for."""
        return Draft(item_id=item_id, change_key="ck"), b"MIME-Version: 1.0\r\n\r\n"


class Starts:
    """A durable engine that can be away; it remembers what it started."""

    def __init__(self) -> None:
        self.away = False
        self.started: list[str] = []

    def start(self, job_id: str) -> None:
        """Start, or Unavailable."""
        if self.away:
            raise Unavailable
        self.started.append(job_id)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[tuple[Accepting, Starts, Cabinet]]:
    """Everything real but Exchange and the durable engine."""
    settings = msgspec.structs.replace(Settings(), data_dir=str(tmp_path))
    book = rulebook(settings)
    cabinet, durable = open_cabinet(settings), Starts()
    with open_engine(settings, book.policies) as engine:
        facts = read_supplied(msgspec.json.encode(FACTS), frozenset(book.registers.countries.known))
        checks = with_facts(checking(settings, book, engine, None), facts, facts.organisation)
        yield accepting(checks, cabinet, OneDraft(), durable), durable, cabinet  # type: ignore[arg-type]  # the methods that are used
    cabinet.close()


def press(key: str, names: tuple[str, ...] = ("one",), item_id: str = "draft") -> Press:
    """A press of Send securely."""
    recipients = tuple(Recipient(address=f"bo@{name}.example", domain=f"{name}.example") for name in names)
    message = Message(sender=ME, recipients=recipients, subject="Sag", body="CPR 010190-1235")
    ask = Ask(at=datetime.now(UTC), secure=True)
    return Press(actor=ME, message=message, ask=ask, mailbox=ME, idempotency_key=key, item_id=item_id, language="da", request_id="r")


def ended(cabinet: Cabinet, job: SendJob, state: SendState, states: Callable[[int], SendState]) -> None:
    """As the workflow leaves it."""
    groups = tuple(msgspec.structs.replace(group, state=states(index)) for index, group in enumerate(job.groups))
    cabinet.store.save(msgspec.structs.replace(job, state=state, groups=groups))


def test_a_press_that_could_not_be_started_is_not_sent_later(parts: tuple[Accepting, Starts, Cabinet]) -> None:
    """The person was told that nothing was sent, so the next start of the server must find nothing to do."""
    accepts, durable, cabinet = parts
    durable.away = True
    with pytest.raises(Unavailable):
        accept(press("key-00000001"), accepts)
    assert list(cabinet.store.unfinished()) == []
    durable.away = False
    _, job = accept(press("key-00000002"), accepts)
    assert job is not None
    assert durable.started == [job.job_id]


def test_a_known_job_that_never_began_is_begun_by_the_same_press_again(parts: tuple[Accepting, Starts, Cabinet]) -> None:
    """The process died between storing and starting: the client asks again with its key."""
    accepts, durable, _ = parts
    _, first = accept(press("key-00000001"), accepts)
    durable.started.clear()
    _, again = accept(press("key-00000001"), accepts)
    assert first is not None
    assert again == first
    assert durable.started == [first.job_id]


@dataclass
class NoDraft:
    """A mailbox that gives something else than the draft: an error, or bytes that are no mail."""

    given: SendSecurelyError | bytes

    def fetch_draft(self, mailbox: str, item_id: str) -> tuple[Draft, bytes]:
        """As the test says."""
        if isinstance(self.given, bytes):
            return Draft(item_id=item_id, change_key="ck"), self.given
        raise self.given


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (closed_to_us(), "not_yours"), (SignInRefused(), "sign_in_refused"), (NotFound(), "not_found"), (Unavailable(), "unavailable"),
        (NO_MAIL, "draft_unreadable"), (b"", "draft_unreadable"),
    ],
)  # fmt: skip
def test_a_draft_that_exchange_does_not_give_is_not_sent_without_it(
    parts: tuple[Accepting, Starts, Cabinet], given: SendSecurelyError | bytes, code: str
) -> None:
    """Its label and its thread would be lost without anybody knowing. The reason is told and stands in the log; there is no job."""
    accepts, durable, cabinet = parts
    with pytest.raises(SendSecurelyError) as caught:
        accept(press("key-00000001"), replace(accepts, mailbox=NoDraft(given)))  # type: ignore[arg-type]  # the method that is used
    assert code == caught.value.code
    assert ([], [], 0) == (durable.started, list(cabinet.store.unfinished()), len(cabinet.store.jobs(ME, 10)))
    (last,) = cabinet.log.latest(1)
    record = msgspec.json.decode(last.entry)
    assert ("not_sent", {"error": code, "job": ""}) == (record["action"], record["body"])


def test_a_draft_that_is_on_its_way_is_not_sent_under_another_key(parts: tuple[Accepting, Starts, Cabinet]) -> None:
    """Two windows, one draft: the second is told."""
    accepts, durable, _ = parts
    accept(press("key-00000001"), accepts)
    with pytest.raises(Conflict):
        accept(press("key-00000002"), accepts)
    assert len(durable.started) == 1


@pytest.mark.parametrize("reached", [SendState.SENT, SendState.UNCERTAIN])
def test_whoever_has_the_mail_or_may_have_it_does_not_get_it_again(parts: tuple[Accepting, Starts, Cabinet], reached: SendState) -> None:
    """Partly sent: a new press is for those who are missing."""
    accepts, _, cabinet = parts
    _, job = accept(press("key-00000001", ("one",)), accepts)
    assert job is not None
    ended(cabinet, job, SendState.PARTLY_SENT, lambda index: reached)
    with pytest.raises(Conflict):
        accept(press("key-00000002", ("one", "two")), accepts)
    _, rest = accept(press("key-00000003", ("two",)), accepts)
    assert rest is not None


def test_after_a_send_that_certainly_failed_the_draft_can_be_sent_again(parts: tuple[Accepting, Starts, Cabinet]) -> None:
    """Not sent is not sent: nothing stands in the way."""
    accepts, durable, cabinet = parts
    _, job = accept(press("key-00000001"), accepts)
    assert job is not None
    ended(cabinet, job, SendState.NOT_SENT, lambda index: SendState.NOT_SENT)
    _, again = accept(press("key-00000002"), accepts)
    assert again is not None
    assert durable.started == [job.job_id, again.job_id]


def test_how_a_link_is_opened_travels_with_the_send_and_lies_beside_its_package(parts: tuple[Accepting, Starts, Cabinet]) -> None:
    """The code is digested before anything is kept, and goes with the link when that is closed."""
    accepts, _, cabinet = parts
    asked = press("access-1", item_id="")
    asked = replace(
        asked, message=msgspec.structs.replace(asked.message, recipients=(EVA,)), access={EVA.address: AgreedCode("Blå hest-4277")}
    )
    _, job = accept(asked, accepts)
    assert job is not None
    content = msgspec.msgpack.decode(cabinet.unseal(cabinet.store.get_bytes(job.job_id, "content"), job.job_id), type=JobContent)
    assert matches("blåhest4277", content.access[EVA.address].code)
    assert "hest" not in cabinet.unseal(cabinet.store.get_bytes(job.job_id, "content"), job.job_id).decode("utf-8", "replace")
    package_id = "0123456789abcdef0123"
    sealing = Sealing(
        certificates=NoCertificates(),  # type: ignore[arg-type]  # nobody is looked up
        signer=None,
        ring=cabinet.keys,
        store=cabinet.store,
        ticket_key=cabinet.keys.ticket_key,
        public_url="https://mail.firma.example",
        organisation="Firma",
        new_id=lambda: "x" * 32,
        package_id=lambda _name: package_id,
    )
    (group,) = (item for item in job.groups if item.protection is Protection.PORTAL)
    seal_group(job, group, content, sealing)
    kept = cabinet.unseal(cabinet.store.get_bytes(package_id, "access"), f"{package_id}/access")
    assert msgspec.msgpack.decode(kept, type=Access) == content.access[EVA.address]
    assert cabinet.store.revoke_package(package_id, datetime.now(UTC))
    with pytest.raises(NotFound):
        cabinet.store.get_bytes(package_id, "access")


def test_how_a_link_was_opened_is_forgotten_when_its_time_is_over(parts: tuple[Accepting, Starts, Cabinet]) -> None:
    """And not before; what lies beside other things stays."""
    _, _, cabinet = parts
    at = datetime(2026, 11, 28, tzinfo=UTC)
    cabinet.store.put_package(PortalPackage(package_id="p", job_id="j", envelope=b"x", created_at=at, expires_at=at + timedelta(days=30)))
    for name in ("p", "other"):
        cabinet.store.put_bytes(name, "access", b"sealed")
    assert cabinet.store.forget_access(at + timedelta(days=29)) == 0
    assert cabinet.store.forget_access(at + timedelta(days=30)) == 1
    assert cabinet.store.get_bytes("other", "access") == b"sealed"
