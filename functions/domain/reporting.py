"""What chargers say, turned into changes of records. Every document may come twice, late or out of order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from contract.events import SessionEvent
from contract.intents import Intent
from contract.reports import Reported
from contract.topics import evse_of_shadow
from contract.vocabulary import AckReason, EventType
from functions.domain.acks import with_ack
from functions.domain.automatic import nears_energy
from functions.domain.cards import owner_of_card
from functions.domain.change import before_and_after, change
from functions.domain.concluding import let_go_if_over
from functions.domain.errors import ContractViolation
from functions.domain.forwarded import EventDocument, ShadowDocument, document_of, event_of, report_of
from functions.domain.ports import Cards, Chargers, Sessions, Watchers
from functions.domain.records import EvseRecord, MeterSample, SessionRecord
from functions.domain.stop_outcomes import StopTold, stop_told
from functions.domain.stopping import Stopping
from functions.domain.stopping_at_target import stop_at_target
from functions.domain.stopping_blocked import stop_on_blocked_card
from functions.domain.stopping_unheard import send_stop_of_running, send_stop_unheard
from functions.domain.transitions import (
    begun_with_card,
    believed_ms,
    is_running,
    never_began,
    occupied,
    released,
    reoccupied,
    with_cable_free,
    with_event,
    with_report,
)
from functions.domain.watching import hinted_at, send_hint, with_hint


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message was and whom it was about, for the log and the metrics."""

    kind: str
    """One of: report, echo, started, meter, ended; and power_still_flowing for the report that first says so of a stop:
    somebody must look into that."""
    charger_id: str
    evse_id: int
    session_id: str = ""
    """Of an event, or of the intent that an ack has moved on."""
    intent_id: str = ""
    """The intent that this message has moved on; every later report repeats the ack, and says nothing new with it."""
    status: str = ""
    """How far that intent is now."""
    stopped_at: str = ""
    """The target that this event showed to be reached, so that the session was stopped."""
    stop: StopTold | None = None
    """The outcome of a stop, in the one message that brought the first word of it."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """Takes in what the topic rules forward."""

    sessions: Sessions
    chargers: Chargers
    cards: Cards
    stopping: Stopping
    watchers: Watchers

    def take(self, body: str, *, received_at_ms: int) -> Taken:
        """Apply one message of the queue.

        Raises:
            ContractViolation: nobody can use this message, now or later; keep it for a person to look at.
            TemporaryError: try the same message again later.
        """
        document = document_of(body)
        if isinstance(document, ShadowDocument):
            return self._take_shadow(document, received_at_ms)
        return self._take_event(document, received_at_ms)

    def _take_shadow(self, document: ShadowDocument, received_at_ms: int) -> Taken:
        evse_id = evse_of_shadow(document.shadow)
        if evse_id is None:
            raise ContractViolation("invalid_document", f"There is no EVSE in the shadow name {document.shadow!r}.")
        if document.reported is None:
            # The cloud's own write to a shadow that its charger has not reported to yet.
            return Taken("echo", document.charger_id, evse_id)
        report = report_of(document.reported)
        if (report.n, report.boot) == (document.previous_n, document.previous_boot):
            # Only `desired` changed: no sign of life. But if the message with the charger's answer was lost, a further
            # tap makes no other document than this one, because the charger sees no difference to act on.
            session, stop = self._take_ack(document.charger_id, evse_id, report, received_at_ms)
            return _heard("echo", document.charger_id, evse_id, report, session, stop, received_at_ms)
        sent_ms = document.sent_ms(received_at_ms)
        evse = self._change_evse(
            document.charger_id,
            evse_id,
            lambda evse: with_report(evse, report, version=document.version, at_ms=sent_ms),
        )
        session, stop = self._take_ack(document.charger_id, evse_id, report, received_at_ms)
        self._take_running(document.charger_id, evse_id, report)
        send_stop_of_running(self.stopping, self.sessions, report, session)
        if not is_running(report):
            let_go_if_over(self.sessions, self.chargers, evse)
        if evse.unplugged_at_ms == sent_ms:  # the first to say so, also if this very message comes again
            self._take_unplugged(evse)
        kind = "power_still_flowing" if _flows_on(session, received_at_ms) else "report"
        return _heard(kind, document.charger_id, evse_id, report, session, stop, received_at_ms)

    def _take_ack(
        self, charger_id: str, evse_id: int, report: Reported, received_at_ms: int
    ) -> tuple[SessionRecord | None, StopTold | None]:
        """Apply the ack to the session of its intent.

        Returns:
            That session, and the outcome of its stop if this is the first word of it; no session if there is no ack, or
            none that concerns us. An ack for a session not on record spoils nothing else in its report: every later
            report repeats it.
        """
        if report.ack is None or report.intent is None:
            return None, None
        ack = report.ack[0]
        try:
            intent = Intent.read(report.intent[0])
        except ValidationError:
            # An intent of another version, refused by the agent: no session of this release waits for it.
            return None, None
        if intent.id != ack.id:
            raise ContractViolation("invalid_report", "The ack answers another intent than the one copied beside it.")
        session, stop = self._change_session(
            intent.session_id,
            charger_id,
            evse_id,
            lambda current: with_ack(current, ack, received_at_ms=received_at_ms),
            received_at_ms,
        )
        if session is not None and never_began(session):
            self._change_evse(charger_id, evse_id, lambda evse: released(evse, session.session_id))
        return session, stop

    def _take_running(self, charger_id: str, evse_id: int, report: Reported) -> None:
        """A running session that nobody on record holds the EVSE for takes it: its start outlived the claim."""
        if not is_running(report) or report.session is None:
            return
        evse = self.chargers.evse(charger_id, evse_id)
        running = report.session[0].session_id
        if evse is None or evse.current_session_id is not None or evse.reported_session_id != running:
            return
        session = self.sessions.get(running)
        if session is None or session.end is not None or (session.charger_id, session.evse_id) != (charger_id, evse_id):
            return
        self._change_evse(
            charger_id,
            evse_id,
            lambda current: occupied(current, session) if current.current_session_id is None else current,
        )

    def _take_event(self, document: EventDocument, received_at_ms: int) -> Taken:
        event = event_of(document)
        charger_id, evse_id = document.charger_id, document.evse

        def applied() -> tuple[SessionRecord | None, StopTold | None]:
            return self._change_session(
                event.session_id,
                charger_id,
                evse_id,
                lambda current: self._after(current, event, received_at_ms),
                received_at_ms,
            )

        session, stop = applied()
        if (new := session is None) and event.id_token_hash is not None:
            self._put_on_record(event, event.id_token_hash, charger_id, evse_id, received_at_ms)
            session, stop = applied()
        if session is None:
            raise ContractViolation(
                "session_not_found", f"{charger_id}/{evse_id}: {event.session_id} is not on record."
            )
        self.sessions.add_meter_sample(
            MeterSample(
                session_id=event.session_id,
                seq=event.seq,
                at_ms=believed_ms(session, event, received_at_ms=received_at_ms),
                meter_wh=event.meter_wh,
                power_w=event.power_w,
            )
        )
        if session.end is not None:
            self._release(session)
        elif session.reopened_at_ms == received_at_ms:
            self._change_evse(charger_id, evse_id, lambda evse: reoccupied(evse, session))
        elif event.type is EventType.STARTED:
            self._change_evse(charger_id, evse_id, lambda evse: occupied(evse, session))
            send_stop_unheard(self.stopping, session)
        stop_on_blocked_card(self.stopping, self.cards, session, new=new)
        if hinted_at(session, at_ms=received_at_ms, patience=self.stopping.patience):
            send_hint(self.watchers, session, self.stopping.patience)
        stopped_at = stop_at_target(self.stopping, session, now_ms=received_at_ms)
        return Taken(event.type.value, charger_id, evse_id, event.session_id, stopped_at=stopped_at, stop=stop)

    def _after(self, session: SessionRecord, event: SessionEvent, received_at_ms: int) -> SessionRecord:
        """The session after an event; one that nears its target is sampled fast from here on.

        The hint for that is on record with the same write; old news, which writes nothing, gives none.
        """
        patience = self.stopping.patience
        taken = with_event(session, event, received_at_ms=received_at_ms)
        if taken == session or not nears_energy(taken, within_s=patience.near_target_s):
            return taken
        return with_hint(taken, now_ms=received_at_ms, patience=patience)

    def _release(self, session: SessionRecord) -> None:
        evse = self._change_evse(session.charger_id, session.evse_id, lambda evse: released(evse, session.session_id))
        if evse.released_session_id == session.session_id and session.cable_free_at_ms is None:
            self._take_unplugged(evse)

    def _take_unplugged(self, evse: EvseRecord) -> None:
        """The session that left this EVSE last learns when its cable was free; one that holds the EVSE is not over."""
        if evse.unplugged_at_ms is not None and evse.released_session_id and evse.current_session_id is None:
            self._change_session(
                evse.released_session_id,
                evse.charger_id,
                evse.evse_id,
                lambda session: with_cable_free(session, evse),
                evse.unplugged_at_ms,
            )

    def _put_on_record(
        self, event: SessionEvent, id_token_hash: str, charger_id: str, evse_id: int, received_at_ms: int
    ) -> None:
        """Make the record of a session that began at its charger; if another of its events has made it, that stands.

        A card that is nobody's, or blocked since, loses no session: its record has no owner.
        """
        charger, evse = self.chargers.record(charger_id), self.chargers.evse(charger_id, evse_id)
        if charger is None or evse is None:
            raise ContractViolation("evse_not_found", f"{charger_id} has no EVSE {evse_id} on record.")
        owner = owner_of_card(self.cards.get(id_token_hash))
        self.sessions.add(begun_with_card(event, charger, evse_id, owner=owner, received_at_ms=received_at_ms))

    def _change_evse(self, charger_id: str, evse_id: int, transition: Callable[[EvseRecord], EvseRecord]) -> EvseRecord:
        evse = change(lambda: self.chargers.evse(charger_id, evse_id), self.chargers.replace_evse, transition)
        if evse is None:
            raise ContractViolation("evse_not_found", f"{charger_id} has no EVSE {evse_id} on record.")
        return evse

    def _change_session(
        self,
        session_id: str,
        charger_id: str,
        evse_id: int,
        transition: Callable[[SessionRecord], SessionRecord],
        received_at_ms: int,
    ) -> tuple[SessionRecord | None, StopTold | None]:
        """The session after it, None if it is not on record; and what this change has told of its stop."""

        def fenced(current: SessionRecord) -> SessionRecord:
            if (current.charger_id, current.evse_id) != (charger_id, evse_id):
                raise ContractViolation(
                    "foreign_session", f"{charger_id}/{evse_id} spoke of {session_id}, a session of another EVSE."
                )
            return transition(current)

        both = before_and_after(lambda: self.sessions.get(session_id), self.sessions.replace, fenced)
        if both is None:
            return None, None
        before, after = both
        return after, stop_told(before, after, received_at_ms=received_at_ms, patience=self.stopping.patience)


def _heard(
    kind: str,
    charger_id: str,
    evse_id: int,
    report: Reported,
    session: SessionRecord | None,
    stop: StopTold | None,
    received_at_ms: int,
) -> Taken:
    """What a report was, with the intent that it has moved on, if it has."""
    if session is None or report.ack is None:
        return Taken(kind, charger_id, evse_id)
    for intent in (session.start, session.stop, *session.past_stops):
        if intent is not None and (intent.intent_id, intent.updated_at_ms) == (report.ack[0].id, received_at_ms):
            return Taken(
                kind, charger_id, evse_id, session.session_id, intent.intent_id, intent.status.value, stop=stop
            )
    return Taken(kind, charger_id, evse_id)


def _flows_on(session: SessionRecord | None, received_at_ms: int) -> bool:
    """Whether this very message was the news that power flows on after a stop; every later report repeats it."""
    stop = session.stop if session is not None else None
    return stop is not None and (stop.reason, stop.settled_at_ms) == (AckReason.POWER_STILL_FLOWING, received_at_ms)
