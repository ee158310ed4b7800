"""A domain that stops promising: the check's answer changes when the cache's life is over, and each record names evidence that is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.bootstrap.checking import checking, open_engine, rulebook
from addin_backend.bootstrap.reread import reread
from addin_backend.edges.dns.resolver import DnsResolver
from addin_backend.edges.mta_sts_fetch import MtaStsFetcher
from addin_backend.edges.pseudonyms import KeyedPseudonyms
from addin_backend.edges.transport_store import SqliteTransportStore
from addin_backend.evidence.transport.dossier import read_proof
from addin_backend.flows.check import Ask, check
from addin_backend.flows.gather_transport import World
from addin_backend.flows.look_up_transport import TransportLookup
from addin_backend.flows.show_transport import replay
from addin_backend.model.message import Message, Recipient
from addin_backend.sandbox.dns import LoopbackDns
from addin_backend.settings import Settings
from lab.https_server import LabCa, LabHttps, Page

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
TABLE = {
    "partner.example": {"MX": ["10 mx.partner.example."]},
    "mx.partner.example": {"A": ["127.0.0.1"]},
    "_mta-sts.partner.example": {"TXT": ['"v=STSv1; id=1"']},
    "mta-sts.partner.example": {"A": ["127.0.0.1"]},
}


def page(mode: str) -> Page:
    """The partner's policy."""
    return Page(f"version: STSv1\nmode: {mode}\nmx: mx.partner.example\nmax_age: 86400\n".encode())


def test_a_promise_that_is_taken_back_stops_counting_when_its_life_is_over(tmp_path: Path) -> None:
    """From enforce to none: the same mail may go over TLS, still may within the answer's life, and then may not any more."""
    ca, settings = LabCa(tmp_path), Settings(data_dir=str(tmp_path / "data"), ticket_connector=True)
    store, names = SqliteTransportStore(tmp_path / "transport.sqlite"), KeyedPseudonyms("lab", bytes(32))
    book = rulebook(settings)
    mail = Message(
        sender="mette@firma.example",
        subject="Sag",
        body="Kundens CPR-nummer er 010190-1233.",
        recipients=(Recipient(address="anna@partner.example", domain="partner.example"),),
    )
    context = ca.context(["mta-sts.partner.example"])
    with LoopbackDns(TABLE, ttl=300) as dns, LabHttps(context, {"mta-sts.partner.example": page("enforce")}) as https:
        resolver = DnsResolver(dns.resolver)
        fetcher = MtaStsFetcher(resolver, ca_file=str(ca.root_file), allow_private=True, port=https.port)
        lookup = TransportLookup(World(resolver, fetcher, store), {}, ticket_connector=True, store=store)

        with open_engine(settings, book.policies) as engine:
            parts = checking(settings, book, engine, lookup)

            def asked(at: datetime) -> tuple[str, str]:
                """The verdict and the evidence's name as the record has them."""
                decision, evidence = check(mail, Ask(at=at), parts)
                act = Act(records.event_id(at, bytes(10)), at, "mette@firma.example", "mette@firma.example", "")
                record = json.loads(json.dumps(records.checked(decision, evidence, act, names).body["recipients"]))
                return record[0]["transport"]["verdict"], record[0]["transport"]["evidence"]

            first = asked(AT)
            https.pages["mta-sts.partner.example"] = page("none")
            dns.table["_mta-sts.partner.example"] = {"TXT": ['"v=STSv1; id=2"']}
            within, after = asked(AT + timedelta(seconds=299)), asked(AT + timedelta(seconds=301))
        lookup.close()
    assert (first[0], within, after[0]) == ("mta_sts_enforce", first, "unknown")
    assert first[1] != after[1]
    for verdict, name in (first, after):
        assert read_proof(store.proof(name)).domain == "partner.example"
        assert replay(store.proof(name), None, reread)["verdict"] == verdict
    store.close()
