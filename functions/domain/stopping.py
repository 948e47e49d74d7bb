"""Stopping a session: the one path that must never fail the driver.

A stop is one conditional write of the record and one write of the shadow, for the first tap and for every later one.
It is bound to its session, so that it can never touch the next; it stays in force until the charger answers; and it
is never refused because of account state or because the charger seems to be offline.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from contract.vocabulary import Act, RequestedBy
from functions.domain import outlook
from functions.domain.change import ATTEMPTS, change
from functions.domain.errors import CallerError, PolarisError, TemporaryError
from functions.domain.patience import Patience
from functions.domain.ports import Clock, NewId, Sessions, Shadows, Sleep
from functions.domain.records import IntentRecord, IntentStatus, SessionPhase, SessionRecord
from functions.domain.stop_right import guest_name
from functions.domain.transitions import never_began
from functions.domain.wire_intents import wire_intent

PAST_STOPS_KEPT = 20
"""Settled stops kept on a record for its timeline; a record stays far below DynamoDB's 400 KB."""
WAIT_STEPS_S = (0.01, 0.01, 0.015, 0.015, 0.02, 0.03, 0.05, 0.05, 0.1)
"""Pauses between the reads of `Prefer: wait`; the last one repeats. A stop takes some 50 ms on one machine and a few
times that over AWS, so the first reads come quickly; after 0.2 s ten reads a second are quick enough for a person."""


class Verdict(StrEnum):
    """What a tap on Stop means for a record."""

    SEND = "send"
    """Record the stop, or that it is sent once more, and write the shadow."""
    RENEW = "renew"
    """The last stop is settled and the session still runs: this is a new stop."""
    WAIT = "wait"
    """The stop was sent, or carried out, a moment ago: the same tap again."""
    OVER = "over"
    """The session has ended or will never begin: nothing to stop, and its EVSE may be somebody else's by now."""
    MISSING = "missing"
    """No such session, or somebody else's, which must look the same."""


def verdict(session: SessionRecord | None, *, owner: str, holder: str = "", resend_before_ms: int) -> Verdict:
    """The rule of the stop. The conditional write of each adapter grants exactly `SEND`.

    It is its owner's, or that of the `holder` of its stop right, whom the owner is not asked for: to them a session is
    missing once there is nothing to stop.
    """
    if session is None or not _may_stop(session, owner, holder):
        return Verdict.MISSING
    if session.phase is SessionPhase.ENDED or never_began(session):
        return Verdict.MISSING if holder else Verdict.OVER
    stop = session.stop
    if stop is None:
        return Verdict.SEND
    if stop.status is IntentStatus.DONE and stop.updated_at_ms > resend_before_ms:
        return Verdict.WAIT  # the end is on its way
    if not stop.status.in_force:
        return Verdict.RENEW
    due = session.stop_not_sent or (session.stop_sent_at_ms or 0) <= resend_before_ms
    return Verdict.SEND if due else Verdict.WAIT


def _may_stop(session: SessionRecord, owner: str, holder: str) -> bool:
    if holder:
        return session.stop_right is not None and session.stop_right.holder == holder
    return session.owner == owner


def with_stop(session: SessionRecord, stop: IntentRecord) -> SessionRecord:
    """The session with this stop sent; a stop that is in force stays the one it is."""
    if session.stop is None or not session.stop.status.in_force:
        settled = (*session.past_stops, session.stop) if session.stop else session.past_stops
        session = replace(session, stop=stop, past_stops=settled[-PAST_STOPS_KEPT:])
    return replace(session, stop_sent_at_ms=stop.requested_at_ms, stop_not_sent=False)


