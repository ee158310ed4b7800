"""The signed bundle against a real OPA: fetched with its key id, and refused unsigned, wrongly signed, changed or cut in half."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from addin_backend.edges.opa_bundle import Bundle, BundleKey, build, opa_config
from addin_backend.edges.rego_server import OpaServer
from addin_backend.flows.policy.sample import sample_question
from addin_backend.ports import EngineFailure, PolicySet
from policy.engines import product_files, product_policies, tool

KEY = BundleKey(b"k" * 32)
OTHER = BundleKey(b"o" * 32)
TOKEN = "prøve-token".encode().hex()


class Shelf:
    """An HTTP server that serves one bundle with its ETag, as told; ``asked`` keeps the status of each answer."""

    def __init__(self) -> None:
        self.bundle = Bundle(b"", '"none"', "")
        self.asked: list[int] = []
        self.tokens: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shelf = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self) -> None:
                """The bundle, or 304."""
                same = self.headers.get("If-None-Match") == shelf.bundle.etag
                shelf.tokens.add(self.headers.get("Authorization", ""))
                shelf.asked.append(304 if same else 200)
                self.send_response(shelf.asked[-1])
                self.send_header("ETag", shelf.bundle.etag)
                self.send_header("Content-Length", "0" if same else str(len(shelf.bundle.content)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(b"" if same else shelf.bundle.content)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 the base class names it so
                """Say nothing."""

        return Handler


class Opa:
    """A real OPA that polls a shelf under our own configuration."""

    def __init__(self, shelf: Shelf, folder: Path, key: BundleKey) -> None:
        config = folder / "opa.yaml"
        config.write_text(opa_config(shelf.url, key, "BUNDLE_TOKEN").replace("max_delay_seconds: 3", "max_delay_seconds: 1"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._log = folder / "opa.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(tool("opa")), "run", "--server", "--addr", f"127.0.0.1:{self._port}", "--skip-version-check", "-c", str(config)],
                stdout=log,
                stderr=log,
                env={"BUNDLE_TOKEN": TOKEN},
            )

    def holds(self, rules: PolicySet, seconds: float) -> bool:
        """Whether it answers with these rules within the time."""
        server = OpaServer(self.url, rules, timeout=2.0)
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                with contextlib.suppress(EngineFailure):
                    server.evaluate(rules.revision, sample_question(), 2.0)
                    return True
                time.sleep(0.05)
            return False
        finally:
            server.close()

    def ready(self) -> bool:
        """Whether /health?bundles says that the bundle is active."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
        try:
            connection.request("GET", "/health?bundles")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def said(self) -> str:
        """Its log."""
        return self._log.read_text(errors="replace")

    def close(self) -> None:
        """Stop."""
        self._process.terminate()
        self._process.wait(5)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """An empty shelf."""
    opened = Shelf()
    yield opened
    opened.close()


@contextlib.contextmanager
def polling(shelf: Shelf, folder: Path, key: BundleKey = KEY) -> Iterator[Opa]:
    """An OPA that polls."""
    opa = Opa(shelf, folder, key)
    try:
        yield opa
    finally:
        opa.close()


def other_rules() -> PolicySet:
    """The product's rules with other words in one of them."""
    path = "sendsecurely/content/content.rego"
    return product_policies({path: product_files()[path].replace(b"Mailen indeholder et CPR-nummer", "Et CPR-nummer – “ø”".encode(), 1)})


def test_opa_fetches_the_signed_bundle_and_the_next_one(shelf: Shelf, tmp_path: Path) -> None:
    """Fetched with the token, in force with our revision; asked again it gets 304; a new one is in force within seconds."""
    first, second = product_policies(), other_rules()
    shelf.bundle = build(first, KEY)
    with polling(shelf, tmp_path) as opa:
        assert opa.holds(first, 15), opa.said()
        time.sleep(2.2)
        assert 304 in shelf.asked
        assert shelf.tokens == {f"Bearer {TOKEN}"}
        shelf.bundle = build(second, KEY)
        start = time.monotonic()
        assert opa.holds(second, 10), opa.said()
        print(f"the next bundle was in force after {time.monotonic() - start:.2f} s")


