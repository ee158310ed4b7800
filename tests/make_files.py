"""One real file of each format, made here: each says the same things in the places that its format has.

``python tests/make_files.py FOLDER`` writes them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import make_compound
import make_pdf

SEEN = "CPR-nummer: 040574-1235"
HIDDEN = "Skjult: 010190-1233"
NOTED = "Kommentar: 070761-4285"
KEPT = "Egenskab Søren Ægirsen"
DEEP = "Inderst: 311299-1235"

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{KEPT}</dc:title></cp:coreProperties>'
)


def package(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP with these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def _related(kinds: Mapping[str, str]) -> str:
    """A part of relations: target -> last word of its kind; ids are r1, r2 …"""
    lines = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(kinds.items(), 1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{lines}</Relationships>'


def workbook(sheets: Mapping[str, str], shared: str, more: Mapping[str, str | bytes] | None = None) -> bytes:
    """An xlsx: "name" or "name!state" -> XML of the sheet, and the shared strings."""
    listed, parts, kinds = "", {}, {}
    for number, (name, content) in enumerate(sheets.items(), 1):
        title, _, state = name.partition("!")
        listed += f'<sheet name="{title}" sheetId="{number}" r:id="r{number}" state="{state or "visible"}"/>'
        parts[f"xl/worksheets/sheet{number}.xml"] = content
        kinds[f"worksheets/sheet{number}.xml"] = "worksheet"
    kinds["sharedStrings.xml"] = "sharedStrings"
    return package(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _related({"xl/workbook.xml": "officeDocument"}),
            "xl/_rels/workbook.xml.rels": _related(kinds),
            "xl/workbook.xml": f'<workbook {_X} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
            "xl/sharedStrings.xml": shared,
            **parts,
            **(more or {}),
        }
    )


def docx(body: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    """A Word document: runs that cut a number, a table, hidden and deleted words, a comment, a header, an alternative text, properties."""
    cut = "".join(f"<w:r><w:t>{piece}</w:t></w:r>" for piece in (SEEN[:15], SEEN[15:18], SEEN[18:]))
    hidden = f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>{HIDDEN}</w:t></w:r><w:del><w:r><w:delText>slettet ord</w:delText></w:r></w:del>"
    cells = "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in ("venstre", "højre"))
    picture = '<w:p><w:r><w:drawing><wp:docPr xmlns:wp="urn:wp" id="1" name="Picture 1" descr="foto af pas"/></w:drawing></w:r></w:p>'
    content = f"<w:p>{cut}</w:p><w:p>{hidden}</w:p><w:tbl><w:tr>{cells}</w:tr></w:tbl>{picture}{body}"
    document = f"<w:document {_W}><w:body>{content}</w:body></w:document>"
    comment = f"<w:comment w:author='Mette Holm'><w:p><w:r><w:t>{NOTED}</w:t></w:r></w:p></w:comment>"
    return package(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _related({"word/document.xml": "officeDocument"}),
            "word/document.xml": document,
            "word/comments.xml": f"<w:comments {_W}>{comment}</w:comments>",
            "word/header1.xml": f"<w:hdr {_W}><w:p><w:r><w:t>sidehoved</w:t></w:r></w:p></w:hdr>",
            "docProps/core.xml": _CORE,
            **(more or {}),
        }
    )


def xlsx() -> bytes:
    """A workbook: a number that lost its zero, shared and inline texts, a hidden sheet, a comment, a text that no cell holds any more."""
    shared = f"<sst {_X}><si><t>Navn</t></si><si><t>CPR-nummer</t></si><si><t>Bo Madsen</t></si><si><t>tidligere tekst</t></si></sst>"
    first = (
        f'<worksheet {_X}><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2"><v>40574123.50E1</v></c></row>'
        f'<row r="3"><c r="A3" t="inlineStr"><is><t>{SEEN}</t></is></c></row></sheetData></worksheet>'
    )
    second = f'<worksheet {_X}><sheetData><row r="1"><c r="A1" t="str"><f>A1&amp;"x"</f><v>{HIDDEN}</v></c></row></sheetData></worksheet>'
    comment = f"<comment><text><r><t>{NOTED}</t></r></text></comment>"
    more = {"xl/comments1.xml": f"<comments {_X}><commentList>{comment}</commentList></comments>", "docProps/core.xml": _CORE}
    return workbook({"Ark1": first, "Gemt!veryHidden": second}, shared, more)


def pptx() -> bytes:
    """A presentation: a slide, its notes, a comment."""

    def slide(kind: str, text: str) -> str:
        return f"<p:{kind} {_P} {_A}><a:p><a:r><a:t>{text[:16]}</a:t></a:r><a:r><a:t>{text[16:]}</a:t></a:r></a:p></p:{kind}>"

    return package(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _related({"ppt/presentation.xml": "officeDocument"}),
            "ppt/presentation.xml": f"<p:presentation {_P}/>",
            "ppt/slides/slide1.xml": slide("sld", SEEN),
            "ppt/notesSlides/notesSlide1.xml": slide("notes", HIDDEN),
            "ppt/comments/comment1.xml": f"<p:cmLst {_P}><p:cm><p:text>{NOTED}</p:text></p:cm></p:cmLst>",
            "docProps/core.xml": _CORE,
        }
    )


_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def odf(kind: str, *, locked: bool = False) -> bytes:
    """An OpenDocument file: "text", "spreadsheet" or "presentation"."""
    number = '<table:table-cell office:value-type="float" office:value="405741235"><text:p>405741235</text:p></table:table-cell>'
    rows = (
        "<table:table-row><table:table-cell><text:p>Navn</text:p></table:table-cell><table:table-cell><text:p>CPR-nummer</text:p></table:table-cell></table:table-row>"
        f"<table:table-row><table:table-cell><text:p>Bo Madsen</text:p></table:table-cell>{number}</table:table-row>"
    )
    body = (
        f"<text:p>CPR-nummer:<text:s/>0405<text:span>74-1235</text:span><office:annotation><text:p>{NOTED}</text:p></office:annotation></text:p>"
        f"<text:p text:condition='none'>{HIDDEN}</text:p><table:table table:name='Ark1' table:display='false'>{rows}</table:table>"
    )
    content = f"<office:document-content {_ODF}><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    sealed = "<manifest:encryption-data/>" if locked else ""
    return package(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": f"<manifest:manifest xmlns:manifest='urn:m'>{sealed}</manifest:manifest>",
            "content.xml": content,
            "meta.xml": f"<office:document-meta {_ODF}><office:meta><dc:title>{KEPT}</dc:title></office:meta></office:document-meta>",
        }
    )


def rtf() -> bytes:
    """Rich text: escapes of both kinds, hidden words, a comment, properties, a table."""

    def escaped(text: str) -> str:
        return "".join(char if char.isascii() else f"\\u{ord(char)}?" for char in text)

    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil Arial;}}{\\colortbl;\\red0\\green0\\blue0;}"
        f"{{\\info{{\\title {escaped(KEPT)}}}}}\\pard CPR-nummer: 0405{{\\b 74}}-1235\\par l\\'e6ge\\par {{\\v {HIDDEN}}}"
        f"{{\\*\\annotation {NOTED}}}\\trowd venstre\\cell h\\'f8jre\\cell\\row}}"
    ).encode()


def eml(*attachments: tuple[str, bytes]) -> bytes:
    """A mail with attachments."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "mette@nordlys.example", "bo@postkasse.example", KEPT
    mail.set_content(f"{SEEN}\n{HIDDEN}\n")
    mail.add_alternative(f"<p>{SEEN}</p><p style='display:none'>{HIDDEN}</p><!-- {NOTED} -->", subtype="html")
    for name, content in attachments:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def _number(value: int) -> bytes:
    for length in range(8):
        if value < 1 << (7 * length + 7):
            first = (0xFF00 >> length) & 0xFF | value >> (8 * length)
            return bytes([first]) + (value & ((1 << 8 * length) - 1)).to_bytes(length, "little")
    raise ValueError(value)


