"""Every format: what a reader sees, what is hidden, what stands in comments and in the properties; locked, cut and misnamed files."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import make_files
import make_pdf
from addin_backend.bootstrap.read_attachments import recognition
from addin_backend.evidence.extraction import sheets
from addin_backend.evidence.extraction.attachment import extract
from addin_backend.evidence.extraction.reading import Ocr
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment

METHODS = (
    ["-m0=LZMA2"],
    ["-m0=LZMA"],
    ["-m0=BZip2"],
    ["-m0=Deflate"],
    ["-m0=Copy"],
    ["-m0=Delta:2", "-m1=LZMA2"],
    ["-m0=BCJ", "-m1=LZMA"],
    ["-ms=off"],
)
FILES = make_files.files()
LOCKED = make_files.locked_files()


def read(name: str, content: bytes, ocr: Ocr | None = None) -> Extracted:
    """The attachment as a mail program sends it: with a name and no useful type."""
    return extract(Attachment(name=name, media_type="application/octet-stream", content=content), ocr)


@pytest.mark.parametrize("name", FILES)
def test_everything_in_a_file_is_read(name: str) -> None:
    """Text, hidden text, comment and property are found, and nothing is in doubt."""
    found = read(name, FILES[name])
    assert "" == found.reason
    text = found.text or ""
    wanted = [make_files.SEEN, make_files.HIDDEN, make_files.NOTED, make_files.KEPT]
    assert [] == [item for item in wanted if item not in text]


@pytest.mark.parametrize("name", ["ark.xlsx", "ark.ods", "ark.xls", "tabel.csv"])
def test_a_cell_that_lost_its_zero_gets_it_back_beside_its_heading(name: str) -> None:
    """010190-1233 kept as a number is 101901233; the heading of the column says what it is."""
    assert "CPR-nummer: 0405741235\tBo Madsen" in (read(name, FILES[name]).text or "")


@pytest.mark.parametrize("name", ["brev.docx", "brev.rtf"])
def test_cells_of_a_row_stand_side_by_side(name: str) -> None:
    """A table keeps its rows."""
    assert "venstre\thøjre" in (read(name, FILES[name]).text or "")


def test_a_text_that_no_cell_holds_any_more_is_read() -> None:
    """Shared strings outlive their cells."""
    assert "tidligere tekst" in (read("a.xlsx", FILES["ark.xlsx"]).text or "")


def test_a_large_workbook_says_the_same_as_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast way to many cells leaves nothing out: hidden sheets, formulas, comments, texts of no cell, lost zeros."""
    careful = read("a.xlsx", FILES["ark.xlsx"])
    monkeypatch.setattr(sheets, "LARGE", 0)
    fast = read("a.xlsx", FILES["ark.xlsx"])
    assert careful.reason == fast.reason == ""
    wanted = [make_files.SEEN, make_files.HIDDEN, make_files.NOTED, make_files.KEPT, "tidligere tekst", "CPR-nummer: 0405741235", 'A1&"x"']
    assert [] == [item for item in wanted if item not in (fast.text or "")]
    assert set((careful.text or "").split()) == set((fast.text or "").split())


def test_alternative_texts_deleted_words_and_headers_are_read() -> None:
    """Word keeps them in attributes, in deletions and in parts of their own."""
    text = read("a.docx", FILES["brev.docx"]).text or ""
    assert [] == [item for item in ("foto af pas", "slettet ord", "sidehoved", "Mette Holm") if item not in text]


@pytest.mark.parametrize("name", LOCKED)
def test_a_locked_file_is_locked(name: str) -> None:
    """A password is told apart from damage."""
    assert "encrypted" == read(name, LOCKED[name]).reason


