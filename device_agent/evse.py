"""One EVSE in the agent's hands: observes it, asks the reconciler, and has carried out what that says."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contract.intents import INTENT_MAX_BYTES, Intent, UnreadableIntent
from contract.vocabulary import AckReason, AckStatus, Act, EndReason
from device_agent import facts, sessions
from device_agent.actions import about
from device_agent.adoption import adopted
from device_agent.executor import Executor
from device_agent.hardware import Hardware
from device_agent.ledger import Ledger
from device_agent.reconciler import plan
from device_agent.records import Phase
from device_agent.sampler import Sampler

if TYPE_CHECKING:
    from contract.reports import SessionReport
    from device_agent.drivers.base import ChargerDriver, Observation
    from device_agent.journal import Journal
    from device_agent.outside import Outside

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
"""How often an EVSE is looked at: an unplugged car or a pressed button is seen within a quarter of a second, at four
questions a second to the hardware."""

LOOK_SETTLING_S = 0.02
"""The same while a command settles: contactors take 20 to 50 ms, so the verdict is late by less than one of them. And
while the hardware has more to tell."""

LOOK_SILENT_S = 1.0
"""The same while the hardware does not answer: each look may hold up the loop for the driver's own time limit."""

STEPS_AT_MOST = 8
"""Rounds of planning in one go. The longest chain, end a session, answer, start the next one, takes five."""


class Evse:
    """One EVSE: its hardware, its memory, and what is wanted of it."""

    def __init__(self, evse_id: int, driver: ChargerDriver, journal: Journal, outside: Outside) -> None:
        clock = outside.clock
        self.evse_id = evse_id
        self.observed: Observation | None = None
        self.last_seen: Observation | None = None
        self.next_look_s = 0.0
        """When to look again, in monotonic seconds."""
        self.said: SessionReport | None = None
        """The running session the shadow shows, until the hardware has been seen."""
        self.hardware = Hardware(evse_id, driver, clock)
        self._ledger = Ledger(evse_id, journal, clock.now())
        self.sampler = Sampler(self._ledger, self.hardware)
        self._executor = Executor(self._ledger, self.hardware, self.sampler, outside)
        self._pace, self._clock = driver.pace, clock
        self._desired: Intent | UnreadableIntent | None = None
        self._unanswered = False
        """Whether a command has got no answer, as this round has learned."""

    @property
    def energy_wh(self) -> int:
        """The continuous register, in watt-hours."""
        return self._ledger.register.wh

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
            memory = self._ledger.memory(self._pace, self._executor.release_tried_s)
            actions = plan(self._desired, self.observed, memory, self._clock.now())
            if not actions:
                break
            for action in actions:
                log.info("acting", extra={"evse": self.evse_id, "action": str(action), **about(action)})
                self._executor.carry_out(action, self.observed)
                if self._ledger.answered:
                    break
            if self._ledger.answered:
                break
        if self.observed is not None:
            self.sampler.sample(self.observed, self._clock.now())
        self.next_look_s = self._clock.now().mono_s + self._pause_s()

    def _pause_s(self) -> float:
        if self._ledger.answered:
            return 0.0
        if self.observed is None or self._unanswered:
            return LOOK_SILENT_S
        if self.observed.fact is not None:
            return LOOK_SETTLING_S
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
            learned = replace(pending, commanded_s=commanded_s, rejected=answered.rejected or None)
            self._ledger.pending = replace(learned, in_flight=False, unanswered=self._unanswered)

    def _look(self) -> None:
        seen = self.observed = self.hardware.look()
        if seen is None:
            return
        self.last_seen = seen
        self.sampler.see(seen.power_w, self._clock.now())
        ledger = self._ledger
        if seen.fact is not None or facts.runs_another(ledger.current, seen):
            return  # what the meter says is of later: first comes what is to be put on record
        before = ledger.register
        ledger.register = before.read(seen.meter_wh, counting=ledger.current is not None)
        if ledger.register.offset_wh != before.offset_wh:
            fell = {"evse": self.evse_id, "from_wh": before.raw_wh, "to_wh": seen.meter_wh}
            log.warning("meter fell back or jumped; energy goes on from where it was", extra=fell)
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
        if known.phase is not Phase.KEPT:
            return
        log.warning("session adopted from the shadow", extra={"evse": self.evse_id, "session": said.session_id})
        now = self._clock.now()
        lost = adopted(said, known, max(said.energy_wh, ledger.register.wh), now)
        if ledger.current is not None:  # somebody has begun another one at the charger since
            ended, events = sessions.over(lost, EndReason.POWER_LOSS, lost.meter_wh, now.at)
            ledger.write(ended, *events)
            return
        ledger.register = ledger.register.at_least(said.energy_wh)
        evse, pending = replace(ledger.evse, last_session=said.session_id, finishing=False), ledger.pending
        if pending and pending.record.act == Act.START and pending.record.session_id == said.session_id:
            ledger.finish(AckStatus.DONE, AckReason.NONE, now, lost, evse=evse)  # it was while the hardware was silent
        else:
            ledger.write(lost, evse=evse)
