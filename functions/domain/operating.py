"""What operators do to sessions, chargers, accounts and dead letters, each act in the same four steps (ADR 0020).

Look at what it is about, and refuse what makes no sense; say what would happen, which is where a dry run ends; put on
record who wants it and why, or do nothing; act, and add what became of it to the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from functions.domain import outlook
from functions.domain.accounts import Accounts, restore, suspend
from functions.domain.audit import Audit, AuditOutcome, AuditRecord, OperatorAct
from functions.domain.change import change
from functions.domain.closing import Sign, last_heard_ms, sign_of_end
from functions.domain.concluding import conclude, concluded, let_go
from functions.domain.errors import CallerError, PolarisError, TemporaryError
from functions.domain.finding import Finding
from functions.domain.operator_ports import DeadLetterQueues
from functions.domain.ports import NewId
from functions.domain.records import EvseRecord, SessionPhase, SessionRecord
from functions.domain.stopping import Stopping
from functions.domain.stopping_for_operator import stop_for_operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who wants an act, and why. `dry_run`: only to hear what would happen."""

    operator: str
    """The `sub` of the operator's token."""
    reason: str
    correlation_id: str
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """An act as it was announced, and what became of it; a dry run has neither id nor outcome."""

    act: OperatorAct
    target: str
    effect: str
    action_id: str = ""
    outcome: str = ""
    recorded: bool = True
    """Whether the outcome is on record; that the act was done is, in any case."""


