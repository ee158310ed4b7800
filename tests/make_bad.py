"""Hostile and broken files: each must end within its time and memory, and be found or unknown, never passed over."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage

import make_files
import make_pdf
from sizes import size

MB = 1024 * 1024
LINE_MB = size(sample=4, full=35)
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "&{a};&{a};&{a};&{a};&{a};&{a};">' for a, b in zip("abcdefghij", "bcdefghijk", strict=True))
    + "]>"
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def _document(content: str, before: str = "") -> bytes:
    return make_files.package({"[Content_Types].xml": "<T/>", "word/document.xml": f"{before}<w:d xmlns:w='w'>{content}</w:d>"})


def _zip_bomb() -> bytes:
    return make_files.package({"nuller.txt": b"0" * (64 * MB)})


def _overlapping() -> bytes:
    """Two thousand entries that are all the same bytes (Fifield 2019)."""
    one = make_files.package({"a.txt": b"a" * MB})
    directory = one.index(b"PK\x01\x02")
    entry = one[directory : one.index(b"PK\x05\x06")]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2000, 2000, len(entry) * 2000, directory, 0)
    return one[:directory] + entry * 2000 + end


def _zips_in_zips() -> bytes:
    inner = make_files.SEEN.encode()
    for number in range(60):
        inner = make_files.package({f"{number}.zip" if number else "a.txt": inner})
    return inner


def _many_parts() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@b.example", "c@d.example", "Mange"
    head = mail.as_bytes().rstrip() + b"\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n"
    return head + b"--B\nContent-Type: text/plain\n\nhej\n" * 10_000 + b"--B--\n"


def _nested_mails() -> bytes:
    return b"Content-Type: message/rfc822\n\n" * 10_000 + b"Subject: hej\n\n" + make_files.SEEN.encode()


def _picture_bomb() -> bytes:
    """A picture of 900 million pixels in 110 kB."""
    row = b"\0" + b"\0" * 3750
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(30_000)) + packer.flush()

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _shared_string_bomb() -> bytes:
    """One megabyte of text that stands in ten thousand cells."""
    x = 'xmlns="x"'
    cells = "<row>" + "<c t='s'><v>0</v></c>" * 10_000 + "</row>"
    parts = {
        "[Content_Types].xml": "<T/>",
        "xl/workbook.xml": f"<workbook {x}/>",
        "xl/sharedStrings.xml": f"<sst {x}><si><t>{'a' * MB}</t></si></sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {x}>{cells}</worksheet>",
    }
    return make_files.package(parts)


def _hidden_between_entries() -> bytes:
    """Bytes that no directory names, between the last entry and the directory."""
    raw = make_files.package({"a.txt": b"hej"}, zipfile.ZIP_STORED)
    directory = raw.index(b"PK\x01\x02")
    more = b"PK\x03\x04" + make_files.SEEN.encode() * 10
    end = raw.index(b"PK\x05\x06")
    moved = raw[end : end + 16] + struct.pack("<L", directory + len(more)) + raw[end + 20 :]
    return raw[:directory] + more + raw[directory:end] + moved


def _tar_of_holes() -> bytes:
    out = io.BytesIO()
    out.write(make_files.tar({"a.txt": b"hej"})[:512].replace(b"00000000003", b"77777777777"))
    return out.getvalue() + b"\0" * 2048


_LINE = ("Almindelige ord uden noget i sig. " * 30 + " " * 4).encode()

BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "zip bomb": ("a.zip", _zip_bomb),
    "gzip bomb": ("a.txt.gz", lambda: gzip.compress(b"0" * (64 * MB), mtime=0)),
    "xz bomb": ("a.txt.xz", lambda: lzma.compress(b"0" * (64 * MB), preset=1)),
    "7z bomb": ("a.7z", lambda: make_files.seven({"a.txt": b"0" * (64 * MB)})),
    "overlapping zip": ("a.zip", _overlapping),
    "docx bomb": ("a.docx", lambda: _document("<w:t>aaaaaaaa</w:t>" * (3 * MB // 2))),
    "xml bomb in docx": ("a.docx", lambda: _document("&k;", LAUGHS)),
    "xml bomb": ("a.xml", lambda: (LAUGHS + "<a>&k;</a>").encode()),
    "outside entity in docx": ("a.docx", lambda: _document("&a;", OUTSIDE)),
    "xml 100,000 deep": ("a.docx", lambda: _document("<w:p>" * 100_000)),
    "one text in 10,000 cells": ("a.xlsx", _shared_string_bomb),
    "zip of 10,000 files": ("a.zip", lambda: make_files.package({f"{number}.txt": "hej" for number in range(10_001)}, zipfile.ZIP_STORED)),
    "60 zips in zips": ("a.zip", _zips_in_zips),
    "bytes between entries": ("a.zip", _hidden_between_entries),
    "mail of 10,000 parts": ("a.eml", _many_parts),
    "10,000 nested mails": ("a.eml", _nested_mails),
    "pdf that never ends": ("a.pdf", make_pdf.endless_pdf),
    "pdf of rubbish": ("a.pdf", lambda: b"%PDF-1.7\n" + b"1 0 obj << /A [ " * 200_000),
    "rtf of braces": ("a.rtf", lambda: b"{\\rtf1" + b"{" * 1_000_000),
    "picture of 900 million pixels": ("a.png", _picture_bomb),
    "tar that promises 8 GB": ("a.tar", _tar_of_holes),
    "NULs": ("a.txt", lambda: b"hej\0\0\0" * 1000),
    "html of open tags": ("a.html", lambda: b"<div " * (MB // 4)),
}
"""What it is -> (file name, how it is made): none of these can be read whole."""

TRICKS: dict[str, tuple[str, bytes]] = {
    "zero-width characters": ("a.txt", "CPR-nummer: 04\u200b05\u200d74-12\ufeff35".encode()),
    "right-to-left override": ("a.txt", "CPR-nummer: \u202e5321-475040\u202c".encode()),
    "foreign digits": ("a.txt", "CPR-nummer: ٠٤٠٥٧٤-١٢٣٥".encode()),
    "full-width digits": ("a.docx", _document("<w:p><w:t>CPR-nummer: ０４０５７４－１２３５</w:t></w:p>")),
    "a wrong charset": ("a.html", "<meta charset=utf-8><p>Søren, CPR-nummer: 040574-1235</p>".encode("cp1252")),
    "UTF-16 without a mark": ("a.csv", "CPR-nummer: 040574-1235\r\n".encode("utf-16-le")),
    "a docx called .txt": ("a.txt", make_files.docx()),
    "a pdf called .jpg": ("a.jpg", make_pdf.pdf([[make_files.SEEN]])),
    "html called .xls": ("a.xls", b"<html><table><tr><td>CPR-nummer</td><td>040574-1235</td></tr></table></html>"),
    f"a line of {LINE_MB} MB": ("a.txt", _LINE * (LINE_MB * MB // len(_LINE)) + make_files.SEEN.encode()),
}
"""What it is -> (file name, content): the number is found, or the file is unknown."""
