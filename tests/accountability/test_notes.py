"""Signed notes and checkpoints: the published example, our own, and everything that must be refused."""

from __future__ import annotations

import base64

import pytest

from addin_backend.accountability.merkle import root
from addin_backend.accountability.notes import NotSigned, Signer, VerifierKey, open_checkpoint, open_note
from addin_backend.errors import BadInput

ORIGIN = "sendsecurely.test/audit"
ROOT = root([])
# From the note package that C2SP signed-note describes (golang.org/x/mod/sumdb/note, its documented example).
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def signer(seed: int = 1) -> Signer:
    """A signer of the test log."""
    return Signer(ORIGIN, bytes([seed]) * 32)


def seed_with_plus() -> int:
    """A seed whose vkey has a '+' in its base64."""
    return next(seed for seed in range(256) if str(signer(seed).verifier_key).count("+") > 2)


def test_the_published_example_verifies() -> None:
    """A note that another implementation signed is opened with its published key."""
    assert open_note(GO_NOTE, VerifierKey.parse(GO_KEY)).startswith("If you think")


def test_a_checkpoint_comes_back() -> None:
    """What was signed is what is read, in the form of tlog-checkpoint."""
    note = signer().sign(1234, ROOT)
    assert note.startswith(f"{ORIGIN}\n1234\n{base64.b64encode(ROOT).decode()}\n\n\u2014 {ORIGIN} ")
    head = open_checkpoint(note, signer().verifier_key)
    assert (head.origin, head.size, head.root) == (ORIGIN, 1234, ROOT)


def test_a_key_with_a_plus_in_its_base64_is_read() -> None:
    """A vkey is split at most twice, since base64 may hold '+'."""
    key = signer(seed_with_plus()).verifier_key
    assert VerifierKey.parse(str(key)) == key


@pytest.mark.parametrize(
    "vkey",
    ["", "a", "a+b", "a+b+c", str(GO_KEY)[:-4], GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY.replace("Peter", "Paul"), "a b+0+AAAA"],
)
def test_what_is_no_key_is_refused(vkey: str) -> None:
    """A cut or changed key is an error that says so, not a key that trusts nothing or everything."""
    with pytest.raises(BadInput) as refused:
        VerifierKey.parse(vkey)
    assert refused.value.field == "key"


def test_signatures_of_others_are_passed_over() -> None:
    """A witness may have signed beside us; its line neither helps nor harms."""
    note = signer().sign(7, ROOT)
    both = note + GO_NOTE.rpartition("\n\n")[2]
    assert open_checkpoint(both, signer().verifier_key).size == 7
    with pytest.raises(NotSigned):
        open_checkpoint(both.replace(f"\u2014 {ORIGIN}", "\u2014 somebody.else"), signer().verifier_key)


def test_no_changed_byte_is_accepted() -> None:
    """Whatever byte of a checkpoint is changed, it is refused."""
    note, key = signer().sign(1234, ROOT).encode(), signer().verifier_key
    accepted = []
    for at in range(len(note)):
        changed = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        try:
            open_checkpoint(changed.decode("utf-8", "replace"), key)
            accepted.append(at)
        except NotSigned:
            continue
    assert accepted == []


@pytest.mark.parametrize(
    "text",
    [
        "other.test/audit\n1\n" + base64.b64encode(ROOT).decode() + "\n",
        f"{ORIGIN}\n01\n" + base64.b64encode(ROOT).decode() + "\n",
        f"{ORIGIN}\n-1\n" + base64.b64encode(ROOT).decode() + "\n",
        f"{ORIGIN}\n1\nAAAA\n",
        f"{ORIGIN}\n1\n",
        f"{ORIGIN}\n",
    ],
)
def test_a_signature_over_something_else_is_no_checkpoint(text: str) -> None:
    """Even the right key does not make a malformed text, or another log's, a checkpoint of this log."""
    ours = signer()
    signed = ours.verifier_key
    signature = base64.b64encode(bytes.fromhex(str(signed).split("+")[1]) + ours._key.sign(text.encode())).decode()
    with pytest.raises(NotSigned):
        open_checkpoint(f"{text}\n\u2014 {ORIGIN} {signature}\n", signed)
