"""What is on record about one session, read in a bounded number of calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from functions.domain.ports import Chargers, Clock, Sessions
    from functions.domain.records import Charger, MeterSample, SessionRecord

SAMPLES_PER_READ = 500
READS_AT_MOST = 20
"""Of samples: ten thousand of them are a week at one every 60 s."""


@dataclass(frozen=True, slots=True)
class Records:
    """A session, its charger, its samples, and the time at which they were read (epoch milliseconds)."""

    session: SessionRecord
    charger: Charger | None
    samples: tuple[MeterSample, ...]
    more_samples: bool
    """Whether there are samples beyond those that were read."""
    now_ms: int


def gather(session_id: str, *, sessions: Sessions, chargers: Chargers, clock: Clock) -> Records | None:
    """What is on record; None if there is no such session."""
    session = sessions.get(session_id)
    if session is None:
        return None
    samples: list[MeterSample] = []
    cursor: str | None = None
    for _ in range(READS_AT_MOST):
        page = sessions.meter_samples(session_id, limit=SAMPLES_PER_READ, cursor=cursor)
        samples += page.items
        cursor = page.cursor
        if cursor is None:
            break
    return Records(session, chargers.get(session.charger_id), tuple(samples), cursor is not None, clock())
