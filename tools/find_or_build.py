"""Finds, or else builds or installs, the programs that the checks need besides Python: OPA, Regal, Chromium, tesseract,
openssl, Node.js with the packages of tools/node, the lab's servers.

What was found is written to ``.tools/paths.json``, which ``tools/test.sh`` and ``tests/conftest.py`` read. A program that cannot
be had is named with what to do about it, and the exit code is 1. With ``ALLOW_MISSING=1`` the exit code is 0, the checks that are
left out are said loudly, and the tests that need the program skip with that reason.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / ".tools"
PATHS = BUILT / "paths.json"
NO_START = Path("/usr/sbin/policy-rc.d")
BUILD_SECONDS = 1500  # OPA and Regal from an empty Go cache on a slow machine
NODE = (20, 0, 0)
NODE_FOLDER = ROOT / "tools" / "node"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

LAB = "the lab of DNS and mail servers (tests/lab): every verdict over real servers, and the comparison with Postfix"
LAB_PROGRAMS = {
    "nsd": "nsd",
    "unbound": "unbound",
    "ldns-keygen": "ldnsutils",
    "ldns-signzone": "ldnsutils",
    "postfix": "postfix",
    "posttls-finger": "postfix",
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
}

Version = tuple[int, ...]


@dataclass(frozen=True)
class Tool:
    """One program: how to have it, and which checks are lost without it."""

    name: str
    have: Callable[[], Path | None]
    needed_for: str
    remedy: str


def version_in(text: str) -> Version:
    """The first x.y.z in ``text``, or () when there is none."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in found.groups()) if found else ()


def run(command: list[str], cwd: Path = ROOT, seconds: int = 60) -> tuple[int, str]:
    """Exit code and everything that was written; a program that is not there or hangs is exit code 127 or 124."""
    try:
        done = subprocess.run(command, cwd=cwd, timeout=seconds, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError:
        return 127, f"{command[0]} is not installed"
    except subprocess.TimeoutExpired:
        return 124, f"{command[0]} took longer than {seconds} seconds"
    return done.returncode, done.stdout


def pinned(name: str, module: str) -> Version:
    """The version of ``module`` that ``tools/<name>/go.mod`` asks for."""
    text = (ROOT / "tools" / name / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"{re.escape(module)} v(\S+)", text)
    if not found:
        raise SystemExit(f"tools/{name}/go.mod does not pin {module}")
    return version_in(found.group(1))


def installed_version(program: Path) -> Version:
    """What ``<program> version`` says on its first line."""
    code, text = run([str(program), "version"])
    return version_in(text.splitlines()[0]) if code == 0 and text else ()


def go_tool(name: str, module: str, accepts: Callable[[Version, Version], bool]) -> Path | None:
    """The program in ``.tools``, or one on PATH of an accepted version, or one built from the pinned sources."""
    want, ours = pinned(name, module), BUILT / name
    if ours.exists() and installed_version(ours) == want:
        return ours
    on_path = shutil.which(name)
    if on_path and accepts(installed_version(Path(on_path)), want):
        return Path(on_path)
    return build(name, module, want)


def build(name: str, module: str, want: Version) -> Path | None:
    """Build ``module`` with Go as pinned by go.mod and go.sum, its version stamped into the program."""
    version, target = ".".join(map(str, want)), BUILT / name
    stamped = {"opa": f"{module}/v1/version.Version", "regal": f"{module}/pkg/version.Version"}[name]
    print(f"{name}: building {version} from {module} (takes some minutes the first time)", flush=True)
    target.parent.mkdir(exist_ok=True)
    command = [
        "go",
        "build",
        "-mod=readonly",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        f"-s -w -X {stamped}={version}",
        "-o",
        str(target),
        module,
    ]
    code, text = run(command, cwd=ROOT / "tools" / name, seconds=BUILD_SECONDS)
    if code != 0:
        print("\n".join(text.splitlines()[-8:]), file=sys.stderr)
        return None
    return target


def packaged(names: tuple[str, ...], package: str) -> Path | None:
    """The first of ``names`` on PATH, or out of the distribution's package when we may install it."""
    found = first_on_path(names)
    if found or not may_install():
        return found
    install(package, [package])
    return first_on_path(names)


def install(name: str, packages: list[str]) -> None:
    """The distribution's packages; what apt says is shown when it fails."""
    print(f"{name}: installing the distribution's package", flush=True)
    with services_stay_off():
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]):
            code, text = run(command, seconds=BUILD_SECONDS)
            if code != 0:
                print("\n".join(text.splitlines()[-4:]), file=sys.stderr)


@contextmanager
def services_stay_off() -> Iterator[None]:
    """While the block runs, installing a package starts no service (Debian policy-rc.d): the tests start their own ones."""
    if NO_START.exists():
        yield
        return
    NO_START.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    NO_START.chmod(0o755)
    try:
        yield
    finally:
        NO_START.unlink(missing_ok=True)


def tesseract() -> Path | None:
    """A tesseract on PATH that knows Danish, or the distribution's own when we may install it."""
    if knows_danish(found := first_on_path(("tesseract",))):
        return found
    if may_install():
        install("tesseract", ["tesseract-ocr", "tesseract-ocr-dan", "tesseract-ocr-eng"])
        if knows_danish(found := first_on_path(("tesseract",))):
            return found
    return None


def knows_danish(program: Path | None) -> bool:
    """Whether its Danish data is installed."""
    return program is not None and "dan" in run([str(program), "--list-langs"])[1].split()


