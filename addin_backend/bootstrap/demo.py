"""`run`: the whole demo world on loopback. The Exchange simulator is a process of its own; everything stops together."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import FrameType

import msgspec
import uvicorn

from addin_backend.bootstrap.checking import PROJECT, rulebook
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.mailboxes import open_routes
from addin_backend.bootstrap.sending import Cabinet
from addin_backend.bootstrap.server import Surroundings, open_services
from addin_backend.bootstrap.setting_files import make_data_folder
from addin_backend.bootstrap.transport import Way
from addin_backend.edges.directory_file import read_directory
from addin_backend.errors import Unavailable
from addin_backend.model.facts import ThreadProtection
from addin_backend.model.past import DealtWith, Departed
from addin_backend.model.register import Partners
from addin_backend.model.routing import Transport
from addin_backend.sandbox.dns import LoopbackDns
from addin_backend.sandbox.domains import published
from addin_backend.sandbox.domains import routes as domains
from addin_backend.sandbox.domains.policy_host import PolicyHost
from addin_backend.sandbox.exchange import process as exchange
from addin_backend.sandbox.exchange_page import routes as exchange_page
from addin_backend.sandbox.outlook import Outlook
from addin_backend.sandbox.pki import DemoPki, create_demo_pki
from addin_backend.sandbox.playground import routes as playground
from addin_backend.sandbox.playground.demo_world import PEOPLE, DemoWorld, SandboxSignIn
from addin_backend.sandbox.relay import SandboxRelay
from addin_backend.settings import Settings
from addin_backend.web.app import create_app
from addin_backend.web.guard import LOOPBACK_HOSTS

LOOPBACK = "127.0.0.1"
DEMO_WAIT, DEMO_ROUNDS = 0.5, 2.0  # minutes and seconds: nobody sits before the demo for half an hour
REGISTERS = PROJECT / "addin_backend" / "sandbox" / "organisation" / "registers"
DIRECTORY, CONTACTS = REGISTERS.parent / "directory.json", REGISTERS.parent / "contacts.json"
# The outside world as the demo's DNS knows it. It answers SERVFAIL about everybody else: what we cannot find out is unknown.
OUTSIDE = ("fynskpension", "gammelpartner", "skovadvokat", "postkasse", "cafehavnen", "mumbaiclaims", "bernre")
LEDGER_EVERY = 15.0  # seconds; whoever tries it sees a mail in the ledger while they still think of it
SERVICE_ACCOUNT, SERVICE_PASSWORD, GRAPH_TOKEN = "addin-backend", "sandbox", "sandbox-graph-token"


def _listen(port: int) -> socket.socket:
    """A listening socket on loopback; taken before anything is built, so that a busy port is told at once."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
    except OSError:
        made.close()
        raise Unavailable(
            f"Port {port} is in use.",
            sentence_da=f"Port {port} er optaget.",
            next_step="Choose another with --port, or --port 0 for any free one.",
            next_step_da="Vælg en anden med --port, eller --port 0 for en ledig.",
        ) from None
    return made


def demo_dns() -> LoopbackDns:
    """MX records for the sample outsiders and the domains that promise TLS, and nothing else. An answer lives for a minute."""
    table = {f"{name}.example": {"MX": [f"10 mx.{name}.example."]} for name in OUTSIDE}
    hosts = {f"mx.{name}.example": {"A": ["127.0.0.1"]} for name in OUTSIDE}
    return LoopbackDns({**table, **hosts, **published.zone()}, elsewhere="SERVFAIL", ttl=published.MAX_AGE)


def _registers_as_of(today: date, data: Path) -> Path:
    """The sample organisation's registers in the data folder, its running agreements verified a month before the demo is run."""
    target = data / "registers"
    if not target.exists():  # what somebody has edited there stays
        shutil.copytree(REGISTERS, target)
    path = target / "partners" / "data.json"
    register = msgspec.json.decode(path.read_bytes(), type=Partners)
    lately = today - timedelta(days=30)
    entries = [
        msgspec.structs.replace(entry, verified_on=max(entry.verified_on, lately)) if entry.valid_to >= today else entry
        for entry in register.entries
    ]
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(register, entries=entries)))
    return target


def demo_settings(settings: Settings, data: Path, pki: DemoPki, url: str, servers: tuple[str, str, str]) -> Settings:
    """The settings of the demo world: the sample organisation, its certificates, and ``servers``: its Exchange by EWS and by Graph, and
    its DNS.
    """
    ews_url, graph_url, resolver = servers
    return msgspec.structs.replace(
        settings,
        tenant="nordlys",
        data_dir=str(data),
        registers_dir=str(_registers_as_of(now().date(), data)),
        directory_file=str(DIRECTORY),
        data_protection_officer="karin.bach@nordlys.example",
        public_url=url,
        certificates_dir=str(pki.certificates),
        trusted_roots=str(pki.roots),
        signing_certificate=str(pki.signing_certificate),
        signing_key=str(pki.signing_key),
        ticket_connector=True,
        ews_url=ews_url,
        resolver=resolver,
        ews_auth="basic",
        ews_user=SERVICE_ACCOUNT,
        ews_password=SERVICE_PASSWORD,
        requests_per_minute=0,  # one person plays a whole office here
        graph_url=graph_url,
        mailbox_transport="ews",
        ledger_seconds=LEDGER_EVERY,
        waiting_seconds=min(settings.waiting_seconds, DEMO_ROUNDS),
        waiting_minutes=min(settings.waiting_minutes, DEMO_WAIT),
        log_format="console",
    )


