"""What a partner promises by MTA-STS decides in the demo world: enforce is a secure connection, none is not, and the record names why."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from addin_backend.bootstrap.demo import demo_dns
from addin_backend.bootstrap.transport import Way, kept_fresh, transport_lookup
from addin_backend.model.evidence import TransportEvidence
from addin_backend.sandbox.domains.policy_host import PolicyHost
from addin_backend.sandbox.domains.published import MAX_AGE, Promises
from addin_backend.settings import Settings
from command_line import ran
from demo_world import DemoWorld, draft, running
from sizes import size

KIRSTEN, OLE = "kirsten.dahl@kystpension.example", "ole.krogh@aadalsbank.example"
BODY = "Kære Kirsten\n\nHan har CPR-nummer 010190-1234.\n\nVenlig hilsen\nMette\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A running demo world."""
    with running(tmp_path_factory.mktemp("domains") / "data") as made:
        yield made


def _publish(world: DemoWorld, domain: str, mode: str, **headers: str) -> httpx.Response:
    return world.client.post("/demo/domains", data={"domain": domain, "mode": mode, "lang": "en"}, headers=headers)


def _protection(world: DemoWorld, address: str) -> tuple[str, str]:
    answer = world.check(world.save(draft(address, subject="Sag 12", body=BODY))).raise_for_status().json()
    return str(answer["recipients"][0]["protection"]), str(answer["action"])


def _evidence(page: str) -> str:
    """The one evidence that the page names."""
    (found,) = {part[:64] for part in page.split('<code class="hash">')[1:]}
    return found


def test_a_promise_is_a_secure_connection_and_can_be_judged_again(world: DemoWorld, tmp_path: Path) -> None:
    """A CPR number goes over enforced TLS; the page names the evidence, the log's record too, and a replay draws the same verdict."""
    assert _protection(world, KIRSTEN)[0] == "tls"
    evidence = _evidence(world.client.get("/demo/domains").text)
    assert evidence in world.client.get("/log").text
    again = ran("probe", "--json", "--replay", evidence[:16], "--data", str(world.data), folder=tmp_path).lines[0]
    assert ("mta_sts_enforce", "enforce", f"mx.{KIRSTEN.split('@')[1]}") == (
        again["verdict"],
        again["mta_sts"]["mode"],
        again["mta_sts"]["mx"][0],
    )
    job = world.send(world.save(draft(KIRSTEN, subject="Sag 12", body=BODY)), "one_window")
    assert [entry["via"] for entry in world.left(job)] == ["connector_always_tls"]


def test_a_domain_that_only_tests_promises_nothing(world: DemoWorld) -> None:
    """The same mail to a domain in mode testing does not go over TLS alone."""
    assert _protection(world, OLE)[0] == "portal"


def test_another_sites_page_changes_nothing(world: DemoWorld) -> None:
    """A form elsewhere is refused, and so is what is no domain of the demo or no mode."""
    before = world.client.get("/demo/domains?lang=en").text
    assert 403 == _publish(world, "kystpension.example", "none", **{"Sec-Fetch-Site": "cross-site"}).status_code
    assert [404, 404] == [_publish(world, *what).status_code for what in (("nordlys.example", "none"), ("kystpension.example", "strict"))]
    assert 413 == _publish(world, "kystpension.example", "x" * 5000).status_code
    assert before.count("id=demo1;") == world.client.get("/demo/domains?lang=en").text.count("id=demo1;") == 2


def test_the_answer_follows_after_its_life(world: DemoWorld) -> None:
    """FULL=1 waits for the end of a real answer; otherwise the test below moves the clock."""
    if not size(sample=0, full=1):
        return
    assert _protection(world, KIRSTEN)[0] == "tls"
    assert 303 == _publish(world, "kystpension.example", "none").status_code
    time.sleep(MAX_AGE + 2)
    assert _protection(world, KIRSTEN)[0] == "portal"


def test_an_answer_counts_for_its_life_and_no_longer(tmp_path: Path) -> None:
    """enforce, then none under a new id: within the cache's life the old word, after it the new one, each with evidence of its own."""
    began = datetime.now(UTC)

    with demo_dns() as dns:
        promises = Promises(dns)
        with PolicyHost(tmp_path / "host", promises.policies, began) as host:
            settings = Settings(data_dir=str(tmp_path / "data"), resolver=dns.resolver, ticket_connector=True)
            with kept_fresh(settings, Way(host.roots, test_resolver=True, policy_port=host.port)) as kept:
                lookup = transport_lookup(settings, None, kept)

                def asked(seconds: float) -> TransportEvidence:
                    at = began + timedelta(seconds=seconds)
                    return lookup.look_up_all(["kystpension.example"], at, 5.0)["kystpension.example"]

                first = asked(0)
                promises.publish("kystpension.example", "none")
                within, after = asked(MAX_AGE - 1), asked(MAX_AGE + 1)
                bodies = [json.loads(kept.store.proof(item.evidence_id).body) for item in (first, after)]
                lookup.close()
    words: list[Any] = [(item.verdict.value, item.enforcement, item.reasons) for item in (first, within, after)]
    assert words == [("mta_sts_enforce", "connector", ())] * 2 + [("unknown", "none", ("mta_sts_none",))]
    assert ["v=STSv1; id=demo1;", "v=STSv1; id=demo2;"] == [body["txt"]["texts"][0] for body in bodies]