@dataclass(frozen=True, slots=True)
class Stopping:
    """The stop and its withdrawal, over the ports they need."""

    sessions: Sessions
    shadows: Shadows
    clock: Clock
    new_id: NewId
    sleep: Sleep
    patience: Patience

    def stop(
        self,
        session_id: str,
        *,
        owner: str,
        by: RequestedBy = RequestedBy.OWNER,
        why: str = "",
        wanted: Callable[[SessionRecord], bool] = lambda _: True,
    ) -> SessionRecord:
        """Ask the charger to end this session; `why` is kept with the stop, see `IntentRecord.why`.

        `owner`: whose session it is; of a guest's stop, the account to which the right to stop it was lent.
        `wanted` is asked before a settled stop is followed by a new one: whether that is still wanted of this record,
        which may be a newer one than the caller has seen.

        Returns:
            The session with its stop in force, or as it ended.

        Raises:
            CallerError: session_not_found.
            TemporaryError: not_sent; the stop is on record and the next tap sends it.
        """
        now_ms = self.clock()
        resend_before_ms = now_ms - self.patience.resend_after_s * 1000
        stop = IntentRecord(intent_id=self.new_id(), act=Act.STOP, by=by, requested_at_ms=now_ms, why=why)
        holder = guest_name(session_id, owner) if by is RequestedBy.GUEST else ""
        write = self.sessions.request_stop(
            session_id, owner=owner, holder=holder, stop=stop, resend_before_ms=resend_before_ms
        )
        session = write.session
        # A retried call finds what it wrote itself: that is as good as applied.
        ours = session is not None and session.stop is not None and session.stop.intent_id == stop.intent_id
        applied = write.applied or ours

        def judged(record: SessionRecord | None) -> Verdict:
            found = verdict(record, owner=owner, holder=holder, resend_before_ms=resend_before_ms)
            unwanted = found is Verdict.RENEW and record is not None and not wanted(record)
            return Verdict.WAIT if unwanted else found

        match Verdict.SEND if applied else judged(session):
            case Verdict.RENEW if session is not None:
                return self._renew(session, stop, judged)
            case Verdict.SEND if session is not None:
                # Applied; or not applied although the rule allows it, which means that somebody changed the record
                # in between: then their stop is the one in force, and sending it again is harmless.
                return self.send(session)
            case Verdict.OVER | Verdict.WAIT if session is not None:
                return session
            case _:
                raise _no_session()

    def _renew(
        self, session: SessionRecord, stop: IntentRecord, judged: Callable[[SessionRecord], Verdict]
    ) -> SessionRecord:
        """Put a new stop in the place of a settled one, whatever else is written to the record meanwhile."""
        for _ in range(ATTEMPTS):
            renewed = with_stop(session, stop)
            if self.sessions.replace(session, renewed):
                return self.send(renewed)
            current = self.sessions.get(session.session_id)
            if current is None:
                break
            if current.stop is not None and current.stop.intent_id == stop.intent_id:
                return self.send(current)  # a retried write found what it wrote itself
            match judged(current):
                case Verdict.RENEW | Verdict.SEND:
                    session = current
                case Verdict.MISSING:
                    raise _no_session()  # the right to stop it was revoked meanwhile
                case _:
                    return current  # five taps at once: one of them renewed it; or the session has ended
        raise TemporaryError("unavailable", "The record kept changing.")

    def send(self, session: SessionRecord) -> SessionRecord:
        """Write the stop on record to the shadow; if that fails, put on record that it is not sent.

        Where the session is long thought never to have begun, the shadow's one place for an intent is left to whom the
        EVSE has passed to: should its charger speak of it after all, the stop is sent then (`stopping_unheard`).

        Raises:
            TemporaryError: not_sent.
        """
        if session.stop is None or outlook.is_start_forgotten(session, now_ms=self.clock(), patience=self.patience):
            return session
        try:
            self.shadows.send(session.charger_id, session.evse_id, wire_intent(session, session.stop))
        except PolarisError as error:
            self._note_not_sent(session)
            if not isinstance(error, TemporaryError):
                raise  # our own fault: trying again will not mend it, so it must be seen
            raise TemporaryError("not_sent", error.detail, retry_after_s=self.patience.resend_after_s) from error
        return session

    def _note_not_sent(self, session: SessionRecord) -> None:
        """Put on record that this stop did not reach the shadow, unless it has been answered or sent again since."""
        change(
            lambda: self.sessions.get(session.session_id),
            self.sessions.replace,
            lambda current: replace(current, stop_not_sent=True) if _sending(current) == _sending(session) else current,
        )

    def wait(self, session: SessionRecord, *, seconds: float) -> SessionRecord:
        """The session once its stop has an outcome, or as it is when the time is up. Only reads."""
        deadline_ms = self.clock() + int(seconds * 1000)
        step = 0
        while not self._has_outcome(session) and self.clock() < deadline_ms:
            self.sleep(WAIT_STEPS_S[min(step, len(WAIT_STEPS_S) - 1)])
            step += 1
            with suppress(PolarisError):  # the stop is sent: a read that fails must not look as if it were not
                session = self.sessions.get(session.session_id) or session
        return session

    def _has_outcome(self, session: SessionRecord) -> bool:
        if outlook.is_over(session, now_ms=self.clock(), patience=self.patience):
            return True
        stop = session.stop
        return stop is not None and stop.status in (IntentStatus.REFUSED, IntentStatus.FAILED, IntentStatus.WITHDRAWN)

    def withdraw(self, session_id: str, *, owner: str) -> SessionRecord:
        """Take a stop back that the charger has not acknowledged.

        The shadow is written first: if the charger has acted by then it refuses the withdrawal, and the record still
        shows the truth; the other way round the record would promise what the charger never heard.

        Raises:
            CallerError: session_not_found; no_stop_to_withdraw; session_not_active; stop_by_operator;
                stop_already_acknowledged.
            TemporaryError: not_sent; nothing has changed.
        """
        session = self.sessions.get(session_id)
        if session is None or session.owner != owner:
            raise _no_session()
        if session.phase is not SessionPhase.ENDED and session.stop and session.stop.status is IntentStatus.WITHDRAWN:
            return session  # the same tap again
        _withdrawable(session)
        now_ms = self.clock()
        self.keep(session)
        try:
            withdrawn = change(
                lambda: self.sessions.get(session_id),
                self.sessions.replace,
                lambda current: replace(
                    current,
                    stop=replace(_withdrawable(current), status=IntentStatus.WITHDRAWN, settled_at_ms=now_ms),
                    stop_not_sent=False,
                ),
            )
        except CallerError as error:
            if error.code == "stop_by_operator":  # asked for in between: what was just sent has taken its place
                self.send(self.sessions.get(session_id) or session)
            raise
        return withdrawn or session

    def keep(self, session: SessionRecord) -> None:
        """Tell the charger that its session goes on.

        Raises:
            TemporaryError: not_sent.
        """
        now_ms = self.clock()
        keep = IntentRecord(intent_id=self.new_id(), act=Act.KEEP, by=RequestedBy.OWNER, requested_at_ms=now_ms)
        # A start that the stop has replaced in the shadow, perhaps unheard, takes its place again.
        start = _unheard_start(session)
        intent = start if start is not None and now_ms // 1000 <= (start.expires_at_s or 0) else keep
        try:
            self.shadows.send(session.charger_id, session.evse_id, wire_intent(session, intent))
        except TemporaryError as error:
            raise TemporaryError("not_sent", error.detail, retry_after_s=self.patience.resend_after_s) from error


