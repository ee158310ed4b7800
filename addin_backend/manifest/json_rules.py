"""The rules for the unified manifest, its locale file, and for the two manifests being one add-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from addin_backend.manifest.findings import GUID, EventCode, Fault, origin_of, png_size
from addin_backend.manifest.json_form import LOCALE_FILE, SCHEMA_VERSION
from addin_backend.manifest.shape import DEFAULT_LOCALE, EVENTS, OTHER_LOCALE, RIBBON_SIZES, SURFACES
from addin_backend.manifest.tree import Element, Node

LENGTHS = {
    r"name\.short": 30,
    r"name\.full": 100,
    r"description\.short": 80,
    r"description\.full": 4000,
    r".*\.groups\[\d+\]\.label": 64,
    r".*\.controls\[\d+\]\.label": 64,
    r".*\.supertip\.title": 64,
    r".*\.supertip\.description": 250,
}
PICTURES = {"color": 192, "outline": 32}
RIGHTS = {"MailboxItem.ReadWrite.User", "Mailbox.SharedFolder"}


@dataclass(frozen=True, slots=True)
class Json:
    """What the rules are given: the manifest, its locale file's text by name, the files beside it, and the XML manifest if there is one."""

    file: str
    root: Node
    locale_file: str
    locale: Node | None
    beside: Mapping[str, bytes]
    code: EventCode
    xml: Element | None

    def fault(self, code: str, node: Node | None, sentence: str) -> Fault:
        """A fault at the node's line."""
        return Fault(self.file, (node or self.root).line, code, sentence)

    @property
    def extension(self) -> Node:
        """The one extension, or the root."""
        return self.root.at("extensions", 0) or self.root


def _text(node: Node | None) -> str:
    return node.value if node is not None and isinstance(node.value, str) else ""


def versions(one: Json) -> Iterator[Fault]:
    """MJ-02: schema and manifestVersion are the released one that the validator knows."""
    schema, version = one.root.at("$schema"), one.root.at("manifestVersion")
    if f"/v{SCHEMA_VERSION}/" not in _text(schema):
        yield one.fault("MJ-02", schema, f"$schema must be the one of version {SCHEMA_VERSION}")
    if _text(version) != SCHEMA_VERSION:
        yield one.fault("MJ-02", version, f"manifestVersion must be {SCHEMA_VERSION}")


def identity(one: Json) -> Iterator[Fault]:
    """MJ-03: a GUID and three numbers; next to an XML manifest another GUID and the same version."""
    found, version = one.root.at("id"), one.root.at("version")
    if not GUID.fullmatch(_text(found)):
        yield one.fault("MJ-03", found, "id must be a GUID of your own")
    if not re.fullmatch(r"\d+(\.\d+){2}", _text(version)):
        yield one.fault("MJ-03", version, "version must be three numbers, such as 1.0.0")
    if one.xml is not None:
        xml_id, xml_version = (item.text.strip() if (item := one.xml.child(name)) else "" for name in ("Id", "Version"))
        if xml_id.lower() == _text(found).lower():
            yield one.fault("MJ-03", found, "the XML manifest has the same id: two deployments need two ids")
        if xml_version != f"{_text(version)}.0":
            yield one.fault("MJ-03", version, f"the XML manifest is version {xml_version}; this one must be the same")


def one_origin(one: Json) -> Iterator[Fault]:
    """MJ-04: every address is https on the event code's origin; validDomains and the API's resource say the same."""
    script = next((_text(node) for item in one.extension.items("runtimes") if (node := item.at("code", "script"))), "")
    host = origin_of(script).removeprefix("https://")
    for node in one.root.walk():
        text = _text(node)
        if "://" not in text or node.place == "$schema" or text.startswith("api://"):
            continue
        if not text.startswith("https://"):
            yield one.fault("MJ-04", node, f"{node.place} must begin with https://")
        elif script and origin_of(text) != origin_of(script):
            yield one.fault("MJ-04", node, f"{node.place} is at {origin_of(text)}; everything must be at {origin_of(script)}")
    domains = one.root.at("validDomains")
    if [_text(item) for item in one.root.items("validDomains")] != [host]:
        yield one.fault("MJ-04", domains, f"validDomains must be {host} and nothing else")
    client, resource = (one.root.at("webApplicationInfo", key) for key in ("id", "resource"))
    if _text(resource) != f"api://{host}/{_text(client)}" or not GUID.fullmatch(_text(client)):
        yield one.fault("MJ-04", resource, f"webApplicationInfo.resource must be api://{host}/ followed by the client id")


