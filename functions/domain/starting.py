"""Starting a session: one transaction that creates it and claims its EVSE, then one shadow write."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace

from contract.vocabulary import Act, CableState, EvseStatus, RequestedBy
from functions.domain.accounts import Accounts, require_may_begin
from functions.domain.change import change
from functions.domain.errors import CallerError, PolarisError, TemporaryError
from functions.domain.patience import Patience
from functions.domain.ports import Chargers, Clock, Creation, NewId, Sessions, Shadows
from functions.domain.records import Charger, EvseRecord, IntentRecord, IntentStatus, SessionPhase, SessionRecord
from functions.domain.targets import Target
from functions.domain.transitions import claimed, unclaimed
from functions.domain.wire_intents import wire_intent

BUSY = (EvseStatus.CHARGING, EvseStatus.SUSPENDED)
BROKEN = (EvseStatus.FAULTED, EvseStatus.UNAVAILABLE)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def is_in_use(evse: EvseRecord, *, now_ms: int) -> bool:
    """Whether a session is on this EVSE, or holds it for a start that may still come."""
    if evse.current_session_id is not None:
        return evse.hold_until_ms is None or now_ms <= evse.hold_until_ms
    return is_charging(evse)


def is_charging(evse: EvseRecord) -> bool:
    """Whether its last report shows a session, unless that session is known to have ended since."""
    return evse.status in BUSY and evse.reported_session_id != evse.released_session_id


def why_not_start(charger: Charger, evse: EvseRecord, *, now_ms: int) -> str:
    """The reason code that speaks against a start on this EVSE, or empty. The charger itself has the last word."""
    if not charger.charger.in_service or evse.status in BROKEN:
        return "charger_out_of_service"
    if not charger.charger.connected:
        return "charger_offline"
    if is_in_use(evse, now_ms=now_ms):
        return "evse_in_use"
    if evse.cable is CableState.UNPLUGGED:
        return "cable_not_plugged"
    return ""


def session_id_of_key(owner: str, idempotency_key: str) -> str:
    """The session id that an owner's Idempotency-Key stands for, shaped as a ULID.

    The same key finds the same session for ever, with no second record that could be lost or expire (ADR 0004).
    """
    number = int.from_bytes(hashlib.sha256(f"{owner}\n{idempotency_key}".encode()).digest()[:16], "big")
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


@dataclass(frozen=True, slots=True)
class Starting:
    """The start, over the ports it needs."""

    sessions: Sessions
    chargers: Chargers
    accounts: Accounts
    shadows: Shadows
    clock: Clock
    new_id: NewId
    patience: Patience

    def start(
        self,
        charger_id: str,
        evse_id: int,
        *,
        owner: str,
        idempotency_key: str | None = None,
        target: Target | None = None,
    ) -> SessionRecord:
        """Ask a charger to begin a session for this owner, to be stopped at its target if it has one.

        Raises:
            CallerError: account_suspended, account_deleted, charger_not_found, evse_not_found, charger_out_of_service,
                evse_in_use, cable_not_plugged, idempotency_key_reused.
            TemporaryError: charger_offline; not_sent: the session is on record, the same key sends it again.
        """
        session_id = session_id_of_key(owner, idempotency_key) if idempotency_key else self.new_id()
        if idempotency_key and (known := self.sessions.get(session_id)):
            return self._again(known, charger_id, evse_id, target)
        require_may_begin(self.accounts.get(owner))
        charger = self.chargers.get(charger_id)
        if charger is None:
            raise CallerError("charger_not_found", "There is no such charger.")
        evse = charger.evse(evse_id)
        if evse is None:
            raise CallerError("evse_not_found", f"{charger_id} has no EVSE {evse_id}.")
        now_ms = self.clock()
        _refuse(why_not_start(charger, evse, now_ms=now_ms), charger)
        start = IntentRecord(
            intent_id=self.new_id(),
            act=Act.START,
            by=RequestedBy.OWNER,
            requested_at_ms=now_ms,
            expires_at_s=now_ms // 1000 + self.patience.start_ttl_s,
        )
        session = SessionRecord(
            session_id=session_id,
            owner=owner,
            charger_id=charger_id,
            charger_name=charger.charger.name,
            evse_id=evse_id,
            created_at_ms=now_ms,
            phase=SessionPhase.PENDING,
            start=start,
            tariff=charger.charger.tariff,
            target=target,
        )
        hold_s = self.patience.start_ttl_s + self.patience.start_grace_s
        held = claimed(evse, session, until_ms=now_ms + hold_s * 1000)
        match self.sessions.create(session, evse_before=evse, evse_after=held):
            case Creation.CREATED:
                self._require_still(session)
                return self._send(session, start)
            case Creation.SESSION_EXISTS:
                known = self.sessions.get(session_id)
                return self._again(known or session, charger_id, evse_id, target)
            case Creation.EVSE_CHANGED:
                return self._lost_the_race(charger_id, evse_id, session_id, target)

    def _lost_the_race(self, charger_id: str, evse_id: int, session_id: str, target: Target | None) -> SessionRecord:
        """Somebody changed the EVSE in between: the same tap (then its session is ours), another driver, a report."""
        if known := self.sessions.get(session_id):
            return self._again(known, charger_id, evse_id, target)
        charger = self.chargers.get(charger_id)
        evse = charger.evse(evse_id) if charger else None
        if charger and evse:
            _refuse(why_not_start(charger, evse, now_ms=self.clock()), charger)
        raise TemporaryError("unavailable", "The EVSE's state changed at this moment.", retry_after_s=1)

    def _again(self, session: SessionRecord, charger_id: str, evse_id: int, target: Target | None) -> SessionRecord:
        if (session.charger_id, session.evse_id) != (charger_id, evse_id):
            raise CallerError("idempotency_key_reused", "The key belongs to a session on another EVSE.")
        if session.target != target:
            raise CallerError("idempotency_key_reused", "The key belongs to a session with another target.")
        start = session.start
        if session.phase is not SessionPhase.PENDING or start is None or start.status is not IntentStatus.REQUESTED:
            return session
        if session.stop is None and self.clock() // 1000 <= (start.expires_at_s or 0):
            self._claim_again(session, start)
            if session.start_not_sent:
                session = self._noted(session, start_not_sent=False) or session
            return self._send(session, start)
        return session

    def _claim_again(self, session: SessionRecord, start: IntentRecord) -> None:
        """Hold the EVSE for a start that is sent again: the claim was given back if the first sending failed."""
        charger = self.chargers.get(session.charger_id)
        evse = charger.evse(session.evse_id) if charger else None
        if charger is None or evse is None or evse.current_session_id == session.session_id:
            return
        _refuse(why_not_start(charger, evse, now_ms=self.clock()), charger)
        until_s = (start.expires_at_s or 0) + self.patience.start_grace_s
        if not self.chargers.replace_evse(evse, claimed(evse, session, until_ms=until_s * 1000)):
            raise TemporaryError("unavailable", "The EVSE's state changed at this moment.", retry_after_s=1)

    def _send(self, session: SessionRecord, start: IntentRecord) -> SessionRecord:
        try:
            self.shadows.send(session.charger_id, session.evse_id, wire_intent(session, start))
        except TemporaryError as error:
            self._give_back(session)
            raise TemporaryError("not_sent", error.detail) from error
        return session

    def _require_still(self, session: SessionRecord) -> None:
        """Look at the account once more: its deletion may have passed by before this session was there to be found."""
        try:
            require_may_begin(self.accounts.get(session.owner))
        except PolarisError as error:
            self._give_back(session)
            if isinstance(error, CallerError):
                self._take_back(session, error.code)
            raise

    def _take_back(self, session: SessionRecord, code: str) -> None:
        """Put on record that this start, which no charger has heard of, is not to be; nor of whom, if they are gone."""
        now_ms = self.clock()

        def taken_back(current: SessionRecord) -> SessionRecord:
            if current.start is None:
                return current
            start = replace(current.start, status=IntentStatus.REFUSED, reason=code, settled_at_ms=now_ms)
            gone = code == "account_deleted"
            return replace(
                current,
                start=start,
                owner="" if gone else current.owner,
                forgotten_at_ms=now_ms if gone else current.forgotten_at_ms,
            )

        change(lambda: self.sessions.get(session.session_id), self.sessions.replace, taken_back)

    def _noted(self, session: SessionRecord, *, start_not_sent: bool) -> SessionRecord | None:
        return change(
            lambda: self.sessions.get(session.session_id),
            self.sessions.replace,
            lambda current: replace(current, start_not_sent=start_not_sent),
        )

    def _give_back(self, session: SessionRecord) -> None:
        """Let the EVSE go that a start which was not sent holds, so that the driver's next tap finds it free.

        That is on record first, so that no withdrawal puts this start on an EVSE that is somebody else's by then.
        """

        def claimed_evse() -> EvseRecord | None:
            charger = self.chargers.get(session.charger_id)
            return charger.evse(session.evse_id) if charger else None

        with suppress(PolarisError):  # then the claim runs out by itself; what the driver is told stays the same
            self._noted(session, start_not_sent=True)
            change(claimed_evse, self.chargers.replace_evse, lambda evse: unclaimed(evse, session.session_id))


def _refuse(code: str, charger: Charger) -> None:
    if code == "charger_offline":
        raise TemporaryError(code, f"{charger.charger.charger_id} is not connected.", retry_after_s=5)
    if code:
        raise CallerError(code, f"{charger.charger.charger_id} can't start a session now.")
