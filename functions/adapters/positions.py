"""Where a page of records ends, as text that every adapter writes and reads the same way.

The API seals these positions into opaque cursors; a position that cannot be read is the caller's doing.
"""

from __future__ import annotations

import re

from functions.domain.errors import CallerError
from functions.domain.records import MeterSample

LATEST_MS = 2**53
"""Later than any record: the upper bound of a list that has none."""

_OWNER = re.compile(r"(\d{1,15})#([0-9A-HJKMNP-TV-Z]{26})")
_ACTION = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_METER = re.compile(r"(\d{13})#(\d{8})")
_CHARGER = re.compile(r"([A-Za-z0-9_-]{1,64})\|([a-z]{4,7}(?:#\d{1,2})?)")


def owner_position(created_at_ms: int, session_id: str) -> str:
    """Position behind a session in its owner's list."""
    return f"{created_at_ms}#{session_id}"


def read_owner_position(position: str, *, from_ms: int, to_ms: int) -> tuple[int, str]:
    """Time of creation in epoch milliseconds, and session id; a position outside the list's bounds is not of it."""
    match = _matched(_OWNER, position)
    created_at_ms = int(match.group(1))
    if not from_ms <= created_at_ms <= to_ms:
        raise _foreign()
    return created_at_ms, match.group(2)


def due_position(due_at_ms: int, session_id: str) -> str:
    """Position behind a session in its shard's list of open work."""
    return f"{due_at_ms}#{session_id}"


def read_due_position(position: str) -> tuple[int, str]:
    """Deadline in epoch milliseconds, and session id."""
    match = _matched(_OWNER, position)
    return int(match.group(1)), match.group(2)


def read_action_position(position: str) -> str:
    """The id of an act in the book of what operators did."""
    return _matched(_ACTION, position).group()


def meter_position(sample: MeterSample) -> str:
    """Position behind a sample in its session's curve."""
    return f"{sample.at_ms:013d}#{sample.seq:08d}"


def read_meter_position(position: str) -> tuple[int, int]:
    """Time in epoch milliseconds, and number."""
    match = _matched(_METER, position)
    return int(match.group(1)), int(match.group(2))


def charger_position(charger_id: str, last_item: str) -> str:
    """Position behind a charger and the last of its items."""
    return f"{charger_id}|{last_item}"


def read_charger_position(position: str) -> tuple[str, str]:
    """Charger id, and its last item."""
    match = _matched(_CHARGER, position)
    return match.group(1), match.group(2)


def _foreign() -> CallerError:
    return CallerError("invalid_request", "cursor: not one of this list.")


def _matched(pattern: re.Pattern[str], position: str) -> re.Match[str]:
    match = pattern.fullmatch(position)
    if match is None:
        raise _foreign()
    return match
