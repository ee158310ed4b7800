"""The files that hang on the ready-made drafts. Every person and number in them is invented."""

from __future__ import annotations

import base64
import io
import zipfile

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MADE = (2026, 11, 23, 9, 0, 0)  # an archive keeps a time; this one, so that the drafts are the same each time

# A PDF of one page that opens with a password only, as tests/make_pdf.py makes it.
_LOCKED = """
JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyAvUGFnZXMgMiAwIFIgPj4KZW5kb2JqCjIgMCBvYmoKPDwgL1R5cGUgL1BhZ2VzIC9D
b3VudCAxIC9LaWRzIFsgNCAwIFIgXSA+PgplbmRvYmoKMyAwIG9iago8PCAvVHlwZSAvRm9udCAvU3VidHlwZSAvVHlwZTEgL0Jhc2VGb250IC9IZWx2ZXRp
Y2EgPj4KZW5kb2JqCjQgMCBvYmoKPDwgL1R5cGUgL1BhZ2UgL1BhcmVudCAyIDAgUiAvTWVkaWFCb3ggWzAgMCA1OTUgODQyXSAvUmVzb3VyY2VzIDw8IC9G
b250IDw8IC9GMSAzIDAgUiA+PiA+PiAvQ29udGVudHMgNSAwIFIgPj4KZW5kb2JqCjUgMCBvYmoKPDwgL0xlbmd0aCA1NyAgPj4Kc3RyZWFtCvpLam7vpzmo
CX4P2SDBLr/sfnmpWZWLmlyrXQaID4wtF1SGxVM8DOtcycLjwCZmhNy4dthejKn/jAplbmRzdHJlYW0KZW5kb2JqCjYgMCBvYmoKPDwgL0ZpbHRlciAvU3Rh
bmRhcmQgL1YgMSAvUiAyIC9PIDxiODg3Y2JjNGI2YTZiYjI0NDk3MDQ3NDQzZDE4YWIzMjFmNTQ5ZmY2NzI0YzE1NzQ3OWI3ZTc0MWUxNDAyNTZhPiAvVSA8
NTA0YTRlZTk4ZmIwNTFmZjliZmUwYWRmYWRhMzI1ZWI0N2E4YWJhZDRlY2Y0ZGE2ZDY3ODUxMmUxMmYzMjFiMj4gL1AgLTQgPj4KZW5kb2JqCnhyZWYKMCA3
CjAwMDAwMDAwMDAgNjU1MzUgZiAKMDAwMDAwMDAxNSAwMDAwMCBuIAowMDAwMDAwMDY0IDAwMDAwIG4gCjAwMDAwMDAxMjMgMDAwMDAgbiAKMDAwMDAwMDE5
MyAwMDAwMCBuIAowMDAwMDAwMzE5IDAwMDAwIG4gCjAwMDAwMDA0MjcgMDAwMDAgbiAKdHJhaWxlcgo8PCAvU2l6ZSA3IC9Sb290IDEgMCBSIC9FbmNyeXB0
IDYgMCBSIC9JRCBbIDwzMDMxMzIzMzM0MzUzNjM3MzgzOTYxNjI2MzY0NjU2Nj4gPDMwMzEzMjMzMzQzNTM2MzczODM5NjE2MjYzNjQ2NTY2PiBdID4+CnN0
YXJ0eHJlZgo2MjIKJSVFT0YK
"""


def _packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _MADE), content)
    return out.getvalue()


def _letter(lines: tuple[str, ...]) -> bytes:
    """A Word document with one paragraph a line."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_DOCUMENT_TYPE}"/></Types>'
    )
    relation = f'<Relationship Id="r1" Type="{_RELATION}" Target="word/document.xml"/>'
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relation}</Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{paragraphs}</w:body></w:document>',
    }
    return _packed({name: content.encode() for name, content in parts.items()})


def archive_with_letter() -> bytes:
    """A ZIP with a Word document in it, in which a CPR number stands."""
    lines = (
        "Fuldmagt",
        "Navn: Bo Madsen",
        "CPR-nummer: 010190-1234",
        "Jeg giver Nordlys Forsikringsmægler A/S fuldmagt til at opsige min police.",
    )
    return _packed({"fuldmagt.docx": _letter(lines)})


def locked_pdf() -> bytes:
    """A PDF with a password."""
    return base64.b64decode(_LOCKED)
