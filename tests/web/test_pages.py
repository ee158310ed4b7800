"""The pages: language, what they show, and what they never show."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from addin_backend.web.console import register_view
from service_set import Recorder, client, package

LANGUAGE_CASES = [
    ("", "", "da"),
    ("?lang=en", "da", "en"),
    ("?lang=da", "en", "da"),
    ("?lang=xx", "en-GB,en;q=0.9", "en"),
    ("", "da-DK,da;q=0.9,en;q=0.8", "da"),
    ("", "en;q=0.2,da;q=0.9", "da"),
    ("", "nb-NO,nb", "da"),
    ("", "de-DE,de;q=0.9", "en"),
    ("", "*", "da"),
    ("", "en;q=zero, ;;;, ,da;q=0.1", "da"),
]


@pytest.mark.parametrize(("query", "header", "language"), LANGUAGE_CASES)
def test_the_language_is_the_readers(query: str, header: str, language: str) -> None:
    """The link first, then what the browser asks for, then Danish; the page says which it is."""
    response = client(Recorder()).get("/" + query, headers={"Accept-Language": header})
    assert f'<html lang="{language}">' in response.text
    assert response.headers["content-language"] == language


class _Outline(HTMLParser):
    """Headings, labels and landmarks of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize(
    "path",
    ["/", "/console", "/console/connections", "/console/transports", "/log", "/portal/package-0001", "/portal/expired-001", "/nowhere"],
)
def test_every_page_is_in_order(path: str, language: str) -> None:
    """One h1, one main, a title, a way past the header, and a language on the link to the other language."""
    packages = {"package-0001": package(days_left=10), "expired-001": package(days_left=0)}
    html = client(Recorder(packages=packages)).get(f"{path}?lang={language}").text
    outline = _Outline()
    outline.feed(html)
    names = [tag for tag, _ in outline.tags]
    assert (names.count("h1"), names.count("main"), names.count("title")) == (1, 1, 1)
    other = "en" if language == "da" else "da"
    assert any(tag == "a" and attributes.get("hreflang") == other and attributes.get("lang") == other for tag, attributes in outline.tags)
    assert any(tag == "a" and attributes.get("href") == "#main" for tag, attributes in outline.tags)
    assert "{{" not in html


def test_the_portal_says_that_the_message_is_here() -> None:
    """A package that exists gives its sender, its size and how long it stays; nothing of what it holds."""
    response = client(Recorder(packages={"package-0001": package(days_left=10)})).get("/portal/package-0001")
    assert response.status_code == 200
    assert "Nordlys Forsikringsmægler A/S har sendt dig en sikker besked" in response.text
    assert "3. december 2026 kl. 13.00" in response.text
    assert "2.048" in response.text
    assert "xxxx" not in response.text
    assert "/console" not in response.text


@pytest.mark.parametrize(
    ("package_id", "status", "words"),
    [
        ("expired-001", 410, "kan ikke åbnes længere"),
        ("never-made-0", 404, "Der ligger ingen besked bag linket"),
        ("kort", 404, "Der ligger ingen besked bag linket"),
        ("x" * 200, 404, "Der ligger ingen besked bag linket"),
        ("..%2f..%2fetc", 404, ""),
    ],
)
def test_a_link_that_leads_nowhere_says_so(package_id: str, status: int, words: str) -> None:
    """Expired is 410, unknown is 404, and both say what to do."""
    response = client(Recorder(packages={"expired-001": package(days_left=0)})).get(f"/portal/{package_id}")
    assert response.status_code == status
    assert words in response.text


def test_the_console_shows_rules_and_registers_as_text() -> None:
    """Rules with law and owner, registers with their entries; what an entry holds is never markup."""
    html = client(Recorder()).get("/console").text
    for expected in (
        "CO-01",
        "Databeskyttelsesloven § 11",
        "Karin Bach",
        "a" * 64,
        "fynskpension.example",
        "2035-12-31",
        "&lt;b&gt;x&lt;/b&gt;",
    ):
        assert expected in html
    assert "<b>x</b>" not in html


@pytest.mark.parametrize(("verified", "words"), [(True, "alle viste poster står i logbogen"), (False, "Logbogen kan ikke bevises")])
def test_the_log_shows_whether_it_verifies(verified: bool, words: str) -> None:
    """The page repeats the outcome of the verification, the checkpoint and the key."""
    html = client(Recorder(log_verified=verified)).get("/log").text
    assert words in html
    assert "nordlys/audit+0a0b0c0d+key" in html
    assert ("kan ikke bevises</span>" in html) is not verified


@pytest.mark.parametrize("path", ["/console", "/log"])
def test_outside_the_demo_world_these_pages_are_closed(path: str) -> None:
    """Without sign-in for officers the pages answer 403 and show nothing."""
    response = client(Recorder(), open_pages=False).get(path)
    assert response.status_code == 403
    assert "CO-01" not in response.text
    assert "audit" not in response.text


def test_a_register_of_any_shape_can_be_shown() -> None:
    """Single values, lists, tables with uneven rows, empty lists and long lists."""
    view = register_view(
        "something",
        {
            "checked": "2026-01-01",
            "kind": "private",
            "flag": True,
            "none": None,
            "words": [str(item) for item in range(50)],
            "empty": [],
            "rows": [{"a": 1}, {"b": ["x", "y"]}],
        },
    )
    assert view.facts == (("kind", "private"), ("flag", "✓"), ("none", "-"))
    assert [(name, count) for name, count, _ in view.lists] == [("words", 50), ("empty", 0)]
    assert view.lists[0][2].endswith("(+10)")
    assert (view.tables[0].columns, view.tables[0].rows) == (("a", "b"), (("1", "-"), ("-", "x, y")))
    assert view.entries == 52