def _sending(session: SessionRecord) -> tuple[str, IntentStatus, int | None] | None:
    """Which sending of which stop this is, as long as the stop is unanswered."""
    stop = session.stop
    return None if stop is None else (stop.intent_id, stop.status, session.stop_sent_at_ms)


def _no_session() -> CallerError:
    return CallerError("session_not_found", "There is no such session of yours.")


def _unheard_start(session: SessionRecord) -> IntentRecord | None:
    """The start that was sent and that the charger has not answered."""
    start = None if session.start_not_sent else session.start
    unheard = session.phase is SessionPhase.PENDING and start is not None and start.status is IntentStatus.REQUESTED
    return start if unheard else None


def _withdrawable(session: SessionRecord) -> IntentRecord:
    """The stop that may still be taken back."""
    if session.phase is SessionPhase.ENDED:
        raise CallerError("session_not_active", "The session has ended.")
    if session.stop is None:
        raise CallerError("no_stop_to_withdraw", "No stop was asked for in this session.")
    if outlook.is_wanted_by_operator(session.stop) and session.stop.status is IntentStatus.REQUESTED:
        raise CallerError("stop_by_operator", "An operator asked for it.")
    if not outlook.is_withdrawable(session):
        raise CallerError("stop_already_acknowledged", f"The charger answered: {session.stop.status.value}.")
    return session.stop
