"""atheris over the readers that are ours: ``python tests/fuzz_extraction.py -atheris_runs=100000 CORPUS``. An exception ends it.

A file of the corpus is one byte that chooses a name, and the content.

PDF and cells by calamine are left out: what is native there has no coverage to be led by, and may take for ever.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import atheris

KINDS = ("a.docx", "a.7z", "a.rtf", "a.doc", "a.zip", "a.odt", "a.msg", "a.tar", "a.html", "a.eml")
NATIVE = (b"%PDF-", "Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"), b"xl/workbook")
MEMORY = 2 * 1024 * 1024 * 1024


def main() -> None:
    """Set limits, load the readers with instruments, and run."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    with atheris.instrument_imports(include=["addin_backend.evidence.extraction"]):
        from addin_backend.evidence.extraction import archives, odf, office, ole, plain, rtf, seven  # noqa: F401 loaded with instruments
        from addin_backend.evidence.extraction.attachment import extract
        from addin_backend.model.message import Attachment

    def one(data: bytes) -> None:
        if not data or any(mark in data for mark in NATIVE):
            return
        name = KINDS[data[0] % len(KINDS)]
        found = extract(Attachment(name=name, media_type="application/octet-stream", content=data[1:]))
        if not (found.reason or found.text):
            raise AssertionError("an answer without text and without a reason")

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
