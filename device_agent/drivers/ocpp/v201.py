"""OCPP 2.0.1: its messages, as what they mean to an EVSE.

Transaction ids are the charger's. A start is named by its session id (an id token of type Central) and by a number made
of it, by which the charger refers to it. A transaction may begin with a plugged cable, before anybody is authorised:
then the session begins with the event that brings the authorisation.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from contract.cards import id_token_hash
from device_agent.drivers.base import TransactionBegan
from device_agent.drivers.ocpp.events201 import understood
from device_agent.drivers.ocpp.fields import number, part, parts, positive_31_bits, samples, taken_at, text
from device_agent.drivers.ocpp.readings import reading
from device_agent.drivers.ocpp.remembered import forget_oldest
from device_agent.drivers.ocpp.running import Status
from device_agent.drivers.ocpp.station import Answer, Station

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from websockets.asyncio.server import ServerConnection

    from device_agent.drivers.base import Order
    from device_agent.drivers.ocpp.bays import Bay
    from device_agent.drivers.ocpp.desk import Desk
    from device_agent.drivers.ocpp.events201 import TransactionEvent
    from device_agent.drivers.ocpp.fields import Fields

ENERGY_AND_POWER = "Energy.Active.Import.Register,Power.Active.Import"

VARIABLES = (
    ("SampledDataCtrlr", "TxStartedMeasurands", "Energy.Active.Import.Register"),
    ("SampledDataCtrlr", "TxUpdatedMeasurands", ENERGY_AND_POWER),
    ("SampledDataCtrlr", "TxEndedMeasurands", "Energy.Active.Import.Register"),
    ("AlignedDataCtrlr", "Interval", "0"),
    ("TxCtrlr", "StopTxOnInvalidId", "true"),
    ("TxCtrlr", "StopTxOnEVSideDisconnect", "true"),
    ("TxCtrlr", "EVConnectionTimeOut", "60"),
    ("AuthCtrlr", "AuthorizeRemoteStart", "false"),
)
"""How the charger is told to behave: component, variable, value."""

STATUSES = {
    "Available": Status.AVAILABLE,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.UNAVAILABLE,
    "Faulted": Status.FAULTED,
}
"""Of a connector; `Occupied` is not among them, as what it means depends on the transaction."""


class Station201(Station):
    """A charger that speaks 2.0.1."""

    subprotocol = "ocpp2.0.1"
    may_hide = (Status.PREPARING,)  # what `Occupied` is taken for
    always: ClassVar[Mapping[str, Answer]] = {"TransactionEvent": {}, "MeterValues": {}, "StatusNotification": {}}

    def __init__(self, desk: Desk, connection: ServerConnection, meter_interval_s: int) -> None:
        super().__init__(desk, connection, meter_interval_s)
        self.handlers = self.shared() | {
            "Authorize": self._authorize,
            "MeterValues": self._meter_values,
            "NotifyEvent": self._event,
            "NotifyMonitoringReport": self.noted,
            "NotifyReport": self.noted,
            "StatusNotification": self._status,
            "TransactionEvent": self._transaction_event,
        }

    # Commands.

    @staticmethod
    def name_of(order: Order) -> str:
        """The session id."""
        return order.session_id

    async def begin(self, connector: int, order: Order) -> None:
        """RequestStartTransaction."""
        token = {"idToken": self.name_of(order), "type": "Central"}
        request: Answer = {
            "evseId": connector,
            "remoteStartId": positive_31_bits(order.session_id),
            "idToken": token,
        }
        if order.group:
            request["groupIdToken"] = {"idToken": order.group, "type": "Central"}
        await self.command("RequestStartTransaction", request)

    async def end(self, transaction_id: str) -> None:
        """RequestStopTransaction."""
        await self.command(
            "RequestStopTransaction", {"transactionId": self.desk.told_ids.get(transaction_id, transaction_id)}
        )

    async def unlock(self, connector: int, still: Callable[[], bool]) -> str:
        """UnlockConnector."""
        payload = {"evseId": connector, "connectorId": 1}
        return text(await self.errand("UnlockConnector", payload, "UnlockConnector", still), "status")

    async def ask_status(self, connector: int) -> None:
        """TriggerMessage."""
        await self._trigger("StatusNotification", {"id": connector, "connectorId": 1})

    async def ask_meter(self, evse_id: int) -> None:
        """TriggerMessage: the transaction's own event if one runs, else the meter of the EVSE."""
        with self.desk.at(evse_id) as bay:
            running = bay.running is not None
        await self._trigger("TransactionEvent" if running else "MeterValues", {"id": self.desk.connectors[evse_id]})

    async def _trigger(self, message: str, evse: Answer) -> None:
        payload = {"requestedMessage": message, "evse": evse}
        await self.errand("TriggerMessage", payload, f"TriggerMessage {message}")

    async def configure(self) -> None:
        """SetVariables, one at a time: one that is refused takes no other with it."""
        interval = "SampledDataCtrlr", "TxUpdatedInterval", str(self.meter_interval_s)
        for component, variable, value in (interval, *VARIABLES):
            data = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
            answer = await self.errand("SetVariables", {"setVariableData": [data]}, f"SetVariables {variable}")
            for result in parts(answer, "setVariableResult"):
                if text(result, "attributeStatus") not in ("Accepted", "RebootRequired"):
                    why = text(result, "attributeStatus")
                    self.desk.once(f"charger does not do SetVariables {variable}", why=why)

    # Messages.

    async def _status(self, fields: Fields) -> Answer:
        connector, word = number(fields, "evseId"), text(fields, "connectorStatus")
        status, evse_id = STATUSES.get(word), self.desk.evse_of(connector)
        if status is None and word != "Occupied":
            self.desk.once(f"charger has a status that is not known here: {word[:32]!r}")
        elif connector == 0:
            with self.desk.at_all() as bays:
                for bay in bays:
                    bay.told_main_status(status or Status.AVAILABLE)
        elif evse_id is not None:
            with self.desk.at(evse_id) as bay:
                if status is None:
                    bay.told_occupied(monotonic())
                else:
                    bay.told_status(status, monotonic())
            self.desk.look(evse_id)
        return {}

    async def _event(self, fields: Fields) -> Answer:
        """NotifyEvent: of all that can be watched, whether the cable is stuck in its lock."""
        for event in parts(fields, "eventData"):
            component = part(event, "component")
            evse_id = self.desk.evse_of(number(part(component, "evse"), "id"))
            lock = text(component, "name") == "ConnectorPlugRetentionLock"
            if lock and evse_id is not None and text(part(event, "variable"), "name") == "Problem":
                with self.desk.at(evse_id) as bay:
                    bay.stuck = text(event, "actualValue").lower() == "true"
                self.desk.look(evse_id)
        return {}

    async def _meter_values(self, fields: Fields) -> Answer:
        evse_id = self.desk.evse_of(number(fields, "evseId"))
        if evse_id is not None:
            running, closing = samples(fields, "meterValue")
            with self.desk.at(evse_id) as bay:
                bay.told_reading(reading(running, taken_at(fields, "meterValue")), monotonic())
                bay.told_reading(reading(closing), monotonic(), closing=True)
            self.desk.look(evse_id)
        return {}

    async def _authorize(self, fields: Fields) -> Answer:
        return {"idTokenInfo": await self._token_info(text(part(fields, "idToken"), "idToken"))}

    async def _token_info(self, token: str) -> Answer:
        """What a token may do by itself."""
        order = self.desk.ordered(token.upper())
        if order is not None:
            return _info(accepted=True, group=order.group)
        verdict = await self.desk.verdict(id_token_hash(token), shown=True)
        return _info(accepted=verdict.accepted, group=verdict.group)

    async def _transaction_event(self, fields: Fields) -> Answer | None:
        event = understood(fields)
        evse_id = self._whose(event)
        if evse_id is None or not event.transaction_id:
            self.desk.once("charger told of a transaction on an EVSE that is none here")
            return {"idTokenInfo": _info(accepted=False)} if event.token else {}
        if event.told_id != event.transaction_id:
            self.desk.told_ids[event.transaction_id] = event.told_id
            forget_oldest(self.desk.told_ids)
        if event.ended:
            with self.desk.at(evse_id) as bay:
                meter_wh = event.measured.wh if event.closing.wh is None else event.closing.wh
                over = bay.told_over(event.transaction_id, event.reason, event.at, meter_wh, monotonic())
            self.desk.look(evse_id)
            return None if await self.desk.settled(over) is None else {}
        with self.desk.at(evse_id) as bay:
            told, by = _goes_on(bay, event, monotonic())
        self.desk.look(evse_id)
        if told is None:
            return {"idTokenInfo": await self._token_info(event.token)} if event.token else {}
        verdict = await self.begun(evse_id, told, by)
        if verdict is None:
            return None
        if not verdict[0]:
            with self.desk.at(evse_id) as bay:
                bay.refuse(event.transaction_id)
        return {"idTokenInfo": _info(accepted=verdict[0], group=verdict[1])} if event.token else {}

    def _whose(self, event: TransactionEvent) -> int | None:
        """The EVSE of an event: only the first one of a transaction has to name it.

        A transaction that nobody knows can only be where a car is and nothing runs, if there is one such place.
        """
        if event.connector is not None:
            return self.desk.evse_of(event.connector)
        with self.desk.at_all() as bays:
            owner = next((bay.evse_id for bay in bays if bay.owns(event.transaction_id)), None)
            free = [bay.evse_id for bay in bays if bay.running is None and bay.observe().plugged]
        return free[0] if owner is None and len(free) == 1 else owner


