"""PDF with pdfium: the text of every page, shown or not, annotations, form fields, bookmarks, links, metadata and attached files.

A page that is a picture goes to character recognition. Source: ISO 32000-1; pdfium's public headers.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from addin_backend.evidence.extraction.reading import Reading, Refused

FEW = 20  # letters and digits: a page with fewer and something drawn on it is looked at as a picture
SPARSE = 400  # with fewer than this, a picture that fills the page is a scan all the same
FILLS = 0.5  # of the page
LINES = 20  # drawn on a page: borders and rules
MAX_OBJECTS = 10_000
MAX_PAGES = 5_000
MAX_ANNOTATIONS = 10_000  # of one page
MAX_PIXELS = 12_000_000  # an A4 page at 300 dpi has 8.7 million
DPI = 200
_PACKET = (b"<x:xmpmeta", b"</x:xmpmeta>")
_TAG = re.compile(r"<[^<>]*>")
_STRINGS = (b"Contents", b"T", b"TU", b"V", b"DV", b"RC", b"Subj", b"NM")
_NO_LETTER = re.compile("[\ufffd-\uffff\ue000-\uf8ff\x00-\x08\x0e-\x1f]")


def _utf16(call: object, *arguments: object) -> str:
    """A string that pdfium gives by the usual two calls: length in bytes, then UTF-16 with a closing zero."""
    length = call(*arguments, None, 0)  # type: ignore[operator]  # a ctypes function
    if length <= 2:
        return ""
    buffer = ctypes.create_string_buffer(length)
    call(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)  # type: ignore[operator]  # the same
    return buffer.raw[: length - 2].decode("utf-16-le", "replace")


def _annotations(page: pypdfium2.PdfPage) -> Iterator[str]:
    count = pdfium.FPDFPage_GetAnnotCount(page)
    if count > MAX_ANNOTATIONS:
        raise Refused("too_many")
    for index in range(count):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        for key in _STRINGS:
            yield _utf16(pdfium.FPDFAnnot_GetStringValue, annotation, key)
        link = pdfium.FPDFAnnot_GetLink(annotation)
        action = pdfium.FPDFLink_GetAction(link) if link else None
        if action:
            yield _uri(page.pdf, action)
        pdfium.FPDFPage_CloseAnnot(annotation)


def _uri(document: pypdfium2.PdfDocument, action: object) -> str:
    length = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    pdfium.FPDFAction_GetURIPath(document, action, buffer, length)
    return buffer.value.decode("utf-8", "replace")


def _is_scan(page: pypdfium2.PdfPage, letters: int, unreadable: int) -> bool:
    """Whether what stands on the page is (also) something that its text does not say."""
    if unreadable * 5 > letters + unreadable:
        return True
    if letters < FEW:
        return _shows_more_than_text(page, letters)
    if letters >= SPARSE:
        return False
    whole = page.get_width() * page.get_height() or 1.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = item.get_bounds()
        if (right - left) * (top - bottom) > FILLS * whole:
            return True
    return False


def _shows_more_than_text(page: pypdfium2.PdfPage, letters: int) -> bool:
    """Whether a page with hardly a letter shows pictures or drawings; a frame and some lines are none."""
    count = pdfium.FPDFPage_CountObjects(page)
    if not letters or count > MAX_OBJECTS:
        return bool(count > 0)
    kinds = [pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, index)) for index in range(count)]
    return kinds.count(pdfium.FPDF_PAGEOBJ_PATH) > LINES or bool({pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM} & set(kinds))


def _picture(page: pypdfium2.PdfPage) -> bytes:
    """The page as a grey PNM picture."""
    scale = DPI / 72
    wide, high = page.get_width() * scale, page.get_height() * scale
    if wide * high > MAX_PIXELS:
        scale *= (MAX_PIXELS / (wide * high)) ** 0.5
    bitmap = page.render(scale=scale, grayscale=True)
    rows = bytes(bitmap.buffer)
    if bitmap.stride != bitmap.width:
        rows = b"".join(rows[line * bitmap.stride : line * bitmap.stride + bitmap.width] for line in range(bitmap.height))
    return b"P5\n%d %d\n255\n" % (bitmap.width, bitmap.height) + rows


def _page(page: pypdfium2.PdfPage, reading: Reading) -> None:
    textpage = page.get_textpage()
    text = textpage.get_text_range() if textpage.count_chars() > 0 else ""
    textpage.close()
    reading.put(text.replace("\r\n", "\n").replace("\ufffe", "-\n"))  # U+FFFE: a hyphen at the end of a line
    reading.put("\n".join(dict.fromkeys(item for item in _annotations(page) if item)))
    letters, unreadable = sum(char.isalnum() for char in text), len(_NO_LETTER.findall(text.replace("\ufffe", "")))
    if not _is_scan(page, letters, unreadable):
        return
    if reading.ocr is None:
        reading.fail("picture")
        return
    reading.picture(_picture(page))


def _packets(content: bytes) -> Iterator[bytes]:
    """The XMP metadata of the document and of pictures in it, where it is not compressed."""
    opening, closing = _PACKET
    start = content.find(opening)
    while start >= 0:
        end = content.find(closing, start)
        if end < 0:
            return
        yield content[start:end]
        start = content.find(opening, end)


def _surroundings(document: pypdfium2.PdfDocument, content: bytes, reading: Reading) -> None:
    reading.put("\n".join(value for value in document.get_metadata_dict(skip_empty=True).values()))
    for packet in _packets(content):
        reading.put(_TAG.sub(" ", packet.decode("utf-8", "replace")))
    reading.put("\n".join(item.get_title() for item in document.get_toc(max_depth=15)))
    if pdfium.FPDFDoc_GetJavaScriptActionCount(document) > 0:
        reading.notes.add("macros")
    for index in range(document.count_attachments()):
        attached = document.get_attachment(index)
        reading.file(attached.get_name(), bytes(attached.get_data()))
    for index in range(max(0, pdfium.FPDF_GetXFAPacketCount(document))):
        reading.put(_TAG.sub(" ", _xfa(document, index).decode("utf-8", "replace")))


def _xfa(document: pypdfium2.PdfDocument, index: int) -> bytes:
    size = ctypes.c_ulong()
    if not pdfium.FPDF_GetXFAPacketContent(document, index, None, 0, ctypes.byref(size)) or not size.value:
        return b""
    reading_buffer = ctypes.create_string_buffer(size.value)
    pdfium.FPDF_GetXFAPacketContent(document, index, reading_buffer, size.value, ctypes.byref(size))
    return reading_buffer.raw[: size.value]


def read(content: bytes, reading: Reading) -> None:
    """Everything in a PDF. One that opens without a password is read, whatever it forbids."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Refused("encrypted" if getattr(error, "err_code", 0) == pdfium.FPDF_ERR_PASSWORD else "damaged") from None
    with document:
        if len(document) > MAX_PAGES:
            raise Refused("too_large")
        _surroundings(document, content, reading)
        for index in range(len(document)):
            try:
                page = document[index]
                _page(page, reading)
                page.close()
            except pypdfium2.PdfiumError:
                reading.fail("damaged")
        if not len(document):
            reading.fail("damaged")
