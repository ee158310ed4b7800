"""The unified manifest (JSON) with its locale file: new Outlook, the web and classic Outlook, not Mac and not Exchange Server.

Source: Microsoft's schema of version 1.30, the newest released one that the validator of their npm package carries.
"""

from __future__ import annotations

import json
from typing import Any

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
    Button,
    Surface,
    icon_path,
)
from addin_backend.manifest.source import Source, Words

SCHEMA_VERSION = "1.30"
_SCHEMAS = f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA_VERSION}/MicrosoftTeams"
LOCALE_FILE = "en-us.json"
OPEN_PANE = "openPane"
_MAIL = {"capabilities": [{"name": "Mailbox", "minVersion": MAILBOX}], "scopes": ["mail"], "formFactors": ["desktop"]}


def _icons(source: Source) -> list[dict[str, Any]]:
    return [{"size": size, "url": source.url(icon_path(size))} for size in RIBBON_SIZES]


def _control(source: Source, button: Button) -> dict[str, Any]:
    label, tip = (getattr(source.da, f"{button.words}_{kind}") for kind in ("label", "tip"))
    return {
        "id": button.id,
        "type": "button",
        "label": label,
        "icons": _icons(source),
        "supertip": {"title": label, "description": tip},
        "actionId": OPEN_PANE,
    }


def _ribbon(source: Source, surface: Surface) -> dict[str, Any]:
    group = {
        "id": surface.group,
        "label": source.da.group,
        "icons": _icons(source),
        "controls": [_control(source, button) for button in surface.buttons],
    }
    return {"requirements": _MAIL, "contexts": [surface.context], "tabs": [{"builtInTabId": "TabDefault", "groups": [group]}]}


def _extension(source: Source) -> dict[str, Any]:
    pane = {
        "requirements": _MAIL,
        "id": "paneRuntime",
        "type": "general",
        "code": {"page": source.url(PANE)},
        "lifetime": "short",
        "actions": [{"id": OPEN_PANE, "type": "openPage", "view": "pane", "pinnable": True}],
    }
    events = {
        "requirements": _MAIL,
        "id": "eventRuntime",
        "type": "general",
        "code": {"page": source.url(EVENTS_PAGE), "script": source.url(EVENT_CODE)},
        "lifetime": "short",
        "actions": [{"id": event.function, "type": "executeFunction"} for event in EVENTS],
    }
    mode = {"options": {"sendMode": source.send_mode[0].lower() + source.send_mode[1:]}}
    listened = [{"type": event.json, "actionId": event.function, **(mode if event.sends else {})} for event in EVENTS]
    return {
        "requirements": {"capabilities": [{"name": "Mailbox", "minVersion": MAILBOX}], "scopes": ["mail"]},
        "runtimes": [pane, events],
        "ribbons": [_ribbon(source, surface) for surface in SURFACES],
        "autoRunEvents": [{"requirements": _MAIL, "events": listened}],
        "alternates": [
            {
                "hide": {"customOfficeAddin": {"officeAddinId": source.xml_id}},
                "alternateIcons": {
                    "icon": {"size": 64, "url": source.url(icon_path(64))},
                    "highResolutionIcon": {"size": 64, "url": source.url(icon_path(128))},
                },
            }
        ],
        "audienceClaimUrl": source.url(PANE),
    }


def json_manifest(source: Source) -> str:
    """``manifest.json``, with the Danish strings."""
    made = {
        "$schema": f"{_SCHEMAS}.schema.json",
        "manifestVersion": SCHEMA_VERSION,
        "id": source.json_id,
        "version": source.version,
        "name": {"short": source.da.name, "full": source.da.name},
        "description": {"short": source.da.description, "full": source.da.about},
        "developer": {
            "name": source.provider,
            "websiteUrl": source.url(""),
            "privacyUrl": source.url("privacy"),
            "termsOfUseUrl": source.url("terms"),
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#0f5ea8",
        "localizationInfo": {
            "defaultLanguageTag": DEFAULT_LOCALE.lower(),
            "additionalLanguages": [{"languageTag": OTHER_LOCALE.lower(), "file": LOCALE_FILE}],
        },
        "validDomains": [source.host],
        "webApplicationInfo": {"id": source.client_id, "resource": source.resource},
        "authorization": {
            "permissions": {
                "resourceSpecific": [
                    {"name": "MailboxItem.ReadWrite.User", "type": "Delegated"},
                    {"name": "Mailbox.SharedFolder", "type": "Delegated"},
                ]
            }
        },
        "extensions": [_extension(source)],
    }
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def translated(words: Words) -> dict[str, str]:
    """Every string of the manifest in the language of ``words``, by its place."""
    strings = {
        "name.short": words.name,
        "name.full": words.name,
        "description.short": words.description,
        "description.full": words.about,
    }
    for number, surface in enumerate(SURFACES):
        group = f"extensions[0].ribbons[{number}].tabs[0].groups[0]"
        strings[f"{group}.label"] = words.group
        for index, button in enumerate(surface.buttons):
            control = f"{group}.controls[{index}]"
            label, tip = (getattr(words, f"{button.words}_{kind}") for kind in ("label", "tip"))
            strings |= {f"{control}.label": label, f"{control}.supertip.title": label, f"{control}.supertip.description": tip}
    return strings


def locale_file(source: Source) -> str:
    """``en-us.json``."""
    return json.dumps({"$schema": f"{_SCHEMAS}.Localization.schema.json", **translated(source.en)}, ensure_ascii=False, indent=2) + "\n"
