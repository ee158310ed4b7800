"""The lab in a network and mount namespace of its own: nsd, unbound, postfix, aiosmtpd and others on their real ports, and no way out.

``with Lab(folder) as lab: lab.run("addin-backend", "probe", …)``. Started as a program it is what lives inside the namespace.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.mail_pki import PEM
from lab.zones import Host, World, make_world, plan

TESTS = Path(__file__).resolve().parent.parent
NSD_PORT, RESOLVER = 5300, "127.0.0.1:53"
PATIENCE = 60.0
_SOA = "SOA ns hostmaster 1 3600 600 86400 60"
_NSD = """server:
  ip-address: 127.0.0.53@{port}
  database: ""
  username: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: lab
  zonefile: lab.zone.signed
zone:
  name: plain
  zonefile: plain.zone
zone:
  name: bogus.lab
  zonefile: bogus.zone
"""
_UNBOUND = """server:
  interface: 127.0.0.1@53
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "{folder}/anchor.key"
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: "{folder}/unbound.log"
  ede: yes
  num-threads: 1
stub-zone:
  name: lab
  stub-addr: 127.0.0.53@{port}
stub-zone:
  name: plain
  stub-addr: 127.0.0.53@{port}
remote-control:
  control-enable: no
"""
_MAIN_CF = """compatibility_level = 3.6
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
queue_directory = {folder}/queue
data_directory = {folder}/state
mail_owner = postfix
inet_interfaces = all
inet_protocols = ipv4
myhostname = mxpostfix.lab
mydestination = postfix.lab
smtpd_tls_chain_files = {file}
smtpd_tls_security_level = may
local_recipient_maps =
alias_maps =
alias_database =
"""
_MASTER_CF = """{address}:smtp inet n - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
pickup unix n - n 60 1 pickup
qmgr unix n - n 300 1 qmgr
"""


def _signed(folder: Path, tool: Callable[[str], str]) -> None:
    """Sign the zone with keys made on the spot; the key-signing key is what the resolver trusts."""
    keygen = tool("ldns-keygen")

    def key(*arguments: str) -> str:
        done = subprocess.run([keygen, *arguments, "-a", "ECDSAP256SHA256", "lab"], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    signing, zone = key("-k"), key()
    subprocess.run([tool("ldns-signzone"), "-n", "-f", "lab.zone.signed", "lab.zone", zone, signing], cwd=folder, check=True)
    shutil.copy(folder / f"{signing}.key", folder / "anchor.key")


def _zones(world: World, folder: Path) -> None:
    head = f"@ {_SOA}\n@ NS ns\nns A 127.0.0.53\n"
    (folder / "lab.zone").write_text("$ORIGIN lab.\n$TTL 300\n" + head + "\n".join(world.zone) + "\n")
    (folder / "bogus.zone").write_text(
        "$ORIGIN bogus.lab.\n$TTL 300\n" + f"@ {_SOA.replace('ns hostmaster', 'ns.lab. hostmaster')}\n@ NS ns.lab.\n@ MX 10 mx1.lab.\n"
    )
    (folder / "plain.zone").write_text("$ORIGIN plain.\n$TTL 300\n" + head + "\n".join(world.plain) + "\n")


def _postfix(host: Host, file: Path, folder: Path) -> None:
    for name in ("queue", "state", "etc"):
        (folder / name).mkdir()
    shutil.chown(folder / "state", "postfix")
    values = {"folder": folder, "address": host.v4, "file": file}
    (folder / "etc" / "main.cf").write_text(_MAIN_CF.format(**values))
    (folder / "etc" / "master.cf").write_text(_MASTER_CF.format(**values))


class Lab:
    """The lab for as long as the block runs. ``tool`` gives the path of a program, or fails the test by its name."""

    def __init__(self, folder: Path, tool: Callable[[str], str]) -> None:
        self.folder = folder
        self.world = make_world()
        self.ca_file = folder / "root.pem"
        self._tool = tool
        self._inside: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        certificates = self.folder / "certificates"
        certificates.mkdir()
        self.folder.chmod(0o755)
        self.ca_file.write_bytes(self.world.pki.root.certificate.public_bytes(PEM))
        (self.folder / "plan.json").write_text(json.dumps(plan(self.world, lambda identity: identity.write(certificates))))
        _zones(self.world, self.folder)
        _signed(self.folder, self._tool)
        (self.folder / "nsd.conf").write_text(_NSD.format(port=NSD_PORT, folder=self.folder))
        (self.folder / "unbound.conf").write_text(_UNBOUND.format(port=NSD_PORT, folder=self.folder))
        (self.folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions edns0 trust-ad\n")
        host = next(item for item in self.world.hosts if item.kind == "postfix")
        if host.identity is not None:
            _postfix(host, host.identity.write(certificates), self.folder)
        tools = {name: self._tool(name) for name in ("nsd", "unbound", "postfix", "ip")}
        (self.folder / "tools.json").write_text(json.dumps({**tools, "postfix address": host.v4}))
        addresses = [item.v6 for item in self.world.hosts if item.v6]
        command = [
            self._tool("unshare"),
            "-nmp",
            "--fork",
            "--kill-child",
            "--propagation",
            "private",
            sys.executable,
            "-m",
            "lab.namespace",
            str(self.folder),
            *addresses,
        ]
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        self._inside = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
        line = self._inside.stdout.readline() if self._inside.stdout else ""
        if line.strip() != "ready":
            self.__exit__(None, None, None)
            raise AssertionError("the lab did not start: this environment does not let a test have a network namespace, or a server failed")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._inside is not None:
            with suppress(IndexError, OSError):  # it may have ended by itself
                os.kill(self._first(), signal.SIGTERM)  # the namespace's first process: with it goes every other (pid_namespaces(7))
            try:
                self._inside.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._inside.pid, signal.SIGKILL)
            if self._inside.stdout:
                self._inside.stdout.close()

    def _first(self) -> int:
        """The namespace's first process, as seen from here."""
        assert self._inside is not None
        return int(Path(f"/proc/{self._inside.pid}/task/{self._inside.pid}/children").read_text().split()[0])

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs ``arguments`` inside."""
        return [self._tool("nsenter"), "-t", str(self._first()), "-n", "-m", "--", *arguments]

    def run(self, *arguments: str, seconds: float = 60, cwd: Path | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a program inside until it ends."""
        environment = {**os.environ, "PYTHONPATH": f"{TESTS.parent}:{TESTS}", **settings}
        where = [f"--wd={cwd or self.folder}"]
        command = self.command(*arguments)
        command[1:1] = where
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=environment, check=False)

    def probe(self, *arguments: str) -> list[dict[str, object]]:
        """`addin-backend probe --json` inside, against the lab's resolver and roots; its lines."""
        always = ("--json", "--resolver", RESOLVER, "--ca-file", str(self.ca_file))
        done = self.run(sys.executable, "-m", "addin_backend", "probe", *always, *arguments, SENDSECURELY_PROBE_SECONDS="3")
        assert done.returncode == 0, done.stderr[-2000:]
        return [json.loads(line) for line in done.stdout.splitlines()]


