"""The rules for the add-in-only manifest. Each is a function from the tree to faults; the order of elements is from [MS-OWEMXML]."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from addin_backend.manifest.findings import GUID, EventCode, Fault, origin_of
from addin_backend.manifest.shape import (
    DEFAULT_LOCALE,
    EVENT_CODE,
    EVENTS,
    EVENTS_PAGE,
    MAILBOX,
    OTHER_LOCALE,
    PANE,
    RIBBON_SIZES,
    SURFACES,
)
from addin_backend.manifest.tree import Element

APP = "http://schemas.microsoft.com/office/appforoffice/1.1"
BASIC = "http://schemas.microsoft.com/office/officeappbasictypes/1.0"
V1_0 = "http://schemas.microsoft.com/office/mailappversionoverrides"
V1_1 = f"{V1_0}/1.1"
MAX_BYTES = 256 * 1024
MAX_RESID = 32
LENGTHS = {"DisplayName": 125, "Description": 250, "ProviderName": 125, "ShortStrings": 125, "LongStrings": 250}
ORDERS = {
    "OfficeApp": "Id AlternateId Version ProviderName DefaultLocale DisplayName Description IconUrl HighResolutionIconUrl SupportUrl "
    "AppDomains Hosts Requirements FormSettings Permissions Rule DisableEntityHighlighting VersionOverrides",
    "VersionOverrides": "Description Requirements Hosts Resources VersionOverrides WebApplicationInfo EquivalentAddins ExtendedPermissions",
    "Host": "Runtimes DesktopFormFactor MobileFormFactor",
    "DesktopFormFactor": "SupportsSharedFolders FunctionFile ExtensionPoint",
    "Group": "Label Control",
    "Control": "Label Supertip Icon Action",
    "Resources": "Images Urls ShortStrings LongStrings",
    "WebApplicationInfo": "Id Resource Scopes",
    "ExtensionPoint": "OfficeTab LaunchEvents SourceLocation",
}
_KIND_OF = {
    "Runtime": "Urls",
    "Override": "Urls",
    "FunctionFile": "Urls",
    "SourceLocation": "Urls",
    "Image": "Images",
    "Label": "ShortStrings",
}


@dataclass(frozen=True, slots=True)
class Xml:
    """What the rules are given."""

    file: str
    root: Element
    size: int
    code: EventCode

    def fault(self, code: str, element: Element, sentence: str) -> Fault:
        """A fault at the element's line."""
        return Fault(self.file, element.line, code, sentence)

    @property
    def inner(self) -> Element:
        """The innermost VersionOverrides, or the root."""
        return self.root.all("VersionOverrides")[-1] if self.root.all("VersionOverrides") else self.root

    @property
    def resources(self) -> dict[str, tuple[str, Element]]:
        """id -> (kind, element) of everything under Resources."""
        return {
            item.get("id"): (kind.name, item) for held in self.inner.all("Resources") for kind in held.children for item in kind.children
        }


def namespaces(xml: Xml) -> Iterator[Fault]:
    """MX-02: the root, and VersionOverrides 1.1 inside 1.0, each in its own namespace and with its own type."""
    root = xml.root
    if (root.name, root.space, root.get("type")) != ("OfficeApp", APP, "MailApp"):
        yield xml.fault("MX-02", root, f'the root must be OfficeApp of xsi:type="MailApp" in the namespace {APP}')
    found = root.all("VersionOverrides")
    for element, (space, kind) in zip(found, ((V1_0, "VersionOverridesV1_0"), (V1_1, "VersionOverridesV1_1")), strict=False):
        if (element.space, element.get("type")) != (space, kind):
            yield xml.fault("MX-02", element, f'VersionOverrides must be of xsi:type="{kind}" in the namespace {space}')
    if len(found) != 2:  # 1.0 and 1.1
        yield xml.fault("MX-02", found[-1] if found else root, "VersionOverrides 1.1 must stand inside VersionOverrides 1.0, each once")
    for held in root.all("Resources"):
        yield from (
            xml.fault("MX-02", item, f"{item.name} must be in the namespace {BASIC}")
            for item in held.walk()
            if item is not held and item.space != BASIC
        )


