"""From the click on Send to the answer: the very event code in a context of its own that loads the script first, against the demo world.

Needs Node.js. The pace of the first lines is 20 sends a second; the last is one mail with an attachment of 10 MB. Budgets of the product:
p95 500 ms, p99 1 s; with the attachment 2 s. Outlook itself, its token and its reading of the mail are not in it.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx

from check_over_http import SENDER, demo

HERE = Path(__file__).parent
MAILS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("to a colleague, ordinary", {"to": ["jonas.friis@nordlys.example"], "body": "Vi ses i morgen.", "count": 400, "every": 50}),
    (
        "outside, enforced TLS, silent",
        {"to": ["anna.lund@fynskpension.example"], "body": "Månedsløn: 45.000 kr.", "count": 400, "every": 50},
    ),
    ("outside, held", {"to": ["bo.madsen@postkasse.example"], "body": "CPR-nummer: 010190-1233", "count": 400, "every": 50}),
    ("10 MB attached", {"to": ["jonas.friis@nordlys.example"], "body": "Se filen.", "count": 10, "every": 3000, "attachment": 10_000_000}),
)


def main() -> None:
    """Print the table."""
    with demo() as (url, _):
        made = httpx.post(f"{url}/playground/api/identity", json={"address": SENDER}, trust_env=False, timeout=30).raise_for_status()
        token = made.json()["token"]
        print(f"{'mail':32} {'sends':>6} {'median':>9} {'p95':>9} {'p99':>9}   outcome")
        for name, wish in MAILS:
            given = json.dumps({"origin": url, "token": token, **wish})
            ran = subprocess.run(
                ["node", str(HERE / "event_code.mjs")], input=given, capture_output=True, text=True, timeout=300, check=True
            )
            found = json.loads(ran.stdout)
            times = sorted(item["milliseconds"] for item in found)
            median, p95, p99 = (times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 0.99))
            outcomes = {"allowed" if item["allowed"] else json.loads(item["reason"])["reason"] for item in found}
            print(f"{name:32} {len(found):6} {median:6.0f} ms {p95:6.0f} ms {p99:6.0f} ms   {', '.join(sorted(outcomes))}")


if __name__ == "__main__":
    main()
