"""What a charger's sampled values say of energy and power, whatever it makes of the protocol's many options. Pure.

Both versions write a sample as measurand, phase, unit and value; 2.0.1 adds a multiplier. Values that are no numbers,
not finite or beyond any charger are as if they had not been sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from device_agent.metering import JUMP_AT_MOST_WH

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
CURRENT = "Current.Import"
VOLTAGE = "Voltage"

MAINS_V = 230.0
"""Assumed when only the current is told: what the grids of Europe have between phase and neutral (EN 50160)."""

AT_MOST_W = 1_000_000
"""Twice what the largest EVSEs for lorries give: more is no measurement."""

AT_MOST_WH = 10**9
"""As much as the wire takes (contract/wire.py), and more than the largest EVSE gives in its life."""

DERIVED_OVER_S = 5.0
"""Power is derived from energy over no less than this: registers count whole watt-hours, and 1 Wh in 5 s is 720 W."""

STEP_S = 30.0
"""How long a register takes from one step to the next, until it has been seen: 0.1 kWh, the coarsest, at 12 kW."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message said of an EVSE. None for what it did not say."""

    wh: int | None = None
    w: int | None = None
    at: int | None = None
    """When it was measured, in epoch seconds by the charger's clock."""


def reading(samples: Iterable[Mapping[str, Any]], at: int | None = None) -> Reading:
    """The energy register and the power in these sampled values, of which later ones count more.

    Without a measurand a value is energy, as the protocol says. Power is taken as it is told; else as the sum of its
    phases; else as current times voltage.
    """
    told: dict[tuple[str, str], float] = {}
    for sample in samples:
        value = _value(sample)
        measurand = sample.get("measurand") or ENERGY
        if value is None or sample.get("location") == "EV" or not isinstance(measurand, str):
            continue
        phase = sample.get("phase") or ""
        told[measurand, phase if isinstance(phase, str) else ""] = value
    return Reading(_energy(told), _power(told), at)


def _energy(told: Mapping[tuple[str, str], float]) -> int | None:
    wh = _total(told, ENERGY)
    return round(wh) if wh is not None and 0 <= wh <= AT_MOST_WH else None


def _power(told: Mapping[tuple[str, str], float]) -> int | None:
    w = _total(told, POWER)
    if w is None:
        w = _from_currents(told)
    return max(0, round(w)) if w is not None and abs(w) <= AT_MOST_W else None


def _total(told: Mapping[tuple[str, str], float], measurand: str) -> float | None:
    if (measurand, "") in told:
        return told[measurand, ""]
    phases = _phases(told, measurand)
    return sum(phases.values()) if phases else None


def _from_currents(told: Mapping[tuple[str, str], float]) -> float | None:
    """Watts of the currents of all phases, each at its own voltage; a current without a phase is one phase's."""
    voltages = _phases(told, VOLTAGE)
    any_v = told.get((VOLTAGE, ""), MAINS_V)
    currents = _phases(told, CURRENT)
    if not currents and (CURRENT, "") in told:
        currents = {"": told[CURRENT, ""]}
    return sum(a * voltages.get(phase, any_v) for phase, a in currents.items()) if currents else None


def _phases(told: Mapping[tuple[str, str], float], measurand: str) -> dict[str, float]:
    """The values by phase, `L1-N` being the same as `L1`; values between phases (`L1-L2`) are left out."""
    return {
        phase.removesuffix("-N"): value
        for (name, phase), value in told.items()
        if name == measurand and phase.removesuffix("-N") in ("L1", "L2", "L3")
    }


def _value(sample: Mapping[str, Any]) -> float | None:
    """The number in base units: watt-hours, watts, amperes, volts."""
    raw = sample.get("value")
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    unit, multiplier = sample.get("unit"), 0
    if isinstance(of := sample.get("unitOfMeasure"), Mapping):
        unit, multiplier = of.get("unit"), of.get("multiplier", 0)
    if isinstance(unit, str) and unit.startswith("k"):
        value *= 1000
    if isinstance(multiplier, int) and -9 <= multiplier <= 9:  # noqa: PLR2004  (more is no multiplier)
        value *= 10.0**multiplier
    return value if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Meter:
    """An energy register as its charger tells it: one odd value is junk, two are a reset. Units: watt-hours.

    Odd is what lies below the last value, or further above it than a car can have drawn.
    """

    raw_wh: int | None = None
    shift_wh: int = 0
    odd_wh: int | None = None
    """A value that does not follow on the last one, not yet believed."""

    @property
    def wh(self) -> int | None:
        """What the register would show, had it never been reset; None until it was told."""
        return None if self.raw_wh is None else self.raw_wh + self.shift_wh

    def read(self, wh: int) -> Meter:
        """After a value. An odd one is believed when the next one goes on from it: zeros are common junk."""
        if self.raw_wh is None or _follows(self.raw_wh, wh):
            return Meter(wh, self.shift_wh)
        if self.odd_wh is None or not _follows(self.odd_wh, wh):
            return replace(self, odd_wh=wh)
        return Meter(wh, self.shift_wh + self.raw_wh - self.odd_wh)

    def believed(self, wh: int) -> int | None:
        """What `wh`, read last, is on the scale that never falls; None if it is not believed."""
        return self.wh if wh == self.raw_wh else None


def _follows(before_wh: int, wh: int) -> bool:
    return 0 <= wh - before_wh <= JUMP_AT_MOST_WH


class Gauge:
    """Meter and power of one EVSE, from one reading after another."""

    def __init__(self) -> None:
        self.power_w = 0
        self._meter = Meter()
        self._tells_power = False
        self._before: tuple[int, float] | None = None
        """The energy from which power is derived, and when it was told."""
        self._step_s = STEP_S
        """How long the register's last step took: coarse ones stand still for minutes while power flows."""

    @property
    def wh(self) -> int | None:
        """The register, on a scale that never falls."""
        return self._meter.wh

    def off(self) -> None:
        """No power flows, as far as is known."""
        self.power_w, self._before = 0, None

    def register(self, wh: int | None) -> int | None:
        """Take in the register of a beginning or an end; None if there is none to be believed."""
        if wh is None or not 0 <= wh <= AT_MOST_WH:
            return None
        self._meter = self._meter.read(wh)
        return self._meter.believed(wh)

    def read(self, told: Reading, now_s: float) -> int | None:
        """Take in a reading; the power, if it says any: as told, or as the register grew, if power never is.

        A register that stands still shows no power in time, but is never said to prove that none flows.
        """
        if told.wh is not None:
            self._meter = self._meter.read(told.wh)
        if told.w is not None:
            self._tells_power, self.power_w = True, told.w
            return told.w
        if self._tells_power or told.wh is None:
            return None
        wh, before = self._meter.believed(told.wh), self._before
        if wh is None or (before is not None and now_s - before[1] < DERIVED_OVER_S):
            return None
        if before is None:
            self._before = wh, now_s
            return None
        grown_wh, over_s = wh - before[0], now_s - before[1]
        if grown_wh == 0 and over_s <= 2 * self._step_s:
            return None
        self._before, self._step_s = (wh, now_s), over_s if grown_wh else self._step_s
        self.power_w = min(round(grown_wh * 3600 / over_s), AT_MOST_W)
        return self.power_w or None
