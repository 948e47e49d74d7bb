"""One EVSE in the agent's hands: observes it, asks the reconciler, and carries out what it says.

Order of every step: journal first, hardware second; then look again, and journal what was measured together with the
session event that tells the cloud.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contract.intents import INTENT_MAX_BYTES, Intent, UnreadableIntent
from contract.vocabulary import AckReason, AckStatus
from device_agent import sessions
from device_agent.actions import (
    Accept,
    Action,
    Answer,
    ConfirmRelease,
    ConfirmStart,
    EndSession,
    GiveUpStart,
    Release,
    RepeatAnswer,
    StartSession,
    StopSession,
)
from device_agent.adoption import adopted
from device_agent.drivers.base import Order
from device_agent.hardware import Hardware
from device_agent.ledger import Ledger
from device_agent.metering import Cadence, Flow
from device_agent.reconciler import plan
from device_agent.records import Phase, SessionRecord
from device_agent.resuming import ordered_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.reports import SessionReport
    from device_agent.drivers.base import ChargerDriver, Observation
    from device_agent.journal import Journal
    from device_agent.records import Clock, Moment

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
"""How often an EVSE is looked at: an unplugged car or a pressed button is seen within a quarter of a second, at four
questions a second to the hardware."""

LOOK_SETTLING_S = 0.02
"""The same while a command settles: contactors take 20 to 50 ms, so the verdict is late by less than one of them."""

LOOK_SILENT_S = 1.0
"""The same while the hardware does not answer: each look may hold up the loop for the driver's own time limit."""

STEPS_AT_MOST = 8
"""Rounds of planning in one go. The longest chain, end a session, answer, start the next one, takes five."""


