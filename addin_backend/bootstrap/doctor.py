"""`doctor`: looks at an installation and says of each thing whether it is well, and what to do where it is not. Changes nothing.

Exception: with ``send_as`` one test mail is sent, because Exchange tells who may send as an address only by letting or refusing it.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from addin_backend.bootstrap.checking import files_in_force, rulebook_of
from addin_backend.bootstrap.ledger import own_mailboxes
from addin_backend.bootstrap.mailboxes import open_edges
from addin_backend.bootstrap.sending import key_path, new_id
from addin_backend.bootstrap.setting_files import read_setting
from addin_backend.edges import database
from addin_backend.edges.dns.resolver import DnsResolver, is_loopback
from addin_backend.edges.keys import KeyFile
from addin_backend.errors import NotYours, SendSecurelyError
from addin_backend.model.decision import Texts
from addin_backend.ports import Mailbox, Outgoing
from addin_backend.sealing.material import read_certificates
from addin_backend.settings import Settings

SOON = timedelta(days=30)
LEAST_FREE = 1024**3  # bytes on the disk of the data folder
DNS_SECONDS = 5.0
_NOTHING = Texts(da="", en="")


class State(StrEnum):
    """How a thing is. ``skipped``: it was not looked at, and the finding says why."""

    WELL = "well"
    WARNING = "warning"
    WRONG = "wrong"
    SKIPPED = "skipped"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: what is the matter, and what to do."""

    check: str
    state: State
    said: Texts
    next_step: Texts = _NOTHING


def _said(check: str, state: State, da: str, en: str, do_da: str = "", do_en: str = "") -> Finding:
    return Finding(check=check, state=state, said=Texts(da=da, en=en), next_step=Texts(da=do_da, en=do_en))


# Errors are written for somebody who sends a mail; here there is none.
_NO_MAIL = ("Mailen er ikke sendt, og din kladde er uændret. ", "The mail has not been sent and your draft is unchanged. ")


def _failed(check: str, error: SendSecurelyError) -> Finding:
    sentence_da, sentence = error.sentence_da.removeprefix(_NO_MAIL[0]), error.sentence.removeprefix(_NO_MAIL[1])
    return _said(check, State.WRONG, sentence_da, sentence, error.next_step_da, error.next_step)


def _settings(settings: Settings) -> Iterator[Finding]:
    url = urlsplit(settings.public_url)
    if url.scheme == "https":
        yield _said("public_url", State.WELL, "Links begynder med https.", "Links begin with https.")
    else:
        yield _said(
            "public_url", State.WRONG, "Links begynder ikke med https.", "Links do not begin with https.",
            "Sæt public_url til den adresse, som modtagere når tjenesten på.",
            "Set public_url to the address that recipients reach the service at.",
        )  # fmt: skip
    missing = [name for name in ("entra_tenant", "entra_audience", "directory_file") if not getattr(settings, name)]
    missing += [] if settings.ews_url or settings.graph_url else ["ews_url"]
    if not missing:
        yield _said("settings", State.WELL, "Indstillingerne er der.", "The settings are there.")
        return
    state = State.WARNING if missing == ["directory_file"] else State.WRONG
    names = ", ".join(missing)
    yield _said("settings", state, f"Der mangler: {names}.", f"Missing: {names}.",
                "`addin-backend settings` viser, hvad hver enkelt betyder.", "`addin-backend settings` says what each means.")  # fmt: skip


def _sign_in(settings: Settings) -> Iterator[Finding]:
    """Settings that a server starts with, and with which nobody can sign in."""
    if settings.entra_audience.startswith("api://"):
        yield _said("entra_audience", State.WRONG, "entra_audience er en adresse, så ingen kan logge på.",
                    "entra_audience is an address, so nobody can sign in.",
                    "Skriv appens client-id: i et token af version 2.0 er aud altid det.",
                    "Write the app's client id: in a token of version 2.0 aud is always that.")  # fmt: skip
    if settings.entra_audience and not settings.entra_client:
        yield _said("entra_client", State.WRONG, "entra_client mangler, så Outlook ikke ved, hvem det skal logge på som.",
                    "entra_client is missing, so Outlook does not know as what to sign in.",
                    "Skriv appens client-id.", "Write the app's client id.")  # fmt: skip
    if settings.entra_audience and not settings.entra_addin_clients:
        yield _said("entra_addin_clients", State.WARNING, "Office' egne client-id'er er ikke nævnt, så klassisk Outlook ikke kan logge på.",
                    "Office's own client ids are not named, so classic Outlook cannot sign in.",
                    "Skriv dem sammen med appens eget, som vejledningen til Outlook viser.",
                    "Write them beside the app's own, as the guide to the add-in shows.")  # fmt: skip
    if settings.ews_auth == "basic" and not (settings.ews_user and settings.ews_password):
        yield _said("ews_user", State.WRONG, "Exchange kan ikke spørges: ews_user eller ews_password mangler.",
                    "Exchange cannot be asked: ews_user or ews_password is missing.",
                    "Skriv begge, eller brug ews_auth = oauth.", "Write both, or use ews_auth = oauth.")  # fmt: skip


