"""What becomes of meter values that cannot be sent for long: fewer of them, spread evenly over the sessions."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

log = logging.getLogger(__name__)

METERS_WAITING = 1000
"""Meter events that may wait in the outbox: sixteen hours of one session at one every 60 s, or a week offline with 70
sessions of some 12 points each. 300 KB."""


def thin(db: sqlite3.Connection) -> None:
    """While too many meter values wait, the session with the most loses half of them.

    So every curve keeps its whole length, and the oldest as much detail as the newest.
    """
    (waiting,) = db.execute("SELECT count(*) FROM outbox WHERE type = 'meter'").fetchone()
    while waiting > METERS_WAITING:
        ((session_id, _),) = db.execute(
            "SELECT session_id, count(*) AS points FROM outbox WHERE type = 'meter' GROUP BY session_id"
            " ORDER BY points DESC LIMIT 1"
        )
        query = "SELECT number, payload FROM outbox WHERE type = 'meter' AND session_id = ? ORDER BY number"
        numbers, payloads = zip(*db.execute(query, (session_id,)), strict=True)
        gone = [numbers[place] for place in superfluous([json.loads(payload)["at"] for payload in payloads])]
        db.executemany("DELETE FROM outbox WHERE number = ?", [(number,) for number in gone])
        waiting -= len(gone)
        log.info("meter events thinned", extra={"session": session_id, "left": waiting})


def superfluous(times: Sequence[int]) -> list[int]:
    """The places of the times to leave out: all but the first in each of as many equal spans as half their number.

    Times that were thinned before are so thinned no further than those that came after.
    """
    spans = max(1, len(times) // 2)
    span_s = (times[-1] - times[0] + 1) / spans
    taken: set[int] = set()
    out = []
    for place, at in enumerate(times):
        span = int((at - times[0]) / span_s)
        if span in taken:
            out.append(place)
        taken.add(span)
    return out