class Evse:
    """One EVSE: its hardware, its memory, and what is wanted of it."""

    def __init__(
        self, evse_id: int, driver: ChargerDriver, journal: Journal, clock: Clock, new_transaction: Callable[[], str]
    ) -> None:
        self.evse_id = evse_id
        self.observed: Observation | None = None
        self.last_seen: Observation | None = None
        self.flow = Flow()
        self.watched_until_s = 0.0
        """Somebody looks at the session until then, in monotonic seconds."""
        self.next_look_s = 0.0
        """When to look again, in monotonic seconds."""
        self.said: SessionReport | None = None
        """The running session the shadow shows, until the hardware has been seen."""
        self.hardware = Hardware(evse_id, driver, clock)
        self._ledger = Ledger(evse_id, journal, clock.now())
        self._pace, self._clock, self._new_transaction = driver.pace, clock, new_transaction
        self._desired: Intent | UnreadableIntent | None = None
        self._release_tried_s: float | None = None
        self._unanswered = False
        """Whether a command has got no answer, as this round has learned."""
        self._cadence: Cadence | None = None

    @property
    def energy_wh(self) -> int:
        """The continuous register, in watt-hours."""
        return self._ledger.register.wh

    @property
    def _power_w(self) -> int:
        return self.observed.power_w if self.observed else 0

    def want(self, desired: Intent | UnreadableIntent | None, raw: dict[str, Any]) -> None:
        """Take note of what the cloud wants now, to be pursued at once; `raw` is the intent as it came."""
        self._desired = desired
        self.next_look_s = 0.0
        oversized = len(json.dumps(raw)) > INTENT_MAX_BYTES
        self._ledger.raw = {"id": raw["id"]} if oversized and desired is not None else raw

    def pursue(self) -> None:
        """Look, decide and act until there is nothing to do but wait, or until an intent has its final answer.

        A report shows one answer: that one goes out before the next intent is taken up, or nobody would ever read it.
        """
        self._unanswered = self._ledger.answered = False
        for _ in range(STEPS_AT_MOST):
            self._hear_answer()
            if self._unanswered:
                break  # the next attempt waits for the next look: the loop has others to serve
            self._look()
            self._adopt()
            memory = self._ledger.memory(self._pace, self._release_tried_s)
            actions = plan(self._desired, self.observed, memory, self._clock.now())
            if not actions:
                break
            for action in actions:
                log.info("acting", extra={"evse": self.evse_id, "action": str(action)})
                self._carry_out(action)
                if self._ledger.answered:
                    break
            if self._ledger.answered:
                break
        self._measure()
        self.next_look_s = self._clock.now().mono_s + self._pause_s()

    def _pause_s(self) -> float:
        if self._ledger.answered:
            return 0.0
        if self.observed is None or self._unanswered:
            return LOOK_SILENT_S
        pending = self._ledger.pending
        return LOOK_EVERY_S if pending is None or pending.in_flight else LOOK_SETTLING_S

    def _hear_answer(self) -> None:
        """Take the answer to the last command, if it has come by now."""
        answered = self.hardware.answered()
        if answered is None:
            return
        self._unanswered = answered.rejected == ""
        pending = self._ledger.pending
        if pending is not None and pending.in_flight:
            commanded_s = self._clock.now().mono_s if answered.rejected is None else None
            rejected = answered.rejected or None
            self._ledger.pending = replace(pending, in_flight=False, commanded_s=commanded_s, rejected=rejected)

    def _look(self) -> None:
        seen = self.observed = self.hardware.look()
        if seen is None:
            return
        ledger = self._ledger
        before, ledger.register = ledger.register, ledger.register.read(seen.meter_wh)
        self.last_seen = seen
        self.flow = self.flow.read(seen.power_w, self._clock.now().mono_s)
        if ledger.register.offset_wh != before.offset_wh:
            fell = {"evse": self.evse_id, "from_wh": before.raw_wh, "to_wh": seen.meter_wh}
            log.warning("meter fell back; energy goes on from where it was", extra=fell)
            ledger.write()
        if ledger.evse.finishing and not seen.plugged:
            ledger.write(evse=replace(ledger.evse, finishing=False))

    def _adopt(self) -> None:
        """Take on a session that the journal has lost, as soon as the hardware can be asked.

        To go on with it; or, if it is over by now, to end it, for nobody else would.
        """
        seen, said, ledger = self.observed, self.said, self._ledger
        if seen is None or said is None:
            return
        self.said = None
        known = ledger.session(said.session_id)
        if ledger.current or known.phase is not Phase.KEPT:
            return
        log.warning("session adopted from the shadow", extra={"evse": self.evse_id, "session": said.session_id})
        ledger.register = ledger.register.at_least(said.energy_wh)
        now = self._clock.now()
        record = replace(ledger.evse, last_session=said.session_id, finishing=False)
        ledger.write(adopted(said, known, ledger.register.wh, now), evse=record)

    def _carry_out(self, action: Action) -> None:
        now, ledger = self._clock.now(), self._ledger
        match action:
            case Accept(intent=intent):
                ledger.take_on(intent, AckStatus.ACCEPTED, now)
            case StartSession() | StopSession():
                self._command(action, now)
            case ConfirmStart(session=session):
                self._confirm_start(session, now)
            case GiveUpStart(session=session, status=status, reason=reason):
                ledger.finish(status, reason, now, replace(session, phase=Phase.RELEASING))
            case Release(session=session):
                self._release_tried_s = now.mono_s
                self.hardware.stop(session.transaction_id)
            case ConfirmRelease(session=session):
                self._release_tried_s = None
                ledger.write(replace(session, phase=Phase.FAILED))
            case EndSession():
                self._end(action, now)
            case Answer():
                ledger.answer(action, now)
            case RepeatAnswer(record=record):
                ledger.write(evse=replace(ledger.evse, last_intent=record.id))

    def _command(self, action: StartSession | StopSession, now: Moment) -> None:
        """Journal, then hardware. The journal of a start holds all that a restart needs to adopt the session."""
        ledger = self._ledger
        if action.intent is not None:
            rows: tuple[SessionRecord, ...] = ()
            if isinstance(action, StartSession):
                known = ledger.session(action.session_id)
                rows = (sessions.begin(known, self._new_transaction(), ledger.register.wh, now),)
            ledger.take_on(action.intent, AckStatus.EXECUTING, now, *rows)
        else:
            ledger.executing(now)
        pending = ledger.pending
        if pending is None:
            raise RuntimeError("there is no intent under way to command")
        if isinstance(action, StartSession):
            self.hardware.start(Order(action.session_id, ordered_group(pending.record)))
        else:
            self.hardware.stop(ledger.session(action.session_id).transaction_id)
        ledger.pending = replace(pending, in_flight=True)

    def _confirm_start(self, session: SessionRecord, now: Moment) -> None:
        active, events = sessions.began(session, self._power_w)
        evse = replace(self._ledger.evse, last_session=session.session_id, finishing=False)
        self.flow = Flow()
        self._cadence = Cadence(now.mono_s, self._power_w)
        self._ledger.finish(AckStatus.DONE, AckReason.NONE, now, active, *events, evse=evse)

    def _end(self, action: EndSession, now: Moment) -> None:
        ledger = self._ledger
        ended, events = sessions.over(action.session, action.reason, ledger.register.wh, self._power_w, now)
        plugged = self.observed is not None and self.observed.plugged
        evse = replace(ledger.evse, finishing=plugged, last_session=ended.session_id)
        self._cadence = None
        if action.intent_id:
            ledger.finish(AckStatus.DONE, AckReason.NONE, now, ended, *events, evse=evse)
        else:
            ledger.write(ended, *events, evse=evse)

    def _measure(self) -> None:
        """Queue a meter event if one is due."""
        ledger, seen, now = self._ledger, self.observed, self._clock.now()
        session = ledger.current
        if session is None or session.phase is not Phase.ACTIVE or seen is None:
            return
        if self._cadence is None:  # after a restart
            self._cadence = Cadence(now.mono_s, seen.power_w)
        if not self._cadence.due(seen.power_w, now.mono_s, watched=now.mono_s < self.watched_until_s):
            return
        self._cadence = Cadence(now.mono_s, seen.power_w)
        told, events = sessions.metered(session, ledger.register.wh, seen.power_w, now)
        ledger.write(told, *events)
