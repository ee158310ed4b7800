"""One source, two manifests, one package: the same bytes for the same source, and what Microsoft's own tool says of them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from addin_backend.cli.main import app
from addin_backend.errors import BadInput
from addin_backend.manifest.package import PICTURES, built, unpacked
from addin_backend.manifest.source import parse_source, read_source
from addin_backend.manifest.tree import Unreadable, read_json, read_xml
from addin_backend.web.addin_files import FOLDER, filled

FILES = {"manifest.xml", "manifest.json", "en-us.json", "color.png", "outline.png", "package.zip"}


def _good(root: Path) -> str:
    return (root / "manifest" / "build.toml").read_text(encoding="utf-8")


def test_building_writes_what_stands_in_the_project(root: Path, tmp_path: Path) -> None:
    """Six files, to the byte; building twice changes nothing."""
    run = CliRunner()
    for _ in range(2):
        assert run.invoke(app, ["manifest", "build", "--out", str(tmp_path)]).exit_code == 0
        assert {path.name for path in tmp_path.iterdir()} == FILES
        for name in FILES:
            assert (tmp_path / name).read_bytes() == (root / "manifest" / name).read_bytes(), name


def test_the_package_holds_the_four_files_and_no_clock(root: Path) -> None:
    """The same for every build: fixed date, fixed order, nothing compressed."""
    pictures = {name: (root / "manifest" / name).read_bytes() for name in PICTURES}
    files = built(read_source(root / "manifest" / "build.toml"), pictures)
    assert files == built(read_source(root / "manifest" / "build.toml"), pictures)
    found = unpacked(files["package.zip"])
    assert found == {name: files[name] for name in ("manifest.json", "en-us.json", "color.png", "outline.png")}


def test_another_origin_reaches_every_address(root: Path) -> None:
    """Nothing of the example stays when an installation fills in its own address."""
    source = parse_source(_good(root).replace("sendsikkert.firma.example", "mail.kommune.example:8443"))
    for name, content in built(source, dict.fromkeys(PICTURES, b"")).items():
        if name.endswith((".xml", ".json")):
            assert b"firma.example" not in content
    assert source.resource == "api://mail.kommune.example:8443/3c7b5e90-41d8-4a2f-b6c3-0e9d8f7a1b52"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('origin = "https://', 'origin = "http://', "origin"),
        ('.example"', '.example/"', "origin"),
        ('version = "1.0.0"', 'version = "1.0"', "version"),
        ('send_mode = "Block" ', 'send_mode = "block" ', "send_mode"),
        ('provider = "Firma A/S"', "", "provider"),
        ('json = "b2e9', 'json = "b2e', "ids.json"),
        ('group = "Send sikkert"', "", "strings.da.group"),
        ('how_label = "Sent how?"', 'how_label = ""', "strings.en.how_label"),
        ("[strings.da]", "[strings.nb]", "strings.nb"),
        ("[ids]", "[id]", "id"),
        ('provider = "Firma A/S"', 'provider = "Firma A/S"\ncolour = "red"', "colour"),
        ("[ids]", "[ids", "the file"),
    ],
)
def test_a_source_with_a_fault_is_refused_by_field(root: Path, old: str, new: str, field: str) -> None:
    """A missing, wrong or unknown field is named, and nothing is written."""
    text = _good(root)
    assert old in text
    with pytest.raises(BadInput) as refused:
        parse_source(text.replace(old, new, 1))
    assert refused.value.field == field


def test_a_source_that_is_not_there_ends_the_build_with_2(tmp_path: Path) -> None:
    """So does a folder that cannot be written to."""
    run = CliRunner()
    assert run.invoke(app, ["manifest", "build", "--source", str(tmp_path / "none.toml")]).exit_code == 2
    (tmp_path / "file").write_text("")
    assert run.invoke(app, ["manifest", "build", "--out", str(tmp_path / "file")]).exit_code == 2


def test_the_front_has_the_very_files_of_the_server(root: Path, tmp_path: Path) -> None:
    """Whoever answers, the event code is the same to the byte; an emergency that is in force stays when the files are written again."""
    source = read_source(root / "manifest" / "build.toml")
    run = CliRunner()
    assert run.invoke(app, ["manifest", "front", str(tmp_path)]).exit_code == 0
    for name in ("launchevent.js", "sign_in.js"):
        assert (tmp_path / "addin" / name).read_bytes() == filled(name, source.origin, source.client_id)
    assert (tmp_path / "addin" / "msal-browser.min.js").read_bytes() == b""
    assert (tmp_path / "addin" / "degraded.json").read_bytes() == b"null"
    allowed = json.loads((tmp_path / ".well-known" / "microsoft-officeaddins-allowed.json").read_text())
    assert allowed == {"allowed": [source.url("addin/launchevent.js")]}
    for path in FOLDER.rglob("*"):
        if path.is_file() and path.name not in {"launchevent.js", "sign_in.js"}:
            assert (tmp_path / "addin" / path.relative_to(FOLDER)).read_bytes() == path.read_bytes()
    (tmp_path / "addin" / "degraded.json").write_bytes(b"{}")
    (tmp_path / "msal.js").write_bytes(b"var msal")
    assert run.invoke(app, ["manifest", "front", str(tmp_path), "--msal", str(tmp_path / "msal.js")]).exit_code == 0
    assert (tmp_path / "addin" / "msal-browser.min.js").read_bytes() == b"var msal"
    assert (tmp_path / "addin" / "degraded.json").read_bytes() == b"{}"


def test_the_strings_are_true_signs_in_xml_and_json(root: Path) -> None:
    """Signs that mean something in XML or JSON arrive as themselves."""
    text = _good(root).replace('provider = "Firma A/S"', """provider = 'Søn & "Far" <A/S>'""")
    files = built(parse_source(text), dict.fromkeys(PICTURES, b""))
    provider = read_xml(files["manifest.xml"].decode()).child("ProviderName")
    assert provider is not None
    assert provider.text == 'Søn & "Far" <A/S>'
    assert json.loads(files["manifest.json"])["developer"]["name"] == 'Søn & "Far" <A/S>'


@pytest.mark.parametrize("text", ["", "{", '{"a" 1}', '{"a": }', "[1 2]", '{"a": 1,}', '"\\x"', "1 2", "nul", '{"a": 1, "a": 2}'])
def test_what_is_not_json_is_refused_with_its_line(text: str) -> None:
    """The reader that keeps lines refuses what RFC 8259 does not know, and a key that stands twice."""
    with pytest.raises(Unreadable) as refused:
        read_json("\n\n" + text)
    assert refused.value.line >= 3


def test_the_reader_of_lines_reads_as_the_library_does(root: Path) -> None:
    """The same values as the standard library's reader."""

    def plain(node: object) -> object:
        value = getattr(node, "value", node)
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else value

    text = (root / "manifest" / "manifest.json").read_text(encoding="utf-8")
    assert plain(read_json(text)) == json.loads(text)
    assert plain(read_json('[1.5e3, -2, true, false, null, "æ\\u00e6", {}, []]')) == [1500.0, -2, True, False, None, "ææ", {}, []]


