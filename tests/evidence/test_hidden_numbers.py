"""CPR numbers that are hidden from a checker and seen by a reader, or hidden from the reader and sent all the same: found, or said to be
unknown, never passed by.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.number_words import in_words
from addin_backend.evidence.content.passage import make_passage
from addin_backend.evidence.extraction.reader import read_here
from addin_backend.evidence.gather import content_of
from addin_backend.evidence.mime import parse_message
from addin_backend.model.evidence import ContentEvidence, Location, SensitivityClass
from addin_backend.model.message import Attachment
from content_samples import evidence, mail, terms, text_file
from sizes import size
from work import grows_with

CPR, UNKNOWN = SensitivityClass.CPR, SensitivityClass.UNKNOWN
HEAD = b"From: mette@nordlys.example\r\nTo: bo@postkasse.example\r\nSubject: Hej\r\nMIME-Version: 1.0\r\n"


def _judged(body: str, *, html: bool = False, attachments: tuple[Attachment, ...] = ()) -> ContentEvidence:
    """As the check judges it, with the other readings of the body."""
    return content_of(mail(body, html=html, attachments=attachments), terms(), read_here)


@pytest.mark.parametrize(
    "source",
    [
        '<p>CPR: <span style="display:flex;flex-direction:row-reverse"><span>1235</span><span>-</span><span>040574</span></span></p>',
        '<p>CPR: <span style="display:flex;flex-direction:row-reverse">' + "".join(f"<b>{c}</b>" for c in "5321-475040") + "</span></p>",
        'CPR <div style="display:flex"><span style="order:2">1235</span><span style="order:1">040574-</span></div>',
        'CPR <div style="display:flex"><span style="order:1">1235</span><span style="order: -1">040574-</span></div>',
        'CPR <span style="unicode-bidi:bidi-override;direction:rtl">5321-475040</span>',
        '<style>.r{unicode-bidi:bidi-override;direction:rtl}</style>CPR <span class="r">5321-475040</span>',
        'CPR <bdo dir="rtl">5321-475040</bdo>',
        'CPR <span style="float:right">1235</span><span>040574-</span>',
        "CPR <ruby>040574<rt>-</rt></ruby><ruby>1235<rt>x</rt></ruby>",
        "CPR <ruby>a<rt>040574-1235</rt></ruby>",
        '<p>CPR:</p><ol start="140574"><li>1235</li></ol>',
        '<p>CPR-nummer</p><ol><li value="140574">1235</li></ol>',
        "<p>CPR</p><ol>" + "".join(f"<li>{c}</li>" for c in "0405741235") + "</ol>",
        "<table><tr><td>CPR</td>" + "".join(f"<td>{c}</td>" for c in "0405741235") + "</tr></table>",
        "<table><tr><td>CPR</td><td>040574</td><td>1235</td></tr></table>",
        "<table><tr><td>CPR</td><td>040574</td></tr><tr><td></td><td>1235</td></tr></table>",
        'CPR <span style="display:none">040574-1235</span>',
        'CPR <span style="color:#fff">040574-1235</span>',
        'CPR 0405<span style="font-size:0">x</span>74-1235',
        'CPR 0405<span style="display:none">99</span>74-1235',
        '<style>.a:after{content:"CPR 040574-1235"}</style><span class="a"></span>',
        "CPR 040574-<wbr>1235",
        "CPR 040574-&shy;1235",
        "CPR <sup>040574</sup>-<sub>1235</sub>",
        "CPR 040574&#8203;-&#8203;1235",
        "CPR &#48;&#52;&#48;&#53;&#55;&#52;-1235",
        "<!-- CPR 040574-1235 -->Hej",
        '<img alt="CPR 040574-1235">',
        '<a href="https://x.example/?cpr=0405741235">her</a>',
        '<span title="CPR 040574-1235">her</span>',
        '<input value="CPR 040574-1235">',
    ],
)
def test_html_hides_no_number(source: str) -> None:
    """Order and direction of a style sheet, ruby, lists, cells, what is not shown, attributes, comments."""
    found = set(_judged(source, html=True).classes)
    assert found & {CPR, UNKNOWN}


@pytest.mark.parametrize(
    "source",
    [
        '<div style="float:right">Ordre 5321475040</div>',
        '<div dir="rtl">Tlf. 45 53 21 47 50</div>',
        '<ol start="100"><li>Punkt</li></ol>',
        '<ol start="2024"><li>1235 stk.</li></ol>',
        '<div style="display:flex;flex-direction:row-reverse"><span>1235 kr.</span><span>Pris</span></div>',
        "<ruby>漢<rt>kan</rt></ruby>",
        '<div style="direction:rtl">5321-475040</div>',
    ],
)
def test_ordinary_pages_stay_ordinary(source: str) -> None:
    """What is turned round without a CPR label tells nothing."""
    assert CPR not in _judged(source, html=True).classes


@pytest.mark.parametrize(
    "body",
    [
        "Mit CPR-nummer er nul fire nul fem syv fire en to tre fem",
        "CPR: nul-fire-nul-fem-syv-fire, en-to-tre-fem",
        "cpr nul fire, nul fem, fireoghalvfjerds, tolv, femogtredive",
        "mit cpr er fire maj fireoghalvfjerds tolv femogtredive",
        "CPR-nr. skrevet med ord: nul fire nul fem syv fire bindestreg en to tre fem",
        "My CPR number is zero four zero five seven four one two three five",
        "CPR: oh four oh five seven four dash one two three five",
        "her CPR number is zero four zero five seventy-four twelve thirty-five",
        "CPR 04 nul fem syv fire - en to tre fem",
        "CPR O4O574-1235",
        "CPR 04O574-l235",
        "CPR-nr.: o4o574l235",
        "cpr 04О574-1235",
        "CPR 0\u200b4\u200b0\u200b5\u200b7\u200b4\u200b-\u200b1235",
        "CPR ０４０５７４－１２３５",
        "CPR ٠٤٠٥٧٤-١٢٣٥",
        "CPR ۰۴۰۵۷۴-۱۲۳۵",
        "CPR ०४०५७४-१२३५",
        "CPR 𝟎𝟒𝟎𝟓𝟕𝟒-𝟏𝟐𝟑𝟓",
        "CPR ⓪④⓪⑤⑦④-①②③⑤",
        "CPR 0️⃣4️⃣0️⃣5️⃣7️⃣4️⃣-1️⃣2️⃣3️⃣5️⃣",
        "CPR ⁰⁴⁰⁵⁷⁴-¹²³⁵",
        "СРR 040574-1235",
        "CPR \u202e5321-475040\u202c",
        "CPR \u2067040574\u2069-1235",
        "CPR 040574\u20611235",
        "CPR 040574_1235",
        "CPR 0*4*0*5*7*4*1*2*3*5",
        "CPR 04/05/74/1235",
        "CPR 0405\n74-1235",
        "Bo Madsen\n040574\n1235",
        "CPR: de første seks er 040574 og de sidste fire er 1235",
        "CPR starts 040574, last four 1235",
        "Reference: 070761-4285",
        "Ref. 070761-4285",
        "Vores ref.: 070761-4285",
        "Reference:\n070761-4285",
        "Reference nr. 070761-4285",
    ],
)
def test_plain_text_hides_no_number(body: str) -> None:
    """Words, letters for digits, digits of other scripts, invisible characters, direction, breaks, two pieces, a bare reference."""
    assert CPR in _judged(body).classes


@pytest.mark.parametrize(
    "body",
    [
        "CPR-kontoret åbner klokken ti og lukker klokken fire",
        "Skriv aldrig CPR i en mail. To ud af tre gør det.",
        "Vi kører CPR-kursus for fire hold: et, to, tre og fire.",
        "CPR training for one, two, three or four people, five days",
        "Nul fire nul fem syv fire en to tre fem",
        "Ref. 070761-4286",
        "Reference: 0707614285",
        "Reference: ordre 070761-4285",
        "CPR O4O574",
        "Solo lil 10011 oil",
        "Tællingen er en to tre fire fem seks syv otte ni ti",
        "The code is one two three four five six seven eight nine zero",
        "CPR-registeret fylder 50 år, og sidste fire år er 1235 ansat",
    ],
)
def test_words_and_letters_alone_are_no_numbers(body: str) -> None:
    """Counting, clocks, courses, references that fail the check or are longer."""
    assert () == _judged(body).identifier_texts


def test_a_number_cut_between_two_parts_is_found() -> None:
    """The end of the body and the beginning of the next text."""
    part = b"Content-Type: text/plain\r\n\r\n"
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n" + part + b"CPR: 040574-\r\n--B\r\n" + part + b"1235\r\n--B--\r\n"
    )
    assert CPR in content_of(parse_message(raw), terms(), read_here).classes


def test_a_number_cut_between_two_names_is_found() -> None:
    """Of files that lie beside each other; names of other files are left alone."""
    assert CPR in _judged("Se", attachments=(text_file("CPR 040574.txt", "x"), text_file("1235.txt", "y"))).classes
    assert CPR not in _judged("Se", attachments=(text_file("Faktura 040574.txt", "x"), text_file("1235.txt", "y"))).classes


@pytest.mark.parametrize(
    "name", ["040574-1235.pdf", "Bo_Madsen_0405741235_rapport.pdf", "cpr 040574 1235.docx", "Bo Madsen (040574-1235).txt"]
)
def test_a_name_hides_no_number(name: str) -> None:
    """As people name files."""
    assert CPR in evidence("Se", attachments=(text_file(name, "x"),)).classes


_DANISH = "nul en to tre fire fem seks syv otte ni".split()
_ENGLISH = "zero one two three four five six seven eight nine".split()


@settings(max_examples=size(sample=60, full=2000), deadline=None)
@given(
    st.integers(1, 28), st.integers(1, 12), st.integers(37, 99), st.integers(1, 3999), st.sampled_from([_DANISH, _ENGLISH]), st.booleans()
)
def test_any_number_in_words_is_read(day: int, month: int, year: int, tail: int, words: list[str], commas: bool) -> None:
    """Digit by digit behind its label, in both languages."""
    digits = f"{day:02}{month:02}{year:02}{tail:04}"
    said = (", " if commas else " ").join(words[int(digit)] for digit in digits)
    assert [digits] == [found for _, _, found in in_words(make_passage(f"Mit CPR-nummer er {said}.", Location.BODY))]


@pytest.mark.parametrize("unit", ["cpr nul fire ", "cpr o4o5", "cpr 040574 sidste fire er ", "CPR \u202e53", "reference: 070761-4285\n"])
def test_the_work_grows_with_the_length(unit: str) -> None:
    """Looking for what is hidden costs no more than the length of the text."""
    assert grows_with(lambda count: lambda: _judged(unit * count), 300) < 6
