"""Sessions as the API shows them to their owner."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from contract.vocabulary import EndMethod, EndReason, RequestedBy
from functions.api_models.base import ApiModel, Explanation, when, when_known
from functions.api_models.money import Cost, Receipt, rule_of
from functions.domain import outlook, receipts
from functions.domain.patience import Patience
from functions.domain.reasons import reason
from functions.domain.records import Confidence, EndBasis, MeterSample, SessionRecord
from functions.domain.targets import Target as TargetRecord
from functions.domain.timeline import Stage as TimelineStage

SessionStatus = Literal["pending", "active", "stopping", "ended", "failed"]
StopStatus = Literal[
    "requested", "accepted", "executing", "done", "refused", "failed", "overdue", "not_sent", "withdrawn"
]
StartedBy = Literal["app", "card"]


class Stop(ApiModel):
    """The stop asked for in a session. `requested` and `accepted` are not `done`; only `done` was measured."""

    intent_id: str
    by: RequestedBy
    """Who asked: `automatic` is a rule, such as the session's target."""
    why: str
    """The rule that asked, of an automatic stop: `target_energy`, `target_duration`, `card_lost`; else empty."""
    status: StopStatus
    requested_at: datetime
    updated_at: datetime
    reason: str
    """Code of the reason table; empty while there is nothing to explain."""
    title: str
    advice: str
    retryable: bool
    """Whether tapping Stop again makes sense now."""
    withdrawable: bool
    """Whether the driver may still take it back."""

    @classmethod
    def of(cls, session: SessionRecord, *, now_ms: int, patience: Patience, connected: bool | None) -> Stop | None:
        """The stop of a session, or None."""
        status = outlook.stop_status(session, now_ms=now_ms, patience=patience)
        if session.stop is None or status is None:
            return None
        code = outlook.stop_reason(session, status, connected=connected)
        row = reason(code) if code else None
        return cls(
            intent_id=session.stop.intent_id,
            by=session.stop.by,
            why=rule_of(session.stop),
            status=status,  # type: ignore[arg-type]  # outlook speaks exactly these words; a test holds it to them
            requested_at=when(session.stop.requested_at_ms),
            updated_at=when(session.stop.updated_at_ms),
            reason=code,
            title=row.title if row else "",
            advice=row.advice if row else "",
            retryable=row.retryable if row else False,
            withdrawable=outlook.is_withdrawable(session),
        )


class End(ApiModel):
    """How a session ended. `meterWh` is the EVSE's register; `method` says whether the charger reported it.

    `basis` and `confidence` are there while the end is the cloud's own conclusion: what it rests on, and how far to
    trust it. `meterWh` is null if no reading of the session ever came. `stoppedBy` and `why` are those of the stop that
    ended it; null and empty if it ended otherwise.
    """

    reason: EndReason
    method: EndMethod
    at: datetime
    meter_wh: int | None
    basis: EndBasis | None
    confidence: Confidence | None
    stopped_by: RequestedBy | None
    why: str

    @classmethod
    def of(cls, session: SessionRecord) -> End | None:
        """The end of a session, or None."""
        end = session.end
        if end is None:
            return None
        stop = receipts.stop_that_ended(session)
        return cls(
            reason=end.reason,
            method=end.method,
            at=when(end.at_ms),
            meter_wh=end.meter_wh,
            basis=end.basis,
            confidence=end.confidence,
            stopped_by=stop.by if stop else None,
            why=rule_of(stop),
        )


class Target(ApiModel):
    """Where the driver wants a session to stop by itself: whichever is reached first; null is not asked for."""

    energy_wh: int | None
    duration_s: int | None

    @classmethod
    def of(cls, target: TargetRecord | None) -> Target | None:
        """A target as the API shows it, if there is one."""
        return None if target is None else cls(energy_wh=target.energy_wh, duration_s=target.duration_s)