def repacked(bundle: Bundle, change: dict[str, bytes | None]) -> bytes:
    """The archive with files changed, or left out (None)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(bundle.content))) as old, tarfile.open(fileobj=packed, mode="w") as new:
        for entry in old:
            raw = old.extractfile(entry).read()  # type: ignore[union-attr]  # every entry is a file
            changed = change.get(entry.name, raw)
            if changed is not None:
                entry.size = len(changed)
                new.addfile(entry, io.BytesIO(changed))
    return gzip.compress(packed.getvalue())


def bad_bundles() -> dict[str, bytes]:
    """Everything that OPA must not take."""
    good = build(other_rules(), KEY)
    rule = "/sendsecurely/evidence/evidence.rego"
    return {
        "unsigned": build(other_rules(), None).content,
        "signed by another key": build(other_rules(), OTHER).content,
        "signature taken out": repacked(good, {"/.signatures.json": None}),
        "a signing block without signatures": repacked(good, {"/.signatures.json": b'{"signatures": []}'}),
        "a rule changed": repacked(good, {rule: dict(other_rules().files)[rule[1:]].replace(b"== true", b"!= true")}),
        "a register changed": repacked(good, {"/registers/free_mail/data.json": b'{"checked": "2026-11-23", "domains": []}'}),
        "a rule left out": repacked(good, {rule: None}),
        "cut in half": good.content[: len(good.content) // 2],
        "empty": b"",
    }


def test_unsigned_wrongly_signed_changed_and_truncated_bundles_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    """One after the other is served to an OPA that runs: it keeps the rules it has. Then a good one is taken at once."""
    first = product_policies()
    shelf.bundle = build(first, KEY)
    with polling(shelf, tmp_path) as opa:
        assert opa.holds(first, 15), opa.said()
        for number, (what, content) in enumerate(bad_bundles().items()):
            before = len(shelf.asked)
            shelf.bundle = Bundle(content, f'"bad-{number}"', "")
            end = time.monotonic() + 10
            while shelf.asked[before:].count(200) < 1 and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(0.2)
            assert not opa.holds(other_rules(), 0.1), what
            assert opa.holds(first, 3), what
        shelf.bundle = build(other_rules(), KEY)
        assert opa.holds(other_rules(), 10), opa.said()


@pytest.mark.parametrize("what", ["unsigned", "signed by another key", "a signing block without signatures"])
def test_an_opa_that_starts_with_a_bad_bundle_holds_no_rules(what: str, shelf: Shelf, tmp_path: Path) -> None:
    """It is never ready and answers nothing, which is a block."""
    shelf.bundle = Bundle(bad_bundles()[what], '"bad"', "")
    with polling(shelf, tmp_path) as opa:
        end = time.monotonic() + 10
        while not shelf.asked and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.5)
        assert shelf.asked
        assert not opa.ready()
        assert not opa.holds(other_rules(), 0.2)


def test_the_same_rules_have_the_same_tag_and_other_rules_or_keys_another() -> None:
    """So OPA fetches nothing twice; the key is the same after a restart."""
    assert build(product_policies(), KEY).etag == build(product_policies(), BundleKey(b"k" * 32)).etag
    assert len({build(rules, key).etag for rules in (product_policies(), other_rules()) for key in (KEY, OTHER)}) == 4
    assert KEY.key_id == BundleKey(b"k" * 32).key_id != OTHER.key_id
    assert "PRIVATE" not in opa_config("http://127.0.0.1:1", KEY, "T") + repr(KEY)


def test_what_only_tests_is_not_in_the_bundle() -> None:
    """Rules and registers; no cases, no schemas."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(build(product_policies(), KEY).content))) as archive:
        names = archive.getnames()
    assert not [name for name in names if "cases" in name or "schemas" in name]
    assert any(name.endswith("content.rego") for name in names)
