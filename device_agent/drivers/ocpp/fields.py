"""Fields of messages, read leniently: chargers break the schemas, and what can be understood is. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

Fields = Mapping[str, Any]

TEXT_AT_MOST = 255
"""The longest text of either version that is of use here."""

CLOCK_SET_S = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
"""A clock that shows less has never been set: many start in 1970. It has said nothing."""


def text(fields: Fields, key: str) -> str:
    """A text; empty if there is none. What is no character at all, half a pair above all, becomes a question mark."""
    value = fields.get(key)
    return value[:TEXT_AT_MOST].encode(errors="replace").decode() if isinstance(value, str) else ""


def number(fields: Fields, key: str) -> int | None:
    """A whole number, also one that is written as text or with decimals; None if there is none."""
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return round(float(value))
    except (ValueError, OverflowError):
        return None


def part(fields: Fields, key: str) -> Fields:
    """An object within; empty if there is none."""
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def parts(fields: Fields, key: str) -> list[Fields]:
    """A list of objects; a single object counts as a list of one."""
    value = fields.get(key)
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]


def when(raw: str) -> int | None:
    """Epoch seconds of a timestamp; None if it cannot be read or if the clock was not set."""
    try:
        read = datetime.fromisoformat(raw.strip())
        at = int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    return at if at >= CLOCK_SET_S else None


def samples(fields: Fields, key: str) -> tuple[list[Fields], list[Fields]]:
    """The sampled values in a list of meter values: those of a running transaction, and those of its end."""
    running: list[Fields] = []
    closing: list[Fields] = []
    for value in parts(fields, key):
        for sample in parts(value, "sampledValue"):
            (closing if sample.get("context") == "Transaction.End" else running).append(sample)
    return running, closing


def taken_at(fields: Fields, key: str) -> int | None:
    """When the newest of a list of meter values was measured, by the charger's clock; None if it does not say."""
    told = (when(text(value, "timestamp")) for value in parts(fields, key))
    return max((at for at in told if at is not None), default=None)


def mark(told: Iterable[object]) -> str:
    """Names a message by what it says, so that its repetition has the same name: 32 hex digits."""
    return hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:32]


def positive_31_bits(name: str) -> int:
    """A number that belongs to this name, from 1 to 2³¹ - 1: what every charger can keep as an id."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % (2**31 - 1) + 1
