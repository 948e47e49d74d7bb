"""A session's story, stage by stage, each with its time and who said so. Derived from the record alone."""

from __future__ import annotations

from dataclasses import dataclass

from contract.vocabulary import Act, EndMethod
from functions.domain.records import IntentRecord, IntentStatus, SessionRecord


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. Units: `at_ms` when the cloud learned of it; `charger_at_ms` the charger's own time for it, if any."""

    stage: str
    at_ms: int
    source: str
    detail: str = ""
    charger_at_ms: int | None = None


def timeline(session: SessionRecord) -> list[Stage]:
    """Every stage known, in the order in which the cloud learned of them."""
    stages = list(_of_intent(session.start)) if session.start is not None else []
    if session.started_at_ms is not None and session.started_received_at_ms is not None:
        how = "" if session.start is not None else "with_a_card"
        stages.append(Stage("started", session.started_received_at_ms, "charger", how, session.started_at_ms))
    for stop in (*session.past_stops, *((session.stop,) if session.stop else ())):
        stages.extend(_of_intent(stop))
    if session.stop is not None and session.stop_sent_at_ms not in (None, session.stop.requested_at_ms):
        stages.append(Stage("stop_sent_again", session.stop_sent_at_ms or 0, "cloud"))
    if session.start_expired_at_ms is not None:
        stages.append(Stage("start_expired", session.start_expired_at_ms, "cloud"))
    stages.extend(Stage("guarded", it.at_ms, "cloud", it.code.value) for it in session.anomalies)
    if session.reopened_at_ms is not None:
        stages.append(Stage("reopened", session.reopened_at_ms, "cloud"))
    if session.end is not None and session.end.concluded:
        basis = f"{session.end.basis}, confidence {session.end.confidence}"
        stages.append(Stage("closed_estimated", session.end.received_at_ms, "cloud", basis, session.end.at_ms))
    elif session.end is not None:
        source = "charger" if session.end.method is EndMethod.REPORTED else "cloud"
        stages.append(Stage("ended", session.end.received_at_ms, source, session.end.reason.value, session.end.at_ms))
    return sorted(stages, key=lambda stage: stage.at_ms)


def _of_intent(intent: IntentRecord) -> list[Stage]:
    name = "start" if intent.act is Act.START else "stop"
    stages = [Stage(f"{name}_requested", intent.requested_at_ms, intent.by.value)]
    if intent.accepted_at_ms is not None:
        stages.append(Stage(f"{name}_accepted", intent.accepted_at_ms, "charger"))
    if intent.executing_at_ms is not None:
        stages.append(Stage(f"{name}_executing", intent.executing_at_ms, "charger"))
    if intent.overdue_at_ms is not None:
        stages.append(Stage(f"{name}_overdue", intent.overdue_at_ms, "cloud"))
    if intent.settled_at_ms is not None:
        source = "owner" if intent.status is IntentStatus.WITHDRAWN else "charger"
        stages.append(Stage(f"{name}_{intent.status.value}", intent.settled_at_ms, source, intent.reason))
    return stages
