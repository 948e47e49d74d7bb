"""When a session is to be stopped because the target that its driver gave it is reached: pure (ADR 0021).

One stop is asked for. A driver who takes it back has ended the target; one that the charger could not carry out is
asked for a few times more, and then left to people. Times in epoch milliseconds UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.vocabulary import RequestedBy
from functions.domain.outlook import energy_wh
from functions.domain.records import IntentRecord, IntentStatus, SessionPhase, SessionRecord

TARGET_ENERGY = "target_energy"
TARGET_DURATION = "target_duration"

TRIES = 3
"""Stops asked for at one target, if the charger refuses or fails: what three did not bring about, a fourth does not."""

S_PER_HOUR = 3600

PAUSE_MS = 60_000
"""Between them: what is wrong with a contactor or a line is not over in seconds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A stop that is wanted from a time on, and why: one of the two codes above."""

    at_ms: int
    why: str


def next_stop(session: SessionRecord) -> Wish | None:
    """The stop that the target asks for next, as far as can be known now; None if it asks for none."""
    if session.phase is not SessionPhase.ACTIVE or _satisfied(session):
        return None
    wishes = [wish for wish in (_by_energy(session), _by_duration(session)) if wish is not None]
    if not wishes:
        return None
    first = min(wishes, key=lambda wish: wish.at_ms)
    stop = session.stop
    if stop is None or not _by_target(stop):
        return first
    return Wish(max(first.at_ms, stop.updated_at_ms + PAUSE_MS), first.why)


def reached(session: SessionRecord, *, now_ms: int) -> str:
    """Why the session is to be stopped now, or empty if it is not."""
    wish = next_stop(session)
    return wish.why if wish is not None and wish.at_ms <= now_ms else ""


def nears_energy(session: SessionRecord, *, within_s: int) -> bool:
    """Whether the energy that is wanted will be delivered within this long, at the power of the last sample."""
    wanted_wh, delivered_wh = session.target.energy_wh if session.target else None, energy_wh(session)
    if session.phase is not SessionPhase.ACTIVE or wanted_wh is None or delivered_wh is None or _satisfied(session):
        return False
    return 0 < (wanted_wh - delivered_wh) * S_PER_HOUR <= within_s * (session.power_w or 0)


def _satisfied(session: SessionRecord) -> bool:
    """Whether a stop is under way already, the driver has ended the target, or enough has been tried."""
    stop = session.stop
    if stop is not None and (stop.status.in_force or stop.status is IntentStatus.DONE):
        return True
    asked = [it for it in (*session.past_stops, *((stop,) if stop else ())) if _by_target(it)]
    return len(asked) >= TRIES or any(it.status is IntentStatus.WITHDRAWN for it in asked)


def _by_target(stop: IntentRecord) -> bool:
    return stop.by is RequestedBy.AUTOMATIC and stop.why in (TARGET_ENERGY, TARGET_DURATION)


def _by_energy(session: SessionRecord) -> Wish | None:
    wanted_wh, delivered_wh = session.target.energy_wh if session.target else None, energy_wh(session)
    if wanted_wh is None or delivered_wh is None or delivered_wh < wanted_wh:
        return None
    # What is delivered is due at once. The time of its sample is the charger's, whose clock may be minutes fast.
    return Wish(session.started_at_ms or session.created_at_ms, TARGET_ENERGY)


def _by_duration(session: SessionRecord) -> Wish | None:
    duration_s = session.target.duration_s if session.target else None
    if duration_s is None or session.started_at_ms is None:
        return None
    return Wish(session.started_at_ms + duration_s * 1000, TARGET_DURATION)
