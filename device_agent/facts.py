"""What has happened on one EVSE, whatever is wanted of it: what the hardware tells, and what it shows. Pure.

A fact that is told is put on record before the hardware has its answer, so that the charger repeats whatever a power
cut took from us; the mark of a beginning, and the transaction of an end, say what has been put on record before.
Source: docs/adr/0011-facts-settle-after-the-journal.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.vocabulary import AckReason, AckStatus, Act, EndReason
from device_agent.actions import (
    Action,
    BeginSession,
    ConfirmRelease,
    ConfirmStart,
    EndSession,
    GiveUpStart,
    Release,
    Settle,
)
from device_agent.drivers.base import Fact, TransactionBegan, TransactionOver
from device_agent.records import Phase

if TYPE_CHECKING:
    from device_agent.drivers.base import Observation
    from device_agent.records import Memory, Moment, SessionRecord

POWER_ZERO_W = 50
"""At or below this, no power flows. Current transformers of a 22 kW EVSE read up to 0.2 % of their range, 44 W, with
the contactor open; the least a car may draw is 6 A at 230 V, 1,380 W (IEC 61851-1), 27 times as much."""

AHEAD_AT_MOST_S = 120
"""A charger's clock may be so far ahead of ours and be believed: clocks set once a day drift by seconds, and the end of
a session must not lie in a future that the app would show."""

BEHIND_AT_MOST_S = 30 * 86_400
"""A charger may tell as late as this: it was cut off from its board, with its queue of messages. Earlier than that is
a clock that was never set, 1970 above all."""


def told(fact: Fact, observed: Observation, memory: Memory) -> list[Action]:
    """What to do about what the hardware tells. Never empty: a fact waits until it is settled."""
    return _began(fact, observed, memory) if isinstance(fact, TransactionBegan) else _over(fact, memory)


def shown(observed: Observation, memory: Memory, now: Moment) -> list[Action]:
    """What to do about what the hardware shows: a session that is over, a start given up whose contactor is closed."""
    current, evse_id = memory.current, memory.evse.evse_id
    if current is None or current.phase is Phase.STARTING:
        return []
    if current.phase is Phase.RELEASING:
        if not may_run(current, observed):
            return [ConfirmRelease(evse_id, current)]
        tried_s = memory.release_tried_s  # told again once what it was told had time to happen
        due = tried_s is None or now.mono_s - tried_s >= memory.pace.stop_s
        return [Release(evse_id, current)] if due else []
    return [EndSession(evse_id, current, _why_ended(current, observed, memory))] if is_off(current, observed) else []


def is_off(session: SessionRecord, observed: Observation) -> bool:
    """Whether this session draws no power: contactor open and none measured, or the hardware runs another or none."""
    nothing = not observed.contactor_closed and observed.power_w <= POWER_ZERO_W
    return nothing or observed.transaction_id not in (None, session.transaction_id)


def may_run(session: SessionRecord, observed: Observation) -> bool:
    """Whether the contactor is closed for this session; or for whom it is, the hardware does not tell."""
    return observed.contactor_closed and observed.transaction_id in (None, session.transaction_id)


def runs_another(session: SessionRecord | None, observed: Observation) -> bool:
    """Whether the hardware runs a transaction that is not this session's: its meter and power are another's."""
    return session is not None and observed.transaction_id not in (None, "", session.transaction_id)


def believed(at: int | None, now: Moment, earliest: int = 0) -> int:
    """When it happened: as the charger says, if it can be true; else now. Units: epoch seconds."""
    if at is None or at < earliest or not now.at - BEHIND_AT_MOST_S <= at <= now.at + AHEAD_AT_MOST_S:
        return now.at
    return at


def _began(fact: TransactionBegan, observed: Observation, memory: Memory) -> list[Action]:
    evse_id, current = memory.evse.evse_id, memory.current
    known = next((each for each in memory.sessions.values() if each.mark == fact.mark), None)
    if known is not None:
        because = f"it is session {known.session_id}, on record"
        return [Settle(evse_id, fact, accepted=known.phase.occupies, because=because)]
    if current is not None and current.phase is Phase.ACTIVE and not current.mark and _names(fact, current):
        named = replace(current, transaction_id=fact.transaction_id, mark=fact.mark)
        return [Settle(evse_id, fact, accepted=True, because=f"it is session {current.session_id}", session=named)]
    if not fact.session_id:
        return _make_room(observed, memory) or [BeginSession(evse_id, fact)]
    starting = current is not None and current.phase is Phase.STARTING and current.session_id == fact.session_id
    if starting and current is not None and memory.pending is not None:
        return [ConfirmStart(evse_id, current, memory.pending.record.id, fact)]
    because = f"session {fact.session_id} is not starting here"
    return [Settle(evse_id, fact, accepted=False, because=because)]


def _names(fact: TransactionBegan, session: SessionRecord) -> bool:
    """Whether this is the beginning of a session that was seen to run before its beginning was told."""
    return session.session_id == fact.session_id or session.transaction_id == fact.transaction_id


def _make_room(observed: Observation, memory: Memory) -> list[Action]:
    """For a session that somebody began at the charger: whatever was on the EVSE no longer is."""
    current, pending, evse_id = memory.current, memory.pending, memory.evse.evse_id
    if current is None:
        return []
    if current.phase is Phase.ACTIVE:
        stop_id = _stop_of(current, memory)
        reason = EndReason.REMOTE if stop_id else _why_ended(current, observed, memory)
        return [EndSession(evse_id, current, reason, stop_id)]
    if current.phase is Phase.STARTING and pending is not None:
        because = "somebody began to charge at the charger"
        return [GiveUpStart(evse_id, current, pending.record.id, AckStatus.REFUSED, AckReason.EVSE_IN_USE, because)]
    return [ConfirmRelease(evse_id, current)]


def _over(fact: TransactionOver, memory: Memory) -> list[Action]:
    evse_id, current = memory.evse.evse_id, memory.current
    named = current is not None and current.phase is Phase.ACTIVE and current.transaction_id == fact.transaction_id
    if current is None or not named:
        return [Settle(evse_id, fact, accepted=True, because="no session runs that it names")]
    stop_id = _stop_of(current, memory)
    return [EndSession(evse_id, current, EndReason.REMOTE if stop_id else fact.reason, stop_id, fact)]


def _stop_of(session: SessionRecord, memory: Memory) -> str:
    """The stop of this session that is under way; empty if none is."""
    record = memory.pending.record if memory.pending else None
    ours = record is not None and record.act == Act.STOP and record.session_id == session.session_id
    return record.id if record is not None and ours else ""


def _why_ended(session: SessionRecord, observed: Observation, memory: Memory) -> EndReason:
    """Why a session is over although no intent is under way."""
    if observed.opened_because is not None:
        return observed.opened_because
    if not observed.plugged:
        return EndReason.EV_DISCONNECTED
    if any(
        record.session_id == session.session_id and record.act == Act.STOP and record.status is AckStatus.FAILED
        for record in memory.intents.values()
    ):
        return EndReason.REMOTE  # the stop was given up too early: the contactor followed it after all
    return EndReason.OTHER if observed.faulted else EndReason.POWER_LOSS
