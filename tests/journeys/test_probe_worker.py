"""`probe-worker` as a process of its own: it asks a server, signs what it saw, and nothing else counts."""

from __future__ import annotations

import asyncio
import re
import secrets
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from addin_backend.accountability.notes import Signer, VerifierKey, open_note
from addin_backend.bootstrap.transport import remote_prober
from addin_backend.edges.probe_client import ProbeClient
from addin_backend.flows.probe_worker import SignedProber
from addin_backend.model.transport import HostProbe
from addin_backend.settings import Settings
from command_line import environment, ran
from demo_world_run import free_port
from lab.mail_pki import MailPki
from lab.mail_servers import _Fast
from program import PROGRAM

TOKEN = "only-the-core-knows"
HOST, ADDRESS = "mx.partner.example", "127.0.0.1"
_SAID = re.compile(r"(http://\S+)  smtp_probe_key = (\S+)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A mail server with STARTTLS on loopback; its port."""
    loop = asyncio.new_event_loop()
    context = MailPki.make().leaf(HOST).context(tmp_path_factory.mktemp("mail"))
    serving = loop.run_until_complete(loop.create_server(lambda: _Fast(context), ADDRESS, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield int(serving.sockets[0].getsockname()[1])
    loop.call_soon_threadsafe(serving.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="module")
def worker(server: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A running worker, and the settings of a core that believes it."""
    command = [*PROGRAM, "probe-worker", "--port", str(free_port()), "--resolver", "127.0.0.1:1", "--smtp-port", str(server)]
    folder = tmp_path_factory.mktemp("worker")
    given = environment(smtp_probe_token=TOKEN, data_dir=str(folder))
    with subprocess.Popen(command, cwd=folder, env=given, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = _SAID.match(process.stdout.readline())
        assert said is not None
        yield Settings(smtp_probe=said[1], smtp_probe_key=said[2], smtp_probe_token=TOKEN)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def _probed(prober: SignedProber) -> HostProbe:
    return prober.probe(HOST, HOST, [ADDRESS], 20.0)


def _detail(probe: HostProbe) -> tuple[str, str]:
    return probe.addresses[0].outcome, probe.addresses[0].detail


@pytest.fixture(scope="module")
def first(worker: Settings) -> HostProbe:
    """What the worker says; it listens a moment after it has told its address."""
    for _ in range(100):
        found = _probed(remote_prober(worker))
        if _detail(found)[1] != "worker_unavailable":
            return found
        threading.Event().wait(0.2)
    raise AssertionError("the worker never answered")


def test_what_the_worker_saw_is_signed_and_kept(worker: Settings, first: HostProbe) -> None:
    """TLS 1.3 with the server's chain, in a statement that the worker's key opens; asked again, it does not knock again."""
    assert ("tls", "TLSv1.3", HOST) == (first.addresses[0].outcome, first.addresses[0].version, first.host)
    assert HOST in open_note(first.statement.decode(), VerifierKey.parse(worker.smtp_probe_key))
    again = _probed(remote_prober(worker))
    assert (first.seen_at, first.certificates) == (again.seen_at, again.certificates)


def test_another_key_is_not_believed(worker: Settings, first: HostProbe) -> None:
    """The settings name the key of another worker: unknown."""
    other = Signer("sendsecurely.other/probe", bytes(32)).verifier_key
    key = VerifierKey.parse(worker.smtp_probe_key)
    for wrong in (other, Signer(key.name, bytes(32)).verifier_key):
        prober = SignedProber(ProbeClient(worker.smtp_probe, TOKEN).ask, wrong, lambda: datetime.now(UTC), lambda: secrets.token_hex(16))
        assert ("unknown", "worker_not_believed") == _detail(_probed(prober))


def test_an_old_answer_is_not_believed(worker: Settings, first: HostProbe) -> None:
    """What the worker signed for an earlier question, played again: unknown, though the signature holds."""

    def with_ask(ask: Callable[[bytes, float], bytes]) -> SignedProber:
        return SignedProber(ask, VerifierKey.parse(worker.smtp_probe_key), lambda: datetime.now(UTC), lambda: secrets.token_hex(16))

    kept: list[bytes] = []

    def listening(raw: bytes, seconds: float) -> bytes:
        kept.append(ProbeClient(worker.smtp_probe, TOKEN).ask(raw, seconds))
        return kept[0]

    assert "tls" == _detail(_probed(with_ask(listening)))[0]
    assert ("unknown", "worker_not_believed") == _detail(_probed(with_ask(lambda raw, seconds: kept[0])))


@pytest.mark.parametrize("change", ["token", "down"])
def test_a_worker_that_does_not_answer_is_unknown(worker: Settings, first: HostProbe, change: str) -> None:
    """A wrong token, or nobody there."""
    url, token = (worker.smtp_probe, "wrong") if change == "token" else (f"http://127.0.0.1:{free_port()}", TOKEN)
    settings = Settings(smtp_probe=url, smtp_probe_key=worker.smtp_probe_key, smtp_probe_token=token)
    assert ("unknown", "worker_unavailable") == _detail(_probed(remote_prober(settings)))


def test_a_worker_without_a_token_does_not_start(tmp_path: Path) -> None:
    """Anybody could have servers probed."""
    run = ran("probe-worker", folder=tmp_path, data_dir=str(tmp_path / "data"))
    assert (1, True) == (run.code, "smtp_probe_token" in run.err)