def seven(files: Mapping[str, bytes], *, sealed: bool = False) -> bytes:
    """A 7z archive: one solid LZMA2 stream and a plain header. ``sealed`` names the AES coder, as a locked one does."""
    whole = b"".join(files.values())
    packed = lzma.compress(whole, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}])
    coder = b"\x24\x06\xf1\x07\x01\x01\x13" if sealed else b"\x21\x21\x01\x12"
    names = b"\0" + b"".join(name.encode("utf-16-le") + b"\0\0" for name in files)
    sizes = b"".join(_number(len(content)) for content in list(files.values())[:-1])
    several = b"\x0d" + _number(len(files)) + (b"\x09" + sizes if len(files) > 1 else b"")
    streams = b"\x06\x00\x01\x09" + _number(len(packed)) + b"\x00\x07\x0b\x01\x00\x01" + coder + b"\x0c" + _number(len(whole)) + b"\x00"
    header = (
        b"\x01\x04"
        + streams
        + b"\x08"
        + several
        + b"\x00\x00\x05"
        + _number(len(files))
        + b"\x11"
        + _number(len(names))
        + names
        + b"\x00\x00"
    )
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + packed + header


def tar(files: Mapping[str, bytes]) -> bytes:
    """A tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def locked_zip() -> bytes:
    """An archive whose entry has the flag of a password."""
    raw = bytearray(package({"hemmelig.txt": b"\x01" * 40}, zipfile.ZIP_STORED))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


_TEXT = f"{SEEN}\r\n{HIDDEN}\r\n{NOTED}\r\n{KEPT}\r\n"
_ROWS = f"Navn;CPR-nummer\r\nBo Madsen;405741235\r\n{SEEN};{HIDDEN}\r\n{NOTED};{KEPT}\r\n"
_CALENDAR = (
    f"BEGIN:VCALENDAR\r\nSUMMARY:{KEPT}\r\nDESCRIPTION:{SEEN[:20]}\r\n {SEEN[20:]}\\n{HIDDEN}\r\nCOMMENT:{NOTED}\r\nEND:VCALENDAR\r\n"
)
_CARD = f"BEGIN:VCARD\r\nFN:{KEPT}\r\nNOTE:{SEEN}\\n{HIDDEN}\r\nX-NOTE:{NOTED}\r\nEND:VCARD\r\n"
_PAGE = f"<html><title>{KEPT}</title><p>CPR-nummer: 0405<b>74</b>&#45;1235<p hidden>{HIDDEN}</p><!-- {NOTED} --><img alt='foto'></html>"


def files() -> dict[str, bytes]:
    """Name -> content: each holds SEEN, HIDDEN, NOTED and KEPT where its format has a place for them."""
    attached = (("indre.txt", f"{NOTED}\n{HIDDEN}".encode()),)
    plain = {
        "tekst.txt": _TEXT.encode("utf-16"),
        "tekst-cp1252.txt": _TEXT.encode("cp1252"),
        "tabel.csv": _ROWS.encode("cp1252"),
        "data.json": ('{"a": "' + _TEXT.replace("\r\n", "\\n").replace("-", "\\u002d") + '"}').encode(),
        "data.xml": f"<a><b>{SEEN}</b><c d='{HIDDEN}'/><!-- {NOTED} -->{KEPT}</a>".encode(),
        "moede.ics": _CALENDAR.encode(),
        "kort.vcf": _CARD.encode(),
        "side.html": _PAGE.encode(),
        "brev.rtf": rtf(),
        "mail.eml": eml(),
    }
    office = {
        "brev.docx": docx(),
        "ark.xlsx": xlsx(),
        "slides.pptx": pptx(),
        "brev.odt": odf("text"),
        "ark.ods": odf("spreadsheet"),
        "slides.odp": odf("presentation"),
        "brev.doc": make_compound.doc(_TEXT.replace("\r\n", "\r")),
        "ark.xls": make_compound.xls([["Navn", "CPR-nummer"], ["Bo Madsen", 405741235.0], [SEEN, HIDDEN], [NOTED, KEPT]], hidden=True),
        "slides.ppt": make_compound.ppt([SEEN, HIDDEN, NOTED, KEPT]),
        "besked.msg": make_compound.msg(KEPT, SEEN, f"<p>{SEEN}</p>", list(attached)),
        "brev.pdf": make_pdf.pdf([[SEEN]], title=KEPT, note=NOTED, field=HIDDEN),
    }
    archives = {
        "arkiv.zip": package({"mappe/brev.docx": docx()}),
        "arkiv.7z": seven({"brev.docx": docx(), "tom.txt": b"x"}),
        "arkiv.tar": tar({"brev.docx": docx()}),
        "arkiv.tar.gz": gzip.compress(tar({"brev.docx": docx()}), mtime=0),
        "brev.docx.bz2": bz2.compress(docx()),
        "brev.docx.xz": lzma.compress(docx()),
        "mail-med.eml": eml(("arkiv.zip", package({"ark.xlsx": xlsx()}))),
    }
    return {**plain, **office, **archives}


def locked_files() -> dict[str, bytes]:
    """Files with a password, of each format that has one."""
    return {
        "brev.docx": make_compound.locked_office(),
        "brev.doc": make_compound.doc(SEEN, locked=True),
        "ark.xls": make_compound.xls([[SEEN]], locked=True),
        "brev.odt": odf("text", locked=True),
        "brev.pdf": make_pdf.locked_pdf(),
        "arkiv.zip": locked_zip(),
        "arkiv.7z": seven({"a.txt": SEEN.encode()}, sealed=True),
        "smime.p7m": b"\x30\x82\x01\x01" + b"\x06\x09" * 20,
    }


def main() -> None:
    """Write all of them into the folder named on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (*files().items(), *((f"locked-{name}", content) for name, content in locked_files().items())):
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
