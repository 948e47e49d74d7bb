"""The charge point in OCPP 2.0.1: every outlet is an EVSE with one connector."""

from __future__ import annotations

import time
from typing import Any

from ocpp.exceptions import OCPPError
from ocpp.routing import after, on
from ocpp.v201 import ChargePoint, call, call_result
from ocpp.v201.enums import Action
from websockets.typing import Subprotocol

from local.charge_point.hardware import Seen
from local.charge_point.outlet import Cause, Letter, Permit, Status
from local.charge_point.stamps import stamp
from local.charge_point.station import Answer, Station

SUBPROTOCOL = Subprotocol("ocpp2.0.1")
ANSWER_WITHIN_S = 30
CONNECTOR = 1

OCCUPIED = {Status.PREPARING, Status.CHARGING, Status.SUSPENDED_EV, Status.FINISHING}
KINDS = {"started": "Started", "meter": "Updated", "ended": "Ended"}
REASONS = {"SoftReset": "ImmediateReset", "HardReset": "ImmediateReset", "UnlockCommand": "Other"}
"""Where 2.0.1 has another word than 1.6."""

BEAT, SAMPLE = ("OCPPCommCtrlr", "HeartbeatInterval"), ("SampledDataCtrlr", "TxUpdatedInterval")
PLUG = ("TxCtrlr", "EVConnectionTimeOut")
COMPONENTS = {"OCPPCommCtrlr", "SampledDataCtrlr", "AlignedDataCtrlr", "TxCtrlr", "AuthCtrlr"}
FIXED = {
    ("SampledDataCtrlr", "TxUpdatedMeasurands"): "Energy.Active.Import.Register,Power.Active.Import",
    ("AlignedDataCtrlr", "Interval"): "0",
    ("TxCtrlr", "StopTxOnInvalidId"): "true",
    ("TxCtrlr", "StopTxOnEVSideDisconnect"): "true",
    ("AuthCtrlr", "AuthorizeRemoteStart"): "false",
}
"""What this charge point always does; being told to do just that is fine."""