def runtimes(one: Json) -> Iterator[Fault]:
    """MJ-05: actions have ids of their own, and those of the script are what launchevent.js associates."""
    seen: set[str] = set()
    scripted: set[str] = set()
    for item in one.extension.items("runtimes"):
        for action in item.items("actions"):
            name = _text(action.at("id"))
            if name in seen:
                yield one.fault("MJ-05", action, f"the action {name} stands twice")
            seen.add(name)
            if _text(action.at("type")) == "executeFunction":
                scripted.add(name)
                if name not in one.code.functions or item.at("code", "script") is None:
                    yield one.fault("MJ-05", action, f"launchevent.js associates no function {name}, or the runtime has no script")
    for name in sorted(one.code.functions - scripted):
        yield one.fault("MJ-05", one.extension.at("runtimes"), f"launchevent.js associates {name}, which no runtime names")


def _actions(one: Json, kind: str) -> set[str]:
    found = (action for item in one.extension.items("runtimes") for action in item.items("actions"))
    return {_text(action.at("id")) for action in found if _text(action.at("type")) == kind}


def events(one: Json) -> Iterator[Fault]:
    """MJ-06, MJ-07: every event once, its action is a function of the runtime, and both send events block."""
    listened = [item for held in one.extension.items("autoRunEvents") for item in held.items("events")]
    types = [_text(item.at("type")) for item in listened]
    known = {event.json: event for event in EVENTS}
    for name in known:
        if types.count(name) != 1:
            at = [item for item in listened if _text(item.at("type")) == name][1:2]
            yield one.fault("MJ-06", at[0] if at else one.extension.at("autoRunEvents"), f"{name} must stand here exactly once")
    for item in listened:
        event, action, mode = known.get(_text(item.at("type"))), item.at("actionId"), item.at("options", "sendMode")
        if event is None:
            yield one.fault("MJ-06", item, f"{_text(item.at('type'))} is not an event of this add-in: remove it")
            continue
        if _text(action) not in _actions(one, "executeFunction") or _text(action) != event.function:
            yield one.fault(
                "MJ-06", action or item, f"the actionId of {event.json} must be {event.function}, an action of the event runtime"
            )
        if event.sends and _text(mode) != "block":
            yield one.fault("MJ-07", mode or item, f"{event.json} must have sendMode block: anything milder lets a mail go unchecked")
        if not event.sends and mode is not None:
            yield one.fault("MJ-07", mode, f"{event.json} takes no sendMode: remove it")


def _controls(one: Json) -> list[tuple[str, Node]]:
    return [
        (_text(context), control)
        for ribbon in one.extension.items("ribbons")
        for context in ribbon.items("contexts")
        for tab in ribbon.items("tabs")
        for group in tab.items("groups")
        for control in group.items("controls")
    ]


def controls(one: Json) -> Iterator[Fault]:
    """MJ-08: every button in its place, each with an id of its own and an action that opens the pane."""
    found = _controls(one)
    places = {(context, _text(control.at("id"))) for context, control in found}
    for surface in SURFACES:
        for button in surface.buttons:
            if (surface.context, button.id) not in places:
                yield one.fault("MJ-08", one.extension.at("ribbons"), f"the button {button.id} is missing in {surface.context}")
    for name in sorted(one.code.controls - {name for _, name in places}):
        yield one.fault("MJ-08", one.extension.at("ribbons"), f"launchevent.js opens the control {name}, which is not here")
    seen: set[str] = set()
    for _, control in found:
        name, action = _text(control.at("id")), control.at("actionId")
        if name in seen:
            yield one.fault("MJ-08", control, f"the id {name} stands twice: each control needs its own")
        seen.add(name)
        if _text(action) not in _actions(one, "openPage"):
            yield one.fault("MJ-08", action or control, f"{name} must open the pane: an action of type openPage")


def icons(one: Json) -> Iterator[Fault]:
    """MJ-09: each button and group has its icon in all three sizes, each from the picture of that size."""
    ribbons = one.extension.at("ribbons") or one.extension
    for listed in (node for node in ribbons.walk() if node.place.endswith(".icons")):
        sizes = [(item.at("size"), item.at("url")) for item in listed.items()]
        if [size.value for size, _ in sizes if size] != list(RIBBON_SIZES):
            yield one.fault("MJ-09", listed, f"an icon needs the sizes {', '.join(map(str, RIBBON_SIZES))} in this order")
        for size, url in sizes:
            if size and not _text(url).endswith(f"-{size.value}.png"):
                yield one.fault("MJ-09", url, f"size {size.value} must show the picture of that size")


def rights(one: Json) -> Iterator[Fault]:
    """MJ-10: the item, shared folders, and nothing more."""
    listed = one.root.at("authorization", "permissions", "resourceSpecific")
    found = {_text(item.at("name")) for item in one.root.items("authorization", "permissions", "resourceSpecific")}
    for name in sorted(RIGHTS - found):
        yield one.fault("MJ-10", listed, f"the permission {name} is missing")
    for name in sorted(found - RIGHTS):
        yield one.fault("MJ-10", listed, f"the permission {name} is not used: remove it")


