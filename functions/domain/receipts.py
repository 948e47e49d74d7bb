"""What a session comes to: its energy, time and cost while it runs, and its receipt once it has ended.

Every figure is derived from the same few, so that no two can contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.vocabulary import EndMethod, EndReason
from functions.domain.outlook import energy_wh
from functions.domain.records import IntentRecord, IntentStatus, SessionRecord
from functions.domain.tariffs import Cost, cost_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The figures of a session that has ended. Units: registers and energy in watt-hours, times in milliseconds."""

    started_at_ms: int
    duration_ms: int
    start_meter_wh: int
    energy_wh: int
    end_reason: EndReason
    end_method: EndMethod
    corrected: bool
    """The end was an estimate before, with figures that may have been others."""
    stop: IntentRecord | None
    """The stop that ended it; None if it ended otherwise."""
    cost: Cost | None
    """None: the charger had no tariff when the session began."""

    @property
    def ended_at_ms(self) -> int:
        """The start, and the duration."""
        return self.started_at_ms + self.duration_ms

    @property
    def end_meter_wh(self) -> int:
        """The register at the start, and the energy: what is paid for, also where the charger's last word was lower."""
        return self.start_meter_wh + self.energy_wh


def cost(session: SessionRecord) -> Cost | None:
    """What the session costs as far as it is known; None without a tariff, or before its start and energy are known."""
    energy, duration = energy_wh(session), _duration_ms(session)
    if session.tariff is None or energy is None or duration is None:
        return None
    return cost_of(session.tariff, energy_wh=energy, duration_ms=duration)


def receipt(session: SessionRecord) -> Receipt | None:
    """The receipt of a session; None before its end, and while its beginning has not been told."""
    energy, duration = energy_wh(session), _duration_ms(session)
    if session.end is None or energy is None or duration is None:
        return None
    if session.started_at_ms is None or session.start_meter_wh is None:
        return None
    return Receipt(
        started_at_ms=session.started_at_ms,
        duration_ms=duration,
        start_meter_wh=session.start_meter_wh,
        energy_wh=energy,
        end_reason=session.end.reason,
        end_method=session.end.method,
        corrected=session.superseded_end is not None,
        stop=stop_that_ended(session),
        cost=cost(session),
    )


def stop_that_ended(session: SessionRecord) -> IntentRecord | None:
    """The stop that a session ended by; None if it ended otherwise: by a card, a pulled cable, a fault.

    The end may be told before the answer to the stop; a stop that found the session over already did not end it.
    """
    end, stop = session.end, session.stop
    if end is None or end.reason is not EndReason.REMOTE or stop is None:
        return None
    carried_out = stop.status is IntentStatus.DONE and not stop.reason
    return stop if carried_out or stop.status.in_force else None


def _duration_ms(session: SessionRecord) -> int | None:
    """From the start to the end, or to what was heard last: a charger that is silent costs nothing meanwhile."""
    until_ms = session.as_of_ms if session.end is None else session.end.at_ms
    if session.started_at_ms is None or until_ms is None:
        return None
    return max(0, until_ms - session.started_at_ms)