def order(xml: Xml) -> Iterator[Fault]:
    """MX-03: children in the schema's order, and none that the schema does not have here."""
    for element in xml.root.walk():
        known = ORDERS.get(element.name, "").split()
        last = -1
        for child in element.children if known else ():
            if child.name not in known:
                yield xml.fault("MX-03", child, f"{child.name} has no place in {element.name}; it takes {', '.join(known)}")
            elif known.index(child.name) < last:
                yield xml.fault("MX-03", child, f"{child.name} must stand before {known[last]}")
            else:
                last = known.index(child.name)


def identity(xml: Xml) -> Iterator[Fault]:
    """MX-04, MX-05: the id is a GUID, the version four numbers."""
    for name, code, pattern, what in (
        ("Id", "MX-04", GUID, "a GUID of your own"),
        ("Version", "MX-05", re.compile(r"\d+(\.\d+){3}"), "four numbers, such as 1.0.0.0"),
    ):
        found = xml.root.child(name)
        if found is None or not pattern.fullmatch(found.text.strip()):
            yield xml.fault(code, found or xml.root, f"{name} must be {what}")


def _said(element: Element) -> dict[str, str]:
    return {item.get("Locale"): item.get("Value") for item in element.children if item.name == "Override"}


def languages(xml: Xml) -> Iterator[Fault]:
    """MX-06, MX-07: every string in Danish with an English override, none empty, none longer than Outlook shows."""
    locale = xml.root.child("DefaultLocale")
    if locale is None or locale.text.strip() != DEFAULT_LOCALE:
        yield xml.fault("MX-06", locale or xml.root, f"DefaultLocale must be {DEFAULT_LOCALE}: the first language of every string")
    named = [(item, LENGTHS[item.name]) for name in ("DisplayName", "Description") if (item := xml.root.child(name))]
    held = [(item, LENGTHS[kind]) for kind, item in xml.resources.values() if kind in LENGTHS]
    for element, limit in (*named, *held):
        name = element.get("id") or element.name
        texts = {DEFAULT_LOCALE: element.get("DefaultValue"), OTHER_LOCALE: _said(element).get(OTHER_LOCALE, "")}
        for language, text in texts.items():
            if not text.strip():
                yield xml.fault("MX-06", element, f"{name} has no text in {language}: add it to build.toml")
            elif len(text) > limit:
                yield xml.fault("MX-07", element, f"{name} has {len(text)} characters in {language}; {limit} are shown")


def resources(xml: Xml) -> Iterator[Fault]:
    """MX-08 to MX-12: every resid is defined, short, of the right kind; every resource is used and defined once."""
    defined, used, seen = xml.resources, set[str](), set[str]()
    for held in xml.inner.all("Resources"):
        for item in (item for kind in held.children for item in kind.children):
            if item.get("id") in seen:
                yield xml.fault("MX-11", item, f"the resource {item.get('id')} is defined twice: remove one")
            seen.add(item.get("id"))
            if len(item.get("id")) > MAX_RESID:
                yield xml.fault("MX-09", item, f"the id {item.get('id')} has {len(item.get('id'))} characters; {MAX_RESID} are allowed")
    for element in xml.inner.walk():
        name = element.get("resid")
        if not name:
            continue
        used.add(name)
        if name not in defined:
            yield xml.fault("MX-08", element, f"{element.name} names the resource {name}, which Resources does not define")
        elif element.name in _KIND_OF and defined[name][0] != _KIND_OF[element.name]:
            yield xml.fault(
                "MX-12", element, f"{element.name} needs one of {_KIND_OF[element.name]}, and {name} is one of {defined[name][0]}"
            )
    yield from (
        xml.fault("MX-10", item, f"nothing uses the resource {name}: remove it") for name, (_, item) in defined.items() if name not in used
    )


def _urls(xml: Xml) -> Iterator[tuple[Element, str]]:
    for element in xml.root.walk():
        value = element.get("DefaultValue")
        if element.name in {"IconUrl", "HighResolutionIconUrl", "SupportUrl", "SourceLocation", "Url", "Image"} and value:
            yield element, value
        elif element.name == "AppDomain":
            yield element, element.text.strip()


def one_origin(xml: Xml) -> Iterator[Fault]:
    """MX-13: every address is https, and all of them have one origin: the event code's."""
    code = next((value for element, value in _urls(xml) if element.name == "Url" and value.endswith(".js")), "")
    for element, value in _urls(xml):
        if not value.startswith("https://"):
            yield xml.fault("MX-13", element, f"{element.name} must begin with https://")
        elif code and origin_of(value) != origin_of(code):
            yield xml.fault("MX-13", element, f"{element.name} is at {origin_of(value)}; everything must be at {origin_of(code)}")
    wanted = {"Events.Url": EVENTS_PAGE, "EventCode.Url": EVENT_CODE, "Pane.Url": PANE}
    for name, (kind, item) in xml.resources.items():
        if kind == "Urls" and name in wanted and not item.get("DefaultValue").endswith(f"/{wanted[name]}"):
            yield xml.fault("MX-13", item, f"{name} must lead to {wanted[name]}, where the server has it")


