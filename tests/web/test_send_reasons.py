"""What a sender is told of a mail that was not sent: why, what the draft is like, what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from addin_backend.errors import MailboxFull, SendSecurelyError, SignInRefused, Unavailable, WrongAudience
from addin_backend.model.decision import Protection
from addin_backend.model.sending import Draft, Group, Left, SendJob, SendState
from addin_backend.web.send_reasons import REASONS, UNFORESEEN, reason_for
from addin_backend.web.wire import job_out

JOB = SendJob(
    job_id="j", idempotency_key="k", mailbox="mette.holm@nordlys.example", digest="d", draft=Draft(item_id="i", change_key="c"),
    policy_revision="r", state=SendState.NOT_SENT, error_code="mailbox_full", created_at=datetime(2026, 11, 29, tzinfo=UTC),
    groups=(Group(group_id="g", protection=Protection.PORTAL, addresses=("bo@x.example",), message_id="<m@x>", state=SendState.NOT_SENT),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told", "waits"),
    [
        ({}, True, False),
        ({"left": (Left.DRAFT, Left.DISCARD)}, True, True),
        ({"left": (Left.DRAFT,), "draft": None}, True, False),
        ({"state": SendState.PARTLY_SENT, "left": (Left.DRAFT,)}, True, False),
        ({"state": SendState.SENT, "left": (Left.DRAFT,)}, False, False),
        ({"state": SendState.UNCERTAIN, "left": (Left.LOOK,)}, False, False),
    ],
)
def test_a_reason_is_given_only_for_what_certainly_was_not_sent(changes: dict[str, object], told: bool, waits: bool) -> None:
    """And the draft is called unchanged only once its recipients are back."""
    shown = job_out(msgspec.structs.replace(JOB, **changes))
    assert (told, waits) == (shown.reason is not None, shown.draft_waits)
    assert shown.reason is None or "fuld" in shown.reason.why.da


def test_every_reason_is_a_short_sentence_with_a_way_on_and_without_blame() -> None:
    """In both languages; what has no words of its own is not given those of something else."""
    for reason in (*REASONS.values(), UNFORESEEN):
        for texts in (reason.why, reason.next_step):
            assert all(5 < len(text) <= 90 and text.endswith(".") and "!" not in text for text in (texts.da, texts.en))
            assert not any(word in texts.da.lower() for word in ("forsøgt", "ugyldig", "du har ikke"))
    assert UNFORESEEN is reason_for("internal_error") is reason_for("a code of tomorrow")


@pytest.mark.parametrize("error", [MailboxFull, SignInRefused, WrongAudience])
def test_what_exchange_refuses_keeps_its_own_reason(error: type[SendSecurelyError]) -> None:
    """It is still one that may pass, but nobody is told that Exchange did not answer."""
    assert issubclass(error, Unavailable)
    assert error.code != Unavailable.code
    assert error.code in REASONS
