"""How a session's record moves on, and the session event each move is told to the cloud by. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.events import SessionEvent
from contract.vocabulary import EndMethod, EndReason, EventType
from device_agent.facts import believed
from device_agent.records import Phase, QueuedEvent, SessionRecord

Told = tuple[SessionRecord, tuple[QueuedEvent, ...]]
"""A session's new record, and what to tell the cloud."""

if TYPE_CHECKING:
    from device_agent.drivers.base import TransactionBegan
    from device_agent.records import Moment


def begin(known: SessionRecord, transaction_id: str, wh: int, now: Moment) -> SessionRecord:
    """A session about to start, with all that a restart needs to adopt it. Units: `wh` of the continuous register."""
    return replace(
        known,
        phase=Phase.STARTING,
        transaction_id=transaction_id,
        started_at=now.at,
        meter_start_wh=wh,
        meter_wh=wh,
        next_seq=0,
        told_at=now.at,
    )


def as_told(session: SessionRecord, fact: TransactionBegan, wh: int, now: Moment) -> SessionRecord:
    """The session that the hardware says it has begun, not before it was commanded, whatever the charger's clock says.

    Units: `wh` of the continuous register, at its beginning.
    """
    at = max(believed(fact.at, now), session.started_at)
    return replace(
        session,
        transaction_id=fact.transaction_id,
        mark=fact.mark,
        started_at=at,
        meter_start_wh=wh,
        meter_wh=wh,
        told_at=at,
    )


def began(session: SessionRecord, power_w: int) -> Told:
    """The session is active, from when it was commanded or was told to have begun."""
    event = _event(session, EventType.STARTED, session.started_at, session.meter_start_wh, power_w)
    return replace(session, phase=Phase.ACTIVE, next_seq=session.next_seq + 1), (event,)


def metered(session: SessionRecord, wh: int, power_w: int, now: Moment) -> Told:
    """Another value of the meter. Within a session neither energy nor time runs backwards."""
    wh = max(session.meter_wh, wh)
    at = _not_before(session, now.at)
    event = _event(session, EventType.METER, at, wh, power_w)
    return replace(session, meter_wh=wh, next_seq=session.next_seq + 1, told_at=at), (event,)


def over(session: SessionRecord, reason: EndReason, wh: int, at: int) -> Told:
    """The session has ended, so no power flows. If its start was never confirmed, the cloud hears of that first."""
    first: tuple[QueuedEvent, ...] = ()
    if session.next_seq == 0:
        session, first = began(session, 0)
    at, wh = _not_before(session, at), max(session.meter_wh, wh)
    last = _event(session, EventType.ENDED, at, wh, 0, reason)
    ended = replace(session, phase=Phase.ENDED, meter_wh=wh, next_seq=session.next_seq + 1, told_at=at)
    return replace(ended, ended_at=at, end_reason=reason), (*first, last)


def _not_before(session: SessionRecord, at: int) -> int:
    return max(at, session.started_at, session.told_at)


def _event(
    session: SessionRecord, kind: EventType, at: int, wh: int, power_w: int, reason: EndReason | None = None
) -> QueuedEvent:
    event = SessionEvent(
        session_id=session.session_id,
        seq=session.next_seq,
        type=kind,
        at=at,
        meter_wh=wh,
        power_w=power_w,
        id_token_hash=session.id_token_hash or None,
        transaction_id=session.transaction_id,
        reason=reason,
        method=None if reason is None else EndMethod.REPORTED,
    )
    return QueuedEvent(session.evse_id, event)