def runtimes(xml: Xml) -> Iterator[Fault]:
    """MX-14, MX-15: one runtime with one script for classic Outlook; the events start that very runtime."""
    found = xml.inner.all("Runtime")
    scripts = [item for runtime in found for item in runtime.all("Override")]
    if len(found) != 1 or [item.get("type") for item in scripts] != ["javascript"]:
        yield xml.fault("MX-14", (scripts or found or [xml.inner])[-1], 'there must be one Runtime with one Override of type="javascript"')
    for point in (item for item in xml.inner.all("ExtensionPoint") if item.get("type") == "LaunchEvent"):
        location = point.child("SourceLocation")
        if location is None or (found and location.get("resid") != found[0].get("resid")):
            yield xml.fault("MX-15", location or point, "the SourceLocation of LaunchEvent must have the Runtime's resid")


def events(xml: Xml) -> Iterator[Fault]:
    """MX-16 to MX-18: every event once, both send events with SendMode Block, no other event with a send mode."""
    found = xml.inner.all("LaunchEvent")
    types = [item.get("Type") for item in found]
    known = {event.xml: event for event in EVENTS}
    place = (xml.inner.all("LaunchEvents") or [xml.inner])[0]
    for name in known:
        if types.count(name) != 1:
            at = [item for item in found if item.get("Type") == name][1:2] or [place]
            yield xml.fault("MX-18", at[0], f"{name} must stand here exactly once, not {types.count(name)} times")
    for item in found:
        event = known.get(item.get("Type"))
        if event is None:
            yield xml.fault("MX-18", item, f"{item.get('Type')} is not an event of this add-in: remove it")
        elif event.sends and item.get("SendMode") != "Block":
            yield xml.fault(
                "MX-16", item, f'{event.xml} must have SendMode="Block": anything milder lets a mail go that nobody could check'
            )
        elif not event.sends and item.get("SendMode"):
            yield xml.fault("MX-17", item, f"{event.xml} takes no SendMode: remove it")


def functions(xml: Xml) -> Iterator[Fault]:
    """MX-19: the functions named here are those that launchevent.js associates."""
    found = xml.inner.all("LaunchEvent")
    for item in found:
        if item.get("FunctionName") not in xml.code.functions:
            yield xml.fault("MX-19", item, f"launchevent.js associates no function {item.get('FunctionName')}")
    for name in sorted(xml.code.functions - {item.get("FunctionName") for item in found}):
        yield xml.fault(
            "MX-19", (xml.inner.all("LaunchEvents") or [xml.inner])[0], f"launchevent.js associates {name}, which no event names"
        )


def controls(xml: Xml) -> Iterator[Fault]:
    """MX-20, MX-21: the buttons that the dialogs open are there, and no id stands twice; each opens the pane."""
    found = [item for item in xml.inner.walk() if item.name in {"Control", "Group"}]
    ids = [item.get("id") for item in found]
    for name in sorted(xml.code.controls - set(ids)):
        yield xml.fault("MX-20", xml.inner, f"launchevent.js opens the control {name}, which is not here: Outlook would just cancel")
    for place, item in enumerate(found):
        if item.get("id") in ids[:place]:
            yield xml.fault("MX-21", item, f"the id {item.get('id')} stands twice: each control needs its own")
    for item in (item for item in found if item.name == "Control"):
        action = item.child("Action")
        location = action.child("SourceLocation") if action else None
        if action is None or action.get("type") != "ShowTaskpane" or location is None or location.get("resid") != "Pane.Url":
            yield xml.fault("MX-21", action or item, f"{item.get('id')} must open the pane: ShowTaskpane with Pane.Url")


def surfaces(xml: Xml) -> Iterator[Fault]:
    """MX-22: the ribbon has buttons where mail is written and read, and where a meeting is called."""
    found = {item.get("type"): item for item in xml.inner.all("ExtensionPoint")}
    for surface in SURFACES:
        held = {item.get("id") for item in found[surface.extension].all("Control")} if surface.extension in found else set()
        for button in surface.buttons:
            if button.id not in held:
                yield xml.fault(
                    "MX-22", found.get(surface.extension, xml.inner), f"the button {button.id} is missing in {surface.extension}"
                )