def _goes_on(
    bay: Bay, event: TransactionEvent, now_s: float
) -> tuple[TransactionBegan | bool | None, Order | str | None]:
    """Take in an event that is no end: a beginning if it is one, and by whom; None if it only goes on."""
    order = bay.ordered(event.token.upper()) or bay.started(event.remote_start_id)
    unplaced = order is None and event.central
    card = id_token_hash(event.token) if event.token and order is None and not unplaced else ""
    session_id = order.session_id if order else event.token[:36] if unplaced else ""
    said = event.mark, session_id, card, event.at, event.measured.wh
    fact = TransactionBegan(bay.evse_id, event.transaction_id, *said)
    waits = bay.waiting is not None and bay.waiting.transaction_id == event.transaction_id
    free = event.status is Status.CHARGING and (waits or event.started)  # it charges, and nobody had to be authorised
    told: TransactionBegan | bool | None = None
    if (event.token or order or free) and bay.begins(fact, first=event.started or waits):
        told = bay.told_began(fact, now_s)
        if event.status is Status.AVAILABLE:
            bay.wait_for_car()
    elif event.started and not bay.owns(event.transaction_id):
        bay.waiting = fact
    else:
        bay.told_of(event.transaction_id)
    if bay.running is not None and bay.running.transaction_id == event.transaction_id and event.status:
        bay.told_status(event.status, now_s)
    if bay.running is None or bay.running.transaction_id == event.transaction_id:  # else it is from the charger's queue
        bay.told_reading(event.measured, now_s, event.transaction_id)
        bay.told_reading(event.closing, now_s, event.transaction_id, closing=True)
    return told, order or (None if unplaced else card)


def _info(*, accepted: bool, group: str = "") -> Answer:
    info: Answer = {"status": "Accepted" if accepted else "Invalid"}
    return info | {"groupIdToken": {"idToken": group, "type": "Central"}} if accepted and group else info
