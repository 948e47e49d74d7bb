"""The physics of simulated EVSEs: plug, cable lock, contactor, power ramp, energy meter, and faults to switch on.

Pure: every method is told the time, in seconds of the plant's own clock, which may run faster than the world's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import DriverRefused, Observation

if TYPE_CHECKING:
    from collections.abc import Callable

RAMP_S = 3.0
"""From contactor closed to full power. Cars take 2 to 5 s after the charger offers current (IEC 61851-1, state C)."""

JOULES_PER_WH = 3600.0


class Fault(StrEnum):
    """What can be broken on purpose."""

    REFUSES_TO_OPEN = "refuses_to_open"
    """The hardware answers a stop with a refusal."""
    REFUSES_TO_CLOSE = "refuses_to_close"
    """The hardware answers a start with a refusal."""
    CONTACTOR_WELDED = "contactor_welded"
    """A stop is accepted, yet the contactor stays closed."""
    POWER_KEEPS_FLOWING = "power_keeps_flowing"
    """The contactor reads open, yet power flows on."""
    CABLE_STUCK = "cable_stuck"
    """The lock does not let go of the cable."""
    SILENT = "silent"
    """The hardware answers the agent nothing at all."""
    FAULTED = "faulted"
    """The EVSE is broken: a running session ends, none can start."""
    UNAVAILABLE = "unavailable"
    """The EVSE is out of service on purpose."""


@dataclass
class Draw:
    """Power that climbs steadily from a level to a target, and what it has delivered: exact at any clock speed.

    Units: `from_w`, `to_w` in watts, `since_s` and `ramp_s` in seconds of the plant's clock.
    """

    since_s: float
    from_w: float
    to_w: float
    ramp_s: float

    def power_w(self, now_s: float) -> float:
        """The power drawn now, in watts."""
        gone = now_s - self.since_s
        if gone >= self.ramp_s:
            return self.to_w
        return self.from_w + (self.to_w - self.from_w) * gone / self.ramp_s

    def joules(self, now_s: float) -> float:
        """The energy delivered since the climb began: the integral, not a sum of samples."""
        gone = now_s - self.since_s
        climbing = min(gone, self.ramp_s)
        reached_w = self.power_w(self.since_s + climbing)
        return climbing * (self.from_w + reached_w) / 2 + (gone - climbing) * self.to_w


@dataclass
class SimulatedEvse:
    """One EVSE of hardware. Units: `max_power_w` in watts, `car_limit_w` what the car takes at most."""

    max_power_w: int
    plugged: bool = False
    wall_clock: Callable[[], float] = field(default=lambda: 0.0)
    """Epoch seconds, only to stamp the log of actions."""
    contactor_closed: bool = False
    locked: bool = False
    emergency: bool = False
    car_limit_w: int | None = None
    faults: set[Fault] = field(default_factory=set)
    opened_because: EndReason | None = None
    opens: int = 0
    closes: int = 0
    taps: list[str] = field(default_factory=list)
    """Cards that were held to the reader and that nobody has taken up yet."""
    display: str = ""
    """What the charger shows to the person before it."""
    log: list[dict[str, object]] = field(default_factory=list)
    _draw: Draw | None = None
    _joules: float = 0.0
    _register_zero: float = 0.0
    """The joules at which the register was reset last."""

    def observe(self, now_s: float) -> Observation:
        """What the hardware's sensors say."""
        faulted = self.emergency or Fault.FAULTED in self.faults
        return Observation(
            plugged=self.plugged,
            cable=self._cable(),
            contactor_closed=self.contactor_closed,
            power_w=round(self._draw.power_w(now_s)) if self._draw else 0,
            meter_wh=int((self.joules(now_s) - self._register_zero) / JOULES_PER_WH),
            available=Fault.UNAVAILABLE not in self.faults,
            faulted=faulted,
            error="emergency_stop" if self.emergency else "internal_fault" if faulted else "",
            opened_because=self.opened_because,
        )

    def joules(self, now_s: float) -> float:
        """All energy ever delivered; a reset of the register does not change it."""
        return self._joules + (self._draw.joules(now_s) if self._draw else 0.0)

    def start(self, now_s: float) -> None:
        """Lock the cable and close the contactor."""
        if not self.plugged:
            raise DriverRefused("no cable is plugged in")
        if self.emergency or self.faults & {Fault.FAULTED, Fault.UNAVAILABLE, Fault.REFUSES_TO_CLOSE}:
            raise DriverRefused("the EVSE does not close its contactor")
        if self.contactor_closed:
            return
        self.contactor_closed = self.locked = True
        self.opened_because = None
        self.closes += 1
        self._note("contactor_closed", "command")
        self._redraw(now_s)

    def stop(self, now_s: float) -> None:
        """Open the contactor and release the cable."""
        if Fault.REFUSES_TO_OPEN in self.faults:
            self._note("stop_refused", "command")
            raise DriverRefused("the EVSE does not open its contactor")
        self._open(now_s, None, "command")

    def plug(self, now_s: float) -> None:
        """A driver plugs the car in."""
        self.plugged = True
        self._note("plugged", "driver")
        self._redraw(now_s)

    def unplug(self, now_s: float) -> None:
        """The cable comes out, whether or not it was locked; power is interrupted at once, welded contactor or not."""
        self.plugged = False
        self._note("unplugged", "driver")
        self._open(now_s, EndReason.EV_DISCONNECTED, "unplugging")
        self.locked = False
        self._redraw(now_s)

    def press_stop(self, now_s: float) -> None:
        """Somebody presses the stop button of the box."""
        self._open(now_s, EndReason.LOCAL, "button")

    def press_emergency(self, now_s: float) -> None:
        """Somebody presses the emergency stop; the EVSE stays faulted until it is released."""
        self.emergency = True
        self._open(now_s, EndReason.EMERGENCY_STOP, "emergency")

    def release_emergency(self) -> None:
        """The emergency stop is released."""
        self.emergency = False

    def cut_power(self, now_s: float) -> None:
        """The mains fail for a moment: the contactor falls open."""
        self._open(now_s, EndReason.POWER_LOSS, "mains")

    def tap(self, card: str) -> None:
        """Somebody holds a card to the reader."""
        self.taps.append(card)
        self._note("card_tapped", "driver")

    def take_taps(self) -> list[str]:
        """The cards shown since the last call."""
        taken, self.taps = self.taps, []
        return taken

    def show(self, text: str) -> None:
        """The charger tells the person before it something."""
        self.display = text

    def limit_car(self, now_s: float, power_w: int | None) -> None:
        """The car takes at most this many watts; 0 is a pause, None ends the limit."""
        self.car_limit_w = power_w
        self._redraw(now_s)

    def set_fault(self, now_s: float, fault: Fault, *, on: bool) -> None:
        """Break or mend something."""
        (self.faults.add if on else self.faults.discard)(fault)
        self._note(f"fault_{'on' if on else 'off'}:{fault}", "tester")
        if fault is Fault.FAULTED and on:
            self._open(now_s, EndReason.OTHER, "fault")
        if fault is Fault.CABLE_STUCK and not on and not self.contactor_closed:
            self.locked = False
        self._redraw(now_s)

    def reset_meter(self, now_s: float) -> None:
        """The register begins at zero again, as after a meter swap."""
        self._register_zero = self.joules(now_s)
        self._note("meter_reset", "tester")

    def _cable(self) -> CableState:
        if not self.plugged:
            return CableState.UNPLUGGED
        if self.contactor_closed:
            return CableState.LOCKED
        return CableState.STUCK if self.locked else CableState.PLUGGED

    def _open(self, now_s: float, because: EndReason | None, by: str) -> None:
        if not self.contactor_closed:
            return
        if Fault.CONTACTOR_WELDED in self.faults:
            self._note("contactor_stayed_closed", by)
            return
        self.contactor_closed = False
        self.locked = Fault.CABLE_STUCK in self.faults
        self.opened_because = because
        self.opens += 1
        self._note("contactor_opened", by)
        if Fault.POWER_KEEPS_FLOWING not in self.faults:
            self._redraw(now_s)

    def _redraw(self, now_s: float) -> None:
        """Begin a new stretch of power from what is drawn now. Falling is instant, climbing takes the ramp."""
        flowing = self._draw.power_w(now_s) if self._draw else 0.0
        self._joules = self.joules(now_s)
        leaks = Fault.POWER_KEEPS_FLOWING in self.faults and flowing > 0
        target = 0.0
        if self.plugged and (self.contactor_closed or leaks):
            limit = self.max_power_w if self.car_limit_w is None else min(self.car_limit_w, self.max_power_w)
            target = float(limit)
        if target == 0.0:
            self._draw = None
        else:
            self._draw = Draw(now_s, min(flowing, target), target, RAMP_S if target > flowing else 0.0)

    def _note(self, did: str, by: str) -> None:
        self.log.append({"at": self.wall_clock(), "did": did, "by": by})
        del self.log[:-1000]
