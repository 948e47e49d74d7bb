"""The domain events as subscribers read them: the `detail` of events on the bus, one model for each kind.

Absent fields are left out; readers must ignore fields that they do not know. Schemas: docs/events/, generated.
Personal data: `owner` alone, the account's opaque id, for without it nobody can be notified (ADR 0021).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from contract.vocabulary import EndMethod, EndReason, RequestedBy
from functions.domain.records import Confidence, EndBasis

SOURCE = "polaris.sessions"
"""The `source` of every event on the bus."""


class DomainEvent(BaseModel):
    """What every kind has.

    `eventId` is the same however often an event is delivered: keep it to know what you have seen. `at` is when it
    happened, by the charger's clock where that can be right. `owner` is the account's opaque id, absent if the session
    is nobody's. Energy in watt-hours.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    KIND: ClassVar[str]
    """The `detail-type` on the bus."""

    v: Literal[1] = 1
    event_id: str
    at: datetime
    session_id: str
    charger_id: str
    evse_id: int
    owner: str | None = None

    def to_detail(self) -> dict[str, Any]:
        """The document as it goes on the bus: camelCase, no nulls, plain JSON types."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class SessionStarted(DomainEvent):
    """The charger told that a session began. `startMeterWh` is the EVSE's register."""

    KIND = "session.started"
    started_by: Literal["app", "card"]
    start_meter_wh: int


class SessionStopped(DomainEvent):
    """The charger told that a session ended: these figures are final.

    Unless `method` is `estimated`: then the charger guessed, and may tell better later. `corrects` is the id of the
    event whose figures these replace. `stoppedBy` is who asked for the stop that ended it, `rule` the rule if that was
    `automatic`; both absent if it ended otherwise. `energyWh` and `startedAt` are absent if its beginning was not told.
    """

    KIND = "session.stopped"
    started_at: datetime | None = None
    energy_wh: int | None = None
    reason: EndReason
    method: EndMethod
    stopped_by: RequestedBy | None = None
    rule: str | None = None
    corrects: str | None = None


class SessionClosedEstimated(DomainEvent):
    """The cloud concluded that a session is over, for its charger did not say so: the figures are an estimate.

    `basis` is what it rests on, `confidence` how far to trust it. `session.stopped` or `session.reopened` may follow.
    """

    KIND = "session.closed_estimated"
    started_at: datetime | None = None
    energy_wh: int | None = None
    basis: EndBasis
    confidence: Confidence


class SessionReopened(DomainEvent):
    """The charger showed that a session which was closed as estimated goes on: `corrects` was wrong."""

    KIND = "session.reopened"
    corrects: str


class StopOverdue(DomainEvent):
    """A stop has had no outcome in time. It stays in force: `session.stopped` may follow, or `stop.failed`."""

    KIND = "stop.overdue"
    intent_id: str
    requested_by: RequestedBy
    rule: str | None = None


class StopFailed(DomainEvent):
    """The charger could not carry a stop out, or would not: the session goes on. `reason` is a code of the API."""

    KIND = "stop.failed"
    intent_id: str
    requested_by: RequestedBy
    rule: str | None = None
    outcome: Literal["refused", "failed"]
    reason: str


KINDS: tuple[type[DomainEvent], ...] = (
    SessionStarted,
    SessionStopped,
    SessionClosedEstimated,
    SessionReopened,
    StopOverdue,
    StopFailed,
)


def event_schema_texts() -> dict[str, str]:
    """The JSON Schema of every kind's `detail`, by file name."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        f"{model.KIND}.v1.json": json.dumps({**dialect, **model.model_json_schema(by_alias=True)}, indent=2) + "\n"
        for model in KINDS
    }
