"""The charge point in OCPP 1.6: every outlet is a connector."""

from __future__ import annotations

import time
from typing import Any

from ocpp.exceptions import OCPPError
from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action
from websockets.typing import Subprotocol

from local.charge_point.hardware import Seen
from local.charge_point.outlet import Cause, Letter, Permit, Status
from local.charge_point.stamps import stamp
from local.charge_point.station import Answer, Station

SUBPROTOCOL = Subprotocol("ocpp1.6")
ANSWER_WITHIN_S = 30

WHOLE = 0
"""The connector that means the charge point as a whole."""

FIXED = {
    "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import",
    "ClockAlignedDataInterval": "0",
    "StopTransactionOnInvalidId": "true",
    "StopTransactionOnEVSideDisconnect": "true",
    "AuthorizeRemoteTxRequests": "false",
}
"""What this charge point always does; being told to do just that is fine."""


class Line16(ChargePoint):
    """One connection in OCPP 1.6."""

    def __init__(self, station: Station, socket: Any) -> None:
        super().__init__("charge-point", socket, response_timeout=ANSWER_WITHIN_S)
        self._station = station
        self._socket = socket
        self.beat_s = 300.0
        self._settings = {
            "HeartbeatInterval": "300",
            "MeterValueSampleInterval": str(int(station.sample_s)),
            "ConnectionTimeOut": str(int(station.plug_within_s)),
        }

    # --- what we say -----------------------------------------------------------------------------------------------

    async def boot(self, reason: str) -> float | None:  # noqa: ARG002  (1.6 does not say why)
        """See `Line`."""
        answer = await self._say(
            call.BootNotification(
                charge_point_model="Simulated", charge_point_vendor="Polaris", firmware_version="1.0", meter_type="true"
            )
        )
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

    async def status(self, evse_id: int, status: Status, error: str) -> None:
        """See `Line`."""
        await self._say(call.StatusNotification(evse_id, error, status.value, stamp(time.time())))

    async def measured(self, evse_id: int, seen: Seen, at: float, trigger: str) -> None:
        """See `Line`."""
        context = "Trigger" if trigger == "Trigger" else "Sample.Clock"
        await self._say(call.MeterValues(evse_id, [_values(at, seen.meter_wh, seen.power_w, context)]))

    async def authorise(self, card: str) -> Answer:
        """See `Line`."""
        answer = await self._say(call.Authorize(card))
        return _verdict(answer.id_tag_info) if answer else Answer(accepted=False)

    async def post(self, letter: Letter) -> Answer | None:
        """See `Line`."""
        at, permit, number = stamp(letter.at), letter.transaction.permit, letter.transaction.number
        if letter.kind == "started":
            began = await self._say(call.StartTransaction(letter.evse_id, permit.token, letter.meter_wh, at))
            return began and _verdict(began.id_tag_info, began.transaction_id)
        if number is None:
            return None  # its start was never answered but with errors: nobody knows this transaction
        if letter.kind == "ended":
            over = await self._say(
                call.StopTransaction(letter.meter_wh, at, number, letter.reason, letter.token or None)
            )
            return over and Answer()
        if letter.trigger == "ChargingStateChanged":
            return Answer()  # in 1.6 the status tells
        context = "Trigger" if letter.trigger == "Trigger" else "Sample.Periodic"
        values = [_values(letter.at, letter.meter_wh, letter.power_w, context)]
        told = await self._say(call.MeterValues(letter.evse_id, values, number))
        return told and Answer()

    async def _say(self, message: Any) -> Any:
        """The answer; None if it is an error, or none that can be understood."""
        try:
            return await self.call(message)
        except OCPPError:
            return None

    # --- what we are told ------------------------------------------------------------------------------------------

    @on(Action.remote_start_transaction)
    async def _on_start(self, id_tag: str, connector_id: int | None = None, **_: Any) -> Any:
        taken = await self._station.start(connector_id, Permit(id_tag, remote=True))
        return call_result.RemoteStartTransaction("Accepted" if taken else "Rejected")

    @on(Action.remote_stop_transaction)
    async def _on_stop(self, transaction_id: int, **_: Any) -> Any:
        outlet = await self._station.numbered(transaction_id)
        taken = outlet is not None and await self._station.stop(outlet, Cause("Remote"))
        return call_result.RemoteStopTransaction("Accepted" if taken else "Rejected")

    @on(Action.unlock_connector)
    async def _on_unlock(self, connector_id: int, **_: Any) -> Any:
        outlet = self._station.outlets.get(connector_id)
        if outlet is None:
            return call_result.UnlockConnector("NotSupported")
        if outlet.transaction:
            await self._station.stop(outlet, Cause("UnlockCommand"))
        held = outlet.seen is None or outlet.seen.cable in ("locked", "stuck")
        return call_result.UnlockConnector("UnlockFailed" if held else "Unlocked")

    @on(Action.change_configuration)
    async def _on_configure(self, key: str, value: str, **_: Any) -> Any:
        if key in FIXED:
            return call_result.ChangeConfiguration("Accepted" if value == FIXED[key] else "Rejected")
        if key not in self._settings:
            return call_result.ChangeConfiguration("NotSupported")
        if not value.isdigit():
            return call_result.ChangeConfiguration("Rejected")
        self._settings[key] = value
        if key == "HeartbeatInterval":
            self.beat_s = float(value)
        elif key == "ConnectionTimeOut":
            self._station.plug_within_s = float(value)
        else:
            self._station.sample_s = float(value)
        return call_result.ChangeConfiguration("Accepted")

    @on(Action.get_configuration)
    async def _on_read_configuration(self, key: list[str] | None = None, **_: Any) -> Any:
        values = FIXED | self._settings
        asked = key or list(values)
        known = [
            {"key": name, "readonly": name in FIXED, "value": value} for name, value in values.items() if name in asked
        ]
        return call_result.GetConfiguration(known, [name for name in asked if name not in values])

    @on(Action.trigger_message)
    async def _on_trigger(self, requested_message: str, **_: Any) -> Any:
        known = requested_message in ("BootNotification", "Heartbeat", "MeterValues", "StatusNotification")
        return call_result.TriggerMessage("Accepted" if known else "NotImplemented")

    @after(Action.trigger_message)
    async def _after_trigger(self, requested_message: str, connector_id: int | None = None, **_: Any) -> None:
        self._station.errand(self._triggered(requested_message, connector_id))

    async def _triggered(self, message: str, connector_id: int | None) -> None:
        if message == "BootNotification":
            await self.boot("Triggered")
        if message == "Heartbeat":
            await self.heartbeat()
        for number, outlet in self._station.outlets.items():
            if connector_id not in (None, WHOLE, number):
                continue
            await self._station.look(outlet)
            if message == "MeterValues":
                await self._station.sample(outlet, "Trigger")
            elif message == "StatusNotification" and outlet.status:
                await self.status(number, outlet.status, outlet.error)

    @on(Action.reset)
    async def _on_reset(self, **_: Any) -> Any:
        return call_result.Reset("Accepted")

    @after(Action.reset)
    async def _after_reset(self, type: str, **_: Any) -> None:  # noqa: A002  (the protocol's word)
        self._station.errand(self._station.reset(f"{type}Reset", self._socket))


def _verdict(info: Any, number: int | None = None) -> Answer:
    return Answer(info["status"] == "Accepted", info.get("parent_id_tag", ""), number)


def _values(at: float, meter_wh: int, power_w: int, context: str) -> dict[str, Any]:
    common = {"context": context, "location": "Outlet"}
    energy = {"value": str(meter_wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"} | common
    power = {"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"} | common
    return {"timestamp": stamp(at), "sampled_value": [energy, power]}
