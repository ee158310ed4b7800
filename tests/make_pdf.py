"""Writes small PDFs: text, annotations, a form, metadata, an attached file, a lock, a page that is a picture (ISO 32000-1)."""

from __future__ import annotations

import hashlib
import struct
import zlib

_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def _rc4(key: bytes, data: bytes) -> bytes:
    box, second, out = list(range(256)), 0, bytearray()
    for first in range(256):
        second = (second + box[first] + key[first % len(key)]) % 256
        box[first], box[second] = box[second], box[first]
    first = second = 0
    for byte in data:
        first = (first + 1) % 256
        second = (second + box[first]) % 256
        box[first], box[second] = box[second], box[first]
        out.append(byte ^ box[(box[first] + box[second]) % 256])
    return bytes(out)


def _assemble(objects: list[bytes], trailer: bytes) -> bytes:
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    xref = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + xref + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(out))


def _stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra, data)


def _string(text: str) -> bytes:
    return b"<FEFF" + text.encode("utf-16-be").hex().encode() + b">"


def _page_text(lines: list[str], size: int = 12) -> bytes:
    shown = b"".join(b"(%s) Tj T*\n" % line.encode("cp1252").replace(b"(", rb"\(").replace(b")", rb"\)") for line in lines)
    return b"BT /F1 %d Tf %d TL 50 780 Td\n%sET" % (size, size * 3 // 2, shown)


def pdf(pages: list[list[str]], *, title: str = "", note: str = "", field: str = "", attached: tuple[str, bytes] | None = None) -> bytes:
    """A PDF with one page for each list of lines; the first page has the annotation and the form field."""
    first = 6
    numbers = [first + 2 * index for index in range(len(pages))]
    extra = first + 2 * len(pages)
    names = b"/Names << /EmbeddedFiles << /Names [ %s %d 0 R ] >> >>" % (_string(attached[0]), extra + 2) if attached else b""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [ %d 0 R ] >> %s >>" % (extra + 1, names),
        b"<< /Type /Pages /Count %d /Kids [ %s ] >>" % (len(pages), b" ".join(b"%d 0 R" % number for number in numbers)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title %s /Author %s >>" % (_string(title), _string("Mette Holm")),
        b"null",
    ]
    for index, lines in enumerate(pages):
        annotations = b"/Annots [ %d 0 R %d 0 R ]" % (extra, extra + 1) if not index else b""
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R %s >>"
            % (numbers[index] + 1, annotations)
        )
        objects.append(_stream(_page_text(lines)))
    objects.append(b"<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents %s >>" % _string(note))
    objects.append(b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (felt) /V %s /Rect [10 40 200 60] >>" % _string(field))
    if attached:
        objects.append(b"<< /Type /Filespec /F %s /UF %s /EF << /F %d 0 R >> >>" % (_string(attached[0]), _string(attached[0]), extra + 3))
        objects.append(_stream(attached[1], b"/Type /EmbeddedFile"))
    return _assemble(objects, b"/Info 4 0 R")


def locked_pdf(password: bytes = b"hemmelig") -> bytes:
    """A PDF that asks for a password before it opens (40-bit RC4, ISO 32000-1 §7.6.3)."""
    padded = (password + _PAD)[:32]
    identity, permissions = b"0123456789abcdef", -4
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)  # noqa: S324 the format asks for MD5
    key = hashlib.md5(padded + owner + struct.pack("<i", permissions) + identity).digest()[:5]  # noqa: S324 the format asks for MD5
    user = _rc4(key, _PAD)

    def sealed(number: int, data: bytes) -> bytes:
        part = hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[:10]  # noqa: S324 the format asks for MD5
        return _rc4(part, data)

    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [ 4 0 R ] >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>",
        _stream(sealed(5, _page_text(["Hemmeligt indhold"]))),
        b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P %d >>" % (owner.hex().encode(), user.hex().encode(), permissions),
    ]
    mark = identity.hex().encode()
    return _assemble(objects, b"/Encrypt 6 0 R /ID [ <%s> <%s> ]" % (mark, mark))


def scanned_pdf(width: int, height: int, grey: bytes) -> bytes:
    """A PDF with one page that is nothing but a picture of ``grey`` pixels."""
    image = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [ 3 0 R ] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /I 5 0 R >> >> /Contents 4 0 R >>",
        _stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
        _stream(zlib.compress(grey), image % (width, height)),
    ]
    return _assemble(objects, b"")


def endless_pdf() -> bytes:
    """A page whose content draws itself, and a tree of pages that holds itself."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 2000000000 /Kids [ 2 0 R 3 0 R ] /Parent 2 0 R >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R >>",
        _stream(b"/I Do " * 1000, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /I 4 0 R >> >>"),
        _stream(b"/I Do " * 1000),
    ]
    return _assemble(objects, b"")


def png(width: int, height: int, grey: bytes) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + grey[line * width : (line + 1) * width] for line in range(height))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def drawn(lines: list[str]) -> tuple[int, int, bytes]:
    """(width, height, grey pixels) of a page with these lines, as pdfium draws it."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf([lines]))
    bitmap = document[0].render(scale=200 / 72, grayscale=True)
    raw = bytes(bitmap.buffer)
    rows = [raw[line * bitmap.stride : line * bitmap.stride + bitmap.width] for line in range(bitmap.height)]
    size = (bitmap.width, bitmap.height)
    document.close()
    return (*size, b"".join(rows))
