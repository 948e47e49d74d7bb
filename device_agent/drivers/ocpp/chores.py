"""What is left to do at a charger beside its messages and the agent's commands, looked through once a second."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

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


class Chores:
    """The work of one connection that no message asks for."""

    def __init__(self, station: Station) -> None:
        self._station, self._desk = station, station.desk
        self._since: dict[tuple[str, str], float] = {}
        """When a chore was first due, or done last, by what it is and the transaction it is for."""

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
            running, released, status = bay.running, bay.released, bay.status
        if running is not None and running.refused:
            if self._due("refused", running.transaction_id, now_s, REFUSED_S, REFUSED_AGAIN_S):
                station.spawn(station.end(running.transaction_id))
        elif running is not None and running.stopping_s is not None:
            if self._due("measure", running.transaction_id, now_s, MEASURE_S, MEASURE_S):
                station.spawn(station.refresh(evse_id))
        elif released and status is Status.FINISHING and self._due("unlock", released, now_s, UNLOCK_S, None):
            station.spawn(self._unlock(evse_id, released))

    def _due(self, what: str, transaction_id: str, now_s: float, first_s: float, again_s: float | None) -> bool:
        """Whether a chore's time has come: `first_s` after it was seen first, then every `again_s`, or never again."""
        key = what, transaction_id
        if key not in self._since:
            self._since = {key: now_s for key, now_s in self._since.items() if key[0] != what} | {key: now_s + first_s}
        if now_s < self._since[key]:
            return False
        self._since[key] = float("inf") if again_s is None else now_s + again_s
        return True

    async def _unlock(self, evse_id: int, transaction_id: str) -> None:
        """Once more release the cable of a transaction that our stop has ended."""
        word = await self._station.unlock(self._desk.connectors[evse_id])
        with self._desk.at(evse_id) as bay:
            if bay.released == transaction_id:
                bay.stuck, bay.released = word == "UnlockFailed", ""
        self._desk.look(evse_id)
