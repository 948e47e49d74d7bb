"""Lending the right to stop: the driver passes a code on, another account uses it, and the driver may take it back."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace

from functions.domain.change import change
from functions.domain.errors import CallerError
from functions.domain.ports import Clock, NewId, Sessions
from functions.domain.records import SessionPhase, SessionRecord
from functions.domain.stop_right import StopRight, guest_name, secret_hash
from functions.domain.transitions import never_began

OFFER_MS = 15 * 60_000
"""How long a code works: it is sent to somebody who is about to use it. A link that lies about is worth nothing."""

PAST_RIGHTS_KEPT = 5
"""Rights that were taken back, kept for the timeline."""

NewSecret = Callable[[], str]
"""The part of a code that cannot be guessed: 22 letters and digits, `-` or `_`."""


@dataclass(frozen=True, slots=True)
class Lending:
    """Stop rights, over the ports they need."""

    sessions: Sessions
    clock: Clock
    new_id: NewId
    new_secret: NewSecret

    def offer(self, session_id: str, *, owner: str) -> tuple[StopRight, str]:
        """Make a code that the first other account to use it gets the right by; an unused earlier code ends.

        Returns:
            The offer, and the code, which is nowhere else.

        Raises:
            CallerError: session_not_found; session_not_active; stop_right_lent: somebody holds one already.
        """
        secret, now_ms = self.new_secret(), self.clock()
        offered = StopRight(
            right_id=self.new_id(),
            offered_at_ms=now_ms,
            offer_ends_at_ms=now_ms + OFFER_MS,
            code_hash=secret_hash(secret),
        )

        def with_offer(session: SessionRecord) -> SessionRecord:
            _require_own(session, owner)
            if _is_over(session):
                raise CallerError("session_not_active", "The session is over.")
            if session.stop_right is not None and session.stop_right.holder:
                raise CallerError("stop_right_lent", "Another account holds the right to stop this session.")
            return replace(session, stop_right=offered)

        self._change(session_id, with_offer)
        return offered, f"{session_id}-{secret}"

    def right_of(self, session_id: str, *, owner: str) -> StopRight | None:
        """The right that is in force in a session, offered or taken; an offer that nobody used in time is none.

        Raises:
            CallerError: session_not_found.
        """
        session = self.sessions.get(session_id)
        if session is None:
            raise _no_session()
        _require_own(session, owner)
        right = session.stop_right
        if right is None or _is_over(session) or (not right.holder and self.clock() > right.offer_ends_at_ms):
            return None
        return right

    def revoke(self, session_id: str, *, owner: str) -> None:
        """Take the right back, or the code; where there is none, nothing changes.

        Raises:
            CallerError: session_not_found.
        """
        now_ms = self.clock()

        def without(session: SessionRecord) -> SessionRecord:
            _require_own(session, owner)
            if session.stop_right is None:
                return session
            revoked = (*session.past_stop_rights, replace(session.stop_right, revoked_at_ms=now_ms))
            return replace(session, stop_right=None, past_stop_rights=revoked[-PAST_RIGHTS_KEPT:])

        self._change(session_id, without)

    def take(self, code: str, *, account: str) -> SessionRecord:
        """Use a code: from now on this account may stop that session. The same account may use it again.

        Raises:
            CallerError: stop_right_not_found: for every code that does not work, whatever is wrong with it;
                session_is_yours.
        """
        session_id, _, secret = code.partition("-")
        name, now_ms = guest_name(session_id, account), self.clock()

        def taken(session: SessionRecord) -> SessionRecord:
            right = session.stop_right
            if right is None or _is_over(session) or not hmac.compare_digest(right.code_hash, secret_hash(secret)):
                raise _no_right()
            if session.owner == account:
                raise CallerError("session_is_yours", "Its owner needs no right to stop it.")
            if right.holder == name:
                return session
            if right.holder or now_ms > right.offer_ends_at_ms:
                raise _no_right()
            return replace(session, stop_right=replace(right, holder=name, taken_at_ms=now_ms))

        session = change(lambda: self.sessions.get(session_id), self.sessions.replace, taken)
        if session is None:
            raise _no_right()
        return session

    def session(self, session_id: str, *, account: str) -> SessionRecord:
        """A session that this account may stop for somebody else, for as long as there is something to stop.

        Raises:
            CallerError: session_not_found: missing, over, never lent to this account or taken back, all alike.
        """
        session = self.sessions.get(session_id)
        right = session.stop_right if session is not None else None
        if session is None or right is None or right.holder != guest_name(session_id, account) or _is_over(session):
            raise _no_session()
        return session

    def _change(self, session_id: str, transition: Callable[[SessionRecord], SessionRecord]) -> None:
        if change(lambda: self.sessions.get(session_id), self.sessions.replace, transition) is None:
            raise _no_session()


def _require_own(session: SessionRecord, owner: str) -> None:
    if session.owner != owner:
        raise _no_session()


def _is_over(session: SessionRecord) -> bool:
    return session.phase is SessionPhase.ENDED or never_began(session)


def _no_session() -> CallerError:
    return CallerError("session_not_found", "There is no such session of yours.")


def _no_right() -> CallerError:
    return CallerError("stop_right_not_found", "No session can be stopped with this code.")
