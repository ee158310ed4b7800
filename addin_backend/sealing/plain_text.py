"""The text of an HTML body, for the reader who has no HTML. It is an alternative beside the HTML, never instead of it.

A scanner of our own, because it must be linear and never fail: the standard library's parser takes minutes on ``"<a " * 50000`` and
stops with an AssertionError on ``<![bad[``. It need not understand HTML, only leave out tags and keep words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_BREAKS = frozenset(
    {
        *("address", "article", "blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
        *("li", "ol", "p", "pre", "table", "tr", "ul"),
    }
)
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_END_OF_UNSEEN = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in _UNSEEN}
_LINK = re.compile(r"""\bhref\s*=\s*["']?(https?://[^\s"'<>]+)""", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")


def _tokens(markup: str) -> Iterator[str]:
    """Tags (with their angle brackets) and the text between them; comments and declarations left out. Each character is read once."""
    at = 0
    while at < len(markup):
        start = markup.find("<", at)
        if start < 0:
            break
        if start > at:
            yield markup[at:start]
        following = markup[start + 1 : start + 2]
        closing = "-->" if markup.startswith("<!--", start) else ">"
        end = markup.find(closing, start)
        if end < 0 and (following in ("!", "?")):
            return  # what is never closed shows nothing
        if end < 0 or not (following.isalpha() or following in ("/", "!", "?")):
            yield "&lt;"
            at = start + 1
            if end < 0:
                break
            continue
        at = end + len(closing)
        if following not in ("!", "?"):
            yield markup[start:at]
            at = _past_unseen(markup, markup[start:at], at)
    if at < len(markup):
        yield markup[at:].replace("<", "&lt;")


def _past_unseen(markup: str, tag: str, at: int) -> int:
    """Where to go on after ``tag``: behind a style or script, whose content nobody sees."""
    found = _TAG.match(tag)
    name = found.group(1).lower() if found else ""
    if name not in _UNSEEN or tag.startswith("</") or tag.endswith("/>"):
        return at
    end = _END_OF_UNSEEN[name].search(markup, at)
    return end.start() if end else len(markup)


def _shown(token: str, links: list[str]) -> str:
    """What a token shows. ``links`` are the addresses of the anchors that are open."""
    found = _TAG.match(token)
    if found is None:
        return "" if token.startswith("<") else html.unescape(token.replace("\n", " "))
    name, closes = found.group(1).lower(), token.startswith("</")
    if name == "a" and closes:
        link = links.pop() if links else ""
        return f" <{link}>" if link else ""
    if name == "a":
        target = _LINK.search(token)
        links.append(html.unescape(target.group(1)) if target else "")
        return ""
    if name in {"td", "th"} and not closes:
        return "\t"
    if name == "li" and not closes:
        return "\n- "
    return "\n" if name in _BREAKS else ""


def plain_text(markup: str) -> str:
    """The readable text of ``markup`` with at most one empty line between paragraphs."""
    links: list[str] = []
    text = "".join(_shown(token, links) for token in _tokens(markup))
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
