"""House rules that no linter knows: reasons beside exceptions, docstrings, sizes, and nothing happens at import time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

MODULE_LINES = 350  # "under about 300"
FUNCTION_LINES = 40
BROAD = re.compile(r"^\s*except(\s*:|\s+\(?[^#:]*\b(Base)?Exception\b)")
IGNORED = re.compile(r"#\s*(noqa|type:\s*ignore)\b(:\s*[A-Z0-9, ]+?(?=\s|$)|\[[a-z0-9, -]+\])?(?P<reason>.*)")
WORLD = frozenset({"open", "print", "input", "exec", "eval", "breakpoint"})
WORLDLY = (
    "os.environ",
    "os.getenv",
    "os.mkdir",
    "os.makedirs",
    "socket.",
    "subprocess.",
    "threading.Thread",
    "logging.basicConfig",
    "time.",
)
WORLDLY_METHODS = frozenset({"read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "now", "utcnow", "today"})


def _product(root: Path) -> list[Path]:
    return sorted((root / "addin_backend").rglob("*.py"))


def _sources(root: Path) -> list[Path]:
    return [*_product(root), *sorted((root / "tests").rglob("*.py")), *sorted((root / "tools").rglob("*.py"))]


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node that is evaluated when the module is imported: not the bodies of functions, nor ``if __name__ == "__main__"``."""
    stack: list[ast.AST] = [*body]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            stack.extend([*node.decorator_list, *node.args.defaults, *(item for item in node.args.kw_defaults if item)])
        elif isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            continue
        elif not isinstance(node, ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))


def _touches_the_world(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) == "os.environ"
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return called in WORLD or called.startswith(WORLDLY) or method in WORLDLY_METHODS


def test_nothing_happens_at_import_time(root: Path) -> None:
    """Importing a module reads no file, no environment and no clock, and starts nothing."""
    found = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in _product(root)
        for node in _run_at_import(ast.parse(path.read_text(encoding="utf-8")).body)
        if isinstance(node, ast.expr) and _touches_the_world(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("STARTED = datetime.now(UTC)", True),
        ("PATH = os.environ['HOME']", True),
        ("TEXT = Path('a').read_text()", True),
        ("class A:\n    x = open('a')", True),
        ("def f(x=os.environ['A']): ...", True),
        ("def f():\n    return open('a')", False),
        ("if __name__ == '__main__':\n    print(1)", False),
        ("PATH = Path(__file__).parent", False),
        ("PATTERN = re.compile('a')", False),
    ],
)
def test_the_import_time_check_sees_what_it_should(line: str, expected: bool) -> None:
    """The rule above is not blind: it tells work at import from work in a function."""
    assert any(_touches_the_world(node) for node in _run_at_import(ast.parse(line).body)) is expected


def test_modules_say_what_they_are_for(root: Path) -> None:
    """Every module opens with a sentence."""
    assert [
        str(path.relative_to(root)) for path in _sources(root) if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ] == []


def test_every_test_says_what_it_proves(root: Path) -> None:
    """Every test function has a docstring."""
    silent = [
        f"{path.relative_to(root)}:{node.lineno} {node.name}"
        for path in sorted((root / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_inits_reexport_nothing(root: Path) -> None:
    """A package's __init__ holds its sentence and nothing else, so that a name has one home."""
    full = [path for path in _product(root) if path.name == "__init__.py" and len(ast.parse(path.read_text(encoding="utf-8")).body) > 1]
    assert [str(path.relative_to(root)) for path in full] == []


def test_modules_stay_short(root: Path) -> None:
    """A module that grows past the bound has two jobs."""
    lengths = {str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines()) for path in _product(root)}
    assert {path: lines for path, lines in lengths.items() if lines > MODULE_LINES} == {}


def _own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring and without the functions inside, which are counted by themselves."""
    inner = {
        line
        for node in ast.walk(function)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node is not function
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return len(set(range(body[0].lineno, (function.end_lineno or 0) + 1)) - inner) if body else 0


def test_functions_stay_short(root: Path) -> None:
    """A function can be read without scrolling."""
    long = [
        f"{path.relative_to(root)}:{node.lineno} {node.name}"
        for path in _product(root)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _own_lines(node) > FUNCTION_LINES
    ]
    assert long == []


def test_broad_excepts_have_a_reason(root: Path) -> None:
    """Whoever catches everything says why on the same line; in decision/ nobody does."""
    bare = []
    for path in _product(root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if BROAD.search(line) and ("decision" in path.parts or not re.search(r"#\s*(noqa: BLE001)?\W*\w{2,}\W+\w{2,}", line)):
                bare.append(f"{path.relative_to(root)}:{number}")
    assert bare == []


def test_ignores_have_a_reason(root: Path) -> None:
    """A linter or type check that is switched off on a line says which one, and why, on that line."""
    bare = []
    for path in _sources(root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = IGNORED.search(line)
            if found and path.name != "test_style.py" and not re.search(r"\w{2,}", found["reason"]):
                bare.append(f"{path.relative_to(root)}:{number}")
    assert bare == []
