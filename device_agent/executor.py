"""Carries out on one EVSE what the reconciler has decided.

Order of every step: journal first, hardware second; what was measured or told is journalled together with the session
event that tells the cloud, and only then is the hardware's fact settled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.cards import NO_CARD
from contract.vocabulary import AckReason, AckStatus
from device_agent import facts, sessions
from device_agent.actions import (
    Accept,
    Action,
    Answer,
    BeginSession,
    ConfirmRelease,
    ConfirmStart,
    EndSession,
    GiveUpStart,
    Release,
    RepeatAnswer,
    Settle,
    StartSession,
    StopSession,
)
from device_agent.drivers.base import Order, TransactionBegan
from device_agent.records import Phase, SessionRecord
from device_agent.resuming import ordered_group

if TYPE_CHECKING:
    from device_agent.drivers.base import Observation
    from device_agent.hardware import Hardware
    from device_agent.ledger import Ledger
    from device_agent.outside import Outside
    from device_agent.records import Moment
    from device_agent.sampler import Sampler


class Executor:
    """One EVSE's hardware and ledger, in the order that survives a power cut."""

    def __init__(self, ledger: Ledger, hardware: Hardware, sampler: Sampler, outside: Outside) -> None:
        self._ledger, self._hardware, self._sampler, self._outside = ledger, hardware, sampler, outside
        self.release_tried_s: float | None = None
        """When a given-up start's contactor was last told to open, in monotonic seconds."""

    def carry_out(self, action: Action, seen: Observation | None) -> None:
        """Do this; `seen` is what it was decided by."""
        now, ledger = self._outside.clock.now(), self._ledger
        match action:
            case Accept(intent=intent):
                ledger.take_on(intent, AckStatus.ACCEPTED, now)
            case Answer():
                ledger.answer(action, now)
            case RepeatAnswer(record=record):
                ledger.write(evse=replace(ledger.evse, last_intent=record.id))
            case StartSession() | StopSession():
                self._command(action, now)
            case GiveUpStart(session=session, status=status, reason=reason):
                ledger.finish(status, reason, now, replace(session, phase=Phase.RELEASING))
            case Release(session=session):
                self.release_tried_s = now.mono_s
                self._hardware.stop(session.transaction_id)
            case ConfirmRelease(session=session):
                self.release_tried_s = None
                ledger.write(replace(session, phase=Phase.FAILED))
            case _:
                self._happened(action, seen, now)

    def _happened(
        self, action: ConfirmStart | BeginSession | EndSession | Settle, seen: Observation | None, now: Moment
    ) -> None:
        accepted = True
        match action:
            case ConfirmStart(session=session, fact=None):
                self._begin(session, seen, now, done=True)
            case ConfirmStart(session=session, fact=TransactionBegan() as fact):
                self._begin(self._as_told(session, fact, now), seen, now, done=True)
            case BeginSession(fact=fact):
                fresh = SessionRecord(
                    self._outside.new_ulid(),
                    self._ledger.evse_id,
                    Phase.ACTIVE,
                    id_token_hash=fact.id_token_hash or NO_CARD,
                )
                self._begin(self._as_told(fresh, fact, now), seen, now, done=False)
            case EndSession():
                self._end(action, seen, now)
            case Settle(session=named):
                accepted = action.accepted
                if named is not None:
                    self._ledger.write(named)
        if action.fact is not None:
            self._hardware.settle(action.fact, accepted=accepted)

    def _command(self, action: StartSession | StopSession, now: Moment) -> None:
        """Journal, then hardware. The journal of a start holds all that a restart needs to adopt the session."""
        ledger = self._ledger
        if action.intent is not None:
            rows: tuple[SessionRecord, ...] = ()
            if isinstance(action, StartSession):
                known = ledger.session(action.session_id)
                rows = (sessions.begin(known, self._outside.new_transaction(), ledger.register.wh, now),)
            ledger.take_on(action.intent, AckStatus.EXECUTING, now, *rows)
        else:
            ledger.executing(now)
        pending = ledger.pending
        if pending is None:
            raise RuntimeError("there is no intent under way to command")
        if isinstance(action, StartSession):
            self._hardware.start(Order(action.session_id, ordered_group(pending.record)))
        else:
            self._hardware.stop(ledger.session(action.session_id).transaction_id)
        ledger.pending = replace(pending, in_flight=True)

    def _as_told(self, session: SessionRecord, fact: TransactionBegan, now: Moment) -> SessionRecord:
        ledger = self._ledger
        ledger.register = ledger.register.read(fact.meter_wh)
        return sessions.as_told(session, fact, ledger.register.wh, now)

    def _begin(self, session: SessionRecord, seen: Observation | None, now: Moment, *, done: bool) -> None:
        """A session has begun; `done` if an intent asked for it."""
        ledger, power_w = self._ledger, seen.power_w if seen else 0
        active, events = sessions.began(session, power_w)
        evse = replace(ledger.evse, last_session=session.session_id, finishing=False)
        if done:
            ledger.finish(AckStatus.DONE, AckReason.NONE, now, active, *events, evse=evse)
        else:
            ledger.write(active, *events, evse=evse)
        self._sampler.begin(power_w, now)

    def _end(self, action: EndSession, seen: Observation | None, now: Moment) -> None:
        ledger, fact, session = self._ledger, action.fact, action.session
        if fact is not None and (fact.meter_wh or 0) >= (ledger.register.raw_wh or 0):
            ledger.register = ledger.register.read(fact.meter_wh, counting=True)
        at = facts.believed(fact.at, now, session.started_at) if fact is not None else now.at
        ended, events = sessions.over(session, action.reason, ledger.register.wh, at)
        evse = replace(ledger.evse, finishing=seen is not None and seen.plugged, last_session=ended.session_id)
        if action.intent_id:
            ledger.finish(AckStatus.DONE, AckReason.NONE, now, ended, *events, evse=evse)
        else:
            ledger.write(ended, *events, evse=evse)
