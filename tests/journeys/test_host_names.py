"""The running demo answers under loopback names only, on both of its ports."""

from __future__ import annotations

from pathlib import Path

import httpx

from demo_world import running


def test_the_demo_refuses_foreign_names(tmp_path: Path) -> None:
    """DNS rebinding: no page, no API and no simulator page under another name, with whatever stands before an @."""
    with running(tmp_path / "data") as world:
        places = [world.url + path for path in ("/", "/console", "/log", "/playground", "/healthz", "/static/base.css")]
        places.append(world.exchange + "/sandbox/journal")
        for place in places:
            answers = [
                httpx.get(place, headers={"Host": host}, trust_env=False, timeout=20).status_code
                for host in ("localhost:1", "[::1]", "evil.example", "evil@127.0.0.1", "127.0.0.1.evil.example")
            ]
            assert [200, 200, 421, 421, 421] == answers, place
