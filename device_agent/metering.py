"""What the meter says: a register that never falls, whether power flows, and when a meter event is due."""

from __future__ import annotations

from dataclasses import dataclass, replace

from device_agent.facts import POWER_ZERO_W

JUMP_AT_MOST_WH = 2_000_000
"""A register that has risen by more from one value to the next has been swapped, or shows junk: a charger that was cut
off tells a whole session in one breath, and that is one battery. The largest, of lorries, hold half."""

METER_EVERY_S = 60.0
"""A 4 h session is 240 events, and one more for every change of power: a curve fine enough for a bill. Every 30 s would
nearly double what a session costs (ADR 0024); what needs more asks for it, with a hint."""

METER_WATCHED_S = 2.0
"""While somebody looks at the session, or its target of energy is near."""

METER_AT_MOST_S = 2.0
"""However often power changes, no oftener than this."""

POWER_CHANGE = 0.05
"""A change of power by this share of the last value sent is worth an event of its own."""

POWER_CHANGE_LEAST_W = 100
"""Below this a change is noise: at 1,380 W, the least a car draws, 5 % is 69 W."""

RESUME_POWER_W = 200
"""Above this a paused session charges again. Four times the limit of "no power", so that noise at either does not flip
the state; a seventh of the least a car draws."""

SUSPEND_AFTER_S = 10.0
"""Power must be gone this long before a session counts as paused: cars pause for seconds to switch phases."""


@dataclass(frozen=True, slots=True)
class Register:
    """The hardware's energy register, made continuous. Units: watt-hours."""

    raw_wh: int | None
    offset_wh: int

    @property
    def wh(self) -> int:
        """Energy that never falls."""
        return (self.raw_wh or 0) + self.offset_wh

    def read(self, raw_wh: int | None, *, counting: bool = False) -> Register:
        """After reading the hardware's register; if it fell or jumped, it was reset, and goes on from where it was.

        Args:
            raw_wh: what it says; None if it was not told.
            counting: whether a session counts by it: then a first reading is where it starts from, not what it drew.
        """
        if raw_wh is None:
            return self
        if self.raw_wh is None:
            return Register(raw_wh, self.wh - raw_wh if counting else self.offset_wh)
        follows = 0 <= raw_wh - self.raw_wh <= JUMP_AT_MOST_WH
        return Register(raw_wh, self.offset_wh if follows else self.wh - raw_wh)

    def at_least(self, wh: int) -> Register:
        """Raised to what a session is known to have drawn, when what earlier resets took away is forgotten."""
        return Register(self.raw_wh, self.offset_wh + max(0, wh - self.wh))


@dataclass(frozen=True, slots=True)
class Flow:
    """Whether a session draws power, with hysteresis in level and time. Units: monotonic seconds."""

    paused: bool = False
    low_since_s: float | None = None

    def read(self, power_w: int, mono_s: float) -> Flow:
        """After reading the power."""
        if power_w >= RESUME_POWER_W:
            return Flow()
        if power_w > POWER_ZERO_W:
            return replace(self, low_since_s=None)
        since_s = mono_s if self.low_since_s is None else self.low_since_s
        return Flow(self.paused or mono_s - since_s >= SUSPEND_AFTER_S, since_s)


@dataclass(frozen=True, slots=True)
class Cadence:
    """The meter event sent last: what the next one is measured against. Units: monotonic seconds, watts."""

    sent_s: float
    power_w: int

    def due(self, power_w: int, mono_s: float, *, watched: bool) -> bool:
        """Whether a meter event is due now."""
        gone_s = mono_s - self.sent_s
        if gone_s < METER_AT_MOST_S:
            return False
        if gone_s >= (METER_WATCHED_S if watched else METER_EVERY_S):
            return True
        return abs(power_w - self.power_w) >= max(self.power_w * POWER_CHANGE, POWER_CHANGE_LEAST_W)
