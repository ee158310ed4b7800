"""The page on connections: what to look at first, why in words, since when, and when it is looked at again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from addin_backend.evidence.transport.mx import REFUSING, UNCLEAR
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.web.connections_page import last_day, next_look
from addin_backend.web.transport_words import VERDICTS, reason_words
from service_set import NOW, Recorder, client


def test_the_connections_page_puts_what_to_look_at_first() -> None:
    """A contradiction first, as text and never as markup; a sufficient connection last, with its evidence."""
    html = client(Recorder()).get("/console/connections").text
    assert 0 < html.index("&lt;b&gt;.example") < html.index("god.example")
    assert "<b>.example" not in html
    assert "eeeeeeeeeeee" in html


def test_a_reason_is_told_in_words_in_both_languages() -> None:
    """The officer reads a sentence; the word of the program stays beside it for whoever helps."""
    pages = {language: client(Recorder()).get(f"/console/connections?lang={language}").text for language in ("da", "en")}
    assert "Exchange har set mail dertil uden TLS" in pages["da"]
    assert "Exchange has seen mail to it without TLS" in pages["en"]
    assert all('title="report_no_tls"' in html for html in pages.values())


@pytest.mark.parametrize("reason", sorted({*REFUSING.values(), *UNCLEAR.values(), "dane_mismatch", "mx_not_in_policy", "register_expired"}))
def test_every_reason_that_decides_has_its_words(reason: str) -> None:
    """None of them falls back to the sentence that says nothing."""
    assert reason_words(reason) != reason_words("")
    assert reason_words("certificate_something_new") != reason_words("")


def test_when_a_domain_is_looked_at_again() -> None:
    """At 80 % of its life; what has ended with the next mail; an agreement asks nobody and names its last day."""
    made = TransportEvidence(domain="a.example", verdict=TransportVerdict.DANE, checked_at=NOW, expires_at=NOW + timedelta(seconds=100))
    assert next_look(made, NOW) == NOW + timedelta(seconds=80)
    assert next_look(made, NOW + timedelta(seconds=90)) == NOW + timedelta(seconds=90)
    assert next_look(made, NOW + timedelta(seconds=100)) is None
    registered = msgspec.structs.replace(made, verdict=TransportVerdict.REGISTER, expires_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert (next_look(registered, NOW), last_day(registered), last_day(made)) == (None, date(2026, 12, 31), None)


def test_every_verdict_has_its_words() -> None:
    """All eleven."""
    assert set(VERDICTS) == {verdict.value for verdict in TransportVerdict}
