"""Every rule of `manifest lint` has a file that breaks it, made from the good one by a small edit, and the right line is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from addin_backend.cli.main import app
from addin_backend.errors import BadInput
from addin_backend.manifest import json_rules, xml_rules
from addin_backend.manifest.findings import Fault, read_event_code
from addin_backend.manifest.lint import lint, lint_built

BUILT = ("manifest.xml", "manifest.json", "en-us.json", "color.png", "outline.png", "package.zip")


class Broken(NamedTuple):
    """An edit (``old`` becomes ``new``, once), the rule that must see it, and what stands in the line that it must name."""

    what: str
    old: str
    new: str
    code: str
    line: str


RESOURCE = '          <bt:Url id="Pane.Url" DefaultValue="https://sendsikkert.firma.example/addin/taskpane.html"/>\n'
SEND = '<LaunchEvent Type="OnMessageSend" FunctionName="onMessageSend" SendMode="Block"/>'
CHANGED = '<LaunchEvent Type="OnMessageRecipientsChanged" FunctionName="onMessageRecipientsChanged"/>'
XML_BROKEN = [
    Broken("not well-formed", "</ProviderName>", "", "MX-01", "</OfficeApp>"),
    Broken("a document type", "<OfficeApp ", '<!DOCTYPE OfficeApp [<!ENTITY a "b">]>\n<OfficeApp ', "MX-01", "<!DOCTYPE"),
    Broken("another root type", 'xsi:type="MailApp"', 'xsi:type="TaskPaneApp"', "MX-02", "<OfficeApp"),
    Broken("the wrong inner namespace", "mailappversionoverrides/1.1", "mailappversionoverrides/1.0", "MX-02", "overrides/1.0"),
    Broken(
        "the wrong inner type", "VersionOverridesV1_1", "VersionOverridesV1_0", "MX-02", 'overrides/1.1" xsi:type="VersionOverridesV1_0"'
    ),
    Broken("a resource of another namespace", '<bt:Image id="Icon.16', '<Image id="Icon.16', "MX-02", "<Image id="),
    Broken("the version before the id", "  <Id>", "  <Version>1.0.0.0</Version>\n  <Id>", "MX-03", "  <Id>"),
    Broken(
        "permissions after the rule",
        '  <Rule xsi:type="RuleCollection"',
        '  <DisableEntityHighlighting>false</DisableEntityHighlighting>\n  <Rule xsi:type="RuleCollection"',
        "MX-03",
        '<Rule xsi:type="RuleCollection"',
    ),
    Broken(
        "the function file first",
        "            <SupportsSharedFolders>true",
        '            <FunctionFile resid="Events.Url"/>\n            <SupportsSharedFolders>true',
        "MX-03",
        "<SupportsSharedFolders>",
    ),
    Broken(
        "an element nobody knows",
        "          <DesktopFormFactor>",
        "          <TabletFormFactor/>\n          <DesktopFormFactor>",
        "MX-03",
        "<TabletFormFactor/>",
    ),
    Broken("an id that is no GUID", "<Id>6f1d2c84-", "<Id>6f1d2c8-", "MX-04", "<Id>6f1d2c8-"),
    Broken("a version of three numbers", "<Version>1.0.0.0<", "<Version>1.0.0<", "MX-05", "<Version>"),
    Broken("English first", "<DefaultLocale>da-DK", "<DefaultLocale>en-US", "MX-06", "<DefaultLocale>"),
    Broken("a label without English", '<bt:Override Locale="en-US" Value="Check the mail"/>', "", "MX-06", 'id="check.Label"'),
    Broken(
        "an English name for Norway",
        '    <Override Locale="en-US" Value="Send securely"/>',
        '    <Override Locale="nb-NO" Value="Send securely"/>',
        "MX-06",
        "<DisplayName",
    ),
    Broken("an empty tip", 'DefaultValue="Sender mailen beskyttet til hver modtager."', 'DefaultValue=""', "MX-06", 'id="send.Tip"'),
    Broken("a label nobody can read to its end", 'DefaultValue="Tjek mødet"', f'DefaultValue="{"x" * 126}"', "MX-07", 'id="meeting.Label"'),
    Broken("a resource that is not there", '<Description resid="how.Tip"/>', '<Description resid="why.Tip"/>', "MX-08", 'resid="why.Tip"'),
    Broken("an id of 33 characters", 'String id="Group.Label"', f'String id="{"G" * 33}"', "MX-09", "G" * 33),
    Broken("a resource nobody uses", RESOURCE, RESOURCE + RESOURCE.replace("Pane.Url", "Spare.Url"), "MX-10", "Spare.Url"),
    Broken("a resource defined twice", RESOURCE, RESOURCE + RESOURCE.replace('"/>', '" />'), "MX-11", '" />'),
    Broken(
        "an address as a label",
        '<Title resid="send.Label"/>',
        '<Title resid="send.Label"/><Label resid="Pane.Url"/>',
        "MX-12",
        '<Label resid="Pane.Url"/>',
    ),
    Broken("http", 'id="Pane.Url" DefaultValue="https:', 'id="Pane.Url" DefaultValue="http:', "MX-13", "http://sendsikkert"),
    Broken(
        "an icon elsewhere",
        "https://sendsikkert.firma.example/addin/assets/icon-64.png",
        "https://cdn.firma.example/addin/assets/icon-64.png",
        "MX-13",
        "<IconUrl",
    ),
    Broken("a second domain", "<AppDomain>https://sendsikkert", "<AppDomain>https://x", "MX-13", "<AppDomain>"),
    Broken("a page where the server has none", "/addin/launchevent.html", "/addin/event.html", "MX-13", 'id="Events.Url"'),
    Broken("no script for classic Outlook", 'type="javascript"', 'type="typescript"', "MX-14", "<Override type="),
    Broken(
        "events in another runtime",
        '              <SourceLocation resid="Events.Url"/>\n            </ExtensionPoint>',
        '              <SourceLocation resid="Pane.Url"/>\n            </ExtensionPoint>',
        "MX-15",
        '              <SourceLocation resid="Pane.Url"',
    ),
    Broken("a send event that only asks", SEND, SEND.replace("Block", "PromptUser"), "MX-16", "PromptUser"),
    Broken("a send event that gives in", SEND, SEND.replace("Block", "SoftBlock"), "MX-16", "SoftBlock"),
    Broken(
        "a send event without a mode",
        SEND,
        SEND.replace(' SendMode="Block"', ""),
        "MX-16",
        '"OnMessageSend" FunctionName="onMessageSend"/>',
    ),
    Broken("a mode where none belongs", CHANGED, CHANGED.replace("/>", ' SendMode="Block"/>'), "MX-17", "OnMessageRecipientsChanged"),
    Broken("two send events", SEND, f"{SEND}\n{SEND.replace('/>', ' />')}", "MX-18", '"Block" />'),
    Broken("no send event", SEND, "", "MX-18", "<LaunchEvents>"),
    Broken("an event of others", "OnMessageAttachmentsChanged", "OnNewMessageCompose", "MX-18", "OnNewMessageCompose"),
    Broken("a function that is not there", 'FunctionName="onAppointmentSend"', 'FunctionName="onMeetingSend"', "MX-19", "onMeetingSend"),
    Broken("a dialog whose button is not there", 'id="checkPaneButton"', 'id="checkPane"', "MX-20", 'xsi:type="VersionOverridesV1_1"'),
    Broken("an id used twice", 'id="sentHowButton"', 'id="sendSecurelyButton"', "MX-21", 'id="sendSecurelyButton"'),
    Broken(
        "a button that runs a function",
        '<Action xsi:type="ShowTaskpane">',
        '<Action xsi:type="ExecuteFunction">',
        "MX-21",
        "ExecuteFunction",
    ),
    Broken(
        "no ribbon where mail is read",
        'xsi:type="MessageReadCommandSurface"',
        'xsi:type="MessageRead"',
        "MX-22",
        'xsi:type="VersionOverridesV1_1"',
    ),
    Broken("another API", "<Resource>api://sendsikkert", "<Resource>api://andet", "MX-23", "<Resource>"),
    Broken("a requirement that Exchange Server lacks", 'DefaultMinVersion="1.5"', 'DefaultMinVersion="1.12"', "MX-24", "1.12"),
    Broken("no shared folders", "<SupportsSharedFolders>true", "<SupportsSharedFolders>false", "MX-25", "<SupportsSharedFolders>"),
    Broken("an icon without its middle size", '                      <bt:Image size="32" resid="Icon.32x32"/>\n', "", "MX-26", "<Icon>"),
    Broken(
        "a small picture for a large size",
        '<bt:Image size="80" resid="Icon.80x80"/>',
        '<bt:Image size="80" resid="Icon.32x32"/>',
        "MX-26",
        'size="80" resid="Icon.32x32"',
    ),
    Broken("more rights than are used", "ReadWriteItem", "ReadWriteMailbox", "MX-27", "<Permissions>"),
    Broken("a file that is too large", "  <Id>", f"  <!-- {'x' * 262_144} -->\n  <Id>", "MX-28", "<OfficeApp"),
]

JSON_BROKEN = [
    Broken("not JSON", '"manifestVersion": "1.30",', '"manifestVersion": "1.30"', "MJ-01", '"id"'),
    Broken("a name twice", '  "version": "1.0.0",', '  "version": "1.0.0",\n  "version": "1.0.0",', "MJ-01", '  "version"'),
    Broken("another schema", "v1.30/MicrosoftTeams.schema.json", "v1.22/MicrosoftTeams.schema.json", "MJ-02", "$schema"),
    Broken("a preview version", '"manifestVersion": "1.30"', '"manifestVersion": "devPreview"', "MJ-02", "devPreview"),
    Broken(
        "the XML manifest's id",
        '"id": "b2e94a17-0c6d-4f58-8d1e-7a2f63c5d940"',
        '"id": "6f1d2c84-8a57-4c0e-9a35-3d5b1f0c7e21"',
        "MJ-03",
        '"id": "6f1d2c84',
    ),
    Broken("another version than XML", '"version": "1.0.0"', '"version": "1.0.1"', "MJ-03", '"version"'),
    Broken("an id that is no GUID", '"id": "b2e94a17-', '"id": "b2e94a1-', "MJ-03", '"id": "b2e94a1-'),
    Broken("http", '"privacyUrl": "https:', '"privacyUrl": "http:', "MJ-04", "privacyUrl"),
    Broken("a page elsewhere", '"websiteUrl": "https://sendsikkert.', '"websiteUrl": "https://www.', "MJ-04", "websiteUrl"),
    Broken(
        "a second domain",
        '    "sendsikkert.firma.example"\n',
        '    "sendsikkert.firma.example",\n    "firma.example"\n',
        "MJ-04",
        "validDomains",
    ),
    Broken("another API", '"resource": "api://sendsikkert', '"resource": "api://andet', "MJ-04", '"resource"'),
    Broken("an action twice", '"id": "onAppointmentSend"', '"id": "onMessageSend"', "MJ-05", '{\n\x00"id": "onMessageSend"'),
    Broken(
        "a function that is not there", '"id": "onMessageRecipientsChanged"', '"id": "onRecipients"', "MJ-05", '{\n\x00"id": "onRecipients"'
    ),
    Broken(
        "an event of others",
        '"type": "messageAttachmentsChanged"',
        '"type": "newMessageComposeCreated"',
        "MJ-06",
        '{\n\x00"type": "newMessage',
    ),
    Broken("an event without its action", '"actionId": "onAppointmentSend"', '"actionId": "onMeeting"', "MJ-06", "onMeeting"),
    Broken("a send event that gives in", '"sendMode": "block"', '"sendMode": "softBlock"', "MJ-07", "softBlock"),
    Broken("a button that is not there", '"id": "checkMeetingPaneButton"', '"id": "meetingButton"', "MJ-08", '"ribbons"'),
    Broken("a button that opens nothing", '"actionId": "openPane"', '"actionId": "openDoor"', "MJ-08", "openDoor"),
    Broken("a small picture for a large size", "icon-80.png", "icon-81.png", "MJ-09", "icon-81.png"),
    Broken("an icon without its middle size", '"size": 32', '"size": 40', "MJ-09", '"icons": ['),
    Broken("no shared folders", "Mailbox.SharedFolder", "Mailbox.Shared", "MJ-10", "resourceSpecific"),
    Broken("more rights than are used", "MailboxItem.ReadWrite.User", "Mailbox.ReadWrite.User", "MJ-10", "resourceSpecific"),
    Broken("English first", '"defaultLanguageTag": "da-dk"', '"defaultLanguageTag": "en-us"', "MJ-11", "localizationInfo"),
    Broken("no English", '"file": "en-us.json"', '"file": "en.json"', "MJ-11", "localizationInfo"),
    Broken("an empty label", '"label": "Tjek mødet"', '"label": ""', "MJ-11", '"label": ""'),
    Broken("a name that is too long", '"short": "Send sikkert"', f'"short": "{"x" * 31}"', "MJ-12", "x" * 31),
    Broken("an icon that is another", '"color": "color.png"', '"color": "outline.png"', "MJ-13", '"color"'),
    Broken("another page than XML", '/addin/taskpane.html"\n          },', '/addin/pane.html"\n          },', "MJ-14", '"runtimes"'),
    Broken("both manifests check each mail", '"officeAddinId": "6f1d', '"officeAddinId": "7f1d', "MJ-14", "officeAddinId"),
]


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """The built files, to break."""
    for name in BUILT:
        shutil.copy(root / "manifest" / name, tmp_path / name)
    return tmp_path


@pytest.fixture(scope="module")
def code(root: Path) -> str:
    """The event code, which some rules compare with."""
    return (root / "addin_backend" / "web" / "static" / "addin" / "launchevent.js").read_text(encoding="utf-8")


def _break(path: Path, broken: Broken) -> str:
    text = path.read_text(encoding="utf-8")
    assert broken.old in text, "the edit changes something"
    changed = text.replace(broken.old, broken.new, 1)
    path.write_text(changed, encoding="utf-8")
    return changed


def _lines(text: str, needle: str) -> set[int]:
    """The numbers of the lines that hold ``needle``; "{\\n\\0…" means the line with the brace before the line that begins with "…"."""
    lines = text.splitlines()
    if needle.startswith("{\n\x00"):
        inner = needle.removeprefix("{\n\x00")
        return {number for number, line in enumerate(lines) if line.strip().startswith(inner)}
    return {number for number, line in enumerate(lines, 1) if needle in line}


def test_the_built_manifests_break_no_rule(folder: Path, code: str) -> None:
    """What the source makes passes its own rules, and is what stands in the project."""
    assert lint([folder / name for name in ("manifest.xml", "manifest.json", "package.zip")], code) == []


@pytest.mark.parametrize("broken", XML_BROKEN, ids=lambda broken: broken.what)
def test_a_broken_xml_manifest_is_refused_at_the_right_line(folder: Path, code: str, broken: Broken) -> None:
    """The rule that is broken, at a line that shows it, with a sentence that says what to do."""
    text = _break(folder / "manifest.xml", broken)
    found = [fault for fault in lint([folder / "manifest.xml"], code) if fault.code == broken.code]
    assert found, "the rule saw it"
    assert any(fault.line in _lines(text, broken.line) for fault in found), (found, _lines(text, broken.line))
    assert all(len(fault.sentence) > 15 for fault in found)


@pytest.mark.parametrize("broken", JSON_BROKEN, ids=lambda broken: broken.what)
def test_a_broken_json_manifest_is_refused_at_the_right_line(folder: Path, code: str, broken: Broken) -> None:
    """The same for the unified manifest, compared with the locale file, the icons and the XML manifest beside it."""
    text = _break(folder / "manifest.json", broken)
    found = [fault for fault in lint([folder / "manifest.json"], code) if fault.code == broken.code]
    assert found, "the rule saw it"
    assert any(fault.line in _lines(text, broken.line) for fault in found), (found, _lines(text, broken.line))


def test_every_rule_has_a_file_that_breaks_it() -> None:
    """No rule is there that nothing shows to work."""
    told = {
        line.split(":")[0] for module in (xml_rules, json_rules) for rule in module.RULES for line in (rule.__doc__ or "").splitlines()[:1]
    }
    codes: set[str] = set()
    for heading in told:
        for part in heading.replace(" to ", "-to-").split(", "):
            first, _, last = part.partition("-to-")
            codes |= {f"{first[:3]}{number:02}" for number in range(int(first[3:]), int((last or first)[3:]) + 1)}
    assert codes | {"MX-01", "MJ-01"} == {broken.code for broken in (*XML_BROKEN, *JSON_BROKEN)}


def test_a_locale_file_without_a_string_or_with_one_too_many_is_refused(folder: Path, code: str) -> None:
    """Its own lines are named."""
    path = folder / "en-us.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"name.full"', '"name.whole"'), encoding="utf-8")
    found = lint([path], code)
    line = next(number for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if "name.whole" in text)
    assert [("MJ-11", line)] == [(fault.code, fault.line) for fault in found if "name.whole" in fault.sentence]
    assert [1] == [fault.line for fault in found if "name.full has no" in fault.sentence]
    path.unlink()
    assert "MJ-11" in {fault.code for fault in lint([folder / "manifest.json"], code)}
    path.write_text("{", encoding="utf-8")
    assert ["MJ-01"] == [fault.code for fault in lint([folder / "manifest.json"], code)]


def test_a_package_with_other_files_is_refused(folder: Path, code: str) -> None:
    """What is packed is what lies beside it; a file that is no package says so."""
    (folder / "en-us.json").write_text("{}\n", encoding="utf-8")
    assert ["MP-02"] == [fault.code for fault in lint([folder / "package.zip"], code)]
    (folder / "package.zip").write_bytes(b"PK nothing")
    assert ["MP-01"] == [fault.code for fault in lint([folder / "package.zip"], code)]


def test_built_files_that_are_out_of_date_are_named(root: Path, folder: Path) -> None:
    """A change of the source that nobody built is seen."""
    source = folder / "build.toml"
    source.write_text((root / "manifest" / "build.toml").read_text(encoding="utf-8").replace('"1.0.0"', '"1.0.1"'), encoding="utf-8")
    stale = {Path(fault.file).name for fault in lint_built(folder, source)}
    assert stale == {"manifest.xml", "manifest.json", "package.zip"}
    assert list(lint_built(folder, root / "manifest" / "build.toml")) == []


def test_the_exit_code_is_0_1_or_2(folder: Path) -> None:
    """0 nothing wrong, 1 a fault with its line, 2 a file that cannot be read or is no manifest."""
    run = CliRunner()
    good = str(folder / "manifest.xml")
    assert run.invoke(app, ["manifest", "lint"]).exit_code == 0
    assert run.invoke(app, ["manifest", "lint", good]).exit_code == 0
    (folder / "manifest.xml").write_text(
        (folder / "manifest.xml").read_text(encoding="utf-8").replace('SendMode="Block"', 'SendMode="SoftBlock"')
    )
    told = run.invoke(app, ["manifest", "lint", good])
    assert told.exit_code == 1
    line = next(
        number for number, text in enumerate((folder / "manifest.xml").read_text(encoding="utf-8").splitlines(), 1) if "SoftBlock" in text
    )
    assert f"{good}:{line}: MX-16" in told.stdout
    for wrong in ("missing.xml", "manifest.txt"):
        assert run.invoke(app, ["manifest", "lint", str(folder / wrong)]).exit_code == 2


def test_the_event_code_is_read_as_it_is_written(code: str) -> None:
    """What the rules compare with: four functions, two controls."""
    found = read_event_code(code)
    assert found.functions == {"onMessageSend", "onAppointmentSend", "onMessageRecipientsChanged", "onMessageAttachmentsChanged"}
    assert found.controls == {"checkPaneButton", "checkMeetingPaneButton"}
    assert read_event_code("").functions == frozenset()


def test_a_file_that_is_no_manifest_is_a_usage_error(tmp_path: Path) -> None:
    """It is never passed over."""
    with pytest.raises(BadInput):
        lint([tmp_path / "manifest.yaml"], "")
    assert str(Fault("a.xml", 3, "MX-01", "sentence")) == "a.xml:3: MX-01 sentence"
