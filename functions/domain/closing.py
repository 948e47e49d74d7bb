"""When a session that its charger no longer speaks of is over, and with which figures: pure (ADR 0016).

In the driver's favour: the end is the time of the last that was heard of the session, and its register is one that was
read, never one that was extrapolated. Times in epoch milliseconds UTC, registers in watt-hours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from contract.vocabulary import EndMethod, EndReason, EvseStatus
from functions.domain.records import (
    Confidence,
    EndBasis,
    EndRecord,
    EvseRecord,
    IntentStatus,
    SessionPhase,
    SessionRecord,
)

CLOSE_BY_MS = 120_000
"""A sample this shortly before the charger was done with the session misses little energy: at 11 kW some 0.4 kWh. Two
minutes are two meter intervals: a sample may have been lost."""

PLAUSIBLE = 1.1
"""How much faster than its rated power an EVSE's register may rise: a tenth, for what meter and rating are off."""

MS_PER_HOUR = 3_600_000

_WITHOUT_SESSION = (EvseStatus.AVAILABLE, EvseStatus.PREPARING, EvseStatus.FINISHING)


@dataclass(frozen=True, slots=True)
class Sign:
    """Why a session is held to be over, and since when at the latest; `seen`: by more than silence."""

    at_ms: int
    seen: bool


def last_heard_ms(session: SessionRecord) -> int:
    """When its charger last spoke of this session, by the cloud's clock, or it was asked for."""
    heard_ms = session.as_of_ms if session.heard_at_ms is None else session.heard_at_ms  # of an older release: none
    times = (session.created_at_ms, session.started_received_at_ms, heard_ms)
    return max(time for time in times if time is not None)


def sign_of_end(session: SessionRecord, evse: EvseRecord | None, *, now_ms: int, silent_after_s: int) -> Sign | None:
    """Why this session is over although no end of it has come; None: it may still be running."""
    stop = session.stop
    if stop is not None and stop.status is IntentStatus.DONE:
        # Measured as stopped, or the charger said that it had no such session any more.
        return Sign(stop.updated_at_ms, seen=True)
    heard_ms = last_heard_ms(session)
    if evse is not None and (reported_at_ms := evse.reported_at_ms or 0) > heard_ms:
        elsewhere = evse.reported_session_id not in (None, session.session_id)
        if elsewhere or evse.status in _WITHOUT_SESSION:
            return Sign(reported_at_ms, seen=True)
        if evse.reported_session_id == session.session_id:
            heard_ms = reported_at_ms
    if evse is not None and evse.displaced_session_id == session.session_id:
        return Sign(heard_ms, seen=True)
    return Sign(now_ms, seen=False) if now_ms - heard_ms >= silent_after_s * 1000 else None


def follower_of(session: SessionRecord, evse: EvseRecord | None) -> str | None:
    """The session that took this one's place on its EVSE, if nothing came between the two."""
    if evse is None or evse.displaced_session_id != session.session_id:
        return None
    on_it = evse.current_session_id if evse.hold_until_ms is None else None
    return on_it or evse.released_session_id


def closed(
    session: SessionRecord,
    sign: Sign,
    *,
    follower: SessionRecord | None,
    max_power_w: int,
    now_ms: int,
    why: str = "",
) -> SessionRecord:
    """The session, concluded to be over. `max_power_w`: its EVSE's, 0 if unknown; `why`: an operator's words."""
    register_wh = None if follower is None else _register_at_start_of(follower, session, max_power_w)
    basis, confidence = _basis(session), Confidence.LOW
    if sign.seen and basis is EndBasis.LAST_SAMPLE:
        close_by = abs(sign.at_ms - (session.as_of_ms or session.created_at_ms)) <= CLOSE_BY_MS
        confidence = Confidence.HIGH if close_by else Confidence.MEDIUM
    if register_wh is not None:
        basis, confidence = EndBasis.NEXT_SESSION_START, Confidence.HIGH
    stopped = session.stop is not None and session.stop.status is IntentStatus.DONE and not session.stop.reason
    return replace(
        session,
        phase=SessionPhase.ENDED,
        power_w=None,
        end=EndRecord(
            reason=EndReason.REMOTE if stopped else EndReason.OTHER,
            method=EndMethod.ESTIMATED,
            at_ms=session.as_of_ms or session.started_at_ms or session.created_at_ms,
            received_at_ms=now_ms,
            meter_wh=session.meter_wh if register_wh is None else register_wh,
            basis=basis,
            confidence=confidence,
            why=why,
        ),
    )


def moved_along(session: SessionRecord, end: EndRecord) -> EndRecord:
    """A concluded end after an older meter value of the session has come in late."""
    register_wh = max(session.meter_wh or 0, end.meter_wh or 0)
    basis = end.basis if end.basis is EndBasis.NEXT_SESSION_START else _basis(session)
    return replace(end, at_ms=max(end.at_ms, session.as_of_ms or 0), meter_wh=register_wh, basis=basis)


def _basis(session: SessionRecord) -> EndBasis:
    began = (session.started_at_ms, session.start_meter_wh)
    nothing_since = session.as_of_ms is None or (session.as_of_ms, session.meter_wh) == began
    return EndBasis.OWN_START if nothing_since else EndBasis.LAST_SAMPLE


def _register_at_start_of(follower: SessionRecord, session: SessionRecord, max_power_w: int) -> int | None:
    """The register between the two, unless it cannot be the same one: fallen, or risen faster than power allows."""
    known_wh, heard_ms = session.meter_wh, session.as_of_ms
    next_wh, began_ms = follower.start_meter_wh, follower.started_at_ms
    if known_wh is None or heard_ms is None or next_wh is None or began_ms is None:
        return None
    possible_wh = PLAUSIBLE * max_power_w * max(0, began_ms - heard_ms) / MS_PER_HOUR
    return next_wh if 0 <= next_wh - known_wh <= possible_wh else None
