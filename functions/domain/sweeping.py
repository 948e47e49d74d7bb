"""Nothing stays open for ever: does in each session what is due, some sessions at a time.

Every change is written only if nobody has written since the record was read, so that two sweeps at once are as one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from functions.domain.change import change
from functions.domain.closing import sign_of_end
from functions.domain.concluding import conclude, concluded
from functions.domain.errors import ContractViolation, PolarisError
from functions.domain.open_work import SHARDS, Work, next_due
from functions.domain.ports import Chargers, Clock, Sessions
from functions.domain.records import IntentStatus, SessionRecord
from functions.domain.stopping import Stopping
from functions.domain.stopping_at_target import stop_at_target
from functions.domain.transitions import unclaimed

PER_SHARD = 50
"""Sessions of one shard in one sweep: at most six calls each, so that a sweep makes some 1,200 calls at the worst."""

SWEEP_S = 40
"""No session is begun later than this after the sweep began, so that a sweep is over before the next one."""

AGAIN_MS = 50_000
"""A session that cannot be read is put off by this: less than a minute, so that every sweep finds and counts it until
somebody mends it; and enough for what fell due before to come first, however many such there are."""


class Outcome(StrEnum):
    """What became of a session in a sweep; each is counted by a metric."""

    START_EXPIRED = "start_expired"
    STOP_SENT = "stop_sent"
    STOP_OVERDUE = "stop_overdue"
    KEPT_AGAIN = "kept_again"
    STOPPED_AT_TARGET = "stopped_at_target"
    CLOSED = "closed_estimated"
    LEFT_OPEN = "left_open"
    """It was looked at and may still be running."""
    NOTHING_DUE = "nothing_due"
    """The index was a moment old, or another sweep or the charger was faster."""
    FAILED = "failed"
    """A part of the cloud did not answer, or nobody can read the session; the next sweep tries again."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did: outcome by session, and whether it left anything due for the next one."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """Why, for each that failed."""
    backlog: bool = False

    def count(self, outcome: Outcome) -> int:
        """How many sessions had this outcome."""
        return sum(it is outcome for it in self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Sweeping:
    """The sweep, over the ports it needs. A stop is sent by the same code that sends a tap."""

    sessions: Sessions
    chargers: Chargers
    stopping: Stopping
    clock: Clock
    silent_after_s: int

    def sweep(self) -> Sweep:
        """Do what is due, in the order in which it fell due within each shard, as much as one sweep may.

        Each minute another shard comes first: one that takes up a sweep's whole time does so every fourth minute.
        """
        began_ms = self.clock()
        first = began_ms // 60_000 % len(SHARDS)
        outcomes: dict[str, Outcome] = {}
        reasons: dict[str, str] = {}
        backlog = False
        for shard in SHARDS[first:] + SHARDS[:first]:
            found = self.sessions.due(shard, before_ms=began_ms, limit=PER_SHARD)
            backlog = backlog or len(found) == PER_SHARD
            for session_id in found:
                if self.clock() - began_ms > SWEEP_S * 1000:
                    return Sweep(outcomes, reasons, backlog=True)
                try:
                    outcomes[session_id] = self._attend(session_id)
                except PolarisError as error:
                    outcomes[session_id], reasons[session_id] = Outcome.FAILED, f"{error.code}: {error.detail}"
        return Sweep(outcomes, reasons, backlog)

    def _attend(self, session_id: str) -> Outcome:
        try:
            session = self.sessions.get(session_id)
        except ContractViolation:
            self.sessions.postpone(session_id, until_ms=self.clock() + AGAIN_MS)
            raise
        if session is None:
            return Outcome.NOTHING_DUE
        due, now_ms = next_due(session), self.clock()
        if due is None or due.at_ms > now_ms:
            # Should an older release have left it a deadline that is none, this write puts it right.
            self.sessions.replace(session, session)
            return Outcome.NOTHING_DUE
        attend = {
            Work.EXPIRE_START: self._expire_start,
            Work.SEND_STOP: self._send_stop,
            Work.NOTE_OVERDUE: self._note_overdue,
            Work.KEEP_AGAIN: self._keep_again,
            Work.STOP_AT_TARGET: self._stop_at_target,
            Work.LOOK: self._look,
        }
        return attend[due.work](session, now_ms)

    def _expire_start(self, session: SessionRecord, now_ms: int) -> Outcome:
        if not self.sessions.replace(session, replace(session, start_expired_at_ms=now_ms)):
            return Outcome.NOTHING_DUE
        change(
            lambda: self.chargers.evse(session.charger_id, session.evse_id),
            self.chargers.replace_evse,
            lambda evse: unclaimed(evse, session.session_id),
        )
        return Outcome.START_EXPIRED

    def _send_stop(self, session: SessionRecord, now_ms: int) -> Outcome:
        sent = replace(session, stop_sent_at_ms=now_ms, stop_not_sent=False)
        if not self.sessions.replace(session, sent):
            return Outcome.NOTHING_DUE
        self.stopping.send(sent)
        return Outcome.STOP_SENT

    def _note_overdue(self, session: SessionRecord, now_ms: int) -> Outcome:
        """Overdue is told once for each stop; one that the charger has said nothing to is then sent once more.

        That is for a function that died between the record and the shadow; where the shadow has it, nothing changes.
        """
        stop = session.stop
        first = stop is not None and stop.overdue_at_ms is None
        noted = replace(session, looked_at_ms=now_ms)
        if stop is not None and first:
            noted = replace(noted, stop=replace(stop, overdue_at_ms=now_ms))
        if not self.sessions.replace(session, noted):
            return Outcome.NOTHING_DUE
        if stop is not None and first and stop.status is IntentStatus.REQUESTED:
            self.stopping.send(noted)
        return Outcome.STOP_OVERDUE if first else Outcome.LEFT_OPEN

    def _keep_again(self, session: SessionRecord, now_ms: int) -> Outcome:
        """The shadow first, as in a withdrawal: what cannot be sent is tried again by the next sweep.

        A tap in between has made it a stop again, which the shadow may have lost to this: it is sent once more.
        """
        self.stopping.keep(session)
        kept = replace(session, stop=replace(session.stop, kept_at_ms=now_ms)) if session.stop else session
        if self.sessions.replace(session, kept):
            return Outcome.KEPT_AGAIN
        current = self.sessions.get(session.session_id)
        if current is not None and current.end is None and current.stop and current.stop.status.in_force:
            self.stopping.send(current)
        return Outcome.NOTHING_DUE

    def _stop_at_target(self, session: SessionRecord, now_ms: int) -> Outcome:
        """Energy is looked at when a sample comes; what is left here is time, and what could not be done then."""
        stop_at_target(self.stopping, session, now_ms=now_ms)
        return Outcome.STOPPED_AT_TARGET

    def _look(self, session: SessionRecord, now_ms: int) -> Outcome:
        evse = self.chargers.evse(session.charger_id, session.evse_id)
        sign = sign_of_end(session, evse, now_ms=now_ms, silent_after_s=self.silent_after_s)
        if sign is None:
            left = self.sessions.replace(session, replace(session, looked_at_ms=now_ms))
            return Outcome.LEFT_OPEN if left else Outcome.NOTHING_DUE
        conclusion = concluded(self.sessions, session, evse, sign, now_ms=now_ms)
        closed = conclude(self.sessions, self.chargers, session, conclusion)
        return Outcome.CLOSED if closed else Outcome.NOTHING_DUE
