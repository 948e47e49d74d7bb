"""What is left to do at a charger beside its messages and the agent's commands, looked through once a second."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from device_agent.drivers.ocpp.bays import LATE_S
from device_agent.drivers.ocpp.running import Status

if TYPE_CHECKING:
    from device_agent.drivers.ocpp.station import Station

REFUSED_S = 3.0
"""A transaction that must not go on may end by itself first: the charger was told so in its answer."""

REFUSED_AGAIN_S = 10.0
"""How often the charger is asked to end it, until it does."""

MEASURE_S = 2.0
"""After a stop, how often the meter is asked whether power still flows: the end may come by that alone."""

UNLOCK_S = 5.0
"""A charger has this long to release the cable by itself after our stop."""

AFTER_END_S = LATE_S + 1.0
"""So long after an end the meter is asked whether power still flows: by then what it says is of no transaction any
more, and a contactor that has welded shows."""

NEVER = float("inf")


class Chores:
    """The work of one connection that no message asks for."""

    def __init__(self, station: Station) -> None:
        self._station, self._desk = station, station.desk
        self._next: dict[tuple[str, int], tuple[str, float]] = {}
        """For each chore of each EVSE, the transaction it is for, and when it is due."""

    async def run(self) -> None:
        """Look through everything again and again."""
        while True:
            await asyncio.sleep(self._desk.patience.chores_s)
            for evse_id in self._desk.connectors:
                self._look_through(evse_id, monotonic())

    def _look_through(self, evse_id: int, now_s: float) -> None:
        station = self._station
        with self._desk.at(evse_id) as bay:
            bay.tick(now_s)
            running, released, ended = bay.running, bay.released, bay.ended
            held = running is None and bool(released) and bay.status is Status.FINISHING
        if running is not None and running.refused:
            if self._due(("refused", evse_id), running.transaction_id, now_s, REFUSED_S, REFUSED_AGAIN_S):
                station.spawn(station.end(running.transaction_id))
        elif running is not None and running.stopping_s is not None:
            if self._due(("measure", evse_id), running.transaction_id, now_s, MEASURE_S, MEASURE_S):
                station.spawn(station.refresh(evse_id))
        elif held and self._due(("unlock", evse_id), released, now_s, UNLOCK_S, NEVER):
            station.spawn(self._unlock(evse_id, released))
        if running is None and ended and self._due(("after", evse_id), ended, now_s, AFTER_END_S, NEVER):
            station.spawn(station.refresh(evse_id))

    def _due(self, chore: tuple[str, int], transaction_id: str, now_s: float, first_s: float, again_s: float) -> bool:
        """Whether a chore's time has come: `first_s` after it was seen first, then every `again_s`."""
        known = self._next.get(chore)
        due_s = known[1] if known is not None and known[0] == transaction_id else now_s + first_s
        self._next[chore] = transaction_id, now_s + again_s if now_s >= due_s else due_s
        return now_s >= due_s

    async def _unlock(self, evse_id: int, transaction_id: str) -> None:
        """Once more release the cable of a transaction that our stop has ended."""

        def still() -> bool:
            with self._desk.at(evse_id) as bay:
                return bay.running is None and bay.released == transaction_id and bay.status is Status.FINISHING

        word = await self._station.unlock(self._desk.connectors[evse_id], still)
        with self._desk.at(evse_id) as bay:
            if bay.released == transaction_id:
                bay.stuck, bay.released = word == "UnlockFailed", ""
        self._desk.look(evse_id)