@pytest.mark.parametrize("name", LOCKED)
def test_a_locked_file_in_an_archive_is_named(name: str) -> None:
    """The sender is told which file within the archive could not be read; the others are read."""
    found = read("sag.zip", make_files.package({"note.txt": make_files.SEEN, name: LOCKED[name]}))
    assert "encrypted" == found.reason
    assert found.inside.endswith(name) or name == "arkiv.zip"
    assert make_files.SEEN in (found.text or "")


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith((".txt", ".csv", ".json", ".xml", ".ics", ".vcf", ".html"))])
def test_the_bytes_decide_and_not_the_name(name: str) -> None:
    """The same file called something else is read all the same, or is in doubt."""
    for wrong in ("regning.txt", "billede.png", "uden-endelse", "ark.xlsx"):
        found = read(wrong, FILES[name])
        assert found.reason or make_files.SEEN in (found.text or "")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut_is_never_taken_for_whole(name: str) -> None:
    """At any of many places: what is missing makes it unknown, or nothing that counts was lost."""
    content = FILES[name]
    wanted = [make_files.SEEN, make_files.HIDDEN, make_files.NOTED]
    for part in range(1, 12):
        found = read(name, content[: len(content) * part // 12])
        text = name.endswith((".txt", ".csv", ".ics", ".vcf", ".html", ".xml", ".json", ".eml"))  # text that ends early is a shorter text
        assert found.reason or text or all(item in (found.text or "") for item in wanted)


def test_macros_are_noted() -> None:
    """A document with a program in it says so, and is read."""
    found = read("a.docm", make_files.docx(more={"word/vbaProject.bin": b"Attribute VB_Name = 'Modul1'\0"}))
    assert (("macros",), "") == (found.notes, found.reason)


def test_a_docx_in_a_zip_in_a_mail_in_a_7z_is_read() -> None:
    """Files within files within files."""
    inner = make_files.eml(
        ("arkiv.zip", make_files.package({"brev.docx": make_files.docx(f"<w:p><w:r><w:t>{make_files.DEEP}</w:t></w:r></w:p>")}))
    )
    found = read("alt.7z", make_files.seven({"mail.eml": inner}))
    assert (True, "") == (make_files.DEEP in (found.text or ""), found.reason)


def test_an_embedded_workbook_is_read() -> None:
    """A spreadsheet that lies in a document, and a picture that cannot be read there."""
    found = read("a.docx", make_files.docx(more={"word/embeddings/ark.xlsx": make_files.xlsx()}))
    assert (True, "") == ("tidligere tekst" in (found.text or ""), found.reason)
    picture = make_pdf.png(300, 300, b"\0" * 90_000)
    assert "picture" == read("a.docx", make_files.docx(more={"word/media/image1.png": picture})).reason
    logo = make_pdf.png(300, 60, b"\0" * 18_000)
    assert "" == read("a.docx", make_files.docx(more={"word/media/image1.png": logo})).reason


def test_attached_files_of_a_pdf_are_read() -> None:
    """A workbook that travels inside a PDF."""
    found = read("a.pdf", make_pdf.pdf([["Se bilaget"]], attached=("ark.xlsx", make_files.xlsx())))
    assert (True, "") == (make_files.HIDDEN in (found.text or ""), found.reason)


@pytest.fixture(scope="module", name="ocr")
def _ocr(tool: Callable[[str], str]) -> Ocr:
    found = recognition(tool("tesseract"))
    assert found
    return found


def test_words_in_pictures_and_scans_are_read(ocr: Ocr) -> None:
    """A picture of a page, a PDF that is nothing but one, and one that lies in a document."""
    width, height, grey = make_pdf.drawn([make_files.SEEN, "Bo Madsen er sygemeldt på grund af depression"])
    picture = make_pdf.png(width, height, grey)
    for name, content in (
        ("foto.png", picture),
        ("scan.pdf", make_pdf.scanned_pdf(width, height, grey)),
        ("a.docx", make_files.docx(more={"word/media/image1.png": picture})),
    ):
        found = read(name, content, ocr)
        assert ("", True, True) == (found.reason, "040574-1235" in (found.text or ""), "sygemeldt på grund" in (found.text or ""))


def test_a_picture_without_words_is_unknown(ocr: Ocr) -> None:
    """Nothing was read in it, so nothing is known of it; without the program neither."""
    blank = make_pdf.png(600, 600, b"\xff" * 360_000)
    assert "empty" == read("foto.png", blank, ocr).reason
    assert "unknown_type" == read("foto.png", blank).reason
    width, height, grey = make_pdf.drawn([make_files.SEEN])
    assert "picture" == read("scan.pdf", make_pdf.scanned_pdf(width, height, grey)).reason


def test_the_7z_reader_reads_what_7z_writes(tmp_path: Path) -> None:
    """Several methods, filters and a packed header, where the program is installed."""
    program = shutil.which("7z") or shutil.which("7zz")
    if program is None:
        pytest.skip("7z is not installed on this machine; make_files.seven is read everywhere")
    (tmp_path / "a.txt").write_text(make_files.SEEN, encoding="utf-8")
    (tmp_path / "b.docx").write_bytes(make_files.docx())
    for number, options in enumerate(METHODS):
        archive = tmp_path / f"{number}.7z"
        subprocess.run([program, "a", *options, str(archive), "a.txt", "b.docx"], cwd=tmp_path, capture_output=True, check=True, timeout=60)
        found = read("x.7z", archive.read_bytes())
        assert ("", True, True) == (found.reason, make_files.SEEN in (found.text or ""), make_files.NOTED in (found.text or "")), options
    for options, reason in ((["-phemmelig"], "encrypted"), (["-phemmelig", "-mhe=on"], "encrypted"), (["-m0=PPMd"], "unknown_type")):
        archive = tmp_path / f"{re.sub('[^a-z]', '', ''.join(options))}.7z"
        subprocess.run([program, "a", *options, str(archive), "a.txt"], cwd=tmp_path, capture_output=True, check=True, timeout=60)
        assert reason == read("x.7z", archive.read_bytes()).reason
