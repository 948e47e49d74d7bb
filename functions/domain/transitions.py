"""What a fact does to a record: pure functions from a record and a document to the next record.

Sessions change only by events, an intent's outcome only by acks, an EVSE's status only by its report (design rule,
docs/architecture.md); acks are in `acks`. A function returns the same record when the fact is old news, so that any
document may arrive twice, late or in any order. Units as in `records`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.vocabulary import AckReason, CableState, EndMethod, EventType, SessionState
from functions.domain.closing import moved_along
from functions.domain.guards import with_anomalies
from functions.domain.records import (
    ChargerRecord,
    EndRecord,
    EvseRecord,
    IntentStatus,
    SessionPhase,
    SessionRecord,
)

if TYPE_CHECKING:  # whoever shows or stops a session reads neither
    from contract.events import SessionEvent
    from contract.reports import Reported

MAX_CLOCK_OFF_MS = 120_000
"""A time further than this in the future, or before its session was asked for, comes from a wrong clock.

Two minutes: what a charger's clock may be off before its certificate checks become doubtful as well.
"""


LONGEST_OFFLINE_MS = 90 * 24 * 3_600_000
"""A charger may tell of sessions that began with a card this long ago. Nobody asked the cloud for them, so nothing
else says when they can have been; a charger that was away for longer than a season is not in use."""


def believed_ms(session: SessionRecord, event: SessionEvent, *, received_at_ms: int) -> int:
    """When an event happened: what the charger's clock said, or when it arrived if that cannot be.

    A charger that was offline tells of the past, and is believed; one whose clock was never set tells of 1970.
    """
    asked_for_ms = session.created_at_ms if session.start is not None else received_at_ms - LONGEST_OFFLINE_MS
    return _believed_ms(event, asked_for_ms, received_at_ms)


def _believed_ms(event: SessionEvent, earliest_ms: int, received_at_ms: int) -> int:
    at_ms = event.at * 1000
    possible = earliest_ms - MAX_CLOCK_OFF_MS <= at_ms <= received_at_ms + MAX_CLOCK_OFF_MS
    return at_ms if possible else received_at_ms


def begun_with_card(
    event: SessionEvent, charger: ChargerRecord, evse_id: int, *, owner: str, received_at_ms: int
) -> SessionRecord:
    """The record of a session that its charger began, made by the first of its events to arrive, whichever it is.

    It has begun for certain: it is active, and `started` fills in the beginning when it comes.
    """
    return SessionRecord(
        session_id=event.session_id,
        owner=owner,
        charger_id=charger.charger_id,
        charger_name=charger.name,
        evse_id=evse_id,
        created_at_ms=_believed_ms(event, received_at_ms - LONGEST_OFFLINE_MS, received_at_ms),
        phase=SessionPhase.ACTIVE,
        start=None,
        id_token_hash=event.id_token_hash or "",
        tariff=charger.tariff,
    )


MAX_REORDERING_MS = 60_000
"""Documents of one shadow overtake each other by seconds at most; what was sent this much later is newer."""


def with_event(session: SessionRecord, event: SessionEvent, *, received_at_ms: int) -> SessionRecord:
    """The session after one of its events, in whatever order they come; a duplicate changes nothing.

    A late meter value never reopens a session nor lowers its energy; a reported end replaces an estimated one. Only a
    meter value that is younger than the cloud's own conclusion that the session is over takes that back.
    """
    at_ms = believed_ms(session, event, received_at_ms=received_at_ms)
    match event.type:
        case EventType.STARTED:
            after = _with_started(session, event, at_ms, received_at_ms)
        case EventType.METER:
            after = _with_sample(session, event, at_ms, received_at_ms)
        case EventType.ENDED:
            after = _with_ended(session, event, at_ms, received_at_ms)
    if after == session:
        return session
    heard = replace(after, heard_at_ms=max(received_at_ms, session.heard_at_ms or 0))
    return with_anomalies(heard, session, event, at_ms=at_ms, received_at_ms=received_at_ms)


def _with_started(session: SessionRecord, event: SessionEvent, at_ms: int, received_at_ms: int) -> SessionRecord:
    if session.started_at_ms is not None:
        return session
    started = replace(
        session,
        created_at_ms=session.created_at_ms if session.start is not None else at_ms,
        phase=SessionPhase.ACTIVE if session.phase is SessionPhase.PENDING else session.phase,
        started_at_ms=at_ms,
        started_received_at_ms=received_at_ms,
        start_meter_wh=event.meter_wh,
        transaction_id=event.transaction_id,
    )
    if session.end is not None and not session.end.concluded:
        return started
    return _with_sample(started, event, at_ms, received_at_ms)


def _with_sample(session: SessionRecord, event: SessionEvent, at_ms: int, received_at_ms: int) -> SessionRecord:
    end = session.end
    if end is not None and end.method is EndMethod.REPORTED:
        return session
    if session.last_seq is not None and event.seq <= session.last_seq:
        return session
    sampled = replace(
        session,
        last_seq=event.seq,
        as_of_ms=max(at_ms, session.as_of_ms or 0),
        meter_wh=max(event.meter_wh, session.meter_wh or 0),
        power_w=event.power_w if end is None else None,
    )
    if end is None or not end.concluded:
        return sampled
    # By the charger's own clock, not by the time of arrival that stands in for a wrong one.
    if at_ms == event.at * 1000 and at_ms > end.received_at_ms:
        return replace(
            sampled,
            phase=SessionPhase.ACTIVE,
            end=None,
            superseded_end=end,
            cable_free_at_ms=None,
            power_w=event.power_w,
            reopened_at_ms=received_at_ms,
        )
    return replace(sampled, end=moved_along(sampled, end))


def _with_ended(session: SessionRecord, event: SessionEvent, at_ms: int, received_at_ms: int) -> SessionRecord:
    corrects = session.end is not None and (
        session.end.concluded or (session.end.method, event.method) == (EndMethod.ESTIMATED, EndMethod.REPORTED)
    )
    if session.end is not None and not corrects:
        return session
    if event.reason is None or event.method is None:
        return session  # the contract forbids it; the type checker wants to hear it
    return replace(
        session,
        phase=SessionPhase.ENDED,
        transaction_id=session.transaction_id or event.transaction_id,
        last_seq=max(event.seq, session.last_seq or 0),
        meter_wh=max(event.meter_wh, session.meter_wh or 0),
        power_w=None,
        as_of_ms=max(at_ms, session.as_of_ms or 0),
        end=EndRecord(
            reason=event.reason,
            method=event.method,
            at_ms=at_ms,
            received_at_ms=received_at_ms,
            meter_wh=event.meter_wh,
        ),
        superseded_end=session.end or session.superseded_end,
    )


def with_report(evse: EvseRecord, report: Reported, *, version: int, at_ms: int) -> EvseRecord:
    """The EVSE after its report. Shadow versions order the reports: an older one is old news.

    Unless the shadow was made anew, which begins its versions again: then the report is of another boot of the agent,
    and comes long after the last one.
    """
    if evse.shadow_version is not None and version <= evse.shadow_version:
        made_anew = report.boot != evse.report_boot and at_ms > (evse.reported_at_ms or 0) + MAX_REORDERING_MS
        if not made_anew:
            return evse
    now = report.evse[0]
    return replace(
        evse,
        status=now.status,
        error=now.error,
        cable=now.cable,
        reported_session_id=report.session[0].session_id if report.session else None,
        shadow_version=version,
        report_boot=report.boot,
        reported_at_ms=at_ms,
        unplugged_at_ms=(evse.unplugged_at_ms or at_ms) if now.cable is CableState.UNPLUGGED else None,
    )


def with_cable_free(session: SessionRecord, evse: EvseRecord) -> SessionRecord:
    """The session that left this EVSE last, once a report shows its cable unplugged; not if that is from before it."""
    began_ms = session.started_at_ms or session.created_at_ms
    if session.end is None or session.cable_free_at_ms is not None or (evse.unplugged_at_ms or 0) < began_ms:
        return session
    return replace(session, cable_free_at_ms=evse.unplugged_at_ms)


def claimed(evse: EvseRecord, session: SessionRecord, *, until_ms: int) -> EvseRecord:
    """The EVSE held for a session that was asked for and has not begun."""
    return replace(
        evse,
        current_session_id=session.session_id,
        current_owner=session.owner,
        current_started_at_ms=None,
        hold_until_ms=until_ms,
    )


def unclaimed(evse: EvseRecord, session_id: str) -> EvseRecord:
    """The EVSE after a claim that came to nothing; should the session begin after all, it takes the EVSE then."""
    if evse.current_session_id != session_id or evse.hold_until_ms is None:
        return evse
    return replace(evse, current_session_id=None, current_owner=None, hold_until_ms=None)


def occupied(evse: EvseRecord, session: SessionRecord) -> EvseRecord:
    """The EVSE with the session that its charger says began on it, whoever held it before.

    Not one that has let go of it already: two batches may be taken in at the same time, the end in one of them. Nor one
    whose word comes late, and that began before the session which is on it: that has displaced the earlier one.
    """
    if evse.released_session_id == session.session_id:
        return evse
    before, begun = evse.current_session_id, evse.hold_until_ms is None
    if before == session.session_id and begun:
        return evse
    if before is not None and begun and (evse.current_started_at_ms or 0) > (session.started_at_ms or 0):
        return replace(evse, displaced_session_id=session.session_id)
    return replace(
        evse,
        current_session_id=session.session_id,
        current_owner=session.owner or None,
        current_started_at_ms=session.started_at_ms,
        hold_until_ms=None,
        displaced_session_id=before if begun else None,
    )


def reoccupied(evse: EvseRecord, session: SessionRecord) -> EvseRecord:
    """The EVSE with a session back on it that was wrongly thought to be over; not if another one has it by now."""
    if evse.current_session_id is not None or evse.released_session_id != session.session_id:
        return evse
    return occupied(replace(evse, released_session_id=None), session)


def released(evse: EvseRecord, session_id: str) -> EvseRecord:
    """The EVSE after a session has left it; unchanged if another session is on it by now, or was the last on it."""
    on_record = evse.current_session_id == session_id
    seen_last = evse.current_session_id is None and evse.reported_session_id == session_id
    if not on_record and not seen_last:
        return evse
    return replace(
        evse,
        current_session_id=None,
        current_owner=None,
        current_started_at_ms=None,
        hold_until_ms=None,
        released_session_id=session_id,
    )


def never_began(session: SessionRecord) -> bool:
    """Whether it is certain that this session will not begin: its start was turned down, or stopped before it came."""
    if session.started_at_ms is not None or session.start is None:
        return False
    start_turned_down = session.start.status in (IntentStatus.REFUSED, IntentStatus.FAILED)
    stop = session.stop
    cancelled = stop is not None and stop.status is IntentStatus.DONE and stop.reason == AckReason.NEVER_STARTED
    return start_turned_down or cancelled


def is_running(report: Reported) -> bool:
    """Whether the report shows a session that has not ended."""
    return report.session is not None and report.session[0].state is not SessionState.ENDED