class Session(ApiModel):
    """A charging session of the caller.

    `energyWh` and `powerW` are as of `asOf`; null where nothing is known. `estimated`: the state is the cloud's own
    conclusion. `stale`: not heard of for long, the figures are the last known ones. `pollAfterMs`: when to ask again;
    null once nothing will change. `startedBy`: `card` if it began at the charger, with a card of the caller's.
    `stopAt` is what the driver gave at the start, null if nothing. `cost` is as of `asOf`, null without a tariff.
    `receipt` is null before the end, and until the beginning was told.
    """

    session_id: str
    charger_id: str
    charger_name: str
    evse_id: int
    started_by: StartedBy
    status: SessionStatus
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    energy_wh: int | None
    power_w: int | None
    as_of: datetime | None
    estimated: bool
    stale: bool
    poll_after_ms: int | None
    stop_at: Target | None
    stop: Stop | None
    end: End | None
    cost: Cost | None
    receipt: Receipt | None
    failure: Explanation | None
    """Why a session with status `failed` never began."""

    @classmethod
    def of(cls, session: SessionRecord, *, now_ms: int, patience: Patience, connected: bool | None = None) -> Session:
        """What the owner of a session is told at this moment."""
        failure = outlook.failure_reason(session, now_ms=now_ms, patience=patience)
        end = End.of(session)
        return cls(
            session_id=session.session_id,
            charger_id=session.charger_id,
            charger_name=session.charger_name,
            evse_id=session.evse_id,
            started_by="card" if session.start is None else "app",
            status=outlook.session_status(session, now_ms=now_ms, patience=patience),  # type: ignore[arg-type]  # as Stop.of
            created_at=when(session.created_at_ms),
            started_at=when_known(session.started_at_ms),
            ended_at=end.at if end else None,
            energy_wh=outlook.energy_wh(session),
            power_w=session.power_w,
            as_of=when_known(session.as_of_ms),
            estimated=outlook.is_estimated(session, now_ms=now_ms, patience=patience),
            stale=outlook.is_stale(session, now_ms=now_ms, patience=patience),
            poll_after_ms=outlook.poll_after_ms(session, now_ms=now_ms, patience=patience),
            stop_at=Target.of(session.target),
            stop=Stop.of(session, now_ms=now_ms, patience=patience, connected=connected),
            end=end,
            cost=Cost.of(receipts.cost(session), estimated=end is None or end.method is EndMethod.ESTIMATED),
            receipt=Receipt.of(receipts.receipt(session)),
            failure=Explanation.of(failure) if failure else None,
        )


class SessionPage(ApiModel):
    """One page of sessions, newest first; pass `cursor` on to get the next."""

    sessions: list[Session]
    cursor: str | None


class Stage(ApiModel):
    """One stage of a session: `at` is when the cloud learned of it, `source` who said so.

    `clock` says which time to go by: `cloud` is `at`, `charger` is `chargerAt`, the charger's own time for it, and
    `estimated` is `chargerAt` too, which then is a conclusion.
    """

    stage: str
    at: datetime
    source: str
    detail: str
    charger_at: datetime | None
    clock: Literal["cloud", "charger", "estimated"]

    @classmethod
    def of(cls, stage: TimelineStage) -> Stage:
        """A stage as the API shows it."""
        return cls(
            stage=stage.stage,
            at=when(stage.at_ms),
            source=stage.source,
            detail=stage.detail,
            charger_at=when_known(stage.charger_at_ms),
            clock=stage.clock,  # type: ignore[arg-type]  # the three above
        )


class Timeline(ApiModel):
    """A session's story, in the order in which the cloud learned of it."""

    session_id: str
    stages: list[Stage]


class MeterValue(ApiModel):
    """One point of the curve. `energyWh` since the session's start; null if the start is not known yet."""

    at: datetime
    energy_wh: int | None
    power_w: int | None
    meter_wh: int

    @classmethod
    def of(cls, sample: MeterSample, session: SessionRecord) -> MeterValue:
        """A sample as the API shows it."""
        start = session.start_meter_wh
        return cls(
            at=when(sample.at_ms),
            energy_wh=None if start is None else max(0, sample.meter_wh - start),
            power_w=sample.power_w,
            meter_wh=sample.meter_wh,
        )


class MeterValuePage(ApiModel):
    """One page of a session's curve, oldest first."""

    session_id: str
    meter_values: list[MeterValue]
    cursor: str | None
