"""The lab's world: which domains there are, which servers stand behind them, and the one verdict that each must get."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from lab.mail_pki import Identity, MailPki, issue, tlsa

POLICY_ADDRESS = "127.0.2.1"
NAMES_IN_ONE = 1000


@dataclass
class Host:
    """An MX host: its addresses, what answers there, its certificate, its TLSA records."""

    name: str
    kind: str
    identity: Identity | None = None
    records: tuple[str, ...] = ()
    v4: str = ""
    v6: str = ""


@dataclass
class World:
    """Everything that zones and servers are made from."""

    pki: MailPki
    hosts: list[Host] = field(default_factory=list)
    zone: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    policies: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)

    def host(
        self, label: str, kind: str = "good", identity: Identity | None = None, records: tuple[str, ...] = (), v6: bool = False
    ) -> str:
        """A host in the signed zone with an address of its own; its name."""
        name, number = f"{label}.lab", len(self.hosts) + 1
        v4, six = ("", f"fd00::{number:x}") if v6 else (f"127.0.1.{number}", "")
        self.hosts.append(Host(name, kind, identity, records, v4, six))
        self.zone.append(f"{label} AAAA {six}" if v6 else f"{label} A {v4}")
        self.zone += [f"_25._tcp.{label} TLSA {record}" for record in records]
        return name

    def domain(self, label: str, verdict: str, *hosts: str, plain: bool = False) -> None:
        """A domain with MX records, and what must be said of it."""
        self.expected[f"{label}.{'plain' if plain else 'lab'}"] = verdict
        lines = [f"{label} MX {10 * (number + 1)} {host}." for number, host in enumerate(hosts)]
        (self.plain if plain else self.zone).extend(lines)

    def policy(self, label: str, mode: str, *patterns: str) -> None:
        """An MTA-STS policy for a domain of the signed zone."""
        self.zone += [f'_mta-sts.{label} TXT "v=STSv1; id=1;"', f"mta-sts.{label} A {POLICY_ADDRESS}"]
        lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {pattern}" for pattern in patterns), "max_age: 86400"]
        self.policies[f"mta-sts.{label}.lab"] = "\n".join(lines) + "\n"


def _dane(world: World, pki: MailPki) -> None:
    mx1 = pki.leaf("mx1.lab")
    world.host("mx1", identity=mx1, records=(tlsa(3, 1, 1, mx1),))
    world.domain("good", "dane", "mx1.lab")
    world.policy("good", "enforce", "mx1.lab")
    world.domain("twice", "contradicted", "mx1.lab")
    world.policy("twice", "enforce", "other.lab")
    world.domain("xn--blbr-roah", "dane", "mx1.lab")
    ta = pki.leaf("mxta.lab")
    world.host("mxta", identity=ta, records=(tlsa(2, 1, 1, pki.middle),))
    world.domain("ta", "dane", "mxta.lab")
    oob = pki.leaf("mxoob.lab")
    world.host("mxoob", identity=oob, records=(tlsa(2, 0, 0, pki.root),))
    world.domain("oob", "dane", "mxoob.lab")
    name = pki.leaf("elsewhere.lab")
    world.host("mxtaname", identity=name, records=(tlsa(2, 1, 1, pki.middle),))
    world.domain("taname", "contradicted", "mxtaname.lab")
    unusable = pki.leaf("mxunus.lab")
    world.host("mxunus", identity=unusable, records=(tlsa(1, 1, 1, unusable), f"3 1 1 {'ab' * 31}"))
    world.domain("unus", "authenticated_now", "mxunus.lab")
    world.domain("testing", "authenticated_now", "mxunus.lab")
    world.policy("testing", "testing", "mxunus.lab")
    wrong = pki.leaf("mxmism.lab")
    world.host("mxmism", identity=wrong, records=(tlsa(3, 1, 1, mx1),))
    world.domain("mism", "contradicted", "mxmism.lab")
    agile = pki.leaf("mxagile.lab")
    world.host("mxagile", identity=agile, records=(tlsa(3, 1, 1, agile), tlsa(3, 1, 2, mx1)))
    world.domain("agile", "contradicted", "mxagile.lab")
    old = issue(["another.lab"], days=(-30, -1))
    world.host("mxee", identity=old, records=(tlsa(3, 0, 2, old),))
    world.domain("ee", "dane", "mxee.lab")
    world.domain("eests", "contradicted", "mxee.lab")
    world.policy("eests", "enforce", "mxee.lab")
    world.zone.append("cnmx CNAME mx1")
    world.domain("cn", "dane", "cnmx.lab")
    six = pki.leaf("mx6.lab")
    world.host("mx6", identity=six, records=(tlsa(3, 1, 1, six),), v6=True)
    world.domain("v6", "dane", "mx6.lab")
    world.zone.append("almx CNAME mxp.plain.")
    crossing = pki.leaf("mxp.plain", "almx.lab")
    world.hosts.append(Host("mxp.plain", "good", crossing, (), "127.0.1.200"))
    world.plain.append("mxp A 127.0.1.200")
    world.zone.append(f"_25._tcp.almx TLSA {tlsa(3, 1, 1, crossing)}")
    world.domain("alias", "dane", "almx.lab")
    world.domain("mixed", "dane_partial", "mx1.lab", "mxpkix.lab")
    world.domain("halfdane", "dane_partial", "mx1.lab", plain=True)
    world.host("mxstrip", "stripped", records=(tlsa(3, 1, 1, mx1),))
    world.domain("danestrip", "contradicted", "mxstrip.lab")
    legacy = pki.leaf("mxold.lab")
    world.host("mxold", "old", legacy, (tlsa(3, 1, 1, legacy),))
    world.domain("daneold", "contradicted", "mxold.lab")


def _pkix(world: World, pki: MailPki) -> None:
    world.host("mxpkix", identity=pki.leaf("mxpkix.lab"))
    world.domain("pkix0", "authenticated_now", "mxpkix.lab")
    world.domain("sts", "mta_sts_enforce", "mxpkix.lab")
    world.policy("sts", "enforce", "*.lab")
    world.domain("stsmx", "contradicted", "mxpkix.lab")
    world.policy("stsmx", "enforce", "other.lab")
    world.host("mxexp", identity=pki.leaf("mxexp.lab", days=(-30, -1)))
    world.domain("exp0", "encrypted_now", "mxexp.lab")
    world.domain("stscert", "contradicted", "mxexp.lab")
    world.policy("stscert", "enforce", "mxexp.lab")
    world.host("mxwrong", identity=pki.leaf("elsewhere.lab"))
    world.domain("wrong0", "encrypted_now", "mxwrong.lab")
    world.host("mxself", identity=issue(["mxself.lab"]))
    world.domain("self0", "encrypted_now", "mxself.lab")
    world.host("mxold0", "old", pki.leaf("mxold0.lab"))
    world.domain("old0", "legacy_tls", "mxold0.lab")
    world.host("mxsix", identity=pki.leaf("mxsix.lab"), v6=True)
    world.domain("v60", "authenticated_now", "mxsix.lab")
    world.host("mxgrey2", "grey_at_rcpt", pki.leaf("mxgrey2.lab"))
    world.domain("grey2", "authenticated_now", "mxgrey2.lab")
    many = [f"name{number}.lab" for number in range(NAMES_IN_ONE)]
    world.host("mxnames", identity=pki.leaf("mxnames.lab", *many))
    world.domain("names", "authenticated_now", "mxnames.lab")
    world.host("mxpostfix", "postfix", pki.leaf("mxpostfix.lab"))
    world.domain("postfix", "authenticated_now", "mxpostfix.lab")
    world.zone.append("implicit A 127.0.1.201")
    world.hosts.append(Host("implicit.lab", "good", pki.leaf("implicit.lab"), (), "127.0.1.201"))
    world.expected["implicit.lab"] = "authenticated_now"


def _misbehaving(world: World) -> None:
    plaintext = ("stripped", "none", "never", "helo_only")
    unclear = "tarpit endless one_line greylisting busy rejecting later injecting greyed_ehlo nonsense no_handshake reset mute".split()
    for kind in (*plaintext, *unclear):
        label = kind.replace("_", "")
        host = world.host(f"mx{label}", kind)
        world.domain(f"{label}0", "plaintext" if kind in plaintext else "unknown", host)
    world.host("mxdead", "dead")
    world.domain("dead0", "unknown", "mxdead.lab")
    world.domain("halfdead0", "unknown", "mxpkix.lab", "mxdead.lab")


def _names(world: World) -> None:
    world.zone += [
        "null MX 0 .",
        'nothing TXT "x"',
        "both MX 0 .",
        "both MX 10 mx1.lab.",
        "literal MX 10 192.0.2.1.",
        "nohost MX 10 gone.lab.",
    ]
    world.zone += ["loop CNAME loop2", "loop2 CNAME loop", *(f"many MX 10 mx{number}.many.lab." for number in range(300))]
    world.zone += [
        "bogus NS ns.lab.",
        f"bogus DS 12345 13 2 {hashlib.sha256(b'nobody').hexdigest()}",
        "gone0 NS nowhere",
        "nowhere A 127.0.0.99",
    ]
    refusing = ("null.lab", "nx.lab", "nothing.lab", "nohost.lab")
    unclear = ("both.lab", "literal.lab", "loop.lab", "many.lab", "bogus.lab", "gone0.lab", "[127.0.1.1]", "not a domain", "lab", "")
    world.expected |= dict.fromkeys(refusing, "refuses") | dict.fromkeys(unclear, "unknown")


def make_world() -> World:
    """The whole lab, with fresh keys."""
    pki = MailPki.make()
    world = World(pki)
    _dane(world, pki)
    _pkix(world, pki)
    _misbehaving(world)
    _names(world)
    return world


def plan(world: World, file_of: Any) -> dict[str, Any]:
    """What mail_servers.py is told. ``file_of`` writes an identity and gives its path."""
    mail = [
        {"kind": host.kind, "address": host.v4 or host.v6, "file": str(file_of(host.identity)) if host.identity else ""}
        for host in world.hosts
        if host.kind not in {"dead", "postfix"}
    ]
    policy = world.pki.leaf(*world.policies)
    return {"mail": mail, "policies": world.policies, "policy_address": POLICY_ADDRESS, "policy_file": str(file_of(policy))}
