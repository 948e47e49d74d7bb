"""What a driver's stop came to, told once for each stop: what the objectives for stops go by (ADR 0022). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from functions.domain.patience import Patience
from functions.domain.records import IntentStatus, SessionRecord

QUICK_MS = 5_000
"""A stop that took longer was not quick, in milliseconds: whoever stands at the car begins to doubt. The whole path
takes well under one second (docs/performance.md); the rest is for slow contactors and mobile lines."""


class StopOutcome(StrEnum):
    """What a stop came to."""

    DONE = "done"
    """The charger measured that no power flows, or the session ended, within the patience."""
    LATE = "late"
    """The same, after it, and before the sweeper had noted it as overdue."""
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StopTold:
    """The outcome of one stop, and the milliseconds from the request until the cloud heard of it."""

    outcome: StopOutcome
    took_ms: int

    @property
    def quick(self) -> bool:
        """Whether it was done as fast as a driver may expect."""
        return self.outcome is StopOutcome.DONE and self.took_ms <= QUICK_MS


def stop_told(
    before: SessionRecord, after: SessionRecord, *, received_at_ms: int, patience: Patience
) -> StopTold | None:
    """What a change of the record has told of its stop; None if the outcome is not known yet, or was told before.

    The first word counts: the charger's answer, or the end of the session. A stop that the sweeper noted as overdue was
    counted then, whatever comes later; one that its driver withdrew has no outcome. At most once: what fails between
    the write and the count is not counted when its message comes again.
    """
    stop, now = before.stop, after.stop
    if stop is None or now is None or not stop.status.in_force:
        return None
    if stop.overdue_at_ms is not None or before.end is not None:
        return None
    took_ms = max(received_at_ms - stop.requested_at_ms, 0)
    if after.end is not None or now.status is IntentStatus.DONE:
        in_time = took_ms <= patience.ack_timeout_s * 1000
        return StopTold(StopOutcome.DONE if in_time else StopOutcome.LATE, took_ms)
    if now.status in (IntentStatus.REFUSED, IntentStatus.FAILED):
        return StopTold(StopOutcome(now.status.value), took_ms)
    return None
