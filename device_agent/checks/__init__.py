"""What `charger-agent doctor` looks at. Each check is a function from the settings to what it found.

`board` is about files and storage, `network` about the way to the cloud, `agent` about the running agent and its
charger.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "OK"
    WARN = "WARN"
    """It works, and will not for ever, or cannot be seen from here."""
    FAIL = "FAIL"
    """It does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    level: Level
    subject: str
    text: str
    advice: str = ""
    """What to do about it."""


def fine(subject: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(Level.OK, subject, text)


def doubtful(subject: str, text: str, advice: str) -> Finding:
    """It works, and will not for ever."""
    return Finding(Level.WARN, subject, text, advice)


def broken(subject: str, text: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(Level.FAIL, subject, text, advice)
