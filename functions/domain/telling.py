"""What the change of a session's record means to the world: pure, and what is told is a function of the two records.

So the same change always makes the same events with the same ids, however often it is looked at (ADR 0021).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from contract.vocabulary import RequestedBy
from functions.domain.event_documents import (
    DomainEvent,
    SessionClosedEstimated,
    SessionReopened,
    SessionStarted,
    SessionStopped,
    StopFailed,
    StopOverdue,
)
from functions.domain.outlook import energy_wh
from functions.domain.receipts import stop_that_ended
from functions.domain.records import EndRecord, IntentRecord, IntentStatus, SessionRecord


class EventBus(Protocol):
    """Where subscribers hear of what happened. A port, as those in `ports`; only one function needs it."""

    def publish(self, events: Sequence[DomainEvent]) -> None:
        """Tell these, at least once and in any order.

        Raises:
            TemporaryError: some or all were not taken; telling all of them again is right.
        """


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells subscribers what became of a session."""

    bus: EventBus

    def tell(self, old: SessionRecord | None, new: SessionRecord) -> list[DomainEvent]:
        """Publish what the change from `old` to `new` means.

        Raises:
            TemporaryError: not all of it was taken; tell the same change again later.
        """
        events = list(events_between(old, new))
        if events:
            self.bus.publish(events)
        return events


def events_between(old: SessionRecord | None, new: SessionRecord) -> Iterator[DomainEvent]:
    """The events of one change of a session's record; `old` is None for one that is new."""
    if new.started_at_ms is not None and (old is None or old.started_at_ms is None):
        yield _started(new, new.started_at_ms)
    before = {stop.intent_id: stop for stop in _stops(old)}
    for stop in _stops(new):
        known = before.get(stop.intent_id)
        if stop.overdue_at_ms is not None and (known is None or known.overdue_at_ms is None):
            yield _overdue(new, stop, stop.overdue_at_ms)
        if _turned_down(stop) and (known is None or not _turned_down(known)):
            yield _failed(new, stop)
    was = old.end if old is not None else None
    if new.end is None:
        if was is not None and was.concluded:
            at_ms = new.reopened_at_ms or was.received_at_ms
            yield SessionReopened(**_about(new, at_ms, "reopened", str(at_ms)), corrects=_id_of_end(new, was))
    elif was is None or _id_of_end(new, was) != _id_of_end(new, new.end):
        yield _ended(new, new.end)


def _stops(session: SessionRecord | None) -> list[IntentRecord]:
    if session is None:
        return []
    return [*session.past_stops, *((session.stop,) if session.stop else ())]


def _turned_down(stop: IntentRecord) -> bool:
    return stop.status in (IntentStatus.REFUSED, IntentStatus.FAILED)


def _started(session: SessionRecord, at_ms: int) -> SessionStarted:
    return SessionStarted(
        **_about(session, at_ms, "started"),
        started_by="card" if session.start is None else "app",
        start_meter_wh=session.start_meter_wh or 0,
    )


def _overdue(session: SessionRecord, stop: IntentRecord, at_ms: int) -> StopOverdue:
    return StopOverdue(**_about(session, at_ms, "stop_overdue", stop.intent_id), **_asked(stop))


def _failed(session: SessionRecord, stop: IntentRecord) -> StopFailed:
    at_ms = stop.settled_charger_ms or stop.updated_at_ms
    return StopFailed(
        **_about(session, at_ms, "stop_failed", stop.intent_id),
        **_asked(stop),
        outcome="refused" if stop.status is IntentStatus.REFUSED else "failed",
        reason=stop.reason,
    )


def _ended(session: SessionRecord, end: EndRecord) -> SessionStopped | SessionClosedEstimated:
    about = {
        **_about(session, end.at_ms, *_names_of(end)),
        "started_at": None if session.started_at_ms is None else _time(session.started_at_ms),
        "energy_wh": energy_wh(session),
    }
    if end.basis is not None and end.confidence is not None:
        return SessionClosedEstimated(**about, basis=end.basis, confidence=end.confidence)
    stop, replaced = stop_that_ended(session), session.superseded_end
    return SessionStopped(
        **about,
        reason=end.reason,
        method=end.method,
        stopped_by=stop.by if stop else None,
        rule=_rule(stop),
        corrects=None if replaced is None else _id_of_end(session, replaced),
    )


def _names_of(end: EndRecord) -> tuple[str, str]:
    """An end is told once for each word on it: a conclusion of the cloud, the charger's guess, the charger's word."""
    return ("closed_estimated", str(end.received_at_ms)) if end.concluded else ("stopped", end.method.value)


def _id_of_end(session: SessionRecord, end: EndRecord) -> str:
    return _event_id(session, *_names_of(end))


def _event_id(session: SessionRecord, *names: str) -> str:
    return ":".join((session.session_id, *names))


def _about(session: SessionRecord, at_ms: int, *names: str) -> dict[str, Any]:
    """What every event has."""
    return {
        "event_id": _event_id(session, *names),
        "at": _time(at_ms),
        "session_id": session.session_id,
        "charger_id": session.charger_id,
        "evse_id": session.evse_id,
        "owner": session.owner or None,
    }


def _asked(stop: IntentRecord) -> dict[str, Any]:
    return {"intent_id": stop.intent_id, "requested_by": stop.by, "rule": _rule(stop)}


def _rule(stop: IntentRecord | None) -> str | None:
    """Which rule asked. What an operator wrote is for operators, and may be about a person."""
    return stop.why if stop is not None and stop.by is RequestedBy.AUTOMATIC else None


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC)
