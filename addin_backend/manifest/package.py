"""The files that `manifest build` writes, and the package that an administrator uploads: the same bytes for the same source."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from addin_backend.manifest.json_form import LOCALE_FILE, json_manifest, locale_file
from addin_backend.manifest.source import Source
from addin_backend.manifest.xml_form import xml_manifest

XML, JSON, PACKAGE = "manifest.xml", "manifest.json", "package.zip"
PICTURES = ("color.png", "outline.png")
PACKED = (JSON, LOCALE_FILE, *PICTURES)
_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can hold; no clock takes part


def packed(files: Mapping[str, bytes]) -> bytes:
    """The package: stored, not compressed, because no two versions of zlib need give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in PACKED:
            entry = zipfile.ZipInfo(name, _DAY)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return made.getvalue()


def unpacked(raw: bytes) -> dict[str, bytes] | None:
    """What is in a package; None when it is no zip file."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return {entry.filename: archive.read(entry) for entry in archive.infolist()[:20]}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
        return None


def built(source: Source, pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Every file by its name. ``pictures`` holds the two icons of the package."""
    files = {
        XML: xml_manifest(source).encode(),
        JSON: json_manifest(source).encode(),
        LOCALE_FILE: locale_file(source).encode(),
        **{name: pictures[name] for name in PICTURES},
    }
    return {**files, PACKAGE: packed(files)}
