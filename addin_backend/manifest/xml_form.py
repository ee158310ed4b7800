"""The add-in-only manifest (XML): classic and new Outlook, the web, Mac, and Exchange Server.

Source: Microsoft's reference of the manifest and [MS-OWEMXML]. The order of the elements counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

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
from addin_backend.manifest.source import Source

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by `addin-backend manifest build` from manifest/build.toml: change that file, not this one. -->
<OfficeApp xmlns="http://schemas.microsoft.com/office/appforoffice/1.1"
           xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
           xmlns:bt="http://schemas.microsoft.com/office/officeappbasictypes/1.0"
           xsi:type="MailApp">"""


def _said(tag: str, da: str, en: str) -> Iterator[str]:
    yield f"  <{tag} DefaultValue={quoteattr(da)}>"
    yield f'    <Override Locale="{OTHER_LOCALE}" Value={quoteattr(en)}/>'
    yield f"  </{tag}>"


def _base(source: Source) -> Iterator[str]:
    yield _HEAD
    yield f"  <Id>{source.xml_id}</Id>"
    yield f"  <Version>{source.version}.0</Version>"
    yield f"  <ProviderName>{escape(source.provider)}</ProviderName>"
    yield f"  <DefaultLocale>{DEFAULT_LOCALE}</DefaultLocale>"
    yield from _said("DisplayName", source.da.name, source.en.name)
    yield from _said("Description", source.da.description, source.en.description)
    yield f'  <IconUrl DefaultValue="{source.url(icon_path(64))}"/>'
    yield f'  <HighResolutionIconUrl DefaultValue="{source.url(icon_path(128))}"/>'
    yield f'  <SupportUrl DefaultValue="{source.url("")}"/>'
    yield "  <AppDomains>"
    yield f"    <AppDomain>{source.origin}</AppDomain>"
    yield "  </AppDomains>"
    yield from ("  <Hosts>", '    <Host Name="Mailbox"/>', "  </Hosts>")
    yield from ("  <Requirements>", "    <Sets>", f'      <Set Name="Mailbox" MinVersion="{MAILBOX}"/>', "    </Sets>", "  </Requirements>")
    yield from ("  <FormSettings>", '    <Form xsi:type="ItemRead">', "      <DesktopSettings>")
    yield f'        <SourceLocation DefaultValue="{source.url(PANE)}"/>'
    yield "        <RequestedHeight>250</RequestedHeight>"
    yield from ("      </DesktopSettings>", "    </Form>", "  </FormSettings>")
    yield "  <Permissions>ReadWriteItem</Permissions>"
    yield '  <Rule xsi:type="RuleCollection" Mode="Or">'
    yield '    <Rule xsi:type="ItemIs" ItemType="Message" FormType="Read"/>'
    yield "  </Rule>"
    yield "  <DisableEntityHighlighting>false</DisableEntityHighlighting>"


def _button(button: Button) -> Iterator[str]:
    yield f'                  <Control xsi:type="Button" id="{button.id}">'
    yield f'                    <Label resid="{button.words}.Label"/>'
    yield "                    <Supertip>"
    yield f'                      <Title resid="{button.words}.Label"/>'
    yield f'                      <Description resid="{button.words}.Tip"/>'
    yield "                    </Supertip>"
    yield "                    <Icon>"
    yield from (f'                      <bt:Image size="{size}" resid="Icon.{size}x{size}"/>' for size in RIBBON_SIZES)
    yield "                    </Icon>"
    yield '                    <Action xsi:type="ShowTaskpane">'
    yield '                      <SourceLocation resid="Pane.Url"/>'
    yield "                    </Action>"
    yield "                  </Control>"


def _surface(surface: Surface) -> Iterator[str]:
    yield f'            <ExtensionPoint xsi:type="{surface.extension}">'
    yield '              <OfficeTab id="TabDefault">'
    yield f'                <Group id="{surface.group}">'
    yield '                  <Label resid="Group.Label"/>'
    for button in surface.buttons:
        yield from _button(button)
    yield from ("                </Group>", "              </OfficeTab>", "            </ExtensionPoint>")


