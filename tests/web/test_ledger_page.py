"""The page on sent mail: counts, what left unchecked, and nothing that names a person or a mail."""

from __future__ import annotations

import pytest

from addin_backend.web.services import LedgerRow, LedgerView
from service_set import EVENT, NOW, Recorder, client

VIEW = LedgerView(
    {"ours": 3, "ticket": 4, "checked": 5, "unchecked": 1, "case": 1}, 2, NOW,
    (LedgerRow(NOW, "p" * 40, True, "block", ("CO-01", "TR-01"), EVENT), LedgerRow(NOW, "q" * 40, False, "allow", (), EVENT)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"),
    [("da", ("Sendt mail", "Skulle ikke have været sendt", "Ikke tjekket, sag åbnet")), ("en", ("Sent mail", "Should not have been sent"))],
)
def test_what_left_unchecked_is_shown_with_its_judgement(language: str, words: tuple[str, ...]) -> None:
    """In both languages, with a way to the reason."""
    page = client(Recorder(), ledger=lambda: VIEW).get(f"/console/ledger?lang={language}")
    assert 200 == page.status_code
    assert [] == [word for word in (*words, "CO-01, TR-01", f"/log/why/{EVENT}", "p" * 16) if word not in page.text]


def test_an_empty_ledger_says_so() -> None:
    """Nothing has been read yet."""
    assert "Ingen postkasse er læst endnu." in client(Recorder()).get("/console/ledger?lang=da").text


def test_the_page_is_closed_where_pages_are() -> None:
    """As the other pages for officers."""
    assert 403 == client(Recorder(), open_pages=False).get("/console/ledger").status_code