@pytest.fixture(scope="module")
def draw_icons(root: Path) -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("draw_icons", root / "tools" / "draw_icons.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_icons_are_what_the_script_draws(draw_icons: ModuleType) -> None:
    """Every picture has its size, and the two smallest are drawn again, pixel for pixel."""
    for path, (size, layers) in draw_icons.pictures().items():
        raw = path.read_bytes()
        assert (size, size) == (int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])), path.name
        if path.name in {"icon-16.png", "outline.png"}:
            length = int.from_bytes(raw[33:37])
            assert b"".join(b"\0" + row for row in draw_icons.draw(size, layers)) == zlib.decompress(raw[41 : 41 + length])


def _validated(packages: str, folder: Path, isolated: bool) -> subprocess.CompletedProcess[str]:
    program = Path(packages) / ".bin" / "office-addin-manifest"
    alone = ["unshare", "-rn"] if isolated else []
    return subprocess.run(
        [*alone, str(program), "validate", str(folder / "manifest.json")], capture_output=True, text=True, timeout=60, check=False
    )


def test_microsofts_own_tool_accepts_the_json_without_a_network(root: Path, tmp_path: Path, tool: Callable[[str], str]) -> None:
    """office-addin-manifest in a network namespace that has no network: 0; with a send mode that does not exist: 1."""
    isolated = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    for name in FILES:
        shutil.copy(root / "manifest" / name, tmp_path / name)
    good = _validated(tool("node-packages"), tmp_path, isolated)
    assert good.returncode == 0, good.stdout + good.stderr
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"block"', '"blok"'), encoding="utf-8")
    assert _validated(tool("node-packages"), tmp_path, isolated).returncode == 1


def test_the_files_keep_microsofts_schemas(root: Path, tool: Callable[[str], str]) -> None:
    """Manifest and locale file against the raw schemas of the package: no message at all."""
    for name in ("manifest.json", "en-us.json"):
        ran = subprocess.run(
            ["node", "validate_manifest.cjs", str(root / "manifest" / name)],
            cwd=root / "tools" / "node",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (0, "") == (ran.returncode, ran.stdout), ran.stdout + ran.stderr
