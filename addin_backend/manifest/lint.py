"""`manifest lint`: every rule over the files that were named, offline. A fault has file, line, rule and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from addin_backend.errors import BadInput
from addin_backend.manifest import json_rules, xml_rules
from addin_backend.manifest.findings import EventCode, Fault, read_event_code
from addin_backend.manifest.json_form import LOCALE_FILE
from addin_backend.manifest.package import JSON, PACKED, PICTURES, XML, built, unpacked
from addin_backend.manifest.source import read_source
from addin_backend.manifest.tree import Element, Node, Unreadable, read_json, read_xml


def read(path: Path) -> bytes:
    """The file's bytes. Raises BadInput."""
    try:
        return path.read_bytes()
    except OSError:
        raise BadInput(f"{path} cannot be read.", sentence_da=f"{path} kan ikke læses.", field=str(path)) from None


def _xml_tree(path: Path, raw: bytes) -> Element | Fault:
    try:
        return read_xml(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Fault(str(path), 1, "MX-01", "the file is not UTF-8")
    except Unreadable as error:
        return Fault(str(path), error.line, "MX-01", str(error))


def _json_tree(path: Path, raw: bytes) -> Node | Fault:
    try:
        return read_json(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return Fault(str(path), 1, "MJ-01", "the file is not UTF-8")
    except Unreadable as error:
        return Fault(str(path), error.line, "MJ-01", str(error))


def lint_xml(path: Path, code: EventCode) -> Iterator[Fault]:
    """The faults of an add-in-only manifest."""
    raw = read(path)
    tree = _xml_tree(path, raw)
    if isinstance(tree, Fault):
        yield tree
        return
    given = xml_rules.Xml(str(path), tree, len(raw), code)
    for rule in xml_rules.RULES:
        yield from rule(given)


def lint_json(path: Path, code: EventCode) -> Iterator[Fault]:
    """The faults of a unified manifest, with its locale file, its icons and the XML manifest when it lies beside it."""
    tree = _json_tree(path, read(path))
    if isinstance(tree, Fault):
        yield tree
        return
    locale_path, xml_path = path.with_name(LOCALE_FILE), path.with_name(XML)
    locale = _json_tree(locale_path, read(locale_path)) if locale_path.is_file() else None
    if isinstance(locale, Fault):
        yield locale
        return
    xml = _xml_tree(xml_path, read(xml_path)) if xml_path.is_file() else None
    beside = {item.name: item.read_bytes() for item in path.parent.glob("*.png")}
    given = json_rules.Json(str(path), tree, str(locale_path), locale, beside, code, xml if isinstance(xml, Element) else None)
    for rule in json_rules.RULES:
        yield from rule(given)


def lint_package(path: Path) -> Iterator[Fault]:
    """The package holds the four files that lie beside it, to the byte, and nothing else."""
    found = unpacked(read(path))
    if found is None:
        yield Fault(str(path), 1, "MP-01", "this is no zip file: run `addin-backend manifest build`")
        return
    if sorted(found) != sorted(PACKED):
        yield Fault(str(path), 1, "MP-01", f"the package must hold {', '.join(PACKED)} and nothing else")
    for name in sorted(set(found) & set(PACKED)):
        beside = path.with_name(name)
        if not beside.is_file() or beside.read_bytes() != found[name]:
            yield Fault(
                str(path), 1, "MP-02", f"{name} in the package is another than the one beside it: run `addin-backend manifest build`"
            )


def lint_built(folder: Path, source: Path) -> Iterator[Fault]:
    """The files are what the source makes today."""
    pictures = {name: read(folder / name) for name in PICTURES}
    for name, content in built(read_source(source), pictures).items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            yield Fault(str(path), 1, "MB-01", f"this is not what {source.name} makes: run `addin-backend manifest build`")


def lint(paths: list[Path], event_code: str) -> list[Fault]:
    """The faults of these files, in order. Raises BadInput for a file that cannot be read or is of no known kind."""
    code = read_event_code(event_code)
    found: list[Fault] = []
    for path in paths:
        if path.suffix == ".xml":
            found += lint_xml(path, code)
        elif path.name == LOCALE_FILE:
            found += lint_json(path.with_name(JSON), code)
        elif path.suffix == ".json":
            found += lint_json(path, code)
        elif path.suffix == ".zip":
            found += lint_package(path)
        else:
            raise BadInput(f"{path} is no manifest (.xml, .json, .zip).", sentence_da=f"{path} er ikke et manifest (.xml, .json, .zip).")
    return sorted(set(found))


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the built files. Raises BadInput."""
    try:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    except OSError:
        raise BadInput(f"{folder} cannot be written to.", sentence_da=f"Der kan ikke skrives i {folder}.", field=str(folder)) from None