def _limit(place: str) -> int | None:
    return next((limit for pattern, limit in LENGTHS.items() if re.fullmatch(pattern, place)), None)


def languages(one: Json) -> Iterator[Fault]:
    """MJ-11, MJ-12: Danish here, English in the locale file: the same strings, none empty, none too long."""
    if _text(one.root.at("localizationInfo", "defaultLanguageTag")) != DEFAULT_LOCALE.lower():
        yield one.fault("MJ-11", one.root.at("localizationInfo"), f"defaultLanguageTag must be {DEFAULT_LOCALE.lower()}")
    listed = [(_text(item.at("languageTag")), _text(item.at("file"))) for item in one.root.items("localizationInfo", "additionalLanguages")]
    if listed != [(OTHER_LOCALE.lower(), LOCALE_FILE)]:
        yield one.fault(
            "MJ-11", one.root.at("localizationInfo"), f"additionalLanguages must name {OTHER_LOCALE.lower()} with {LOCALE_FILE}"
        )
    here = {node.place: node for node in one.root.walk() if _limit(node.place) is not None}
    if one.locale is None:
        yield one.fault("MJ-11", one.root.at("localizationInfo"), f"the file {LOCALE_FILE} is missing beside the manifest")
        return
    there = {key: node for key, node in one.locale.value.items() if not key.startswith("$")} if isinstance(one.locale.value, dict) else {}
    for place in sorted(here.keys() - there.keys()):
        yield Fault(one.locale_file, one.locale.line, "MJ-11", f"{place} has no English text")
    for place in sorted(there.keys() - here.keys()):
        yield Fault(one.locale_file, there[place].line, "MJ-11", f"{place} is no string of the manifest: remove it")
    for file, strings in ((one.file, here), (one.locale_file, there)):
        for place, node in strings.items():
            limit, text = _limit(place), _text(node)
            if not text.strip():
                yield Fault(file, node.line, "MJ-11", f"{place} is empty")
            elif limit is not None and len(text) > limit:
                yield Fault(file, node.line, "MJ-12", f"{place} has {len(text)} characters; {limit} are shown")


def pictures(one: Json) -> Iterator[Fault]:
    """MJ-13: the two icons of the package are there, and of the right size."""
    for name, side in PICTURES.items():
        node = one.root.at("icons", name)
        if png_size(one.beside.get(_text(node), b"")) != (side, side):
            yield one.fault("MJ-13", node, f"icons.{name} must be a PNG of {side} x {side} pixels beside the manifest")


def one_add_in(one: Json) -> Iterator[Fault]:
    """MJ-14: both manifests lead to the same files and have the same buttons, events and app registration; this one hides the other."""
    if one.xml is None:
        return

    def urls(ends: tuple[str, ...]) -> set[str]:
        assert one.xml is not None  # noqa: S101 asked above
        return {item.get("DefaultValue") for item in one.xml.walk() if item.get("DefaultValue").endswith(ends)}

    files = {
        _text(node) for item in one.extension.items("runtimes") for node in (item.at("code", "page"), item.at("code", "script")) if node
    }
    if files != urls((".html", ".js")):
        yield one.fault("MJ-14", one.extension.at("runtimes"), "the pages and the script are not those of the XML manifest")
    buttons = {item.get("id") for item in one.xml.all("Control")}
    if buttons != {_text(control.at("id")) for _, control in _controls(one)}:
        yield one.fault("MJ-14", one.extension.at("ribbons"), "the buttons are not those of the XML manifest")
    client = next((item.text.strip() for held in one.xml.all("WebApplicationInfo") for item in held.children if item.name == "Id"), "")
    if client != _text(one.root.at("webApplicationInfo", "id")):
        yield one.fault("MJ-14", one.root.at("webApplicationInfo", "id"), "the client id is not that of the XML manifest")
    hidden = [node for item in one.extension.items("alternates") if (node := item.at("hide", "customOfficeAddin", "officeAddinId"))]
    xml_id = item.text.strip() if (item := one.xml.child("Id")) else ""
    if [_text(node) for node in hidden] != [xml_id]:
        yield one.fault(
            "MJ-14",
            hidden[0] if hidden else one.extension.at("alternates"),
            f"alternates must hide the XML manifest {xml_id}: both would check each mail",
        )


RULES: tuple[Callable[[Json], Iterator[Fault]], ...] = (
    versions, identity, one_origin, runtimes, events, controls, icons, rights, languages, pictures, one_add_in,
)  # fmt: skip
