"""Times as OCPP writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(at: float) -> str:
    """RFC 3339 of epoch seconds, to the millisecond, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
