"""One EVSE's hardware as the agent reaches it: looks, commands and their answers, and how long it has been silent."""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from device_agent.drivers.base import DriverRefused, DriverUnreachable

if TYPE_CHECKING:
    from concurrent.futures import Future

    from device_agent.drivers.base import ChargerDriver, Fact, Observation, Order
    from device_agent.records import Clock

log = logging.getLogger(__name__)

LOST_S = 3.0
"""Silence of the hardware that is worth a report; a single late answer is not."""

POWER_AT_MOST_W = 1_000_000
"""As much as the wire takes (contract/wire.py); twice what the largest EVSEs for lorries give."""


METER_AT_MOST_WH = 1_000_000_000
"""The same of a register: one that shows more has told nothing."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How the hardware answered a command."""

    rejected: str | None
    """None if it has taken the command; its words if it refused; empty if nobody answered."""


class Hardware:
    """The hardware behind one EVSE."""

    def __init__(self, evse_id: int, driver: ChargerDriver, clock: Clock) -> None:
        self._evse_id, self._driver, self._clock = evse_id, driver, clock
        self._silent_since_s: float | None = None
        self._command: Future[None] | None = None
        """The last command, until its answer has been taken."""

    @property
    def ok(self) -> bool:
        """Whether it answers."""
        since_s = self._silent_since_s
        return since_s is None or self._clock.now().mono_s - since_s < LOST_S

    def look(self) -> Observation | None:
        """The EVSE as it is now; None if the hardware does not answer."""
        try:
            seen = self._driver.observe(self._evse_id)
        except (DriverUnreachable, DriverRefused) as error:
            if self._silent_since_s is None:
                self._silent_since_s = self._clock.now().mono_s
                log.warning("hardware silent", extra={"evse": self._evse_id, "why": str(error)})
            return None
        if self._silent_since_s is not None:
            log.info("hardware answers again", extra={"evse": self._evse_id})
            self._silent_since_s = None
        return plausible(seen)

    def start(self, order: Order) -> None:
        """Command the contactor to close. An answer to an earlier command is not waited for any more."""
        self._command = self._driver.start(self._evse_id, order)

    def stop(self, transaction_id: str) -> None:
        """Command the contactor to open. An answer to an earlier command is not waited for any more."""
        self._command = self._driver.stop(self._evse_id, transaction_id)

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        """The fact is on record: the charger may have its answer."""
        self._driver.settle(fact, accepted=accepted)

    def refresh(self) -> None:
        """Have the hardware tell its power and energy anew."""
        self._driver.refresh(self._evse_id)

    def answered(self) -> Answered | None:
        """The answer to the last command, once; None while there is none."""
        command = self._command
        if command is None or not command.done():
            return None
        self._command = None
        try:
            command.result()
        except DriverRefused as error:
            return Answered(str(error) or "refused")
        except (DriverUnreachable, CancelledError) as error:
            log.warning("command unanswered", extra={"evse": self._evse_id, "why": str(error)})
            return Answered("")
        return Answered(None)


def plausible(seen: Observation) -> Observation:
    """The observation with values a report can carry: transformers read a few watts below zero with nothing flowing."""
    meter_wh = None if seen.meter_wh is None or seen.meter_wh > METER_AT_MOST_WH else max(0, seen.meter_wh)
    return replace(seen, power_w=min(max(0, seen.power_w), POWER_AT_MOST_W), meter_wh=meter_wh)
