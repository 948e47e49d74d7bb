"""What a charger said that cannot be: kept with its session, once for each kind (`guards`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AnomalyCode(StrEnum):
    """What a charger said that cannot be, and that the record was guarded against."""

    CLOCK_WRONG = "clock_wrong"
    """A time long before the session or in the future: the time of arrival was taken."""
    METER_FELL = "meter_fell"
    """A register below an earlier one: the energy did not follow it down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """The first time that something of this kind was guarded against in a session."""

    code: AnomalyCode
    at_ms: int
