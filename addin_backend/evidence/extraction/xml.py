"""XML with expat, as a stream. A document type declaration is refused: Office writes none, and entities are how XML grows or lies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.parsers import expat

from addin_backend.evidence.extraction.reading import Refused

MAX_NESTING = 1_000  # elements within elements; Word's own files stay below 100

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]


def local(name: str) -> str:
    """The name without its prefix."""
    return name.rpartition(":")[2]


def parse(chunks: Iterable[bytes], start: Start, end: End, text: Callable[[str], None]) -> None:
    """Call back for each element (local names; attributes as they are written) and each run of text. Raises Refused("damaged")."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 64 * 1024
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_NESTING:
            raise Refused("too_many")
        start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2] if ":" in name else name)

    def refuse(*_: object) -> None:
        raise Refused("damaged")

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, UnicodeError, LookupError):
        raise Refused("damaged") from None


def check(chunks: Iterable[bytes]) -> None:
    """Whether this is sound XML without a document type declaration, at the speed of the parser. Raises Refused("damaged")."""

    def refuse(*_: object) -> None:
        raise Refused("damaged")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, UnicodeError, LookupError):
        raise Refused("damaged") from None
