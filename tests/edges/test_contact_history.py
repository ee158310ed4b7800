"""Whom was written to: counted once, found again, never in clear, unknown in time when the database does not answer."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from addin_backend.edges.contact_history import SqlContactHistory
from addin_backend.errors import Unavailable
from addin_backend.model.evidence import RecipientRole
from addin_backend.model.facts import ThreadProtection
from addin_backend.model.past import DealtWith, Departed, Past, PastQuestion, SendersAnswer

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
METTE, BO, ANNA = "mette.holm@nordlys.example", "bo.madsen@postkasse.example", "anna.lund@fynskpension.example"
CIPHER = Fernet(Fernet.generate_key())


def _keyed(kind: str, value: str) -> str:
    return hmac.digest(b"key", f"{kind}\n{value}".encode(), hashlib.sha256).hex()


def _open(folder: Path) -> SqlContactHistory:
    return SqlContactHistory(
        f"sqlite:///{folder / 'history.sqlite'}",
        _keyed,
        lambda content, _name: CIPHER.encrypt(content),
        lambda sealed, _name: CIPHER.decrypt(sealed),
    )


@pytest.fixture
def history(tmp_path: Path) -> Iterator[SqlContactHistory]:
    """An empty one."""
    made = _open(tmp_path)
    yield made
    made.close()


def _departed(mail: str = "m1", at: datetime = AT, **more: object) -> Departed:
    bo = DealtWith(
        address=BO,
        named_domain="",
        protection=ThreadProtection.PORTAL,
        told=frozenset({"RC-06"}),
        derogation="mumbaiclaims.example",
        answer=SendersAnswer(RecipientRole.PRIVATE_PERSON, "DK"),
    )
    anna = DealtWith(address=ANNA, named_domain="fynskpension.example", protection=ThreadProtection.TLS)
    plain = {"thread_ids": ("<a@x>",), "subject": "din sag", "dispensations": ("D-1",)}
    return Departed(mail=mail, sender=METTE, at=at, recipients=(bo, anna), **{**plain, **more})  # type: ignore[arg-type] # fields by name


def _ask(history: SqlContactHistory, at: datetime = AT, sender: str = METTE, **more: object) -> Past:
    asked = {"addresses": (BO, ANNA, "ny@firma.example"), "domains": ("mumbaiclaims.example",), "dispensations": ("D-1", "D-2")}
    question = PastQuestion(sender=sender, at=at, since=at - timedelta(days=365), **{**asked, **more})  # type: ignore[arg-type] # fields by name
    found = history.past(question, 5.0)
    assert found is not None
    return found


def test_nothing_is_known_to_begin_with(history: SqlContactHistory) -> None:
    """An empty history answers, and says nothing."""
    assert _ask(history) == Past()


def test_what_left_is_found_again(history: SqlContactHistory) -> None:
    """Contacts, threads, questions answered, uses and answers."""
    history.remember(_departed())
    found = _ask(history, thread_ids=("<a@x>",), subject="din sag")
    assert found.written_to == {BO, ANNA}
    assert found.thread is ThreadProtection.PORTAL
    assert found.threads == {BO: ThreadProtection.PORTAL, ANNA: ThreadProtection.TLS}
    assert found.told == {BO: frozenset({"RC-06"})}
    assert found.answers == {BO: SendersAnswer(RecipientRole.PRIVATE_PERSON, "DK")}
    assert found.derogations == {"mumbaiclaims.example": 1}
    assert found.dispensations == {"D-1": 1}
    assert history.domains() == {"fynskpension.example"}


def test_the_same_mail_counts_once_and_another_counts_again(history: SqlContactHistory) -> None:
    """A check that is repeated is no second use."""
    history.remember(_departed("m1"))
    history.remember(_departed("m1"))
    assert _ask(history).derogations == {"mumbaiclaims.example": 1}
    history.remember(_departed("m2"))
    assert _ask(history).dispensations == {"D-1": 2}


def test_uses_outside_the_window_do_not_count(history: SqlContactHistory) -> None:
    """A use of two years ago is no repeated use; a dispensation counts all of them."""
    history.remember(_departed(at=AT - timedelta(days=730)))
    assert _ask(history).derogations == {}
    assert _ask(history).dispensations == {"D-1": 1}


def test_a_question_is_put_once_per_sender_and_quarter(history: SqlContactHistory) -> None:
    """Another sender, or the next quarter, is asked again."""
    history.remember(_departed())
    assert _ask(history, sender="jonas.friis@nordlys.example").told == {}
    assert _ask(history, at=datetime(2027, 1, 1, tzinfo=UTC)).told == {}


def test_a_thread_by_subject_counts_for_the_same_people_only(history: SqlContactHistory) -> None:
    """Two matters that are both called "din sag" are kept apart by whom they are with."""
    history.remember(_departed())
    assert _ask(history, subject="din sag", addresses=("ny@firma.example",)).thread is ThreadProtection.NONE
    assert _ask(history, thread_ids=("<a@x>",), addresses=("ny@firma.example",)).thread is ThreadProtection.PORTAL


def test_the_strongest_protection_of_a_thread_stays(history: SqlContactHistory) -> None:
    """A weaker mail later does not loosen the thread."""
    history.remember(_departed())
    weaker = DealtWith(address=BO, named_domain="", protection=ThreadProtection.NONE)
    history.remember(Departed(mail="m2", sender=METTE, at=AT, recipients=(weaker,), subject="din sag"))
    assert _ask(history, subject="din sag").threads[BO] is ThreadProtection.PORTAL


def test_what_senders_say_is_a_proposal_for_the_officer(history: SqlContactHistory) -> None:
    """The address is read from the seal; the newest answer counts."""
    history.remember(_departed())
    [proposal] = history.proposals(10)
    assert (proposal.address, proposal.said_by, proposal.answer.country) == (BO, METTE, "DK")


def test_what_one_sender_says_counts_for_nobody_else_and_for_the_quarter(history: SqlContactHistory) -> None:
    """A colleague is asked, and so is the same sender in the next quarter; each keeps their own answer."""
    history.remember(_departed())
    assert {} == _ask(history, sender="jonas.friis@nordlys.example").answers
    assert {} == _ask(history, at=datetime(2027, 1, 1, tzinfo=UTC)).answers
    other = DealtWith(
        address=BO, named_domain="", protection=ThreadProtection.TLS, answer=SendersAnswer(RecipientRole.UNKNOWN, "IN"),
    )  # fmt: skip
    history.remember(Departed(mail="m2", sender="jonas.friis@nordlys.example", at=AT, recipients=(other,)))
    assert ("DK", "IN") == (_ask(history).answers[BO].country, _ask(history, sender="jonas.friis@nordlys.example").answers[BO].country)
    assert 2 == len(history.proposals(10))
    history.forget_before(threads=AT + timedelta(days=100), uses=AT)
    assert {} == _ask(history).answers


def test_no_address_and_no_subject_stands_in_the_database(history: SqlContactHistory, tmp_path: Path) -> None:
    """Planted values are looked for in every file, in every letter case."""
    history.remember(_departed(subject="hemmelig sag"))
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("history.sqlite*")).lower()
    assert b"fynskpension.example" in stored
    for planted in (BO, ANNA, METTE, "bo.madsen", "anna.lund", "postkasse", "hemmelig", "<a@x>"):
        assert planted.encode() not in stored


def test_a_database_that_is_slow_or_gone_is_unknown(history: SqlContactHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer comes within the budget, and it is None."""
    question = PastQuestion(sender=METTE, at=AT, since=AT, addresses=(BO,))

    def slow(*_: object) -> Past:
        time.sleep(0.5)
        return Past()

    monkeypatch.setattr(history, "_past", slow)
    before = time.monotonic()
    assert history.past(question, 0.05) is None
    assert time.monotonic() - before < 0.4

    def gone(*_: object) -> Past:
        raise Unavailable

    monkeypatch.setattr(history, "_past", gone)
    assert history.past(question, 5.0) is None


def test_a_database_that_cannot_be_written_is_told(history: SqlContactHistory, tmp_path: Path) -> None:
    """What cannot be counted must not leave: Unavailable."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'history.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("drop table contacts"))
    with pytest.raises(Unavailable):
        history.remember(_departed())
    assert history.past(PastQuestion(sender=METTE, at=AT, since=AT, addresses=(BO,)), 5.0) is None


def test_domains_are_there_after_a_restart(tmp_path: Path) -> None:
    """They are read once at the start."""
    first = _open(tmp_path)
    first.remember(_departed())
    first.close()
    second = _open(tmp_path)
    assert second.domains() == {"fynskpension.example"}
    second.forget_before(AT + timedelta(days=1), AT + timedelta(days=1))
    assert _ask(second, subject="din sag").thread is ThreadProtection.NONE
    second.close()
