"""One EVSE's part of the journal: the intent under way, its sessions, its meter; what belongs together is one write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contract.vocabulary import AckReason, AckStatus
from device_agent.actions import Remember
from device_agent.metering import Register
from device_agent.records import EvseRecord, IntentRecord, Memory, Pending, Phase, QueuedEvent, SessionRecord

if TYPE_CHECKING:
    from contract.intents import Intent
    from device_agent.actions import Answer
    from device_agent.drivers.base import Pace
    from device_agent.journal import Journal
    from device_agent.records import Moment


class Ledger:
    """What is on record of one EVSE, and what this process knows of the intent under way."""

    def __init__(self, evse_id: int, journal: Journal, now: Moment) -> None:
        self.evse_id = evse_id
        self._journal = journal
        record = journal.evse(evse_id)
        self.register = Register(record.raw_wh, record.offset_wh)
        unfinished = journal.unfinished(evse_id)
        self.pending = Pending(unfinished, now.mono_s) if unfinished else None
        """The intent being carried out."""
        self.raw: dict[str, Any] = {}
        """The intent that is wanted now, as it came."""
        self.answered = False
        """Whether an intent has got its final answer since this was set to False."""

    @property
    def evse(self) -> EvseRecord:
        """What is on record about the EVSE itself."""
        return self._journal.evse(self.evse_id)

    @property
    def current(self) -> SessionRecord | None:
        """The session that occupies the EVSE."""
        return self._journal.current(self.evse_id)

    def session(self, session_id: str) -> SessionRecord:
        """What is known of a session, if only its name."""
        known = self._journal.session(self.evse_id, session_id)
        return known or SessionRecord(session_id, self.evse_id, Phase.KEPT)

    def memory(self, pace: Pace, release_tried_s: float | None) -> Memory:
        """What the reconciler decides by."""
        return self._journal.memory(self.evse_id, pace, self.pending, release_tried_s)

    def write(self, *rows: IntentRecord | SessionRecord | QueuedEvent, evse: EvseRecord | None = None) -> None:
        """All of these, and where the meter is, in one transaction."""
        evse = evse or self.evse
        metered = replace(evse, raw_wh=self.register.raw_wh, offset_wh=self.register.offset_wh)
        self._journal.write(*rows, metered)

    def take_on(self, intent: Intent, status: AckStatus, now: Moment, *rows: SessionRecord) -> None:
        """An intent that is going to be carried out."""
        what = intent.id, self.evse_id, intent.act, intent.session_id, self._raw_of(intent.id)
        record = IntentRecord(*what, status, AckReason.NONE, now.at, intent.expires_at)
        self.write(record, *rows, evse=replace(self.evse, last_intent=intent.id))
        since_s = self.pending.since_s if self.pending is not None else now.mono_s
        self.pending = Pending(record, since_s)

    def executing(self, now: Moment) -> None:
        """The intent under way is being acted on."""
        if self.pending is not None and self.pending.record.status is AckStatus.ACCEPTED:
            record = replace(self.pending.record, status=AckStatus.EXECUTING, at=now.at)
            self._journal.write(record)
            self.pending = replace(self.pending, record=record)

    def finish(
        self,
        status: AckStatus,
        reason: AckReason,
        now: Moment,
        *rows: SessionRecord | QueuedEvent,
        evse: EvseRecord | None = None,
    ) -> None:
        """The final ack of the intent under way, and all that goes with it."""
        if self.pending is None:
            raise RuntimeError("there is no intent under way to finish")
        record = replace(self.pending.record, status=status, reason=reason, at=now.at)
        self.write(record, *rows, evse=replace(evse or self.evse, last_intent=record.id))
        self.pending = None
        self.answered = True

    def answer(self, action: Answer, now: Moment) -> None:
        """The final ack of an intent for which the hardware is left alone, be it the one under way."""
        rows: tuple[SessionRecord, ...] = ()
        if action.remember is Remember.CANCELLED:
            rows = (replace(self.session(action.session_id), phase=Phase.CANCELLED),)
        elif action.remember is Remember.KEPT:
            session = self.session(action.session_id)
            rows = (replace(session, newest_keep=max(session.newest_keep, action.intent_id)),)
        if self.pending is not None and self.pending.record.id == action.intent_id:
            self.finish(action.status, action.reason, now, *rows)
            return
        what = action.intent_id, self.evse_id, action.act, action.session_id, self._raw_of(action.intent_id)
        record = IntentRecord(*what, action.status, action.reason, now.at)
        self.write(record, *rows, evse=replace(self.evse, last_intent=record.id))
        self.answered = True

    def _raw_of(self, intent_id: str) -> dict[str, Any]:
        """The intent as it came: the one wanted now, or one taken on before it."""
        if self.raw.get("id") == intent_id:
            return self.raw
        known = self._journal.intent(self.evse_id, intent_id)
        return dict(known.raw) if known else {"id": intent_id}
