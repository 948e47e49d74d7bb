"""`ChargerDriver` for chargers that speak OCPP: commands go to the connected charger, looks see what it has told."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING, Self

from device_agent.drivers.base import DriverRefused, DriverUnreachable, Pace, answered
from device_agent.drivers.ocpp.desk import Desk, Patience
from device_agent.drivers.ocpp.running import Status
from device_agent.drivers.ocpp.server import Endpoint, OcppServer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Any

    from websockets.asyncio.server import ServerConnection

    from device_agent.drivers.base import DriverInput, Fact, Observation, Order, Resumed
    from device_agent.drivers.ocpp.bays import Bay
    from device_agent.drivers.ocpp.station import Station
    from device_agent.settings import OcppSettings

log = logging.getLogger(__name__)

PACE = Pace(start_s=30.0, stop_s=10.0)
"""A charger that has accepted a start may wake its car, lock the cable and negotiate for many seconds, and its message
may stand in a queue; the start expires after 60 s. A stop has less than the 15 s after which the cloud calls it
overdue, so that the driver of the car reads what the charger did and not just that nothing came back."""

STATUS_WITHIN_S = 20.0
"""A charger is asked for the state of its EVSEs when it connects: one that has not told by then tells changes only."""

COMMAND_S = 9.0
"""For a command in all, waiting behind an errand included: less than an intent waits for its hardware, 10 s."""

OVER_SOON_S = 2.0
"""A charger that refuses a stop because the transaction has just ended says so within this."""


class OcppDriver:
    """The hardware behind one OCPP connection."""

    def __init__(
        self, name: str, desk: Desk, endpoint: Endpoint, version: type[Station], meter_interval_s: int
    ) -> None:
        self.name = name
        self.pace = PACE
        self._desk, self._version = desk, version

        def station(connection: ServerConnection) -> Station:
            return version(desk, connection, meter_interval_s)

        self._server = OcppServer(desk, endpoint, version.subprotocol, station)

    @classmethod
    def from_settings(
        cls,
        settings: OcppSettings,
        evse_ids: Sequence[int],
        epoch_s: Callable[[], float],
        patience: Patience | None = None,
    ) -> Self:
        """The driver that the settings describe. Only the version they name is loaded.

        Args:
            settings: where it listens, and for whom.
            evse_ids: the EVSEs of the charger.
            epoch_s: the time, in epoch seconds; the charger sets its clock by it.
            patience: how long it waits for what.

        Raises:
            OSError: a file they name cannot be used.
        """
        if settings.open_to_all:
            log.warning(
                "whoever reaches this address can pose as the charger: no password", extra={"host": settings.host}
            )
        password = settings.password.get_secret_value() if settings.password else ""
        if settings.password_file is not None:
            password = settings.password_file.read_text(encoding="utf-8").strip()
            if not password:  # it would let anybody in
                raise OSError(f"{settings.password_file} is empty: the charger's password belongs into it")
        files = settings.certificate, settings.private_key
        endpoint = Endpoint(settings.host, settings.port, settings.charge_points, password, *files)
        desk = Desk(evse_ids, settings.connectors, patience or Patience(), epoch_s)
        return cls(settings.kind, desk, endpoint, _version(settings.kind), settings.meter_interval_s)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    def open(self, tell: Callable[[DriverInput], None], running: Mapping[int, Resumed]) -> None:
        """Listen for the charger."""
        self._desk.open(tell, running, self._version.name_of)
        self._server.start()

    def observe(self, evse_id: int) -> Observation:
        """The EVSE as the charger has told it."""
        if self._server.station is None:
            raise DriverUnreachable(self._server.why)
        now_s = monotonic()
        with self._desk.at(evse_id) as bay:
            # A charger that sends one message at a time tells no state before the fact it has told is answered.
            if bay.observe().fact is None:
                self._insist_on_state(bay, now_s)
            bay.tick(now_s)
            return bay.observe()

    def start(self, evse_id: int, order: Order) -> Future[None]:
        """Ask the charger to begin a transaction."""
        with self._desk.at(evse_id) as bay:
            if bay.running is not None and bay.running.session_id == order.session_id:
                return _done()
            bay.order(self._version.name_of(order), order)
        connector = self._desk.connectors[evse_id]
        return self._command(evse_id, lambda station: station.begin(connector, order))

    def stop(self, evse_id: int, transaction_id: str) -> Future[None]:
        """Ask the charger to end this transaction, and no other."""
        with self._desk.at(evse_id) as bay:
            if bay.running is None or bay.running.transaction_id != transaction_id:
                return _done()
        return self._command(evse_id, lambda station: self._end(station, evse_id, transaction_id))

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        """The charger may have its answer."""
        self._desk.settle(fact, accepted=accepted)

    def refresh(self, evse_id: int) -> None:
        """Ask the charger for its meter."""
        station = self._server.station
        if station is not None and self._desk.loop is not None:
            self._desk.loop.call_soon_threadsafe(lambda: station.spawn(station.refresh(evse_id)))

    def close(self) -> None:
        """End the connection. What runs at the charger goes on."""
        self._server.close()

    def _insist_on_state(self, bay: Bay, now_s: float) -> None:
        """Look no further as long as the charger may still tell what this EVSE is doing."""
        if bay.status is None:
            if now_s - self._server.since_s < STATUS_WITHIN_S:
                raise DriverUnreachable(f"the charger has not told the state of EVSE {bay.evse_id} yet")
            bay.told_status(Status.PREPARING, now_s)  # what it can do it then has to say when it is asked to start
        if bay.running is None and bay.status in self._version.may_hide and not self._desk.greeted:
            raise DriverUnreachable(f"the charger has not told what runs on EVSE {bay.evse_id} yet")

    def _command(self, evse_id: int, command: Callable[[Station], Coroutine[Any, Any, None]]) -> Future[None]:
        station, loop = self._server.station, self._desk.loop
        if station is None or loop is None:
            return answered(self._unreachable)
        future = asyncio.run_coroutine_threadsafe(_bounded(command(station)), loop)
        future.add_done_callback(lambda _: self._desk.look(evse_id))
        return future

    def _unreachable(self) -> None:
        raise DriverUnreachable(self._server.why)

    async def _end(self, station: Station, evse_id: int, transaction_id: str) -> None:
        with self._desk.at(evse_id) as bay:
            bay.stop_asked(transaction_id)
        try:
            await station.end(transaction_id)
        except DriverRefused:
            if not await self._over_soon(evse_id, transaction_id):
                with self._desk.at(evse_id) as bay:
                    bay.stop_refused(transaction_id)
                raise
        with self._desk.at(evse_id) as bay:
            bay.stop_taken(transaction_id, monotonic())

    async def _over_soon(self, evse_id: int, transaction_id: str) -> bool:
        """Whether the transaction that a charger will not end turns out to be over."""
        until_s = monotonic() + OVER_SOON_S
        while monotonic() < until_s:
            with self._desk.at(evse_id) as bay:
                if bay.running is None or bay.running.transaction_id != transaction_id:
                    return True
            await asyncio.sleep(OVER_SOON_S / 20)
        return False


async def _bounded(command: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(COMMAND_S):
            await command
    except TimeoutError as error:
        raise DriverUnreachable("the charger is busy with something else") from error


def _done() -> Future[None]:
    return answered(lambda: None)


def _version(kind: str) -> type[Station]:
    if kind == "ocpp16":
        from device_agent.drivers.ocpp.v16 import Station16  # noqa: PLC0415  (only the one that is spoken)

        return Station16
    from device_agent.drivers.ocpp.v201 import Station201  # noqa: PLC0415  (as above)

    return Station201
