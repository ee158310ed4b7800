"""Structs that were learnt beforehand can be decoded by any number of threads at once."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: where it fails, the process is gone (SIGSEGV).
PROGRAM = """
import sys, threading
import msgspec
from addin_backend.flows.job_content import JobContent
from addin_backend.model.first_use import learn_structs
from addin_backend.model.sending import SendJob

assert learn_structs() > 20
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)

def decode():
    together.wait()
    for kind in (JobContent, SendJob):
        try:
            msgspec.msgpack.decode(b"\\x80", type=kind)
        except msgspec.ValidationError:
            pass

threads = [threading.Thread(target=decode) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("alive")
"""


def test_many_threads_decode_at_once() -> None:
    """Every struct that the server has is learnt, and eight threads that decode at the same moment live."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert (0, "alive\n") == (done.returncode, done.stdout), done.stderr
