"""An attachment to text: what the bytes are decides who reads them, and whatever goes wrong has a word.

This is the one place that knows all formats. It runs in a process of its own (edges/attachment_process), because it calls libraries
written in C++ and Rust on bytes from outside; ``plain.own_text`` is what may be read anywhere.
"""

from __future__ import annotations

from collections.abc import Callable

from addin_backend.evidence.extraction import archives, mail, odf, office, ole, pdf, plain, rtf, strings
from addin_backend.evidence.extraction.kinds import kind_of
from addin_backend.evidence.extraction.packages import Package
from addin_backend.evidence.extraction.reading import Ocr, Reading, Refused
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment

_ENCRYPTED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_ENCRYPTED_NAMES = frozenset({"p7m", "pgp", "gpg", "age", "kdbx", "axx"})


def _zip(name: str, content: bytes, reading: Reading) -> None:
    package = Package(content, reading)
    mimetype = package.entry("mimetype")
    if package.entry("[Content_Types].xml"):
        office.read(package, content, reading)
    elif mimetype and package.read(mimetype).strip().startswith(odf.MIMETYPE):
        odf.read(package, reading)
    else:
        archives.read_zip(package, reading)
    if not package.sound:
        reading.fail("damaged")  # bytes that no entry accounts for may be read by another program


def _part(name: str, media_type: str, content: bytes, reading: Reading) -> None:
    """Read a file of any kind. Raises Refused."""
    kind, bare = kind_of(content), plain.bare(media_type)
    if bare in _ENCRYPTED_TYPES or (kind == "text" and plain.extension(name) in _ENCRYPTED_NAMES):
        raise Refused("encrypted")
    if kind == "zip":
        _zip(name, content, reading)
    elif kind in {"gzip", "bzip2", "xz"}:
        archives.read_packed(kind, name, content, reading)
    elif kind == "picture":
        reading.picture(content, embedded=bare == "image/embedded")
    elif kind == "strings":
        reading.put_all(strings.runs(content))
    elif kind in _WHOLE:
        _WHOLE[kind](content, reading)
    elif kind == "text":
        mail.read_text_or_mail(name, media_type, content, reading)
    else:
        raise Refused("unknown_type")


_WHOLE: dict[str, Callable[[bytes, Reading], None]] = {
    "pdf": pdf.read,
    "ole": ole.read,
    "rtf": rtf.read,
    "7z": archives.read_seven,
    "tar": archives.read_tar,
}


def _recurse(name: str, media_type: str, content: bytes, reading: Reading) -> None:
    """A file within another: what goes wrong in it does not hide the rest, unless a limit of the whole was passed."""
    if not content:
        return  # nothing stands in it; its name has been read
    try:
        _part(name, media_type, content, reading)
    except Refused as refused:
        reading.fail(refused.reason)
        if refused.reason in {"too_large", "too_many", "too_slow"}:
            raise
    except RecursionError:
        reading.fail("damaged")


def extract(attachment: Attachment, ocr: Ocr | None = None) -> Extracted:
    """The text of ``attachment``. Never raises; time is bounded by whoever runs it."""
    known = plain.own_text(attachment)
    if known is not None:
        return known
    reading = Reading(recurse=_recurse, ocr=ocr)
    try:
        _recurse(attachment.name, attachment.media_type, attachment.content, reading)
    except Refused as refused:
        reading.fail(refused.reason)
    except MemoryError:
        reading.pieces.clear()
        reading.fail("too_large")
    except Exception:  # noqa: BLE001 libraries raise what they like for hostile bytes; all of it means that the file is damaged
        reading.fail("damaged")
    return reading.result()
