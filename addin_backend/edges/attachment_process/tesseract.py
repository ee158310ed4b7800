"""Character recognition with tesseract: a picture in on standard input, its words out on standard output, and no file of it anywhere."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

LANGUAGES = ("dan", "eng")
SECONDS = 60.0  # the deadline of the whole attachment is shorter before a send
_ENVIRONMENT = {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}


class NoWords(Exception):
    """tesseract could not read the picture. ``reason`` is a word of UnreadablePart."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Tesseract:
    """The program at ``path`` with its ``languages``, such as "dan+eng"."""

    path: str
    languages: str

    def __call__(self, picture: bytes) -> str:
        """The words in a picture. Raises NoWords."""
        command = [self.path, "-", "-", "-l", self.languages, "--psm", "3"]
        try:
            done = subprocess.run(command, input=picture, capture_output=True, env=_ENVIRONMENT, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise NoWords("too_slow") from None
        except OSError:
            raise NoWords("failed") from None
        if done.returncode != 0:
            raise NoWords("damaged")
        return done.stdout.decode("utf-8", "replace")


def find(path: str) -> Tesseract | None:
    """The program with those of our languages that it has; None when it has none or cannot be run."""
    try:
        done = subprocess.run([path, "--list-langs"], capture_output=True, env=_ENVIRONMENT, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    have = done.stdout.decode("utf-8", "replace").split()
    languages = "+".join(item for item in LANGUAGES if item in have)
    return Tesseract(path, languages) if languages else None