def _rules(settings: Settings) -> Iterator[Finding]:
    book = rulebook_of(files_in_force(settings))
    revision = book.policies.revision[:12]
    yield _said("rules", State.WELL, f"Reglerne kan læses: udgave {revision}.", f"The rules can be read: revision {revision}.")
    if not book.registers.own_domains:
        yield _said("organisation", State.WRONG, "Ingen egne domæner er registreret: alle modtagere er fremmede.",
                    "No domain of your own is registered: every recipient is external.",
                    "Skriv dem i registeret organisation.", "Write them in the register organisation.")  # fmt: skip


def _data(settings: Settings) -> Iterator[Finding]:
    folder = Path(settings.data_dir)
    if not folder.is_dir():
        yield _said("data", State.WARNING, "Datamappen findes ikke endnu.", "The data folder is not there yet.",
                    "Den laves ved første start.", "It is made at the first start.")  # fmt: skip
        return
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield _said("data", State.WRONG, "Andre brugere kan læse datamappen.", "Other users can read the data folder.",
                    "Giv den rettighederne 0700.", "Give it mode 0700.")  # fmt: skip
    if shutil.disk_usage(folder).free < LEAST_FREE:
        yield _said("disk", State.WRONG, "Der er under 1 GB plads til data.", "Less than 1 GB is free for data.",
                    "Skaf plads: uden den kan intet registreres, og så sendes intet.",
                    "Make room: without it nothing is recorded, and nothing sent.")  # fmt: skip
    urls = [settings.database_url] if settings.database_url else []
    urls += [database.sqlite_url(path) for path in sorted(folder.glob("*.sqlite"))]
    for url in urls:
        engine = database.engine(url)
        try:
            with database.transaction(engine) as connection:
                connection.exec_driver_sql("SELECT 1")
        finally:
            engine.dispose()
    yield _said("database", State.WELL, f"{len(urls)} databaser svarer.", f"{len(urls)} databases answer.")


def _keys(settings: Settings) -> Iterator[Finding]:
    path = key_path(settings)
    if not path.exists():
        yield _said("keys", State.WARNING, "Der er ingen nøgler endnu.", "There are no keys yet.",
                    "De laves ved første start. Tag en sikkerhedskopi af dem: uden dem kan intet åbnes.",
                    "They are made at the first start. Keep a copy of them: without them nothing can be opened.")  # fmt: skip
        return
    KeyFile.load_or_create(path)
    yield _said("keys", State.WELL, "Nøglerne kan læses.", "The keys can be read.")


def _certificate(settings: Settings, name: str, at: datetime) -> Finding:
    until = read_certificates(read_setting(settings, name), name)[0].not_valid_after_utc
    day = until.date().isoformat()
    if until > at + SOON:
        return _said(name, State.WELL, f"Certifikatet gælder til {day}.", f"The certificate is valid until {day}.")
    state = State.WARNING if until > at else State.WRONG
    return _said(name, state, f"Certifikatet i {name} gælder til {day}.", f"The certificate in {name} is valid until {day}.",
                 "Få et nyt, før det udløber.", "Get a new one before it ends.")  # fmt: skip


def _certificates(settings: Settings, at: datetime) -> Iterator[Finding]:
    named = [name for name in ("signing_certificate", "entra_certificate") if getattr(settings, name)]
    yield from (_certificate(settings, name, at) for name in named)
    if not named:
        yield _said("certificates", State.SKIPPED, "Ingen egne certifikater er nævnt.", "No certificate of your own is named.")