def _host(source: Source) -> Iterator[str]:
    yield from ("      <Hosts>", '        <Host xsi:type="MailHost">', "          <Runtimes>", '            <Runtime resid="Events.Url">')
    yield '              <Override type="javascript" resid="EventCode.Url"/>'
    yield from ("            </Runtime>", "          </Runtimes>", "          <DesktopFormFactor>")
    yield "            <SupportsSharedFolders>true</SupportsSharedFolders>"
    yield '            <FunctionFile resid="Events.Url"/>'
    for surface in SURFACES:
        yield from _surface(surface)
    yield from ('            <ExtensionPoint xsi:type="LaunchEvent">', "              <LaunchEvents>")
    for event in EVENTS:
        mode = f' SendMode="{source.send_mode}"' if event.sends else ""
        yield f'                <LaunchEvent Type="{event.xml}" FunctionName="{event.function}"{mode}/>'
    yield from ("              </LaunchEvents>", '              <SourceLocation resid="Events.Url"/>', "            </ExtensionPoint>")
    yield from ("          </DesktopFormFactor>", "        </Host>", "      </Hosts>")


def _string(key: str, da: str, en: str) -> Iterator[str]:
    yield f'          <bt:String id="{key}" DefaultValue={quoteattr(da)}>'
    yield f'            <bt:Override Locale="{OTHER_LOCALE}" Value={quoteattr(en)}/>'
    yield "          </bt:String>"


def _strings(source: Source, kind: str) -> Iterator[str]:
    for surface in SURFACES:
        for button in surface.buttons:
            name = f"{button.words}_{kind.lower()}"
            yield from _string(f"{button.words}.{kind}", getattr(source.da, name), getattr(source.en, name))


def _resources(source: Source) -> Iterator[str]:
    yield from ("      <Resources>", "        <bt:Images>")
    for size in RIBBON_SIZES:
        yield f'          <bt:Image id="Icon.{size}x{size}" DefaultValue="{source.url(icon_path(size))}"/>'
    yield from ("        </bt:Images>", "        <bt:Urls>")
    for key, path in (("Events.Url", EVENTS_PAGE), ("EventCode.Url", EVENT_CODE), ("Pane.Url", PANE)):
        yield f'          <bt:Url id="{key}" DefaultValue="{source.url(path)}"/>'
    yield from ("        </bt:Urls>", "        <bt:ShortStrings>")
    yield from _string("Group.Label", source.da.group, source.en.group)
    yield from _strings(source, "Label")
    yield from ("        </bt:ShortStrings>", "        <bt:LongStrings>")
    yield from _strings(source, "Tip")
    yield from ("        </bt:LongStrings>", "      </Resources>")


def _overrides(source: Source) -> Iterator[str]:
    yield '  <VersionOverrides xmlns="http://schemas.microsoft.com/office/mailappversionoverrides" xsi:type="VersionOverridesV1_0">'
    yield '    <VersionOverrides xmlns="http://schemas.microsoft.com/office/mailappversionoverrides/1.1" xsi:type="VersionOverridesV1_1">'
    yield from ("      <Requirements>", f'        <bt:Sets DefaultMinVersion="{MAILBOX}">', '          <bt:Set Name="Mailbox"/>')
    yield from ("        </bt:Sets>", "      </Requirements>")
    yield from _host(source)
    yield from _resources(source)
    yield "      <WebApplicationInfo>"
    yield f"        <Id>{source.client_id}</Id>"
    yield f"        <Resource>{source.resource}</Resource>"
    yield from ("        <Scopes>", "          <Scope>openid</Scope>", "          <Scope>profile</Scope>", "        </Scopes>")
    yield from ("      </WebApplicationInfo>", "    </VersionOverrides>", "  </VersionOverrides>")


def xml_manifest(source: Source) -> str:
    """The whole file, LF at every line's end."""
    return "\n".join([*_base(source), *_overrides(source), "</OfficeApp>", ""])
