"""A rule as it stands in its file: where it begins and ends, and the file without it."""

from __future__ import annotations

_NEVER = "findings contains {} if input.schema == -1"  # the set stays defined, and nothing is in it


def _is_inside(line: str) -> bool:
    return line.startswith(("\t", " ", "}", "]", ")"))


def span(raw: bytes, row: int) -> tuple[int, int]:
    """First and last line (from 1, both included) of the rule below the METADATA block that begins in line ``row``."""
    lines = raw.decode(errors="replace").split("\n")
    start = row - 1
    while start < len(lines) and (lines[start].startswith("#") or not lines[start].strip()):
        start += 1
    end = start
    while end + 1 < len(lines) and (_is_inside(lines[end + 1]) or (not lines[end + 1].strip() and _inner_gap(lines, end + 1))):
        end += 1
    return start + 1, end + 1


def _inner_gap(lines: list[str], index: int) -> bool:
    """Whether an empty line stands inside a rule: the next line that says something is indented or closes it."""
    following = next((line for line in lines[index:] if line.strip()), "")
    return _is_inside(following)


def without_rule(raw: bytes, row: int) -> bytes:
    """The file in which that findings rule never fires; its words stay."""
    first, last = span(raw, row)
    lines = raw.decode(errors="replace").split("\n")
    return "\n".join([*lines[: first - 1], _NEVER, *lines[last:]]).encode()
