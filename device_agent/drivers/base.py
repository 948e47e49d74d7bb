"""What the agent needs of a charger's hardware: look at one EVSE, start it, stop it.

Errors a driver raises:

    DriverError
    ├── DriverRefused       the hardware answered, and said no
    └── DriverUnreachable   nobody answered in time; whether a command was carried out is unknown
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contract.vocabulary import CableState, EndReason


class DriverError(Exception):
    """The hardware did not do what it was asked."""


class DriverRefused(DriverError):  # noqa: N818  (reads as the fact it is; the tree above says it is an error)
    """The hardware answered, and said no."""


class DriverUnreachable(DriverError):  # noqa: N818  (as above)
    """Nobody answered in time; whether a command was carried out is unknown until the next observation."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One EVSE as its hardware sees it at this moment."""

    plugged: bool
    """Whether a cable connects a car."""
    cable: CableState
    """Where the cable is, and whether the charger holds it."""
    contactor_closed: bool
    """Whether the contactor lets power through."""
    power_w: int
    """Power drawn by the car, in watts."""
    meter_wh: int
    """The hardware's own energy register, in watt-hours. May fall back when the meter is reset or swapped."""
    available: bool = True
    """False while the EVSE is out of service on purpose."""
    faulted: bool = False
    """Whether the EVSE is broken and cannot charge."""
    error: str = ""
    """The hardware's word for what is wrong, at most 64 characters; empty if nothing is."""
    opened_because: EndReason | None = None
    """Why the contactor opened last, if it was not by our command: button, unplugging, emergency stop."""


class ChargerDriver(Protocol):
    """The hardware of one charger. Every call returns or raises within a bounded time."""

    def observe(self, evse_id: int) -> Observation:
        """The EVSE as it is now; power in watts, energy in watt-hours.

        Raises:
            DriverUnreachable: no answer in time.
        """
        ...

    def start(self, evse_id: int) -> None:
        """Lock the cable and close the contactor. Closing a closed one changes nothing.

        Raises:
            DriverRefused: the hardware will not.
            DriverUnreachable: no answer in time.
        """
        ...

    def stop(self, evse_id: int) -> None:
        """Open the contactor and release the cable. Opening an open one changes nothing.

        Raises:
            DriverRefused: the hardware will not.
            DriverUnreachable: no answer in time.
        """
        ...
