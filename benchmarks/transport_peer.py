"""postfix-mta-sts-resolver beside us in the same lab: its daemon with SQLite, asked over its socket as Postfix asks it.

It is installed into a virtual environment that is thrown away; the project neither pins nor ships it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PEER = ("postfix-mta-sts-resolver[sqlite]==1.5.1", "aiodns<4", "pycares<5")  # with the newer two it answers every look-up with an error
CONFIGURATION = """host: 127.0.0.1
port: 8461
cache:
  type: sqlite
  options:
    filename: "{folder}/cache.sqlite"
default_zone:
  timeout: 4
zones: {{}}
"""
# Run inside the lab by this project's Python: starts the daemon, asks for every name once, and then for the first again and again.
INSIDE = """
import json, os, socket, subprocess, sys, time
program, configuration, ca, names, rounds = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split(","), int(sys.argv[5])
daemon = subprocess.Popen([program, "-c", configuration], env={**os.environ, "SSL_CERT_FILE": ca}, stderr=subprocess.DEVNULL)
until = time.monotonic() + 20
while True:
    try:
        sock = socket.create_connection(("127.0.0.1", 8461)); break
    except OSError:
        if time.monotonic() > until: raise
        time.sleep(0.1)
def asked(name):
    body = f"postfix {name}".encode()
    sock.sendall(b"%d:%s," % (len(body), body))
    found = b""
    while not found.endswith(b","): found += sock.recv(4096)
    return found.split(b":", 1)[1][:-1].decode()
def timed(name):
    began = time.perf_counter(); said = asked(name); return time.perf_counter() - began, said
cold = [timed(name) for name in names]
again = [timed(names[0]) for _ in range(rounds)]
daemon.kill(); daemon.wait()  # asked to end, it waits for its own twenty seconds
cached, said = [seconds for seconds, _ in again], [said for _, said in cold]
print(json.dumps({"cold": [seconds for seconds, _ in cold], "said": said, "cached": cached}))
"""


def install(folder: Path) -> Path | None:
    """The daemon's program in a new virtual environment, or None where it cannot be had."""
    made = subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], capture_output=True, check=False)
    if made.returncode:
        return None
    pip = [str(folder / "peer" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEER]
    try:
        done = subprocess.run(pip, capture_output=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        return None
    program = folder / "peer" / "bin" / "mta-sts-daemon"
    return program if done.returncode == 0 and program.is_file() else None


def configure(folder: Path) -> Path:
    """Its configuration file."""
    path = folder / "peer.yml"
    path.write_text(CONFIGURATION.format(folder=folder), encoding="utf-8")
    return path