def _resolver(settings: Settings) -> Iterator[Finding]:
    if not is_loopback(settings.resolver):
        yield _said("resolver", State.WARNING, "DNS spørges ikke på denne maskine, så DANE tæller ikke.",
                    "DNS is not asked on this machine, so DANE does not count.",
                    "Sæt resolver til en validerende unbound på 127.0.0.1.",
                    "Set resolver to a validating unbound on 127.0.0.1.")  # fmt: skip
    domains = sorted(rulebook_of(files_in_force(settings)).registers.own_domains)
    if not domains:
        return
    answer = DnsResolver(settings.resolver).mx(domains[0], DNS_SECONDS)
    if answer.status in ("timeout", "error", "bogus"):
        yield _said("dns", State.WRONG, f"DNS svarer ikke om jeres eget domæne ({answer.status}).",
                    f"DNS does not answer about your own domain ({answer.status}).",
                    "Se efter resolveren og netværket.", "Look at the resolver and the network.")  # fmt: skip
    elif not answer.authenticated:
        yield _said("dns", State.WARNING, "DNS svarer, men svaret er ikke valideret.", "DNS answers, but the answer is not validated.",
                    "Er domænet signeret, så se efter, om resolveren validerer.",
                    "If the domain is signed, see whether the resolver validates.")  # fmt: skip
    else:
        yield _said("dns", State.WELL, "DNS svarer, og svaret er valideret.", "DNS answers, and the answer is validated.")


def trial_mail(sender: str, to: str, at: datetime) -> Outgoing:
    """The mail that shows whether a mailbox may send as ``sender``."""
    token = new_id()
    text = (
        "Denne mail viser, at postkassen kan sende som adressen ovenfor. / This mail shows that the mailbox can send as the address above."
    )
    name = f"<{token}.doctor@{sender.rpartition('@')[2]}>"
    mime = (
        f"From: {sender}\r\nTo: {to}\r\nSubject: Send sikkert: test / Send securely: test\r\nDate: {format_datetime(at)}\r\n"
        f"Message-ID: {name}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
    return Outgoing(mime=mime.encode(), to=(to,), cc=(), bcc=(), message_id=name, marker=f"{token}.doctor", save_to="sentitems")


def _send_as(settings: Settings, mailbox: Mailbox, who: str, at: datetime) -> Finding:
    outgoing = trial_mail(settings.notification_address, who, at)
    try:
        mailbox.send(who, mailbox.save(who, outgoing), outgoing)
    except NotYours:
        mailbox.discard(who, outgoing)
        return _said("send_as", State.WRONG, "Postkassen må ikke sende som notification_address.",
                     "The mailbox may not send as notification_address.",
                     "Giv postkasserne Send As på adressen (Add-RecipientPermission).",
                     "Give the mailboxes Send As on the address (Add-RecipientPermission).")  # fmt: skip
    return _said("send_as", State.WELL, "Postkassen kan sende som notification_address.", "The mailbox can send as notification_address.")


def _exchange(settings: Settings, send_as: str, at: datetime) -> Iterator[Finding]:
    known = (send_as, *own_mailboxes(settings)) if send_as else own_mailboxes(settings)
    if not (settings.ews_url or settings.graph_url) or not known:
        yield _said("exchange", State.SKIPPED, "Exchange er ikke spurgt: ews_url eller en postkasse mangler.",
                    "Exchange was not asked: ews_url or a mailbox is missing.")  # fmt: skip
        return
    edges = open_edges(settings)
    mailbox = next(iter(edges.transports().values()))
    try:
        mailbox.was_sent(known[0], trial_mail("nobody@invalid.example", known[0], at))
        yield _said("exchange", State.WELL, "Exchange svarer for den første postkasse.", "Exchange answers for the first mailbox.")
        if settings.notification_address and send_as:
            yield _send_as(settings, mailbox, send_as, at)
        elif settings.notification_address:
            yield _said("send_as", State.SKIPPED, "Send As er ikke prøvet.", "Send As was not tried.",
                        "Kør med --send-as POSTKASSE: der sendes én testmail til den.",
                        "Run with --send-as MAILBOX: one test mail is sent to it.")  # fmt: skip
    finally:
        edges.close()


def as_line(finding: Finding) -> str:
    """The finding as one line of JSON."""
    return msgspec.json.encode(finding).decode()


def examine(settings: Settings, send_as: str = "", at: datetime | None = None) -> list[Finding]:
    """Everything, in order. What fails is a finding, and the rest is looked at all the same."""
    now = at or datetime.now(UTC)
    looks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]] = (
        ("settings", lambda: _settings(settings)),
        ("sign_in", lambda: _sign_in(settings)),
        ("rules", lambda: _rules(settings)),
        ("data", lambda: _data(settings)),
        ("keys", lambda: _keys(settings)),
        ("certificates", lambda: _certificates(settings, now)),
        ("resolver", lambda: _resolver(settings)),
        ("exchange", lambda: _exchange(settings, send_as, now)),
    )
    found: list[Finding] = []
    for name, look in looks:
        try:
            found.extend(look())
        except SendSecurelyError as error:
            found.append(_failed(name, error))
    return found
