"""What a driver wants of a session at its start: the energy or the time at which it is to stop by itself.

Units: watt-hours of this session, seconds since it began. Bounds are part of the API.
"""

from __future__ import annotations

from dataclasses import dataclass

MIN_ENERGY_WH = 500
"""A target is noticed with the next sample, and near it they are two seconds apart; should none of the hints for that
get through, they are a minute apart: at 11 kW two fifths of this too late at most."""
MAX_ENERGY_WH = 1_000_000
"""More than the battery of any lorry holds."""
MIN_DURATION_S = 300
"""The time is looked at once a minute: over five, that is what a driver takes for exact."""
MAX_DURATION_S = 7 * 86_400
"""No car charges for longer than a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The session is to stop at whichever is reached first; at least one of the two is given."""

    energy_wh: int | None = None
    duration_s: int | None = None