def node() -> Path | None:
    """Node.js 20 or newer."""
    found = packaged(("node", "nodejs"), "nodejs")
    return found if found and version_in(run([str(found), "--version"])[1]) >= NODE else None


def node_packages() -> Path | None:
    """tools/node/node_modules as its lock file says, installed when it is not; no script of a package runs."""
    stamp, lock = NODE_FOLDER / "node_modules" / ".installed", NODE_FOLDER / "package-lock.json"
    want = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == want:
        return stamp.parent
    npm = packaged(("npm",), "npm")
    if npm is None:
        return None
    print("npm packages: installing what tools/node/package-lock.json pins", flush=True)
    code, text = run([str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=NODE_FOLDER, seconds=BUILD_SECONDS)
    if code != 0:
        print("\n".join(text.splitlines()[-8:]), file=sys.stderr)
        return None
    stamp.write_text(want, encoding="ascii")
    return stamp.parent


def first_on_path(names: tuple[str, ...]) -> Path | None:
    """The first of ``names`` that is installed."""
    return next((Path(path) for name in names if (path := shutil.which(name))), None)


def may_install() -> bool:
    """Whether this is a machine with apt where we are root (a container, a CI runner)."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def postgres() -> Path | None:
    """The server program of PostgreSQL, which Debian keeps beside PATH, or the distribution's own when we may install it."""
    found = _postgres_program()
    if found is None and may_install():
        install("postgres", ["postgresql"])
        found = _postgres_program()
    return found


def _postgres_program() -> Path | None:
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return kept[-1] if kept else first_on_path(("postgres",))


TOOLS = (
    Tool(
        "opa",
        lambda: go_tool("opa", "github.com/open-policy-agent/opa", lambda have, want: have >= want),
        "opa fmt, opa check, every test on the OPA engine",
        "install Go 1.26 or newer (https://go.dev/dl), or put OPA 1.21.3 or newer on PATH",
    ),
    Tool(
        "regal",
        lambda: go_tool("regal", "github.com/open-policy-agent/regal", lambda have, want: have == want),
        "regal lint",
        "install Go 1.26 or newer (https://go.dev/dl), or put the Regal that tools/regal/go.mod pins on PATH",
    ),
    Tool("chromium", lambda: packaged(CHROMIUM_NAMES, "chromium"), "every test in a real browser", "install Chromium or Google Chrome"),
    Tool("tesseract", tesseract, "the tests of words in pictures and scans", "install tesseract 5 with its Danish data"),
    *(
        Tool(name, functools.partial(packaged, (name,), package), LAB, f"install the package {package}")
        for name, package in LAB_PROGRAMS.items()
    ),
    Tool("node", node, "the tests of the event code, of the add-in's modules and of the manifests", "install Node.js 20 or newer"),
    Tool(
        "node-packages",
        node_packages,
        "the check of the manifests by Microsoft's own tool, and that of the event code's language level",
        "install npm, and see that it reaches its registry",
    ),
    Tool("postgres", postgres, "the tests of stores and sends on PostgreSQL", "install the package postgresql (15 or newer)"),
    Tool("openssl", lambda: first_on_path(("openssl",)), "the check of sealed mail by another implementation", "install openssl 3"),
)


def recorded() -> dict[str, str | None]:
    """What an earlier run found; {} when there was none."""
    return dict(json.loads(PATHS.read_text(encoding="utf-8"))["paths"]) if PATHS.exists() else {}


def complain(missing: list[Tool], allowed: bool) -> None:
    """Name each tool that cannot be had, what is lost with it, and how to have it."""
    for tool in missing:
        left_out = f"LEFT OUT: {tool.needed_for}" if allowed else f"without it these cannot run: {tool.needed_for}"
        print(f"\n{tool.name} cannot be had here; {left_out}.\n  To have it: {tool.remedy}.", file=sys.stderr)
    if missing and not allowed:
        print("\nALLOW_MISSING=1 runs the rest and says what was left out.", file=sys.stderr)


def find(names: list[str]) -> int:
    """Find every tool named, write down what was found, say what is missing."""
    tools = [tool for tool in TOOLS if tool.name in names]
    found = {tool.name: tool.have() for tool in tools}
    allowed = os.environ.get("ALLOW_MISSING") == "1"
    paths = recorded() | {name: str(path) if path else None for name, path in found.items()}
    BUILT.mkdir(exist_ok=True)
    PATHS.write_text(json.dumps({"paths": paths, "allow_missing": allowed}, indent=2) + "\n", encoding="utf-8")
    for name, path in found.items():
        print(f"{name:14} {path or 'MISSING'}")
    missing = [tool for tool in tools if found[tool.name] is None]
    complain(missing, allowed)
    return 1 if missing and not allowed else 0


def main() -> int:
    """Read the command line: nothing finds all tools, ``--only`` some, ``--path`` prints what an earlier run found."""
    names = [tool.name for tool in TOOLS]
    reader = argparse.ArgumentParser(description="Find or build the programs that the checks need besides Python.")
    reader.add_argument("--only", choices=names, action="append", help="look for this tool only (may repeat)")
    reader.add_argument("--path", choices=names, help="print the recorded path of this tool, or nothing")
    asked = reader.parse_args()
    if asked.path:
        print(recorded().get(asked.path) or "")
        return 0
    return find(asked.only or names)


if __name__ == "__main__":
    sys.exit(main())
