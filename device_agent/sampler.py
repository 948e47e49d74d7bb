"""What is measured on one EVSE while a session runs: whether power flows, and the curve for the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_agent import sessions
from device_agent.metering import METER_WATCHED_S, Cadence, Flow
from device_agent.records import Phase

if TYPE_CHECKING:
    from device_agent.drivers.base import Observation
    from device_agent.hardware import Hardware
    from device_agent.ledger import Ledger
    from device_agent.records import Moment


class Sampler:
    """Follows one EVSE's power. Times in monotonic seconds."""

    def __init__(self, ledger: Ledger, hardware: Hardware) -> None:
        self._ledger, self._hardware = ledger, hardware
        self.flow = Flow()
        self.watched_until_s = 0.0
        """Somebody looks at the session until then, or it is about to reach its target."""
        self._refreshed_s: float | None = None
        """When the hardware was last asked to measure for them."""
        self._cadence: Cadence | None = None

    def see(self, power_w: int, now: Moment) -> None:
        """Power as it was seen just now."""
        self.flow = self.flow.read(power_w, now.mono_s)

    def begin(self, power_w: int, now: Moment) -> None:
        """A session has begun, and its `started` event tells the first value."""
        self.flow = Flow()
        self._cadence = Cadence(now.mono_s, power_w)

    def sample(self, seen: Observation, now: Moment) -> None:
        """Queue a meter event if one is due; have the hardware measure as often as somebody who watches sees it."""
        watched = now.mono_s < self.watched_until_s
        if watched and (self._refreshed_s is None or now.mono_s - self._refreshed_s >= METER_WATCHED_S):
            self._refreshed_s = now.mono_s
            self._hardware.refresh()
        session = self._ledger.current
        if session is None or session.phase is not Phase.ACTIVE:
            self._cadence = None
            return
        if self._cadence is None:  # after a restart
            self.begin(seen.power_w, now)
        elif self._cadence.due(seen.power_w, now.mono_s, watched=watched):
            self._cadence = Cadence(now.mono_s, seen.power_w)
            told, events = sessions.metered(session, self._ledger.register.wh, seen.power_w, now)
            self._ledger.write(told, *events)
