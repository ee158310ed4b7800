"""How many requests one person may make."""

from __future__ import annotations

import pytest

from addin_backend.web.limits import LARGE, MOST_PEOPLE, Bodies, Hold, Limiter, TooManyRequests
from service_set import AS_JONAS, AS_METTE, Recorder, check_body, client


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _taken(limiter: Limiter, person: str, times: int) -> int:
    done = 0
    for _ in range(times):
        try:
            limiter.take(person)
        except TooManyRequests:
            continue
        done += 1
    return done


def test_a_minute_of_requests_at_once_and_then_a_steady_rate() -> None:
    """60 a minute: sixty at once, then one a second; never more than sixty saved up."""
    clock = Clock()
    limiter = Limiter(60, clock)
    assert 60 == _taken(limiter, "mette", 100)
    with pytest.raises(TooManyRequests) as refused:
        limiter.take("mette")
    assert 1 == refused.value.wait
    clock.now = 3.0
    assert 3 == _taken(limiter, "mette", 10)
    clock.now = 10_000.0
    assert 60 == _taken(limiter, "mette", 100)


def test_one_person_does_not_spend_anothers_and_zero_is_no_limit() -> None:
    """A bucket each."""
    limiter = Limiter(2, Clock())
    assert [2, 2] == [_taken(limiter, "mette", 5), _taken(limiter, "jonas", 5)]
    assert 1000 == _taken(Limiter(0, Clock()), "mette", 1000)


def test_memory_is_bounded() -> None:
    """The buckets that were used longest ago go."""
    limiter = Limiter(1, Clock())
    for number in range(MOST_PEOPLE + 10):
        limiter.take(str(number))
    assert 1 == _taken(limiter, "0", 1)
    assert 0 == _taken(limiter, str(MOST_PEOPLE), 1)


def test_the_api_says_when_to_try_again() -> None:
    """429 with Retry-After (RFC 6585 §4, RFC 9110 §10.2.3), the one error shape, and nobody else is kept out."""
    recorder = Recorder()
    asked = client(recorder, limiter=Limiter(2, Clock()))
    answers = [asked.post("/api/v1/checks", json=check_body(), headers=AS_METTE) for _ in range(3)]
    assert [200, 200, 429] == [item.status_code for item in answers]
    assert ("30", "too_many_requests") == (answers[2].headers["retry-after"], answers[2].json()["error"]["code"])
    assert 403 == asked.post("/api/v1/checks", json=check_body(), headers=AS_JONAS).status_code
    assert 2 == len(recorder.checks)


def _refused(hold: Hold, size: int) -> bool:
    try:
        hold.grow(size)
    except TooManyRequests:
        return True
    return False


def test_all_bodies_share_one_room() -> None:
    """What does not fit is asked to come back; what has been answered makes room again."""
    bodies = Bodies(budget=100)
    first, second = bodies.hold("mette"), bodies.hold("jonas")
    first.grow(40)
    second.grow(60)
    assert _refused(bodies.hold("karin"), 1)
    assert _refused(first, 41)
    first.release()
    first.release()
    assert not _refused(bodies.hold("karin"), 40)
    assert _refused(second, 61)


def test_a_person_has_four_large_bodies_and_any_small_ones() -> None:
    """However a body grows, and not at another's cost."""
    bodies = Bodies()
    mettes = [bodies.hold("mette") for _ in range(4)]
    for hold in mettes:
        hold.grow(1)
        hold.grow(LARGE + 1)
        hold.grow(LARGE + 2)
    late = bodies.hold("mette")
    assert not _refused(late, LARGE)
    assert _refused(late, LARGE + 1)
    assert not _refused(bodies.hold("jonas"), LARGE + 1)
    mettes[0].release()
    assert not _refused(late, LARGE + 1)


def test_a_body_without_room_is_429_and_an_answered_one_holds_none() -> None:
    """With the seconds to wait; each answer, good or bad, gives its room back."""
    recorder = Recorder()
    app = client(recorder, bodies=Bodies(budget=20_000))
    for _ in range(30):
        assert 200 == app.post("/api/v1/check", json=check_body(), headers=AS_METTE).status_code
        assert 400 == app.post("/api/v1/check", json={"x": "y" * 5000}, headers=AS_METTE).status_code
    full = app.post("/api/v1/check", json={"x": "y" * 30_000}, headers=AS_METTE)
    assert (429, "2", "too_many_requests") == (full.status_code, full.headers["Retry-After"], full.json()["error"]["code"])
