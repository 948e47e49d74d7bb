"""What a driver is told about a session, derived from its record and the time: pure, and never more than is known.

"Stop requested" is not "stopped": a session is `stopping` while its charger owes an answer, `ended` only by an event.
Times in epoch milliseconds UTC, energy in watt-hours, power in watts.
"""

from __future__ import annotations

from contract.vocabulary import EndMethod, RequestedBy
from functions.domain.closing import last_heard_ms
from functions.domain.patience import Patience
from functions.domain.records import IntentRecord, IntentStatus, SessionPhase, SessionRecord
from functions.domain.transitions import never_began

POLL_SOON_MS = 500
"""While an answer is awaited: it usually comes within a quarter of a second."""
POLL_LIVE_MS = 2000
"""While charging: the pace at which a watched charger sends samples. The card counts on by itself in between."""


def stop_status(session: SessionRecord, *, now_ms: int, patience: Patience) -> str | None:
    """The stop in one word of the API: the acks' words, or `not_sent`, `overdue`, `withdrawn`; None without a stop."""
    stop = session.stop
    if stop is None:
        return None
    if session.phase is SessionPhase.ENDED or never_began(session):
        return stop.status.value
    if stop.status.in_force and session.stop_not_sent:
        return "not_sent"
    # Done without an end is owed something too: it was measured as stopped, and its event is still to come.
    done = stop.status is IntentStatus.DONE
    since_ms = stop.updated_at_ms if done else session.stop_sent_at_ms or stop.requested_at_ms
    waited_too_long = now_ms - since_ms > patience.ack_timeout_s * 1000
    return "overdue" if waited_too_long and (done or stop.status.in_force) else stop.status.value


def stop_reason(session: SessionRecord, status: str | None, *, connected: bool | None) -> str:
    """Why the stop is where it is: a code of the reason table, or empty while there is nothing to explain."""
    if status == "overdue":
        return "charger_offline" if connected is False else "no_answer"
    if status in ("not_sent", "withdrawn"):
        return status
    return session.stop.reason if session.stop is not None else ""


def session_status(session: SessionRecord, *, now_ms: int, patience: Patience) -> str:
    """The session in one word: pending, active, stopping, ended or failed."""
    if session.phase is SessionPhase.ENDED:
        return "ended"
    if failure_reason(session, now_ms=now_ms, patience=patience):
        return "failed"
    stop = stop_status(session, now_ms=now_ms, patience=patience)
    if stop in ("requested", "accepted", "executing", "done"):
        return "stopping"
    return session.phase.value


def failure_reason(session: SessionRecord, *, now_ms: int, patience: Patience) -> str:
    """Why a session never began, as a reason code; empty if it began or still may."""
    if session.phase is not SessionPhase.PENDING:
        return ""
    if never_began(session):
        start = session.start
        turned_down = start is not None and start.status in (IntentStatus.REFUSED, IntentStatus.FAILED)
        return (start.reason if start is not None else "") or ("refused_by_charger" if turned_down else "cancelled")
    if start_ran_out(session, now_ms=now_ms, patience=patience):
        return "start_expired"
    return ""


def start_ran_out(session: SessionRecord, *, now_ms: int, patience: Patience) -> bool:
    """Whether the start expired and the charger never said what became of it. Concluded: shown as estimated."""
    start = session.start
    if session.phase is not SessionPhase.PENDING or start is None or not start.status.in_force:
        return False
    expires_at_s = start.expires_at_s or 0
    return now_ms > (expires_at_s + patience.start_grace_s) * 1000


def is_start_forgotten(session: SessionRecord, *, now_ms: int, patience: Patience) -> bool:
    """Whether its start ran out so long ago, without a word, that its EVSE is taken to be somebody else's."""
    return start_ran_out(session, now_ms=now_ms - patience.start_forgotten_s * 1000, patience=patience)


def is_over(session: SessionRecord, *, now_ms: int, patience: Patience) -> bool:
    """Whether nothing more can happen in this session."""
    return session_status(session, now_ms=now_ms, patience=patience) in ("ended", "failed")


def energy_wh(session: SessionRecord) -> int | None:
    """Energy delivered, or None if nothing is known. Never negative, never less than a sample has shown."""
    if session.start_meter_wh is None or session.meter_wh is None:
        return None
    # A concluded end may know a higher register than any sample; it is not among the samples, so that it can go again.
    concluded_wh = (session.end.meter_wh or 0) if session.end is not None and session.end.concluded else 0
    return max(0, max(session.meter_wh, concluded_wh) - session.start_meter_wh)


def is_estimated(session: SessionRecord, *, now_ms: int, patience: Patience) -> bool:
    """Whether the state shown is the cloud's conclusion rather than the charger's word."""
    if session.end is not None:
        return session.end.method is EndMethod.ESTIMATED
    return start_ran_out(session, now_ms=now_ms, patience=patience)


def is_stale(session: SessionRecord, *, now_ms: int, patience: Patience) -> bool:
    """Whether a live session has not been heard of for so long that its figures are only the last known ones."""
    if session.phase is not SessionPhase.ACTIVE:
        return False
    return now_ms - last_heard_ms(session) > patience.stale_after_s * 1000


def poll_after_ms(session: SessionRecord, *, now_ms: int, patience: Patience) -> int | None:
    """When it is worth asking again; None once nothing more will change."""
    status = session_status(session, now_ms=now_ms, patience=patience)
    if status in ("ended", "failed"):
        return None
    return POLL_LIVE_MS if status == "active" else POLL_SOON_MS


def is_withdrawable(session: SessionRecord) -> bool:
    """Whether the driver may still take the stop back: the charger has not acknowledged it, and no operator wants it.

    An operator may have a reason that the driver does not see, such as a burnt cable.
    """
    stop = session.stop
    return (
        session.end is None
        and stop is not None
        and stop.status is IntentStatus.REQUESTED
        and not is_wanted_by_operator(stop)
    )


def is_wanted_by_operator(stop: IntentRecord) -> bool:
    """Whether an operator asked for this stop, or joined it while it was in force."""
    return stop.by is RequestedBy.OPERATOR or stop.operator_at_ms is not None