def application(xml: Xml) -> Iterator[Fault]:
    """MX-23: WebApplicationInfo stands last, with an id and the API's own address under this origin."""
    found = xml.inner.child("WebApplicationInfo")
    if found is None or xml.inner.children[-1] is not found:
        yield xml.fault("MX-23", found or xml.inner, "WebApplicationInfo must be the last part of VersionOverrides 1.1")
    if found is not None:
        client, resource = (item.text.strip() if (item := found.child(name)) else "" for name in ("Id", "Resource"))
        code = next((value for element, value in _urls(xml) if element.name == "Url" and value.endswith(".js")), "")
        host = origin_of(code).removeprefix("https://")
        if not GUID.fullmatch(client) or resource != f"api://{host}/{client}":
            yield xml.fault("MX-23", found.child("Resource") or found, f"Resource must be api://{host}/ followed by the client id in Id")


def requirements(xml: Xml) -> Iterator[Fault]:
    """MX-24: Mailbox 1.5 at most, or Exchange Server refuses the add-in."""
    sets = [item for item in xml.root.walk() if item.name in {"Set", "Sets"}]
    for item in sets:
        version = item.get("MinVersion") or item.get("DefaultMinVersion")
        if version and tuple(map(int, re.findall(r"\d+", version))) > tuple(map(int, MAILBOX.split("."))):
            yield xml.fault("MX-24", item, f"the requirement is {version}; {MAILBOX} is the most that Exchange Server takes")
    if not any(item.name == "Set" and item.get("Name") == "Mailbox" for item in sets):
        yield xml.fault("MX-24", xml.root, "the requirement set Mailbox is missing")


def shared_folders(xml: Xml) -> Iterator[Fault]:
    """MX-25: shared folders and mailboxes are not a way around the check."""
    found = xml.inner.all("SupportsSharedFolders")
    if [item.text.strip() for item in found] != ["true"]:
        yield xml.fault(
            "MX-25",
            (found or xml.inner.all("DesktopFormFactor") or [xml.inner])[0],
            "SupportsSharedFolders must be true: shared mailboxes would go unchecked",
        )


def icons(xml: Xml) -> Iterator[Fault]:
    """MX-26: each button has its icon in all three sizes, each from the picture of that size."""
    for icon in xml.inner.all("Icon"):
        sizes = [item.get("size") for item in icon.children]
        if sizes != [str(size) for size in RIBBON_SIZES]:
            yield xml.fault("MX-26", icon, f"an icon needs the sizes {', '.join(map(str, RIBBON_SIZES))} in this order")
        for item in icon.children:
            if item.get("resid") != f"Icon.{item.get('size')}x{item.get('size')}":
                yield xml.fault("MX-26", item, f"size {item.get('size')} must show the picture Icon.{item.get('size')}x{item.get('size')}")
    for name, size in (("IconUrl", 64), ("HighResolutionIconUrl", 128)):
        found = xml.root.child(name)
        if found is None or not found.get("DefaultValue").endswith(f"-{size}.png"):
            yield xml.fault("MX-26", found or xml.root, f"{name} must be the picture of {size} pixels")


def permissions(xml: Xml) -> Iterator[Fault]:
    """MX-27: as much as is needed and no more; nothing is appended to mails."""
    found = xml.root.child("Permissions")
    if found is None or found.text.strip() != "ReadWriteItem":
        yield xml.fault("MX-27", found or xml.root, "Permissions must be ReadWriteItem: less cannot set the ticket, more is not used")
    yield from (xml.fault("MX-27", item, "ExtendedPermissions are not used: remove them") for item in xml.root.all("ExtendedPermissions"))


def size(xml: Xml) -> Iterator[Fault]:
    """MX-28: the file stays under 256 KB."""
    if xml.size > MAX_BYTES:
        yield xml.fault("MX-28", xml.root, f"the file has {xml.size} bytes; {MAX_BYTES} are allowed")


RULES: tuple[Callable[[Xml], Iterator[Fault]], ...] = (
    namespaces, order, identity, languages, resources, one_origin, runtimes, events, functions, controls, surfaces, application,
    requirements, shared_folders, icons, permissions, size,
)  # fmt: skip
