"""The text beside an HTML body: the words a person would see, whatever the markup, in linear time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.sealing.plain_text import plain_text
from sizes import size

CASES = {
    "<p>Kære Anna</p><p>Hej &amp; tak</p>": "Kære Anna\n\nHej & tak\n",
    "a<br>b<BR/>c": "a\nb\nc\n",
    "<head><style>p{x:y}</style></head><body>hej</body>": "hej\n",
    "<STYLE>unseen</style >hej<script>x<y</script>": "hej\n",
    "<style>never closed": "\n",
    "<ul><li>en</li><li>to</li></ul>": "- en\n\n- to\n",
    "<tr><td>navn</td><td>løn</td></tr>": "navn løn\n",
    '<a href="https://x.example/?a=1&amp;b=2">her</a> slut': "her <https://x.example/?a=1&b=2> slut\n",
    '<a href="javascript:x">her</a>': "her\n",
    "<!-- skjult <b> -->synlig": "synlig\n",
    "<!--[if gte mso 9]><xml>x</xml><![endif]-->hej": "hej\n",
    "<![if !mso]>hej<![endif]>": "hej\n",
    "<![bad[ x ]]>hej": "hej\n",
    "1 < 2 og 3 > 2": "1 < 2 og 3 > 2\n",
    "hej <b": "hej <b\n",
    "hej <!-- aldrig lukket": "hej\n",
    "<o:p>\xa0</o:p>x &#229;": "x å\n",
    "": "\n",
}


@pytest.mark.parametrize("markup", CASES, ids=repr)
def test_what_a_person_would_see(markup: str) -> None:
    """Words, breaks and links stay; tags, comments, styles and scripts go."""
    assert CASES[markup] == plain_text(markup)


@settings(max_examples=size(sample=300, full=20_000), deadline=None)
@given(st.lists(st.sampled_from([*"<>![]-=/&#\"'", "--", "a", "style", "</", "\n", "href", " "]), max_size=40).map("".join))
def test_nothing_fails(markup: str) -> None:
    """Any markup gives a text that ends in one line end."""
    assert plain_text(markup).endswith("\n")


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<![x", "<div>", "<style>", "</", "<a href=", "&", "<?"])
@pytest.mark.timeout(60)  # work that grows with the square would take hours
def test_a_megabyte_of_anything_takes_no_time(piece: str) -> None:
    """Repeated openings that never close do not make the work grow with their square."""
    assert plain_text(piece * (1_000_000 // len(piece))).endswith("\n")