class Line201(ChargePoint):
    """One connection in OCPP 2.0.1."""

    def __init__(self, station: Station, socket: Any) -> None:
        super().__init__("charge-point", socket, response_timeout=ANSWER_WITHIN_S)
        self._station = station
        self._socket = socket
        self.beat_s = 300.0
        self._connected_at = time.time()

    # --- what we say -----------------------------------------------------------------------------------------------

    async def boot(self, reason: str) -> float | None:
        """See `Line`."""
        station = {"model": "Simulated", "vendor_name": "Polaris", "firmware_version": "1.0"}
        answer = await self._say(call.BootNotification(station, reason))
        if answer is None:
            return float(ANSWER_WITHIN_S)
        interval_s = float(answer.interval or ANSWER_WITHIN_S)
        if answer.status != "Accepted":
            return interval_s
        self.beat_s = interval_s
        return None

    async def heartbeat(self) -> None:
        """See `Line`."""
        await self._say(call.Heartbeat())

    async def status(self, evse_id: int, status: Status, error: str) -> None:  # noqa: ARG002  (2.0.1 has no place for it)
        """See `Line`."""
        told = "Occupied" if status in OCCUPIED else status.value
        await self._say(call.StatusNotification(stamp(time.time()), told, evse_id, CONNECTOR))

    async def measured(self, evse_id: int, seen: Seen, at: float, trigger: str) -> None:
        """See `Line`."""
        context = "Trigger" if trigger == "Trigger" else "Sample.Clock"
        await self._say(call.MeterValues(evse_id, [_values(at, seen.meter_wh, seen.power_w, context)]))

    async def authorise(self, card: str) -> Answer:
        """See `Line`."""
        answer = await self._say(call.Authorize(_token(card)))
        return _verdict(answer.id_token_info) if answer else Answer(accepted=False)

    async def post(self, letter: Letter) -> Answer | None:
        """See `Line`."""
        answer = await self._say(
            call.TransactionEvent(
                event_type=KINDS[letter.kind],
                timestamp=stamp(letter.at),
                trigger_reason=letter.trigger,
                seq_no=letter.seq,
                transaction_info=_info(letter),
                meter_value=[_values(letter.at, letter.meter_wh, letter.power_w, _context(letter))],
                offline=letter.at < self._connected_at,
                evse={"id": letter.evse_id, "connector_id": CONNECTOR} if letter.kind == "started" else None,
                id_token=_shown(letter),
            )
        )
        return answer and _verdict(answer.id_token_info)

    async def _say(self, message: Any) -> Any:
        """The answer; None if it is an error, or none that can be understood."""
        try:
            return await self.call(message)
        except OCPPError:
            return None

    # --- what we are told ------------------------------------------------------------------------------------------

    @on(Action.request_start_transaction)
    async def _on_start(
        self,
        id_token: dict[str, Any],
        remote_start_id: int,
        evse_id: int | None = None,
        group_id_token: dict[str, Any] | None = None,
        **_: Any,
    ) -> Any:
        group = (group_id_token or {}).get("id_token", "")
        permit = Permit(id_token["id_token"], True, group, remote_start_id)  # noqa: FBT003
        taken = await self._station.start(evse_id, permit)
        return call_result.RequestStartTransaction("Accepted" if taken else "Rejected")

    @on(Action.request_stop_transaction)
    async def _on_stop(self, transaction_id: str, **_: Any) -> Any:
        outlet = self._station.running(transaction_id)
        taken = outlet is not None and await self._station.stop(outlet, Cause("Remote"))
        return call_result.RequestStopTransaction("Accepted" if taken else "Rejected")

    @on(Action.unlock_connector)
    async def _on_unlock(self, evse_id: int, **_: Any) -> Any:
        outlet = self._station.outlets.get(evse_id)
        if outlet is None:
            return call_result.UnlockConnector("UnknownConnector")
        if outlet.transaction:
            return call_result.UnlockConnector("OngoingAuthorizedTransaction")
        stuck = outlet.seen is None or outlet.seen.cable == "stuck"
        return call_result.UnlockConnector("UnlockFailed" if stuck else "Unlocked")

    @on(Action.set_variables)
    async def _on_configure(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        return call_result.SetVariables([self._set(each) for each in set_variable_data])

    def _set(self, wanted: dict[str, Any]) -> dict[str, Any]:
        name, value = (wanted["component"]["name"], wanted["variable"]["name"]), wanted["attribute_value"]
        told = {"component": wanted["component"], "variable": wanted["variable"]}
        if name in FIXED:
            return told | {"attribute_status": "Accepted" if value == FIXED[name] else "Rejected"}
        if name not in (BEAT, SAMPLE, PLUG):
            return told | {"attribute_status": "UnknownVariable" if name[0] in COMPONENTS else "UnknownComponent"}
        if not value.isdigit():
            return told | {"attribute_status": "Rejected"}
        if name == BEAT:
            self.beat_s = float(value)
        elif name == PLUG:
            self._station.plug_within_s = float(value)
        else:
            self._station.sample_s = float(value)
        return told | {"attribute_status": "Accepted"}

    @on(Action.trigger_message)
    async def _on_trigger(self, requested_message: str, **_: Any) -> Any:
        known = ("BootNotification", "Heartbeat", "MeterValues", "StatusNotification", "TransactionEvent")
        return call_result.TriggerMessage("Accepted" if requested_message in known else "NotImplemented")

    @after(Action.trigger_message)
    async def _after_trigger(self, requested_message: str, evse: dict[str, Any] | None = None, **_: Any) -> None:
        self._station.errand(self._triggered(requested_message, (evse or {}).get("id")))

    async def _triggered(self, message: str, evse_id: int | None) -> None:
        if message == "BootNotification":
            await self.boot("Triggered")
        if message == "Heartbeat":
            await self.heartbeat()
        for number, outlet in self._station.outlets.items():
            if evse_id not in (None, number):
                continue
            await self._station.look(outlet)
            if message == "MeterValues" or (message == "TransactionEvent" and outlet.transaction):
                await self._station.sample(outlet, "Trigger")
            elif message == "StatusNotification" and outlet.status:
                await self.status(number, outlet.status, outlet.error)

    @on(Action.reset)
    async def _on_reset(self, **_: Any) -> Any:
        return call_result.Reset("Accepted")

    @after(Action.reset)
    async def _after_reset(self, **_: Any) -> None:
        self._station.errand(self._station.reset("SoftReset", self._socket))


def _token(card: str) -> dict[str, Any]:
    return {"id_token": card, "type": "ISO14443"}


def _shown(letter: Letter) -> dict[str, Any] | None:
    """What was shown to begin or to end the transaction."""
    permit = letter.transaction.permit
    if letter.kind == "started":
        return {"id_token": permit.token, "type": "Central"} if permit.remote else _token(permit.token)
    return _token(letter.token) if letter.token else None


def _info(letter: Letter) -> dict[str, Any]:
    transaction = letter.transaction
    info: dict[str, Any] = {"transaction_id": transaction.id}
    if letter.kind == "ended":
        return info | {"charging_state": "EVConnected", "stopped_reason": REASONS.get(letter.reason, letter.reason)}
    info |= {"charging_state": "SuspendedEV" if letter.paused else "Charging"}
    if letter.kind == "started" and transaction.permit.remote_start_id is not None:
        info |= {"remote_start_id": transaction.permit.remote_start_id}
    return info


def _context(letter: Letter) -> str:
    if letter.trigger == "Trigger":
        return "Trigger"
    return {"started": "Transaction.Begin", "meter": "Sample.Periodic", "ended": "Transaction.End"}[letter.kind]


def _verdict(info: dict[str, Any] | None) -> Answer:
    if not info:
        return Answer()
    return Answer(info["status"] == "Accepted", (info.get("group_id_token") or {}).get("id_token", ""))


def _values(at: float, meter_wh: int, power_w: int, context: str) -> dict[str, Any]:
    common = {"context": context, "location": "Outlet"}
    energy = {"value": float(meter_wh), "measurand": "Energy.Active.Import.Register"} | common
    power = {"value": float(power_w), "measurand": "Power.Active.Import", "unit_of_measure": {"unit": "W"}} | common
    return {"timestamp": stamp(at), "sampled_value": [energy, power]}
