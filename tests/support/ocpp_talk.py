"""What a charge point says, in either version: the same story told to the same driver."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from tests.support.ocpp_bench import OcppBench
from tests.support.ocpp_charger import RawCharger

NOON = "2026-11-22T12:00:00Z"


def values(wh: object, w: object = 0, context: str = "Sample.Periodic") -> list[dict[str, Any]]:
    power = {"value": w, "measurand": "Power.Active.Import", "context": context}
    now = datetime.now(UTC).isoformat()
    return [{"timestamp": now, "sampledValue": [{"value": wh, "context": context}, power]}]


@dataclass
class Talk16:
    """A charger that speaks 1.6."""

    charger: RawCharger
    start: ClassVar = "RemoteStartTransaction"
    stop: ClassVar = "RemoteStopTransaction"

    def status(self, word: str, evse: int = 1, **more: Any) -> None:
        self.charger.call("StatusNotification", connectorId=evse, status=word, errorCode="NoError", **more)

    def beginning(self, token: str, evse: int = 1, meter_wh: int = 100, at: str = NOON) -> tuple[str, dict[str, Any]]:
        fields = {"connectorId": evse, "idTag": token, "meterStart": meter_wh, "timestamp": at}
        return "StartTransaction", fields

    def began(self, token: str, evse: int = 1, **more: Any) -> tuple[str, bool, str]:
        """Tell a beginning: the transaction's id, whether it may go on, and the group."""
        action, fields = self.beginning(token, evse, **more)
        answer = self.charger.call(action, **fields)
        info = answer["idTagInfo"]
        return str(answer["transactionId"]), info["status"] == "Accepted", info.get("parentIdTag", "")

    def meter(self, transaction_id: str, wh: int, w: int, evse: int = 1) -> None:
        told = values(str(wh), str(w))
        self.charger.call("MeterValues", connectorId=evse, transactionId=int(transaction_id), meterValue=told)

    def power_for_nobody(self, wh: int, w: int, evse: int = 1) -> None:
        self.charger.call("MeterValues", connectorId=evse, meterValue=values(str(wh), str(w)))

    def ending(self, transaction_id: str, meter_wh: int = 500, **more: Any) -> tuple[str, dict[str, Any]]:
        fields = {"transactionId": int(transaction_id), "meterStop": meter_wh, "timestamp": NOON}
        return "StopTransaction", fields | more

    def over(self, transaction_id: str, meter_wh: int = 500, **more: Any) -> dict[str, Any]:
        action, fields = self.ending(transaction_id, meter_wh, **more)
        return self.charger.call(action, **fields)

    def card(self, token: str) -> tuple[bool, str]:
        info = self.charger.call("Authorize", idTag=token)["idTagInfo"]
        return info["status"] == "Accepted", info.get("parentIdTag", "")

    def stops(self) -> list[str]:
        return [str(asked["transactionId"]) for asked in self.charger.told(self.stop)]

    def triggered(self) -> list[int]:
        """The EVSEs it was asked to tell something of."""
        return [asked["connectorId"] for asked in self.charger.told("TriggerMessage")]

    def started_as(self) -> str:
        """The name of the last start that was asked for."""
        return str(self.charger.told(self.start)[-1]["idTag"])


@dataclass
class Talk201:
    """A charger that speaks 2.0.1."""

    charger: RawCharger
    seq: int = 0
    ids: list[str] = field(default_factory=list)
    start: ClassVar = "RequestStartTransaction"
    stop: ClassVar = "RequestStopTransaction"

    def status(self, word: str, evse: int = 1, **more: Any) -> None:
        word = word if word in ("Available", "Faulted", "Unavailable", "Reserved") else "Occupied"
        self.charger.call("StatusNotification", evseId=evse, connectorId=1, connectorStatus=word, **more)

    def event(self, kind: str, transaction_id: str, info: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """A TransactionEvent's fields."""
        self.seq += 1
        told = {"eventType": kind, "seqNo": self.seq, "timestamp": NOON, "triggerReason": "Trigger"}
        return told | {"transactionInfo": {"transactionId": transaction_id} | (info or {})} | more

    def tell(self, kind: str, transaction_id: str, info: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        return self.charger.call("TransactionEvent", **self.event(kind, transaction_id, info, **more))

    def beginning(self, token: str, evse: int = 1, meter_wh: int = 100, at: str = NOON) -> tuple[str, dict[str, Any]]:
        self.ids.append(f"tx-{evse}-{len(self.ids)}")
        kind = "Central" if len(token) == 26 else "ISO14443"
        told = {"idToken": {"idToken": token, "type": kind}, "evse": {"id": evse}, "timestamp": at}
        meter = {"meterValue": values(meter_wh, 0, "Transaction.Begin")}
        return "TransactionEvent", self.event("Started", self.ids[-1], {"chargingState": "Charging"}, **told, **meter)

    def began(self, token: str, evse: int = 1, **more: Any) -> tuple[str, bool, str]:
        """Tell a beginning: the transaction's id, whether it may go on, and the group."""
        action, fields = self.beginning(token, evse, **more)
        info = self.charger.call(action, **fields)["idTokenInfo"]
        return self.ids[-1], info["status"] == "Accepted", info.get("groupIdToken", {}).get("idToken", "")

    def meter(self, transaction_id: str, wh: int, w: int, evse: int = 1) -> None:
        self.tell("Updated", transaction_id, meterValue=values(wh, w), evse={"id": evse})

    def power_for_nobody(self, wh: int, w: int, evse: int = 1) -> None:
        self.charger.call("MeterValues", evseId=evse, meterValue=values(wh, w))

    def ending(self, transaction_id: str, meter_wh: int = 500, **more: Any) -> tuple[str, dict[str, Any]]:
        info = {"stoppedReason": more.pop("reason")} if "reason" in more else {}
        token = {"idToken": {"idToken": more.pop("idTag"), "type": "ISO14443"}} if "idTag" in more else {}
        meter = {"meterValue": values(meter_wh, 0, "Transaction.End")}
        return "TransactionEvent", self.event("Ended", transaction_id, info, **meter, **token)

    def over(self, transaction_id: str, meter_wh: int = 500, **more: Any) -> dict[str, Any]:
        action, fields = self.ending(transaction_id, meter_wh, **more)
        return self.charger.call(action, **fields)

    def card(self, token: str) -> tuple[bool, str]:
        asked = {"idToken": token, "type": "ISO14443"}
        info = self.charger.call("Authorize", idToken=asked)["idTokenInfo"]
        return info["status"] == "Accepted", info.get("groupIdToken", {}).get("idToken", "")

    def stops(self) -> list[str]:
        return [str(asked["transactionId"]) for asked in self.charger.told(self.stop)]

    def triggered(self) -> list[int]:
        """The EVSEs it was asked to tell something of."""
        return [asked["evse"]["id"] for asked in self.charger.told("TriggerMessage")]

    def started_as(self) -> str:
        """The name of the last start that was asked for."""
        return str(self.charger.told(self.start)[-1]["idToken"]["idToken"])


Talk = Talk16 | Talk201


def connect(bench: OcppBench) -> Talk:
    """A charger connected to the bench in the bench's version, that has said nothing yet."""
    if bench.driver.name == "ocpp16":
        return Talk16(bench.charger())
    return Talk201(bench.charger(subprotocol="ocpp2.0.1"))


def talk(bench: OcppBench) -> Talk:
    """The same with a car at its first EVSE, and both states told."""
    speaker = connect(bench)
    speaker.status("Preparing")
    speaker.status("Available", 2)
    bench.sees(1, plugged=True)
    bench.sees(2, plugged=False)
    return speaker
