#!/usr/bin/env python3
"""Take mails that are to go as a secure page instead out of a Postfix queue, and say which certainly will not arrive.

Runs on the relay, as root (cron). One file; needs Python 3.11 and Postfix 3.1 or newer. It shares no code with the product on purpose.

    ssh backend addin-backend transport withdrawals | withdraw_from_postfix.py --answers /var/lib/withdrawn.csv
    scp /var/lib/withdrawn.csv backend: && ssh backend addin-backend transport delivered withdrawn.csv

Reads a JSON line for each mail: {"message_id": "<…>", "recipients": ["…"]}. Writes rows of CSV (message_id, recipient, status, date) to
standard output, and adds them to the file of --answers. Exit 0: all that could be done is done. 1: Postfix did not answer. 2: usage.

A queue file is moved from *deferred* to *hold* first. Postfix does that by renaming it, and a delivery needs the file in *active*: so a
mail that is on hold is not being delivered, and only then it is deleted. A file with other recipients left in it is let go again. What is
being delivered just now is left for the next run, without a row. What is in no queue may have been delivered: not_withdrawn.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HEADER = ("message_id", "recipient", "status", "date")
TIMEOUT = 60  # seconds for one of Postfix's programs
AGAIN = 1.0  # seconds before a second look: a file on its way between two queues is in neither


class NoAnswer(Exception):
    """One of Postfix's programs failed."""


@dataclass(frozen=True)
class Entry:
    """A queue file: where it lies, and who has not got it yet."""

    queue: str
    queue_id: str
    left: frozenset[str]


def postfix(config: str, program: str, *arguments: str) -> str:
    """What a program says. Raises NoAnswer."""
    chosen = ["-c", config] if config else []
    try:
        done = subprocess.run(
            [program, *chosen, *arguments], capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAnswer(program) from error
    if done.returncode:
        raise NoAnswer(f"{program}: {done.stderr.strip()[:200]}")
    return done.stdout


def entries(config: str) -> list[Entry]:
    """Everything that lies in the queues (`postqueue -j`)."""
    found = [json.loads(line) for line in postfix(config, "postqueue", "-j").splitlines() if line.strip()]
    return [Entry(one["queue_name"], one["queue_id"], frozenset(who["address"].lower() for who in one["recipients"])) for one in found]


def message_id(config: str, queue_id: str) -> str:
    """The Message-ID in a queue file's header, or "" when the file is gone."""
    try:
        head = postfix(config, "postcat", "-hq", queue_id)
    except NoAnswer:
        return ""
    lines = head.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.lower().startswith("message-id:")), "")


def _lying(config: str, queue_id: str) -> Entry | None:
    return next((one for one in entries(config) if one.queue_id == queue_id), None)


def take_out(config: str, entry: Entry, wanted: frozenset[str]) -> dict[str, str]:
    """What became of the recipients left in a queue file; nothing for a file that is being delivered now."""
    if entry.queue == "deferred":
        postfix(config, "postsuper", "-h", entry.queue_id, "deferred")
    held = _lying(config, entry.queue_id)
    if held is None or held.queue != "hold":
        return {}
    if not held.left <= wanted:
        if entry.queue == "deferred":  # we put it there
            postfix(config, "postsuper", "-H", entry.queue_id)
        return dict.fromkeys(held.left & wanted, "not_withdrawn")
    postfix(config, "postsuper", "-d", entry.queue_id, "hold")
    return dict.fromkeys(held.left, "withdrawn") if _lying(config, entry.queue_id) is None else {}


def _found(config: str, wanted: dict[str, frozenset[str]]) -> dict[str, list[Entry]]:
    """The queue files of each mail; only files that hold somebody who is asked for are opened."""
    everybody = frozenset().union(*wanted.values())
    found: dict[str, list[Entry]] = {}
    for entry in entries(config):
        if entry.left & everybody:
            found.setdefault(message_id(config, entry.queue_id), []).append(entry)
    return found


def withdraw(config: str, wanted: dict[str, frozenset[str]]) -> list[tuple[str, str, str]]:
    """(Message-ID, recipient, status) for all about whom something is known now."""
    rows: list[tuple[str, str, str]] = []
    before = _found(config, wanted)
    time.sleep(AGAIN)
    lying = _found(config, wanted)
    for mail, recipients in wanted.items():
        taken = [(entry.left, take_out(config, entry, recipients)) for entry in lying.get(mail, [])]
        seen = frozenset[str]().union(*(entry.left for entry in before.get(mail, [])))
        for who in sorted(recipients):
            said = {states.get(who, "") for left, states in taken if who in left}
            state = together(said) if said else "" if who in seen else "not_withdrawn"
            rows += [(mail, who, state)] if state else []
    return rows


def together(said: set[str]) -> str:
    """What several queue files with the same mail to the same recipient come to: withdrawn only when each of them is."""
    return "not_withdrawn" if "not_withdrawn" in said else "withdrawn" if said == {"withdrawn"} else ""


def read(lines: Iterable[str]) -> dict[str, frozenset[str]]:
    """What is asked for. Raises ValueError, KeyError, TypeError."""
    asked: list[dict[str, Any]] = [json.loads(line) for line in lines if line.strip()]
    return {one["message_id"]: frozenset(who.lower() for who in one["recipients"]) for one in asked}


def write(rows: list[tuple[str, str, str]], answers: str) -> None:
    """To standard output, and behind what the file of answers holds."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((*row, now) for row in rows)
    head = ",".join(HEADER) + "\n"
    if answers:
        with Path(answers).open("a", encoding="utf-8") as file:
            file.write(text.getvalue() if file.tell() else head + text.getvalue())
            file.flush()
            os.fsync(file.fileno())
    sys.stdout.write(head + text.getvalue())


def main(arguments: list[str]) -> int:
    """0, 1 or 2."""
    parser = argparse.ArgumentParser(prog="withdraw_from_postfix.py", description="Take mails out of a Postfix queue.")
    parser.add_argument("--answers", default="", help="file that the rows are added to")
    parser.add_argument("--config", default="", help="Postfix's configuration directory (its own default otherwise)")
    given = parser.parse_args(arguments)
    try:
        wanted = read(sys.stdin)
    except (ValueError, KeyError, TypeError, AttributeError):
        print("Standard input holds no lines of `transport withdrawals`.", file=sys.stderr)
        return 2
    try:
        write(withdraw(given.config, wanted) if wanted else [], given.answers)
    except NoAnswer as error:
        print(f"Postfix did not answer: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