def seed_contacts(cabinet: Cabinet) -> None:
    """The sample employees have written to the people of the ready-made drafts before, and have said this quarter that the private
    addresses among them are right; everybody else is new to them.
    """
    addresses = msgspec.json.decode(CONTACTS.read_bytes(), type=dict[str, list[str]])["addresses"]
    dealt = tuple(
        DealtWith(address=item, named_domain="", protection=ThreadProtection.NONE, told=frozenset({"RC-09"})) for item in addresses
    )
    for person in PEOPLE:
        cabinet.history.remember(Departed(mail=f"seed {person.address}", sender=person.address, at=now(), recipients=dealt))


@contextlib.contextmanager
def _data_folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield make_data_folder(given)
        return
    made = Path(tempfile.mkdtemp(prefix="send-sikkert-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def _exchange(data: Path) -> Iterator[exchange.Simulator]:
    simulator = exchange.start(data / "exchange")
    try:
        yield simulator
    finally:
        simulator.stop()


@dataclasses.dataclass(frozen=True, slots=True)
class _Outside:
    """The recipients' side: where its DNS answers, how its policies are fetched, and what it promises."""

    resolver: str
    way: Way
    promises: published.Promises


@contextlib.contextmanager
def _domains(data: Path) -> Iterator[_Outside]:
    """The sample partners' DNS and policy host, on loopback. The resolver is a test's, so that addresses on this machine may be asked."""
    with demo_dns() as dns:
        promises = published.Promises(dns)
        with PolicyHost(data / "policy-host", promises.policies, now()) as host:
            yield _Outside(dns.resolver, Way(host.roots, test_resolver=True, policy_port=host.port), promises)


def _announce(server: uvicorn.Server, url: str, exchange_url: str, data: Path) -> None:
    """Print the addresses once the server answers; the person's page stands first."""
    while not server.started:
        if server.should_exit:
            return
        threading.Event().wait(0.02)
    print(f"{url}/playground  Outlook-legeplads / Outlook playground")
    print(f"{url}/console     Regler og registre / Rules and registers")
    print(f"{url}/log         Logbog / Log")
    print(f"{url}/demo/domains  Partneres domæner / Partners' domains")
    print(f"{url}/demo/exchange  Postkasser og fejl / Mailboxes and faults")
    print(f"{url}/            Forside / Front page")
    print(f"{exchange_url}/sandbox/journal  Exchange-simulator: det, der forlod huset / what left the house")
    print(f"Data: {data}. Stop: Ctrl-C.", flush=True)


def _stop_on_signal(server: uvicorn.Server) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def run(port: int, data: Path | None, settings: Settings) -> None:
    """Start everything, print the addresses, and serve until Ctrl-C."""
    rulebook(msgspec.structs.replace(settings, registers_dir=str(REGISTERS)))  # refuses before anything of the demo world starts
    with _listen(port) as listening, _data_folder(data) as folder, _exchange(folder) as simulator, _domains(folder) as outside:
        url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        pki = create_demo_pki(folder / "pki", now())
        sign_in = SandboxSignIn(read_directory(DIRECTORY.read_bytes()).sends_from)
        world = DemoWorld(simulator.address, Outlook(simulator.endpoint), sign_in, now)
        own = demo_settings(settings, folder, pki, url, (simulator.endpoint, simulator.graph, outside.resolver))
        around = Surroundings(
            sign_in.identify,
            True,
            seed_contacts,
            outside.way,
            graph_tokens=lambda _claims: GRAPH_TOKEN,
            officer=sign_in.officer(),
            relay=SandboxRelay(simulator.address),
        )
        with open_services(own, around) as opened, contextlib.closing(open_routes(own)) as chosen:
            services = dataclasses.replace(
                opened, allowed_hosts=LOOPBACK_HOSTS, console_people={item.address: item.name for item in PEOPLE}
            )
            desk = exchange_page.Desk(simulator.address, chosen, Transport.EWS, now)
            pages = [*playground.routes(world), *domains.routes(outside.promises), *exchange_page.routes(desk)]
            links, templates = (
                (playground.LINK, domains.LINK, exchange_page.LINK),
                (playground.TEMPLATES, domains.TEMPLATES, exchange_page.TEMPLATES),
            )
            app = create_app(services, extra=pages, links=links, templates=templates)
            config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off")
            server = uvicorn.Server(config)
            _stop_on_signal(server)
            threading.Thread(target=_announce, args=(server, url, simulator.address, folder), daemon=True).start()
            server.run(sockets=[listening])
    print("Stoppet. / Stopped.", file=sys.stderr)
