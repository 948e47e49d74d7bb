"""An EVSE behind OCPP for unit tests: the transaction `77`, and its end."""

from __future__ import annotations

from contract.vocabulary import EndReason
from device_agent.drivers.base import Order, TransactionBegan, TransactionOver
from device_agent.drivers.ocpp.bays import Bay

ORDER = Order("01JD0000000000000000000001", "OWNER")
BEGAN = TransactionBegan(1, "77", "mark-1", session_id=ORDER.session_id, at=1_795_348_800, meter_wh=1_000)


def over(
    bay: Bay, reason: EndReason | None = EndReason.LOCAL, *, meter_wh: int | None = 1_500
) -> TransactionOver | None:
    return bay.told_over("77", reason, 1_795_349_000, meter_wh, 100.0)
