"""Starts an OPA of our own on a free loopback port, with one set of policies as its bundle, and stops it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import tempfile
import time
import weakref
from pathlib import Path
from types import TracebackType

from addin_backend.model.policy import Diagnostic
from addin_backend.ports import EngineFailure, PolicySet

_START_SECONDS = 10.0
_STOP_SECONDS = 3.0
_ATTEMPTS = 3  # another program may take the port between asking for it and OPA's bind


def write_bundle(policies: PolicySet, folder: Path) -> None:
    """The rules and registers as an OPA bundle folder whose revision is ours (OPA: bundle file format)."""
    for path, raw in policies.files:
        deciding = path.endswith(".rego") and not path.endswith("_test.rego")
        if deciding or (path.startswith("registers/") and path.endswith("/data.json")):
            target = folder / path
            if not target.resolve().is_relative_to(folder.resolve()):
                raise EngineFailure("compile", f"{path} points out of the folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
    manifest = {"revision": policies.revision, "roots": ["sendsecurely", "registers"], "rego_version": 1}
    (folder / ".manifest").write_text(json.dumps(manifest))


class OpaProcess:
    """Context manager; ``url`` is the address while it runs. ``binary`` is the opa program.

    Raises EngineFailure("compile") when OPA refuses the policies, EngineFailure("unavailable") when it does not start.
    """

    def __init__(self, binary: Path, policies: PolicySet) -> None:
        self._binary = binary
        self._policies = policies
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    @property
    def pid(self) -> int:
        """The process id while it runs, else 0."""
        return self._process.pid if self._process else 0

    def __enter__(self) -> OpaProcess:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Write the bundle, start OPA, and wait until it answers with the bundle in force."""
        self._folder = tempfile.TemporaryDirectory(prefix="sendsecurely-opa-")
        try:
            write_bundle(self._policies, Path(self._folder.name))
            for attempt in range(_ATTEMPTS):
                if self._launch(last=attempt == _ATTEMPTS - 1):
                    return
        except BaseException:  # also KeyboardInterrupt: no process and no folder may stay behind
            self.stop()
            raise

    def stop(self) -> None:
        """Stop OPA and remove its folder. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def _launch(self, *, last: bool) -> bool:
        port = _free_port()
        folder = str(self._folder.name) if self._folder else ""
        command = [str(self._binary), "run", "--server", "--addr", f"127.0.0.1:{port}", "--log-level", "error"]
        command += ["--disable-telemetry", "--skip-known-schema-check", "--bundle", folder]
        with tempfile.TemporaryFile() as log:
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={}, cwd=folder, start_new_session=True
                )
            except OSError as error:
                raise EngineFailure("unavailable", f"{self._binary.name} does not start: {error.strerror}") from None
            weakref.finalize(self, _end, self._process)
            if _answers(self._process, port):
                self.url = f"http://127.0.0.1:{port}"
                return True
            _end(self._process)
            log.seek(0)
            said = log.read(4000).decode(errors="replace").replace(folder + "/", "")
        if "address already in use" in said and not last:
            return False
        raise EngineFailure("compile" if "rego_" in said or "bundle" in said else "unavailable", said)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether /health?bundles becomes 200 before the process or the time ends."""
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/health?bundles")
            if connection.getresponse().status == 200:
                return process.poll() is None
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.02)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def compile_opa(binary: Path, policies: PolicySet) -> tuple[Diagnostic, ...]:
    """What ``opa check --strict`` says of the policies, with the question's schema as the form of ``input``."""
    with tempfile.TemporaryDirectory(prefix="sendsecurely-opa-") as name, tempfile.TemporaryDirectory(prefix="sendsecurely-opa-") as beside:
        write_bundle(policies, Path(name))
        schema = Path(beside) / "question.json"
        schema.write_bytes(dict(policies.files).get("schemas/question.json", b"{}"))
        command = [str(binary), "check", "--strict", "--format", "json", "--schema", str(schema), "--bundle", name]
        try:
            done = subprocess.run(command, capture_output=True, env={}, cwd=name, timeout=_START_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            raise EngineFailure("unavailable", "opa check does not run") from None
        if done.returncode == 0:
            return ()
        return _diagnostics((done.stdout or done.stderr).decode(errors="replace"), name)


def _diagnostics(said: str, folder: str) -> tuple[Diagnostic, ...]:
    try:
        errors = json.loads(said)["errors"]
    except (ValueError, KeyError, TypeError):
        return (Diagnostic(file="", row=0, col=0, sentence=said.replace(folder + "/", "").strip()[:500]),)
    found = []
    for error in errors:
        place = error.get("location") or {}
        file = str(place.get("file", "")).removeprefix("/").removeprefix(folder.removeprefix("/") + "/")
        found.append(
            Diagnostic(file=file, row=int(place.get("row", 0)), col=int(place.get("col", 0)), sentence=str(error.get("message", "")))
        )
    return tuple(found)
