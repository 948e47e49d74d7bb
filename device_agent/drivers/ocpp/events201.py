"""The message that tells all of a transaction in OCPP 2.0.1, TransactionEvent, as it is understood here. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.vocabulary import EndReason
from device_agent.drivers.ocpp.fields import mark, number, part, samples, taken_at, text, when
from device_agent.drivers.ocpp.readings import Reading, reading
from device_agent.drivers.ocpp.running import Status

if TYPE_CHECKING:
    from device_agent.drivers.ocpp.fields import Fields

CHARGING_STATES = {
    "Charging": Status.CHARGING,
    "EVConnected": Status.PREPARING,
    "SuspendedEV": Status.SUSPENDED,
    "SuspendedEVSE": Status.SUSPENDED,
    "Idle": Status.AVAILABLE,
}

REASONS = {
    "DeAuthorized": EndReason.DE_AUTHORIZED,
    "EmergencyStop": EndReason.EMERGENCY_STOP,
    "EVDisconnected": EndReason.EV_DISCONNECTED,
    "ImmediateReset": EndReason.POWER_LOSS,
    "Local": EndReason.LOCAL,
    "MasterPass": EndReason.LOCAL,
    "PowerLoss": EndReason.POWER_LOSS,
    "Reboot": EndReason.POWER_LOSS,
    "Remote": EndReason.REMOTE,
}

TRIGGERS = {
    "RemoteStop": EndReason.REMOTE,
    "EVCommunicationLost": EndReason.EV_DISCONNECTED,
    "EVDeparted": EndReason.EV_DISCONNECTED,
    "Deauthorized": EndReason.DE_AUTHORIZED,
    "ResetCommand": EndReason.POWER_LOSS,
}
"""What made the charger send the last event: the reason, if it gives none."""


ID = re.compile(r"[\x21-\x7e]{1,36}")
"""Transaction ids as records carry them (`contract.wire.TransactionId`)."""


@dataclass(frozen=True, slots=True)
class TransactionEvent:
    """One event of one transaction."""

    transaction_id: str
    """The charger's, or a name made of it if no record can carry that: it is too long, or not printable."""
    told_id: str
    """What the charger itself calls it."""
    started: bool
    ended: bool
    connector: int | None
    """The EVSE by the charger's number; None if it does not say."""
    token: str
    """Who is authorised by it; empty if it does not say."""
    central: bool
    """Whether that is a name which this side has made up, as those of our starts."""
    remote_start_id: int | None
    status: Status | None
    reason: EndReason | None
    at: int | None
    measured: Reading
    """What the meter showed while it ran."""
    closing: Reading
    """What it showed at the end."""
    mark: str


def understood(fields: Fields) -> TransactionEvent:
    """The event in this message."""
    info, token = part(fields, "transactionInfo"), part(fields, "idToken")
    told_id, stamp = text(info, "transactionId"), text(fields, "timestamp")
    transaction_id = told_id if ID.fullmatch(told_id) else mark([told_id])
    running, closing = samples(fields, "meterValue")
    word = text(info, "stoppedReason")
    name = text(token, "idToken")
    return TransactionEvent(
        transaction_id=transaction_id if told_id else "",
        told_id=told_id,
        started=text(fields, "eventType") == "Started",
        ended=text(fields, "eventType") == "Ended",
        connector=number(part(fields, "evse"), "id"),
        token=name,
        central=text(token, "type") == "Central",
        remote_start_id=number(info, "remoteStartId"),
        status=CHARGING_STATES.get(text(info, "chargingState")),
        reason=REASONS.get(word, EndReason.OTHER) if word else TRIGGERS.get(text(fields, "triggerReason")),
        at=when(stamp),
        measured=reading(running, taken_at(fields, "meterValue")),
        closing=reading(closing),
        mark=mark([transaction_id, name, stamp, number(fields, "seqNo")]),
    )
