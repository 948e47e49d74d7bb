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
    Remember,
    RepeatAnswer,
    StartSession,
    StopSession,
)
from device_agent.adoption import adopted
from device_agent.hardware import Hardware
from device_agent.metering import Cadence, Flow, Register
from device_agent.reconciler import plan
from device_agent.records import CloudTime, EvseRecord, IntentRecord, Pending, Phase, QueuedEvent, SessionRecord

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
        self.cloud_time = CloudTime()
        """A start's expiry is of that clock."""
        self.hardware = Hardware(evse_id, driver, clock)
        self._journal, self._clock, self._new_transaction = journal, clock, new_transaction
        self._desired: Intent | UnreadableIntent | None = None
        self._raw: dict[str, Any] = {}
        self._release_tried_s: float | None = None
        self._unanswered = False
        """Whether a command of this round got no answer."""
        self._answered = False
        """Whether an intent got its final answer in this round."""
        self._cadence: Cadence | None = None
        record = journal.evse(evse_id)
        self._register = Register(record.raw_wh, record.offset_wh)
        unfinished = journal.unfinished(evse_id)
        self._pending = Pending(unfinished, clock.now().mono_s) if unfinished else None

    @property
    def energy_wh(self) -> int:
        """The continuous register, in watt-hours."""
        return self._register.wh

    @property
    def _power_w(self) -> int:
        return self.observed.power_w if self.observed else 0

    def want(self, desired: Intent | UnreadableIntent | None, raw: dict[str, Any]) -> None:
        """Take note of what the cloud wants now, to be pursued at once; `raw` is the intent as it came."""
        self._desired = desired
        self.next_look_s = 0.0
        oversized = len(json.dumps(raw)) > INTENT_MAX_BYTES
        self._raw = {"id": raw["id"]} if oversized and desired is not None else raw

    def pursue(self) -> None:
        """Look, decide and act until there is nothing to do but wait, or until an intent has its final answer.

        A report shows one answer: that one goes out before the next intent is taken up, or nobody would ever read it.
        """
        self._unanswered = self._answered = False
        for _ in range(STEPS_AT_MOST):
            self._look()
            self._adopt()
            memory = self._journal.memory(self.evse_id, self._pending, self._release_tried_s)
            actions = plan(self._desired, self.observed, memory, self.cloud_time.at_least(self._clock.now()))
            if not actions:
                break
            for action in actions:
                log.info("acting", extra={"evse": self.evse_id, "action": str(action)})
                self._carry_out(action)
                if self._answered:
                    break
            if self._answered or self._unanswered:
                break  # the next attempt waits for the next look: the loop has others to serve
        self._measure()
        self.next_look_s = self._clock.now().mono_s + self._pause_s()

    def _pause_s(self) -> float:
        if self._answered:
            return 0.0
        if self.observed is None or self._unanswered:
            return LOOK_SILENT_S
        return LOOK_EVERY_S if self._pending is None else LOOK_SETTLING_S

    def _look(self) -> None:
        seen = self.observed = self.hardware.look()
        if seen is None:
            return
        before, self._register = self._register, self._register.read(seen.meter_wh)
        self.last_seen = seen
        self.flow = self.flow.read(seen.power_w, self._clock.now().mono_s)
        record = self._journal.evse(self.evse_id)
        if self._register.offset_wh != before.offset_wh:
            fell = {"evse": self.evse_id, "from_wh": before.raw_wh, "to_wh": seen.meter_wh}
            log.warning("meter fell back; energy goes on from where it was", extra=fell)
            self._journal.write(self._metered(record))
        if record.finishing and not seen.plugged:
            self._journal.write(self._metered(replace(record, finishing=False)))

    def _adopt(self) -> None:
        """Take on a session that the journal has lost, as soon as the hardware can be asked.

        To go on with it; or, if it is over by now, to end it, for nobody else would.
        """
        seen, said = self.observed, self.said
        if seen is None or said is None:
            return
        self.said = None
        known = self._session(said.session_id)
        if self._journal.current(self.evse_id) or known.phase is not Phase.KEPT:
            return
        log.warning("session adopted from the shadow", extra={"evse": self.evse_id, "session": said.session_id})
        self._register = self._register.at_least(said.energy_wh)
        now = self.cloud_time.at_least(self._clock.now())
        record = replace(self._journal.evse(self.evse_id), last_session=said.session_id, finishing=False)
        self._journal.write(adopted(said, known, self._register.wh, now), self._metered(record))

    def _carry_out(self, action: Action) -> None:
        now = self._clock.now()
        match action:
            case Accept(intent=intent):
                self._take_on(intent, AckStatus.ACCEPTED, now)
            case StartSession() | StopSession():
                self._command(action, now)
            case ConfirmStart(session=session):
                self._confirm_start(session, now)
            case GiveUpStart(session=session, status=status, reason=reason):
                self._finish(status, reason, now, replace(session, phase=Phase.RELEASING))
            case Release():
                self._release_tried_s = now.mono_s
                self._unanswered = self.hardware.stop() == ""
            case ConfirmRelease(session=session):
                self._release_tried_s = None
                self._journal.write(replace(session, phase=Phase.FAILED))
            case EndSession():
                self._end(action, now)
            case Answer():
                self._answer(action, now)
            case RepeatAnswer(record=record):
                self._journal.write(replace(self._journal.evse(self.evse_id), last_intent=record.id))

    def _command(self, action: StartSession | StopSession, now: Moment) -> None:
        """Journal, then hardware. The journal of a start holds all that a restart needs to adopt the session."""
        if action.intent is not None:
            rows: tuple[SessionRecord, ...] = ()
            if isinstance(action, StartSession):
                known = self._session(action.session_id)
                rows = (sessions.begin(known, self._new_transaction(), self._register.wh, now),)
            self._take_on(action.intent, AckStatus.EXECUTING, now, *rows)
        elif self._pending is not None and self._pending.record.status is AckStatus.ACCEPTED:
            record = replace(self._pending.record, status=AckStatus.EXECUTING, at=now.at)
            self._journal.write(record)
            self._pending = replace(self._pending, record=record)
        rejected = self.hardware.start() if isinstance(action, StartSession) else self.hardware.stop()
        self._unanswered = rejected == ""
        if self._pending is not None:
            commanded_s = self._clock.now().mono_s if rejected is None else None
            self._pending = replace(self._pending, commanded_s=commanded_s, rejected=rejected or None)

    def _take_on(self, intent: Intent, status: AckStatus, now: Moment, *rows: SessionRecord) -> None:
        what = intent.id, self.evse_id, intent.act, intent.session_id, self._raw_of(intent.id)
        record = IntentRecord(*what, status, AckReason.NONE, now.at, intent.expires_at)
        evse = replace(self._journal.evse(self.evse_id), last_intent=intent.id)
        self._journal.write(record, *rows, self._metered(evse))
        since_s = self._pending.since_s if self._pending is not None else now.mono_s
        self._pending = Pending(record, since_s)

    def _confirm_start(self, session: SessionRecord, now: Moment) -> None:
        active, events = sessions.began(session, self._power_w)
        evse = replace(self._journal.evse(self.evse_id), last_session=session.session_id, finishing=False)
        self.flow = Flow()
        self._cadence = Cadence(now.mono_s, self._power_w)
        self._finish(AckStatus.DONE, AckReason.NONE, now, active, *events, evse=evse)

    def _end(self, action: EndSession, now: Moment) -> None:
        ended, events = sessions.over(action.session, action.reason, self._register.wh, self._power_w, now)
        plugged = self.observed is not None and self.observed.plugged
        record = self._journal.evse(self.evse_id)
        evse = replace(record, finishing=plugged, last_session=ended.session_id)
        self._cadence = None
        if action.intent_id:
            self._finish(AckStatus.DONE, AckReason.NONE, now, ended, *events, evse=evse)
        else:
            self._journal.write(ended, *events, self._metered(evse))

    def _finish(
        self,
        status: AckStatus,
        reason: AckReason,
        now: Moment,
        *rows: SessionRecord | QueuedEvent,
        evse: EvseRecord | None = None,
    ) -> None:
        """The final ack of the intent under way, and all that goes with it, in one transaction."""
        if self._pending is None:
            raise RuntimeError("there is no intent under way to finish")
        record = replace(self._pending.record, status=status, reason=reason, at=now.at)
        evse = replace(evse or self._journal.evse(self.evse_id), last_intent=record.id)
        self._journal.write(record, *rows, self._metered(evse))
        self._pending = None
        self._answered = True

    def _answer(self, action: Answer, now: Moment) -> None:
        if self._pending is not None and self._pending.record.id == action.intent_id:
            self._finish(action.status, action.reason, now)
            return
        ack = action.status, action.reason, now.at
        what = action.intent_id, self.evse_id, action.act, action.session_id, self._raw_of(action.intent_id)
        record = IntentRecord(*what, *ack)
        evse = replace(self._journal.evse(self.evse_id), last_intent=record.id)
        rows: tuple[SessionRecord, ...] = ()
        if action.remember is Remember.CANCELLED:
            rows = (replace(self._session(action.session_id), phase=Phase.CANCELLED),)
        elif action.remember is Remember.KEPT:
            session = self._session(action.session_id)
            rows = (replace(session, newest_keep=max(session.newest_keep, action.intent_id)),)
        self._journal.write(record, *rows, evse)
        self._answered = True

    def _measure(self) -> None:
        """Queue a meter event if one is due."""
        session, seen, now = self._journal.current(self.evse_id), self.observed, self._clock.now()
        if session is None or session.phase is not Phase.ACTIVE or seen is None:
            return
        if self._cadence is None:  # after a restart
            self._cadence = Cadence(now.mono_s, seen.power_w)
        if not self._cadence.due(seen.power_w, now.mono_s, watched=now.mono_s < self.watched_until_s):
            return
        self._cadence = Cadence(now.mono_s, seen.power_w)
        told, events = sessions.metered(session, self._register.wh, seen.power_w, now)
        self._journal.write(told, *events, self._metered(self._journal.evse(self.evse_id)))

    def _session(self, session_id: str) -> SessionRecord:
        known = self._journal.session(self.evse_id, session_id)
        return known or SessionRecord(session_id, self.evse_id, Phase.KEPT)

    def _metered(self, record: EvseRecord) -> EvseRecord:
        return replace(record, raw_wh=self._register.raw_wh, offset_wh=self._register.offset_wh)

    def _raw_of(self, intent_id: str) -> dict[str, Any]:
        """The intent as it came: the one wanted now, or one taken on before it."""
        if self._raw.get("id") == intent_id:
            return self._raw
        known = self._journal.intent(self.evse_id, intent_id)
        return dict(known.raw) if known else {"id": intent_id}
