"""A session's story, stage by stage, each with its time and who said so. Derived from the record alone.

What a charger does not tell has no stage: that an intent was delivered shows by its being accepted; a contactor that
opened and power that went to zero are told as one, `stop_done`.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.vocabulary import Act, EndMethod
from functions.domain.records import EndRecord, IntentRecord, IntentStatus, SessionRecord


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. Units: `at_ms` when the cloud learned of it; `charger_at_ms` the charger's own time for it, if any.

    `clock` says which time to go by: the cloud's, the charger's, or an estimate, which then is `charger_at_ms`.
    """

    stage: str
    at_ms: int
    source: str
    detail: str = ""
    charger_at_ms: int | None = None
    estimated: bool = False

    @property
    def clock(self) -> str:
        """cloud, charger or estimated."""
        if self.estimated:
            return "estimated"
        return "cloud" if self.charger_at_ms is None else "charger"


def timeline(session: SessionRecord) -> list[Stage]:
    """Every stage known, in the order in which the cloud learned of them."""
    stages = list(_of_intent(session.start)) if session.start is not None else []
    if session.started_at_ms is not None and session.started_received_at_ms is not None:
        how = "" if session.start is not None else "with_a_card"
        stages.append(Stage("started", session.started_received_at_ms, "charger", how, session.started_at_ms))
    for stop in (*session.past_stops, *((session.stop,) if session.stop else ())):
        stages.extend(_of_intent(stop))
    stages.extend(_sending(session))
    stages.extend(_lending(session))
    if session.start_expired_at_ms is not None:
        stages.append(Stage("start_expired", session.start_expired_at_ms, "cloud"))
    stages.extend(Stage("guarded", it.at_ms, "cloud", it.code.value) for it in session.anomalies)
    if session.reopened_at_ms is not None:
        stages.append(Stage("reopened", session.reopened_at_ms, "cloud"))
    if session.forgotten_at_ms is not None:
        stages.append(Stage("account_deleted", session.forgotten_at_ms, "owner"))
    stages.extend(_end(end) for end in (session.superseded_end, session.end) if end is not None)
    if session.end is not None and session.cable_free_at_ms is not None:
        stages.append(Stage("cable_free", session.cable_free_at_ms, "charger"))
    return sorted(stages, key=lambda stage: stage.at_ms)


def _sending(session: SessionRecord) -> list[Stage]:
    """That the stop went to the charger's shadow, as far as the record knows: the last time, or that it failed."""
    stop, sent_at_ms = session.stop, session.stop_sent_at_ms
    if stop is None or sent_at_ms is None:
        return []
    if session.stop_not_sent:
        return [Stage("stop_not_sent", sent_at_ms, "cloud")]
    return [Stage("stop_sent" if sent_at_ms == stop.requested_at_ms else "stop_sent_again", sent_at_ms, "cloud")]


def _lending(session: SessionRecord) -> list[Stage]:
    """That the right to stop was lent, taken by the guest who then may be the `source` of a stop, and taken back."""
    stages = []
    for right in (*session.past_stop_rights, *((session.stop_right,) if session.stop_right else ())):
        stages.append(Stage("stop_right_offered", right.offered_at_ms, "owner"))
        if right.taken_at_ms is not None:
            stages.append(Stage("stop_right_taken", right.taken_at_ms, "guest"))
        if right.revoked_at_ms is not None:
            stages.append(Stage("stop_right_revoked", right.revoked_at_ms, "owner"))
    return stages


def _end(end: EndRecord) -> Stage:
    if end.concluded:
        basis = f"{end.basis}, confidence {end.confidence}"
        source, detail = ("operator", f"{basis}: {end.why}") if end.why else ("cloud", basis)
        return Stage("closed_estimated", end.received_at_ms, source, detail, end.at_ms, estimated=True)
    estimated = end.method is EndMethod.ESTIMATED
    return Stage("ended", end.received_at_ms, "charger", end.reason.value, end.at_ms, estimated=estimated)


def _of_intent(intent: IntentRecord) -> list[Stage]:
    name = "start" if intent.act is Act.START else "stop"
    stages = [Stage(f"{name}_requested", intent.requested_at_ms, intent.by.value, intent.why)]
    if intent.operator_at_ms is not None:
        stages.append(Stage(f"{name}_requested", intent.operator_at_ms, "operator", intent.operator_why))
    if intent.accepted_at_ms is not None:
        stages.append(Stage(f"{name}_accepted", intent.accepted_at_ms, "charger", "", intent.accepted_charger_ms))
    if intent.executing_at_ms is not None:
        stages.append(Stage(f"{name}_executing", intent.executing_at_ms, "charger", "", intent.executing_charger_ms))
    if intent.overdue_at_ms is not None:
        stages.append(Stage(f"{name}_overdue", intent.overdue_at_ms, "cloud"))
    if intent.settled_at_ms is not None:
        source = "owner" if intent.status is IntentStatus.WITHDRAWN else "charger"
        told_ms = intent.settled_charger_ms
        stages.append(Stage(f"{name}_{intent.status.value}", intent.settled_at_ms, source, intent.reason, told_ms))
    return stages
