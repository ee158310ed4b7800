"""The strict reader: an answer that is not exactly right is no answer."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin_backend.decision.answer import blocked, read
from addin_backend.model.decision import Action
from addin_backend.ports import EngineFailure

GOOD: dict[str, Any] = {
    "action": "protect",
    "recipients": [
        {"id": "r0", "action": "protect", "protection": "portal", "codes": ["CO-01", "TR-01"]},
        {"id": "r1", "action": "allow", "protection": "plain", "codes": []},
    ],
    "findings": [
        {"code": "TR-01", "effect": "protect", "recipient": "r0", "params": {"excludes": ["tls"], "verdict": "unknown"}},
        {"code": "CO-01", "effect": "protect", "recipient": "r0", "params": {"excludes": ["plain"]}},
    ],
}


def _read(answer: object) -> Action:
    return read(msgspec.json.encode(answer), ["r0", "r1"]).action


def test_a_proper_answer_is_read() -> None:
    """The reader accepts what the rules give, and sorts the findings so that two engines compare."""
    answer = read(msgspec.json.encode(GOOD), ["r0", "r1"])
    assert [item.code for item in answer.findings] == ["CO-01", "TR-01"]
    assert answer.action is Action.PROTECT


def _changed(path: list[Any], value: object) -> dict[str, Any]:
    answer = copy.deepcopy(GOOD)
    place: Any = answer
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return answer


BAD = [
    ("overall milder than the worst", _changed(["action"], "allow")),
    ("overall harsher than the worst", _changed(["action"], "block")),
    ("a recipient twice", _changed(["recipients", 1, "id"], "r0")),
    ("an unknown recipient", _changed(["recipients", 1, "id"], "r7")),
    ("allow with a protection", _changed(["recipients", 1, "protection"], "tls")),
    ("protect without a protection", _changed(["recipients", 0, "protection"], "plain")),
    ("protection none without block", _changed(["recipients", 0, "protection"], "none")),
    ("a protection that a finding rules out", _changed(["recipients", 0, "protection"], "tls")),
    ("a blocking finding and no block", _changed(["findings", 0, "effect"], "block")),
    (
        "a message-wide confirm and no confirm",
        _changed(["findings", 0], {"code": "TF-03", "effect": "confirm", "recipient": "", "params": {}}),
    ),
    ("a protect finding that rules nothing out", _changed(["findings", 0, "params"], {})),
    ("a code of another form", _changed(["findings", 0, "code"], "tr1")),
    ("a code of another form at a recipient", _changed(["recipients", 0, "codes"], ["x"])),
    ("a finding about nobody", _changed(["findings", 0, "recipient"], "r9")),
    ("a code that no finding has", _changed(["recipients", 1, "codes"], ["CO-01"])),
    ("a finding whose code is not among the recipient's", _changed(["recipients", 0, "codes"], ["CO-01"])),
    ("codes in another order", _changed(["recipients", 0, "codes"], ["TR-01", "CO-01"])),
    ("a code that ends with a line break", _changed(["findings", 0, "code"], "TR-01\n")),
    (
        "a stop that no finding explains",
        {
            "action": "block",
            "recipients": [{**GOOD["recipients"][0], "action": "block", "protection": "none"}, GOOD["recipients"][1]],
            "findings": GOOD["findings"],
        },
    ),
    ("an extra key", {**GOOD, "note": "x"}),
    ("an unknown action", _changed(["action"], "maybe")),
    ("params of another type", _changed(["findings", 0, "params"], [])),
    ("a missing key", {key: value for key, value in GOOD.items() if key != "findings"}),
    ("nothing", {}),
    ("not an object", []),
    ("null", None),
]


@pytest.mark.parametrize(("what", "answer"), BAD, ids=[what for what, _ in BAD])
def test_anything_else_is_malformed(what: str, answer: object) -> None:
    """Each deviation is refused, so that it becomes a block."""
    with pytest.raises(EngineFailure, match="malformed"):
        _read(answer)


@given(st.binary(max_size=200))
def test_no_bytes_are_read_as_an_answer_by_chance(raw: bytes) -> None:
    """Rubbish is refused with the one exception that becomes a block."""
    with pytest.raises(EngineFailure):
        read(raw, ["r0"])


def test_an_answer_for_nobody_must_be_a_block() -> None:
    """Without recipients there is nothing to allow."""
    with pytest.raises(EngineFailure):
        read(msgspec.json.encode({"action": "allow", "recipients": [], "findings": []}), [])


def test_the_stand_in_is_itself_a_proper_answer() -> None:
    """What takes the place of a missing answer passes the same reader."""
    stand_in = blocked("EN-01", ["r0", "r1"])
    again = read(msgspec.json.encode(stand_in), ["r0", "r1"])
    assert again.action is Action.BLOCK
    assert {item.codes[0] for item in again.recipients} == {"EN-01"}


def test_a_code_that_nobody_can_explain_is_malformed() -> None:
    """A finding outside the rules in force has no words for the sender, so the answer is none."""
    raw = msgspec.json.encode(GOOD)
    assert read(raw, ["r0", "r1"], {"CO-01", "TR-01"}).action is Action.PROTECT
    with pytest.raises(EngineFailure, match="malformed"):
        read(raw, ["r0", "r1"], {"CO-01"})


@pytest.mark.parametrize("raw", [b"[" * 200_000, b'{"action": "\xff"}', b'{"findings": ' + b'{"a":' * 200_000])
def test_hostile_bytes_are_malformed(raw: bytes) -> None:
    """Deep nesting and bytes that are no text are no answer either."""
    with pytest.raises(EngineFailure, match="malformed"):
        read(raw, ["r0"])
