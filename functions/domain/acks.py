"""What a charger's answer does to the intent that it answers: pure. Answers only move an intent forward."""

from __future__ import annotations

from dataclasses import replace

from contract.reports import Ack
from contract.vocabulary import AckReason, AckStatus
from functions.domain.records import IntentRecord, IntentStatus, SessionRecord
from functions.domain.transitions import MAX_CLOCK_OFF_MS


def with_ack(session: SessionRecord, ack: Ack, *, received_at_ms: int) -> SessionRecord:
    """The session after the charger's answer to one of its intents."""
    if session.start is not None and ack.id == session.start.intent_id:
        return replace(session, start=_acked(session.start, ack, received_at_ms))
    if session.stop is not None and ack.id == session.stop.intent_id:
        return replace(session, stop=_acked(session.stop, ack, received_at_ms), stop_not_sent=False)
    if any(past.intent_id == ack.id for past in session.past_stops):
        past = tuple(_acked(it, ack, received_at_ms) if it.intent_id == ack.id else it for it in session.past_stops)
        return replace(session, past_stops=past)
    return session


def _acked(intent: IntentRecord, ack: Ack, received_at_ms: int) -> IntentRecord:
    status = IntentStatus(ack.status.value)
    if status.rank <= intent.status.rank:
        return intent
    if intent.status is IntentStatus.WITHDRAWN and ack.reason is AckReason.WITHDRAWN:
        return intent  # what the driver said, said back
    moved = replace(intent, status=status, reason=ack.reason.value, settled_at_ms=None)
    charger_ms = _chargers_time_ms(intent, ack, received_at_ms)
    match ack.status:
        case AckStatus.ACCEPTED:
            return replace(moved, accepted_at_ms=received_at_ms, accepted_charger_ms=charger_ms)
        case AckStatus.EXECUTING:
            return replace(moved, executing_at_ms=received_at_ms, executing_charger_ms=charger_ms)
        case _:
            return replace(moved, settled_at_ms=received_at_ms, settled_charger_ms=charger_ms)


def _chargers_time_ms(intent: IntentRecord, ack: Ack, received_at_ms: int) -> int | None:
    """When the charger says it was; None if its clock cannot be right: before the intent, or after the arrival."""
    at_ms = ack.at * 1000
    possible = intent.requested_at_ms - MAX_CLOCK_OFF_MS <= at_ms <= received_at_ms + MAX_CLOCK_OFF_MS
    return at_ms if possible else None
