"""Session events: immutable, numbered facts. A session's record changes by them and by nothing else."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contract.authorisation import IdTokenHash
from contract.vocabulary import EndMethod, EndReason, EventType
from contract.wire import EnergyWh, EpochSeconds, PowerW, TransactionId, Ulid, Wire


class SessionEvent(Wire):
    """One fact about one session, idempotent by (`sessionId`, `seq`).

    Units: `meterWh` is the EVSE's energy register in watt-hours, made continuous by the agent: a meter that is
    swapped or reset goes on from where it was, so that within a session the register never falls. `powerW` in watts.
    `reason` and `method` belong to `ended` alone. Which charger and EVSE it came from is not in the document: the
    topic says it, which the charger's certificate vouches for. Every event of a session that began at the charger
    carries `idTokenHash`, the card it began with: whichever arrives first, the cloud can make the record.
    """

    v: Literal[1] = 1
    session_id: Ulid
    seq: Annotated[int, Field(ge=0, le=10_000_000)]
    type: EventType
    at: EpochSeconds
    meter_wh: EnergyWh
    power_w: PowerW | None = None
    id_token_hash: IdTokenHash | None = None
    transaction_id: TransactionId
    reason: EndReason | None = None
    method: EndMethod | None = None

    @model_validator(mode="after")
    def _an_end_has_its_reason(self) -> Self:
        ended = self.type is EventType.ENDED
        if ended != (self.reason is not None) or ended != (self.method is not None):
            raise ValueError("reason and method belong to ended, and to nothing else")
        return self
