"""Which chargers ought to have renewed their certificate by now, by what the list of boards knows.

A certificate's life is the agent's to set (ADR 0013): AWS IoT lets it be used until 2049, and has no warning to give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from functions.domain.ports import Clock
from functions.domain.provisioning import SerialRecord

RENEWED_AFTER_DAYS = 501
"""Past this a renewal has failed for two weeks: the agent begins at two thirds of the 730 days that its settings give a
certificate (`identity.certificate_days`), and tries at least once a day."""

DAY_MS = 86_400_000
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


class BoardList(Protocol):
    """The list of boards, as a whole."""

    def every(self) -> list[SerialRecord]:
        """All boards on it, as they were a moment ago."""


def renewal_overdue(board: SerialRecord, *, now_ms: int) -> bool:
    """Whether this board's charger should have asked for a new certificate, and been given one, and has not."""
    if not board.claimed:
        return False
    since_ms = max(board.claimed_at_ms or 0, board.renewed_at_ms or 0)
    return now_ms - since_ms > RENEWED_AFTER_DAYS * DAY_MS


@dataclass(frozen=True, slots=True)
class Renewals:
    """Looks through the list once an hour, for the sweeper wakes every minute."""

    boards: BoardList
    clock: Clock

    def overdue(self) -> list[str] | None:
        """The chargers whose renewal is overdue; None in the other 59 minutes of an hour.

        Raises:
            TemporaryError: the list is out of reach.
        """
        now_ms = self.clock()
        if now_ms % HOUR_MS >= MINUTE_MS:
            return None
        return sorted(board.charger_id for board in self.boards.every() if renewal_overdue(board, now_ms=now_ms))
