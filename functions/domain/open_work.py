"""What is due next in a session, and when: pure, and a function of its record alone.

Every write of a session writes this deadline beside it, in a sparse index that the sweeper reads (ADR 0016). Times in
epoch milliseconds UTC.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum

from functions.domain.automatic import next_stop
from functions.domain.closing import last_heard_ms
from functions.domain.patience import Patience
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from functions.domain.transitions import never_began

SHARDS = ("0", "1", "2", "3")
"""Partitions of the index. One takes 1,000 writes a second, which is 1,000 taps on Stop a second; four leave room and
cost four queries a minute."""

QUIET_MS = 15 * 60_000
"""A live session is looked at when nothing was heard of it for this long: fifteen meter intervals. Rounded up to a full
quarter of an hour, so that the samples of a healthy session do not move its place in the index."""

_PATIENCE = Patience()


class Work(StrEnum):
    """What the sweeper has to do in a session."""

    EXPIRE_START = "expire_start"
    """No answer to the start came in time."""
    SEND_STOP = "send_stop"
    """The stop did not reach the shadow."""
    NOTE_OVERDUE = "note_overdue"
    """The stop's outcome has not come in time."""
    KEEP_AGAIN = "keep_again"
    """The stop was taken back, and a sending of it may have reached the shadow after that."""
    STOP_AT_TARGET = "stop_at_target"
    """The session has reached what its driver gave it as a target."""
    LOOK = "look"
    """It has been quiet: the session may be over."""


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """One thing to do, and from when on."""

    at_ms: int
    work: Work


def shard_of(session_id: str) -> str:
    """The partition of the index that a session is in, for ever."""
    return SHARDS[zlib.crc32(session_id.encode()) % len(SHARDS)]


def next_due(session: SessionRecord, patience: Patience = _PATIENCE) -> Due | None:
    """What is due first in this session; None if nothing ever will be, unless its charger or driver speaks."""
    if session.phase is SessionPhase.ENDED or never_began(session):
        return None
    found = (_start(session, patience), _stop(session, patience), _target(session), _silence(session))
    return min((due for due in found if due is not None), default=None)


def _start(session: SessionRecord, patience: Patience) -> Due | None:
    start = session.start
    waiting = session.phase is SessionPhase.PENDING and start is not None and start.status.in_force
    if start is None or not waiting or session.start_expired_at_ms is not None:
        return None
    return Due(((start.expires_at_s or 0) + patience.start_grace_s) * 1000, Work.EXPIRE_START)


def _stop(session: SessionRecord, patience: Patience) -> Due | None:
    stop = session.stop
    if stop is None:
        return None
    sent_at_ms = session.stop_sent_at_ms or stop.requested_at_ms
    if stop.status.in_force and session.stop_not_sent:
        return Due(sent_at_ms + patience.resend_after_s * 1000, Work.SEND_STOP)
    if stop.status is IntentStatus.WITHDRAWN and stop.kept_at_ms is None:
        return Due(stop.updated_at_ms + patience.keep_again_after_s * 1000, Work.KEEP_AGAIN)
    if not stop.status.in_force and stop.status is not IntentStatus.DONE:
        return None
    # As `outlook.stop_status` has it: what was done is owed its event from then on.
    since_ms = stop.updated_at_ms if stop.status is IntentStatus.DONE else sent_at_ms
    overdue_at_ms = since_ms + patience.ack_timeout_s * 1000
    noted = session.looked_at_ms is not None and session.looked_at_ms >= overdue_at_ms
    return None if noted else Due(overdue_at_ms, Work.NOTE_OVERDUE)


def _target(session: SessionRecord) -> Due | None:
    wish = next_stop(session)
    return None if wish is None else Due(wish.at_ms, Work.STOP_AT_TARGET)


def _silence(session: SessionRecord) -> Due | None:
    start = session.start
    begun = start is None or start.status is IntentStatus.DONE
    if session.phase is SessionPhase.PENDING and not begun:
        return None
    stop = session.stop
    done_at_ms = stop.updated_at_ms if stop is not None and stop.status is IntentStatus.DONE else 0
    quiet_since_ms = max(last_heard_ms(session), session.looked_at_ms or 0, done_at_ms)
    return Due(-(-(quiet_since_ms + QUIET_MS) // QUIET_MS) * QUIET_MS, Work.LOOK)