@dataclass(frozen=True, slots=True)
class Operating:
    """The acts, over what they are made of: a stop is sent by the same code that sends a tap."""

    finding: Finding
    stopping: Stopping
    accounts: Accounts
    letters: DeadLetterQueues
    audit: Audit
    new_id: NewId

    def stop(self, session_id: str, order: Order) -> Carried:
        """Stop anybody's session.

        Raises:
            CallerError: session_not_found; session_not_active.
            TemporaryError: not_sent; the stop is on record, and the sweeper sends it.
        """
        session = self.finding.session(session_id)
        self._require_open(session)

        def act() -> str:
            after = stop_for_operator(self.stopping, session_id, owner=session.owner, why=order.reason)
            status = outlook.stop_status(after, now_ms=self.finding.clock(), patience=self.finding.patience)
            return f"stop {after.stop.intent_id if after.stop else 'none'}: {status or 'the session is over'}"

        return self._carry_out(OperatorAct.STOP, session_id, _stop_effect(session), order, act)

    def close(self, session_id: str, order: Order) -> Carried:
        """Put on record that a session is over although its charger has not said so, estimated as ADR 0016 has it.

        One that is over is closed again if its EVSE is still held for it: whoever closed it died half-way.

        Raises:
            CallerError: session_not_found; session_not_active; session_still_reported.
            TemporaryError: unavailable; somebody else wrote the session at this moment.
        """
        session, sessions, chargers = self.finding.session(session_id), self.finding.sessions, self.finding.chargers
        evse = chargers.evse(session.charger_id, session.evse_id)
        if session.end is not None and evse is not None and evse.current_session_id == session_id:

            def free() -> str:
                let_go(chargers, session)
                return "its EVSE let go"

            return self._carry_out(OperatorAct.CLOSE, session_id, "The session is over; its EVSE is free.", order, free)
        self._require_open(session)
        now_ms = self.finding.clock()
        sign = self._sign(session, evse, now_ms)
        conclusion = concluded(sessions, session, evse, sign, now_ms=now_ms, why=order.reason)

        def act() -> str:
            written = conclude(sessions, chargers, session, conclusion)
            if not written and self.finding.session(session_id).end != conclusion.end:
                raise TemporaryError("unavailable", "The session's state changed at this moment.", retry_after_s=1)
            return "closed as estimated"

        return self._carry_out(OperatorAct.CLOSE, session_id, _close_effect(conclusion), order, act)

    def set_in_service(self, charger_id: str, order: Order, *, in_service: bool) -> Carried:
        """Let sessions begin at a charger, or not. Running ones go on, and can be stopped, either way.

        Raises:
            CallerError: charger_not_found.
        """
        charger = self.finding.charger(charger_id)
        running = [evse.current_session_id for evse in charger.evses if evse.current_session_id]
        if charger.charger.in_service is in_service:
            effect = f"Nothing changes: {charger_id} is {'in' if in_service else 'out of'} service."
        elif in_service:
            effect = f"Drivers can start at {charger_id} again."
        else:
            still = f" {', '.join(running)} goes on, and can be stopped." if running else ""
            effect = f"No session begins at {charger_id} any more.{still}"

        def act() -> str:
            change(
                lambda: self.finding.chargers.record(charger_id),
                self.finding.chargers.replace_charger,
                lambda record: replace(record, in_service=in_service),
            )
            return "in service" if in_service else "out of service"

        done = OperatorAct.PUT_IN_SERVICE if in_service else OperatorAct.TAKE_OUT_OF_SERVICE
        return self._carry_out(done, charger_id, effect, order, act)

    def suspend(self, owner: str, order: Order) -> Carried:
        """Let an account begin nothing new. What runs goes on, and its driver can always stop it (ADR 0019)."""
        effect = f"Account {owner} begins nothing new. What runs goes on, and its driver can stop it."

        def act() -> str:
            suspend(self.accounts, owner, why=order.reason, now_ms=self.finding.clock())
            return "suspended"

        return self._carry_out(OperatorAct.SUSPEND, owner, f"{effect}{self._known(owner)}", order, act)

    def restore(self, owner: str, order: Order) -> Carried:
        """End an account's suspension."""
        suspended = self.accounts.get(owner).suspended_at_ms is not None
        effect = f"Account {owner} may charge again." if suspended else f"Nothing changes: {owner} is not suspended."

        def act() -> str:
            restore(self.accounts, owner)
            return "restored"

        return self._carry_out(OperatorAct.RESTORE, owner, effect, order, act)

    def _known(self, owner: str) -> str:
        """What tells a mistyped account from a right one."""
        found = self.finding.of_owner(owner, limit=1, cursor=None).items
        if not found:
            return " It has no session on record: look twice at the id."
        return f" Its latest session is {found[0].session_id}."

    def redrive(self, queue: str, order: Order, *, limit: int) -> Carried:
        """Move dead letters back to where they were meant to go.

        Raises:
            CallerError: queue_not_found; not_redrivable.
            TemporaryError: some may have been moved; none is lost.
        """
        depth = self.letters.depth(queue)
        if not depth.redrivable:
            raise CallerError("not_redrivable", f"Nobody waits for the letters of {queue} any more.")
        effect = (
            f"About {min(limit, depth.waiting)} of about {depth.waiting} letters of {queue} go back to their queue."
        )

        def act() -> str:
            return f"{self.letters.redrive(queue, limit=limit)} letters moved"

        return self._carry_out(OperatorAct.REDRIVE, queue, effect, order, act)

    def _carry_out(
        self, act: OperatorAct, target: str, effect: str, order: Order, carry_out: Callable[[], str]
    ) -> Carried:
        carried = Carried(act=act, target=target, effect=effect)
        if order.dry_run:
            return carried
        record = AuditRecord(
            action_id=self.new_id(),
            at_ms=self.finding.clock(),
            operator=order.operator,
            act=act,
            target=target,
            effect=effect,
            reason=order.reason,
            correlation_id=order.correlation_id,
        )
        self.audit.begin(record)
        try:
            outcome = carry_out()
        except Exception as error:
            self._note(record, f"failed: {error.code if isinstance(error, PolarisError) else 'internal'}")
            raise
        recorded = self._note(record, outcome)
        return replace(carried, action_id=record.action_id, outcome=outcome, recorded=recorded)

    def _note(self, record: AuditRecord, outcome: str) -> bool:
        """Add the outcome; what was done is done, so that a book that fails now must not make it look undone."""
        try:
            self.audit.finish(AuditOutcome(action_id=record.action_id, at_ms=self.finding.clock(), outcome=outcome))
        except PolarisError:
            return False
        return True

    def _require_open(self, session: SessionRecord) -> None:
        if outlook.is_over(session, now_ms=self.finding.clock(), patience=self.finding.patience):
            raise CallerError("session_not_active", "The session has ended, or never began.")

    def _sign(self, session: SessionRecord, evse: EvseRecord | None, now_ms: int) -> Sign:
        """What shows that the session is over: the sweeper's signs, before it acts on them, or the operator's word.

        Not while its charger speaks of it: the next sample would open it again, and the car charges on meanwhile. Nor
        while it is about to begin: a start without an answer expires by itself.
        """
        if session.phase is SessionPhase.PENDING and session.start is not None and session.start.status.in_force:
            raise CallerError("session_still_reported", "Its start is under way.")
        stale_after_s = self.finding.patience.stale_after_s
        sign = sign_of_end(session, evse, now_ms=now_ms, silent_after_s=stale_after_s)
        if sign is None:
            ago_s = (now_ms - last_heard_ms(session)) // 1000
            raise CallerError("session_still_reported", f"Its charger spoke of it {ago_s} s ago.")
        return sign if sign.seen else Sign(now_ms, seen=False)


def _stop_effect(session: SessionRecord) -> str:
    where = f"{session.charger_id}, EVSE {session.evse_id}"
    stop = session.stop
    if stop is not None and stop.status.in_force:
        return (
            f"The stop {stop.intent_id} that is in force, by {stop.by.value}, is sent to {where} once more. "
            "Its driver cannot take it back."
        )
    return f"{where} is asked to end the session, which is {session.phase.value}."


def _close_effect(conclusion: SessionRecord) -> str:
    end = conclusion.end
    if end is None:
        return "Nothing changes."
    at = datetime.fromtimestamp(end.at_ms / 1000, UTC).isoformat(sep=" ", timespec="seconds")
    energy_wh = outlook.energy_wh(conclusion)
    measured = "with no energy known" if energy_wh is None else f"with {energy_wh} Wh"
    basis = f"basis {end.basis}, confidence {end.confidence}"
    return (
        f"The session is on record as ended at {at}, {measured} ({basis}), and its EVSE is free. "
        "What its charger tells later replaces that. Nothing is sent to the charger."
    )