def _answers(name: str) -> bool:
    import dns.resolver  # here, because only the program inside asks

    asked = dns.resolver.Resolver(configure=False)
    asked.nameservers, asked.lifetime = ["127.0.0.1"], 1.0
    try:
        return bool(asked.resolve(name, "MX"))
    except Exception:  # noqa: BLE001 whatever goes wrong, it does not answer yet
        return False


def _greets(address: str) -> bool:
    """Whether a mail server says its 220 there. (Postfix forks into the background of its own start: it listens later than the others.)"""
    with suppress(OSError), socket.create_connection((address, 25), 1.0) as connection:
        return connection.recv(3) == b"220"
    return False


def main() -> None:
    """Inside the namespace: bring up the loopback and every server, say "ready", and end with all of them."""
    folder, addresses = Path(sys.argv[1]), sys.argv[2:]
    tools: dict[str, str] = json.loads((folder / "tools.json").read_text())

    def run(*arguments: str) -> None:
        subprocess.run(arguments, check=True)

    run(tools["ip"], "link", "set", "lo", "up")
    for address in addresses:
        run(tools["ip"], "-6", "address", "add", f"{address}/128", "dev", "lo", "nodad")
    run("mount", "--bind", str(folder / "resolv.conf"), "/etc/resolv.conf")
    with (folder / "servers.log").open("wb") as log:
        started = [
            subprocess.Popen(command, stdout=log, stderr=log)
            for command in (
                [tools["nsd"], "-d", "-c", str(folder / "nsd.conf")],
                [tools["unbound"], "-d", "-c", str(folder / "unbound.conf")],
                [sys.executable, "-m", "lab.mail_servers", str(folder / "plan.json")],
                [tools["postfix"], "-c", str(folder / "etc"), "start-fg"],
            )
        ]
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until:
                others = _answers("good.lab") and b"ready" in (folder / "servers.log").read_bytes()
                if others and _greets(tools["postfix address"]):
                    break
                time.sleep(0.05)
            print("ready" if time.monotonic() < until else "failed", flush=True)
            while all(item.poll() is None for item in started):
                time.sleep(0.2)
            ended = [" ".join(map(str, item.args)) for item in started if item.poll() is not None]  # type: ignore[arg-type] # lists
            print(f"ended by itself: {ended}", file=sys.stderr, flush=True)
        finally:
            for item in started:
                item.terminate()
            for item in started:
                item.wait(10)


if __name__ == "__main__":
    main()
