"""The process that reads attachments: ``python -I -m addin_backend.bootstrap.read_attachments [TESSERACT]``, a socket as standard input."""

from __future__ import annotations

import os
import socket
import sys

import msgspec

from addin_backend.edges.attachment_process import tesseract
from addin_backend.edges.attachment_process.worker import Handle, serve
from addin_backend.evidence.extraction.attachment import extract
from addin_backend.evidence.extraction.reading import Ocr, Refused
from addin_backend.model.message import Attachment


def recognition(path: str) -> Ocr | None:
    """Character recognition by the program at ``path``, or None when there is none."""
    program = tesseract.find(path) if path else None
    if program is None:
        return None

    def words(picture: bytes) -> str:
        try:
            return program(picture)
        except tesseract.NoWords as failure:
            raise Refused(failure.reason) from None

    return words


def handler(ocr: Ocr | None) -> Handle:
    """One job: an Attachment in MessagePack, answered by an Extracted."""
    decoder, encoder = msgspec.msgpack.Decoder(Attachment), msgspec.msgpack.Encoder()

    def handle(job: bytes) -> bytes:
        found = extract(decoder.decode(job), ocr)
        try:
            return encoder.encode(found)
        except UnicodeEncodeError:  # half of a surrogate pair, which no text has
            text = (found.text or "").encode("utf-8", "replace").decode()
            inside = found.inside.encode("utf-8", "replace").decode()
            return encoder.encode(msgspec.structs.replace(found, text=text, inside=inside))

    return handle


def main() -> None:
    """Serve until the backend is gone."""
    channel = socket.socket(fileno=os.dup(0))
    serve(channel, handler(recognition(sys.argv[1] if len(sys.argv) > 1 else "")))


if __name__ == "__main__":
    main()
