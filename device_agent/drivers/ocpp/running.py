"""What a charger says of a connector, and the transaction that is open on it. Pure; units: monotonic seconds, watts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from contract.vocabulary import EndReason
from device_agent.facts import POWER_ZERO_W

MISSED_END_S = 30.0
"""A charger that says "not charging" has this long to say that the transaction is over; the message may stand behind
others in its queue, and chargers send one at a time."""

RESTARTED_S = 90.0
"""A charger that has restarted, and whose status leaves open whether the transaction goes on, has this long to speak of
it: three times the usual interval of its meter values."""

AFTER_STOP_S = 3.0
"""The same after a stop it has accepted: the driver of the car waits for this one, and it is what was asked for."""


class Status(StrEnum):
    """What a charger says of a connector, in the words of 1.6; 2.0.1 says it in two messages."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED = "Suspended"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


PLUGGED = {
    Status.AVAILABLE: False,
    Status.PREPARING: True,
    Status.CHARGING: True,
    Status.SUSPENDED: True,
    Status.FINISHING: True,
    Status.RESERVED: False,
}
"""What a status says of the cable; those that are missing say nothing."""

IDLE = (Status.AVAILABLE, Status.FINISHING)
"""These contradict an open transaction."""

GOES_ON = (Status.CHARGING, Status.SUSPENDED)
"""These confirm it."""


@dataclass(frozen=True, slots=True)
class Running:
    """The transaction that is open."""

    transaction_id: str
    mark: str = ""
    session_id: str = ""
    refused: bool = False
    """Whether the agent does not want it: it has to be ended."""
    asked: bool = False
    """Whether we have asked the charger to end it."""
    stopping_s: float | None = None
    """When the charger accepted our stop of it."""
    zero_s: float | None = None
    """Since when no power is measured, after that stop."""
    insists: bool = False
    """Whether the charger has said since that stop that it charges."""
    idle_s: float | None = None
    """Since when the charger's own status contradicts it."""
    booted: bool = False
    """Whether the charger has restarted since, and has not said that it goes on."""
    named: bool = False
    """Whether the charger has spoken of it by its id, and so knows that."""
    ahead_s: float = -inf
    """How far the charger's clock is ahead of ours, as its measurements have shown: they come late, and never early."""
    waits_for_car: bool = False
    """Whether it began before a cable was plugged in (2.0.1), so that a free connector does not contradict it."""

    def told_status(self, status: Status, now_s: float, *, plugged: bool) -> Running:
        """After a status of its connector."""
        insists = self.stopping_s is not None and status is Status.CHARGING
        if status in GOES_ON:
            return replace(self, idle_s=None, booted=False, waits_for_car=False, insists=insists)
        if self.waits_for_car:
            return replace(self, waits_for_car=not plugged)
        if (status in IDLE or self.booted) and self.idle_s is None:
            return replace(self, idle_s=now_s)
        return self

    def measured(self, power_w: int | None, now_s: float, at: int | None = None) -> Running:
        """After a measurement: behind our stop, no power is what the end looks like.

        `at` is when it was taken by the charger's clock, in whole epoch seconds: chargers queue what they measured.
        """
        ahead_s = self.ahead_s if at is None else max(self.ahead_s, at - now_s)
        old = at is not None and self.stopping_s is not None and at + 1 < self.stopping_s + ahead_s
        if power_w is None or old:
            return replace(self, ahead_s=ahead_s)
        if self.stopping_s is None or power_w > POWER_ZERO_W:
            return replace(self, ahead_s=ahead_s, zero_s=None)
        return replace(self, ahead_s=ahead_s, zero_s=now_s if self.zero_s is None else self.zero_s)

    def spoken_of(self) -> Running:
        """After the charger has spoken of it as one that runs."""
        return replace(self, named=True, booted=False, idle_s=None if self.booted else self.idle_s)

    def reconnected(self, now_s: float) -> Running:
        """After a time in which the charger could say nothing: every grace begins anew."""
        idle_s = None if self.idle_s is None else now_s
        stopping_s = None if self.stopping_s is None else now_s
        return replace(self, idle_s=idle_s, stopping_s=stopping_s, zero_s=None)

    def overdue(self, status: Status | None, now_s: float) -> bool:
        """Whether it must be over, although the charger has not said so."""
        stopping_s = self.stopping_s
        if self.idle_s is not None:
            since_s = self.idle_s if stopping_s is None else max(self.idle_s, stopping_s)
            missed_s = MISSED_END_S if status in IDLE else RESTARTED_S
            if now_s - since_s >= (missed_s if stopping_s is None else AFTER_STOP_S):
                return True
        return self.zero_s is not None and not self.insists and now_s - self.zero_s >= AFTER_STOP_S

    def why_over(self, status: Status | None, *, plugged: bool) -> EndReason:
        """Why it is over, if nobody says."""
        if self.stopping_s is not None:
            return EndReason.REMOTE
        if self.booted:
            return EndReason.POWER_LOSS
        if not plugged:
            return EndReason.EV_DISCONNECTED
        return EndReason.LOCAL if status is Status.FINISHING else EndReason.OTHER
