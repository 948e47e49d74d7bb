"""OCPP 1.6: its messages, as what they mean to an EVSE.

Transaction ids are ours to give: a number made of the message that told of the beginning, so that its repetition gets
the same one. A start's tag is `PX` and the end of its session id, for tags have 20 characters at most.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from contract.cards import id_token_hash
from contract.vocabulary import EndReason
from device_agent.drivers.base import DriverRefused, TransactionBegan
from device_agent.drivers.ocpp.fields import mark, number, positive_31_bits, samples, taken_at, text, when
from device_agent.drivers.ocpp.readings import reading
from device_agent.drivers.ocpp.running import GOES_ON, Status
from device_agent.drivers.ocpp.station import Answer, Station

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from websockets.asyncio.server import ServerConnection

    from device_agent.drivers.base import Order
    from device_agent.drivers.ocpp.desk import Desk
    from device_agent.drivers.ocpp.fields import Fields

OURS = "PX"
"""How the tags of our starts begin."""

STATUSES = {
    "Available": Status.AVAILABLE,
    "Preparing": Status.PREPARING,
    "Charging": Status.CHARGING,
    "SuspendedEV": Status.SUSPENDED,
    "SuspendedEVSE": Status.SUSPENDED,
    "Finishing": Status.FINISHING,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.UNAVAILABLE,
    "Faulted": Status.FAULTED,
}

REASONS = {
    "DeAuthorized": EndReason.DE_AUTHORIZED,
    "EmergencyStop": EndReason.EMERGENCY_STOP,
    "EVDisconnected": EndReason.EV_DISCONNECTED,
    "HardReset": EndReason.POWER_LOSS,
    "Local": EndReason.LOCAL,
    "PowerLoss": EndReason.POWER_LOSS,
    "Reboot": EndReason.POWER_LOSS,
    "Remote": EndReason.REMOTE,
    "SoftReset": EndReason.POWER_LOSS,
}


class Station16(Station):
    """A charger that speaks 1.6."""

    subprotocol = "ocpp1.6"
    may_hide = GOES_ON
    always: ClassVar[Mapping[str, Answer]] = {"StopTransaction": {}, "MeterValues": {}, "StatusNotification": {}}

    def __init__(self, desk: Desk, connection: ServerConnection, meter_interval_s: int) -> None:
        super().__init__(desk, connection, meter_interval_s)
        self.handlers = self.shared() | {
            "Authorize": self._authorize,
            "DiagnosticsStatusNotification": self.noted,
            "MeterValues": self._meter_values,
            "SignedFirmwareStatusNotification": self.noted,
            "StartTransaction": self._start_transaction,
            "StatusNotification": self._status,
            "StopTransaction": self._stop_transaction,
        }

    # Commands.

    @staticmethod
    def name_of(order: Order) -> str:
        """`PX` and the last 18 characters of the session id."""
        return OURS + order.session_id[-18:]

    async def begin(self, connector: int, order: Order) -> None:
        """RemoteStartTransaction."""
        await self.command("RemoteStartTransaction", {"connectorId": connector, "idTag": self.name_of(order)})

    async def end(self, transaction_id: str) -> None:
        """RemoteStopTransaction."""
        if not transaction_id.isdecimal():
            raise DriverRefused(f"{transaction_id} is no transaction of OCPP 1.6")  # another driver began it
        await self.command("RemoteStopTransaction", {"transactionId": int(transaction_id)})

    async def unlock(self, connector: int, still: Callable[[], bool]) -> str:
        """UnlockConnector."""
        payload = {"connectorId": connector}
        return text(await self.errand("UnlockConnector", payload, "UnlockConnector", still), "status")

    async def ask_status(self, connector: int) -> None:
        """TriggerMessage."""
        await self._trigger("StatusNotification", connector)

    async def ask_meter(self, evse_id: int) -> None:
        """TriggerMessage."""
        await self._trigger("MeterValues", self.desk.connectors[evse_id])

    async def _trigger(self, message: str, connector: int) -> None:
        payload = {"requestedMessage": message, "connectorId": connector}
        await self.errand("TriggerMessage", payload, f"TriggerMessage {message}")

    async def configure(self) -> None:
        """ChangeConfiguration, key by key."""
        for key, value in {
            "MeterValueSampleInterval": str(self.meter_interval_s),
            "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import",
            "ClockAlignedDataInterval": "0",
            "StopTransactionOnInvalidId": "true",
            "StopTransactionOnEVSideDisconnect": "true",
            "AuthorizeRemoteTxRequests": "false",
            "ConnectionTimeOut": "60",
        }.items():
            await self.errand("ChangeConfiguration", {"key": key, "value": value}, f"ChangeConfiguration {key}")

    # Messages.

    async def _status(self, fields: Fields) -> Answer:
        connector, word = number(fields, "connectorId"), text(fields, "status")
        status, error = STATUSES.get(word), _error(fields)
        evse_id = self.desk.evse_of(connector)
        if status is None:
            self.desk.once(f"charger has a status that is not known here: {word[:32]!r}")
        elif connector == 0:
            with self.desk.at_all() as bays:
                for bay in bays:
                    bay.told_main_status(status, error)
        elif evse_id is not None:
            with self.desk.at(evse_id) as bay:
                bay.told_status(status, monotonic(), error=error)
                if error == "ConnectorLockFailure" and bay.running is None:
                    bay.stuck = True
            self.desk.look(evse_id)
        return {}

    async def _meter_values(self, fields: Fields) -> Answer:
        evse_id = self.desk.evse_of(number(fields, "connectorId"))
        if evse_id is not None:
            transaction = number(fields, "transactionId") or 0
            transaction_id = str(transaction) if transaction > 0 else ""
            running, closing = samples(fields, "meterValue")
            with self.desk.at(evse_id) as bay:
                if transaction_id and not closing:
                    bay.told_of(transaction_id)
                bay.told_reading(reading(running, taken_at(fields, "meterValue")), monotonic(), transaction_id)
                bay.told_reading(reading(closing), monotonic(), transaction_id, closing=True)
            self.desk.look(evse_id)
        return {}

    async def _authorize(self, fields: Fields) -> Answer:
        tag = text(fields, "idTag")
        order = self.desk.ordered(tag.upper())
        if order is not None:
            return {"idTagInfo": _info(accepted=True, group=order.group)}
        verdict = await self.desk.verdict(id_token_hash(tag), shown=True)
        return {"idTagInfo": _info(accepted=verdict.accepted, group=verdict.group)}

    async def _start_transaction(self, fields: Fields) -> Answer | None:
        tag, raw, meter_wh = text(fields, "idTag"), text(fields, "timestamp"), number(fields, "meterStart")
        connector = number(fields, "connectorId")
        evse_id = self.desk.evse_of(connector)
        words = mark([connector, tag, raw, meter_wh])
        if evse_id is None:
            self.desk.once("charger began a transaction on a connector that is no EVSE here", connector=connector)
            return {"transactionId": positive_31_bits(words), "idTagInfo": _info(accepted=False)}
        at, name = when(raw), tag.upper()
        ours = name.startswith(OURS) and len(name) == len(OURS) + 18
        with self.desk.at(evse_id) as bay:
            order = bay.ordered(name)
            session_id = order.session_id if order else name if ours else ""
            card = "" if order or ours or not tag else id_token_hash(tag)
            named = bay.past.mark_of(words)
            transaction_id = str(transaction := positive_31_bits(named))
            fact = TransactionBegan(evse_id, transaction_id, named, session_id, card, at, meter_wh)
            told = bay.told_began(fact, monotonic())
        verdict = await self.begun(evse_id, told, order or (None if ours else card))
        if verdict is None:
            return None
        accepted, group = verdict
        if not accepted:
            with self.desk.at(evse_id) as bay:
                bay.refuse(transaction_id)
        return {"transactionId": transaction, "idTagInfo": _info(accepted=accepted, group=group)}

    async def _stop_transaction(self, fields: Fields) -> Answer | None:
        answer: Answer = {"idTagInfo": _info(accepted=True)} if text(fields, "idTag") else {}
        transaction = number(fields, "transactionId") or 0
        found = self._whose(transaction)
        if found is None:
            self.desk.once("charger ended a transaction that is not known here")
            return answer
        evse_id, transaction_id = found
        _, closing = samples(fields, "transactionData")
        meter_wh = number(fields, "meterStop")
        word = text(fields, "reason")
        reason = REASONS.get(word, EndReason.OTHER) if word else None
        with self.desk.at(evse_id) as bay:
            meter_wh = reading(closing).wh if meter_wh is None else meter_wh
            fact = bay.told_over(transaction_id, reason, when(text(fields, "timestamp")), meter_wh, monotonic())
        return None if await self.desk.settled(fact) is None else answer

    def _whose(self, transaction: int) -> tuple[int, str] | None:
        """The EVSE of a transaction. One without a real number (0, -1) never heard it: the only open one like that."""
        with self.desk.at_all() as bays:
            if transaction > 0:
                return next(((bay.evse_id, str(transaction)) for bay in bays if bay.owns(str(transaction))), None)
            runs = [(bay.evse_id, bay.running) for bay in bays if bay.running is not None and not bay.running.named]
        return (runs[0][0], runs[0][1].transaction_id) if len(runs) == 1 else None


def _info(*, accepted: bool, group: str = "") -> Answer:
    info = {"status": "Accepted" if accepted else "Invalid"}
    return info | {"parentIdTag": group} if accepted and group else info


def _error(fields: Fields) -> str:
    """The charger's word for what is wrong, its maker's own if the protocol has none; empty if nothing is."""
    code = text(fields, "errorCode")
    if code == "OtherError":
        return text(fields, "vendorErrorCode") or text(fields, "info") or code
    return "" if code == "NoError" else code
