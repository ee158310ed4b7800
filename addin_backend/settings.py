"""Settings as one table: name, default, help, secret or not. Read once from a file and the environment into one frozen value."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

PREFIX = "SENDSECURELY_"
FILE_VARIABLE = "SENDSECURELY_SETTINGS"
HIDDEN = "••••••"


_Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
_Some = Annotated[int, msgspec.Meta(ge=1, le=1024)]
_Many = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Hours = Annotated[int, msgspec.Meta(ge=1, le=24)]
_Seconds_or_none = Annotated[float, msgspec.Meta(ge=0, le=300)]
_Minutes = Annotated[float, msgspec.Meta(ge=0, le=1440)]
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=300)]  # also refuses nan, which no comparison holds for


class SettingsError(Exception):
    """A setting that cannot be used; the text names it and says what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an installation decides. Paths are relative to the working directory; seconds where nothing else is said."""

    tenant: str = "sendsecurely"
    host: str = "127.0.0.1"
    port: _Port = 8000
    notification_address: str = ""
    public_url: str = "http://127.0.0.1:8000"
    data_dir: str = "data"
    database_url: str = ""
    policies_dir: str = ""
    registers_dir: str = ""
    directory_file: str = ""
    data_protection_officer: str = ""
    engine: str = "embedded"
    engine_workers: _Some = 1
    engine_deadline: _Seconds = 2.0
    opa_url: str = ""
    opa_binary: str = ""
    bundle_token: str = ""
    shadow_opa_url: str = ""
    shadow_share: _Share = 0.0
    attachment_processes: _Some = 2
    attachment_seconds: _Seconds = 2.2
    tesseract: str = ""
    resolver: str = ""
    smtp_probe: str = ""
    smtp_probe_key: str = ""
    smtp_probe_token: str = ""
    probe_seconds: _Seconds = 20.0
    ticket_connector: bool = False
    message_limit_mb: _Some = 35
    offline_internal: bool = True
    offline_hours: _Hours = 24
    front_folder: str = ""
    smime: bool = True
    portal: bool = True
    certificates_dir: str = ""
    trusted_roots: str = ""
    signing_certificate: str = ""
    signing_key: str = ""
    key_file: str = ""
    ews_url: str = ""
    ews_auth: str = "oauth"
    ews_user: str = ""
    ews_password: str = ""
    ews_connections: _Some = 4
    ledger_seconds: _Seconds_or_none = 120.0
    reports_seconds: _Seconds_or_none = 60.0
    send_folder_seconds: _Seconds_or_none = 20.0
    waiting_seconds: _Seconds_or_none = 30.0
    waiting_minutes: _Minutes = 30.0
    graph_url: str = ""
    graph_connections: _Some = 4
    graph_sealed_in_pieces: bool = False
    mailbox_transport: str = "ask"
    mailbox_transports_file: str = ""
    entra_tenant: str = ""
    entra_client: str = ""
    entra_certificate: str = ""
    entra_key: str = ""
    entra_audience: str = ""
    msal_browser: str = ""
    entra_addin_clients: str = ""
    exchange_metadata_url: str = ""
    requests_per_minute: _Many = 600
    log_format: str = "json"


class Row(msgspec.Struct, frozen=True):
    """One line of the table."""

    name: str
    help: str
    secret: bool = False


TABLE: tuple[Row, ...] = (
    Row("tenant", "Short name of the organisation; part of the log's origin."),
    Row("host", "Address to listen on. Put a reverse proxy with TLS in front of anything but loopback."),
    Row("port", "Port to listen on."),
    Row(
        "notification_address",
        "Address that mails with a link come from; every sender's mailbox needs Send As on it. Empty: they come from the sender.",
    ),
    Row("public_url", "The address that links in notification mails begin with."),
    Row("data_dir", "Folder for the databases, the log and the keys."),
    Row(
        "database_url",
        "PostgreSQL for sends, questions and contacts, e.g. postgresql+psycopg://name:word@host/base; empty: SQLite files in data_dir.",
        secret=True,
    ),
    Row("policies_dir", "Folder with the rules; empty: the rules of the product."),
    Row("registers_dir", "Folder with your own registers; each replaces the product's register of the same name."),
    Row(
        "directory_file",
        "JSON file with the organisation's own addresses (mailboxes, guests, groups); empty: a colleague is not known as one.",
    ),
    Row(
        "data_protection_officer",
        "Address that is told when an employee reports a mail to the wrong person; empty: the employee is asked to.",
    ),
    Row("engine", "'embedded' (regorus in a process of its own) or 'opa' (an OPA server at opa_url)."),
    Row("engine_workers", "How many embedded engine processes."),
    Row("engine_deadline", "Seconds that the rules may take; longer is a block."),
    Row("opa_url", "Address of the OPA server, e.g. http://127.0.0.1:8181."),
    Row("opa_binary", "Path of an opa program for `check --engine opa`; empty: .tools, then PATH."),
    Row("bundle_token", "Bearer token with which an OPA server fetches its rules from /bundles; empty: closed.", secret=True),
    Row("shadow_opa_url", "Address of an OPA server that answers a sample beside the engine; a difference is an alarm. Empty: none."),
    Row("shadow_share", "Share of the questions, from 0 to 1, that the shadow answers too."),
    Row("attachment_processes", "How many processes read attachments: as many mails with attachments are checked at the same time."),
    Row("attachment_seconds", "Seconds that all attachments of a mail may take before a send; what takes longer counts as not read."),
    Row("tesseract", "Path of the tesseract program for words in pictures and scans; empty: the one on PATH; 'off': none."),
    Row("resolver", "DNS resolver as IP:PORT; empty: the system's. Production: a local validating one."),
    Row("smtp_probe", "Empty: mail servers are not asked; 'local': from here, in the background; or the address of a probe worker."),
    Row("smtp_probe_key", "Public key (vkey) of the probe worker; its results count only when it signed them."),
    Row("smtp_probe_token", "Token that the probe worker asks for.", secret=True),
    Row("probe_seconds", "Seconds that one address of a mail server may take, from connecting to TLS."),
    Row("ticket_connector", "True when a mail-flow rule sends ticketed mail through a connector that always uses TLS."),
    Row("message_limit_mb", "Largest mail that is taken, in megabytes."),
    Row("offline_internal", "Whether mail to colleagues goes while the service is dead; needs a directory that says who is one."),
    Row("offline_hours", "For how long Outlook may decide without having heard from the service, at most 24."),
    Row("front_folder", "Folder of the front's /addin files, where an emergency that the console declares is written too."),
    Row("smime", "Whether S/MIME may be used."),
    Row("portal", "Whether the secure page may be used."),
    Row("certificates_dir", "Folder with recipients' certificates (PEM or DER)."),
    Row("trusted_roots", "PEM file with the roots that recipients' certificates must lead to."),
    Row("signing_certificate", "PEM file: the organisation's S/MIME certificate and its chain."),
    Row("signing_key", "PEM file: the private key of signing_certificate.", secret=True),
    Row("key_file", "File with the key-encryption key, the log key and the ticket key; empty: keys.json in data_dir.", secret=True),
    Row("ews_url", "Address of Exchange Web Services, e.g. https://mail.firma.example/EWS/Exchange.asmx."),
    Row("ews_auth", "'oauth' (Entra ID, certificate) or 'basic' (Exchange Server)."),
    Row("ews_user", "Service account for basic authentication."),
    Row("ews_password", "Its password.", secret=True),
    Row("ews_connections", "How many connections to Exchange at once."),
    Row(
        "ledger_seconds",
        "Seconds between two looks at the Sent Items of the directory file's mailboxes: what left unchecked is judged. 0: never.",
    ),
    Row(
        "reports_seconds",
        "Seconds between two looks into the Inboxes of the directory file's mailboxes for reports on mail that did not arrive. 0: never.",
    ),
    Row(
        "send_folder_seconds",
        "Seconds between two looks into the folder 'Send sikkert' of the directory file's mailboxes; a draft that lies there unchanged as "
        "long is sent. 0: never, and the folder is not made.",
    ),
    Row(
        "waiting_seconds",
        "Seconds between two rounds over mail that waits in the relay for a secure connection: what was heard is recorded and acted on. "
        "0: never.",
    ),
    Row("waiting_minutes", "Minutes that a mail waits for a secure connection before its sender is offered the secure page."),
    Row("graph_url", "Address of Microsoft Graph for Exchange Online, https://graph.microsoft.com/v1.0; empty: it is not used."),
    Row("graph_connections", "How many connections to Graph at once."),
    Row(
        "graph_sealed_in_pieces",
        "Experimental: S/MIME mail over 4 MB through Graph in pieces; off: it is not sent, and the page is offered.",
    ),
    Row("mailbox_transport", "Where both are set up: 'ews', 'graph', or 'ask' (whichever reaches the mailbox, Graph first)."),
    Row(
        "mailbox_transports_file",
        'JSON file with exceptions: {"mailboxes": {"anna@firma.example": "graph"}, "domains": {"lager.firma.example": "ews"}}.',
    ),
    Row("entra_tenant", "Tenant id in Entra ID."),
    Row("entra_client", "Client id of the app registration: what the add-in signs in with, and what asks Exchange Online."),
    Row("entra_certificate", "PEM file: certificate of the app registration."),
    Row("entra_key", "PEM file: the certificate's private key.", secret=True),
    Row(
        "entra_audience",
        "Whom the add-in's tokens must be for: the client id of the app registration (tokens of version 2.0 name it, not the URI).",
    ),
    Row(
        "msal_browser",
        "Path of msal-browser.min.js (npm: @azure/msal-browser) for nested app authentication; empty: Office's own sign-in only.",
    ),
    Row(
        "entra_addin_clients",
        "Client ids that may ask for a token, with commas between: the add-in's, and Office's for its own sign-in; empty: entra_audience.",
    ),
    Row(
        "exchange_metadata_url",
        "Authentication metadata document of an Exchange Server whose identity tokens are taken, e.g. "
        "https://mail.firma.example/autodiscover/metadata/json/1; empty: none are. directory_file says whose they are.",
    ),
    Row("requests_per_minute", "How many requests a minute one person may make; 0: no limit."),
    Row("log_format", "'json' or 'console'."),
)


def _from_file(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read ({error.strerror}). Correct {FILE_VARIABLE}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"The settings file {path} is not UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from None


def _typed(values: Mapping[str, Any]) -> Settings:
    try:
        return msgspec.convert(dict(values), type=Settings, strict=False)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        raise SettingsError(f"The setting {place.rstrip('`') or '?'} cannot be used: {text}.") from None


def load(environment: Mapping[str, str], **given: Any) -> Settings:
    """Defaults, then the file named by SENDSECURELY_SETTINGS, then SENDSECURELY_<NAME>, then ``given``. Unknown names are errors."""
    names = {row.name for row in TABLE}
    values = _from_file(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else {}
    for variable, value in environment.items():
        if variable.startswith(PREFIX) and variable != FILE_VARIABLE:
            values[variable.removeprefix(PREFIX).lower()] = value
    values.update({name: value for name, value in given.items() if value is not None})
    unknown = sorted(set(values) - names)
    if unknown:
        raise SettingsError(f"There is no setting called {', '.join(unknown)}. `addin-backend settings` lists them.")
    settings = _typed(values)
    if settings.engine not in {"embedded", "opa"}:
        raise SettingsError("The setting engine must be 'embedded' or 'opa'.")
    if settings.engine == "opa" and not settings.opa_url:
        raise SettingsError("The setting engine is 'opa', so opa_url must name the OPA server.")
    if settings.ews_auth not in {"oauth", "basic"}:
        raise SettingsError("The setting ews_auth must be 'oauth' or 'basic'.")
    if settings.database_url and not settings.database_url.startswith("postgresql+psycopg://"):
        raise SettingsError("The setting database_url must begin with postgresql+psycopg://, or be empty.")
    if settings.mailbox_transport not in {"ews", "graph", "ask"}:
        raise SettingsError("The setting mailbox_transport must be 'ews', 'graph' or 'ask'.")
    if settings.log_format not in {"json", "console"}:
        raise SettingsError("The setting log_format must be 'json' or 'console'.")
    return settings


def shown(settings: Settings) -> list[tuple[str, str, str]]:
    """(name, value, help) for each setting, secrets hidden."""
    rows = []
    for row in TABLE:
        value = str(getattr(settings, row.name))
        rows.append((row.name, HIDDEN if row.secret and value else value, row.help))
    return rows
