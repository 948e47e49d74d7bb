"""What the charger says it is: the shadow's `reported`, which only the charger writes, always whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from contract.vocabulary import AckReason, AckStatus, CableState, EvseStatus, SessionState
from contract.wire import EnergyWh, EpochSeconds, PowerW, TransactionId, Ulid, Wire

ShortText = Annotated[str, StringConstraints(max_length=64)]


class EvseReport(Wire):
    """One EVSE as it is now. Units: `powerW` in watts, drawn by the car."""

    status: EvseStatus
    error: ShortText = ""
    cable: CableState
    power_w: PowerW


class SessionReport(Wire):
    """The session on this EVSE, or the last one that was. Units: `energyWh` since its start, times in epoch seconds."""

    session_id: Ulid
    transaction_id: TransactionId
    state: SessionState
    started_at: EpochSeconds
    energy_wh: EnergyWh
    at: EpochSeconds


class Ack(Wire):
    """The charger's answer to one intent. Every intent ends in exactly one final ack."""

    id: Ulid
    status: AckStatus
    reason: AckReason = AckReason.NONE
    at: EpochSeconds


class AgentReport(Wire):
    """The software that speaks for the charger."""

    version: ShortText
    driver: ShortText
    driver_ok: bool


class Reported(Wire):
    """The whole `reported` section of one EVSE's shadow.

    Shape: every group is a one-element list, so that the shadow service replaces it whole; a group that does not
    exist yet is absent. `boot` and `n` are the charger's own order: `n` counts reports within one boot.
    `intent` is the intent handled last, copied as it came: once it equals `desired`, AWS itself shows "in sync".
    """

    v: Literal[1] = 1
    boot: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{4,16}$")]
    n: Annotated[int, Field(ge=0, le=2**53)]
    evse: tuple[EvseReport] = Field(min_length=1, max_length=1)
    session: tuple[SessionReport] | None = None
    ack: tuple[Ack] | None = None
    intent: tuple[dict[str, Any]] | None = None
    agent: tuple[AgentReport] = Field(min_length=1, max_length=1)
