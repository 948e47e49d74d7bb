"""Deleting an account: the person goes, what accounting needs stays without them (ADR 0019).

Each step may be done twice and the order lets it be taken up again wherever it stopped: the wish is put on record,
after which nothing new begins; cards; sessions, some at a time; the sign-in last, because without it nobody could ask
again; and the record of the account, which expires when no token of it can be valid any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from contract.vocabulary import CardStatus
from functions.domain import outlook
from functions.domain.accounts import Accounts
from functions.domain.change import change
from functions.domain.errors import CallerError
from functions.domain.patience import Patience
from functions.domain.ports import Cards, Clock, Sessions
from functions.domain.records import CardRecord, SessionRecord

CARDS_AT_ONCE = 50
"""More than anybody adds by themselves; an operator may have registered more."""

SESSIONS_AT_ONCE = 100
"""Sessions cut from their owner in one request, a read and a write each: some two seconds of calls."""

PAGE = 25
"""Sessions read at a time."""

TOMBSTONE_S = 2 * 86_400
"""How long the record of a deleted account stays: access tokens last an hour, and nothing may begin with one of them.
More than that costs nothing, and leaves room for clocks and retries."""


class Identities(Protocol):
    """The accounts that people sign in with."""

    def remove(self, owner: str) -> None:
        """Delete this account, with what it knows of the person; one that is gone already is as good.

        Raises:
            TemporaryError: it may still be there.
        """


@dataclass(frozen=True, slots=True)
class Leaving:
    """The deletion, over the ports it needs."""

    accounts: Accounts
    cards: Cards
    sessions: Sessions
    identities: Identities
    clock: Clock
    patience: Patience

    def delete(self, owner: str) -> bool:
        """Delete as much of an account as one request may; where it stopped, the next request goes on.

        Returns:
            Whether nothing is left to do.

        Raises:
            CallerError: session_running: first stop charging. Before anything was deleted nothing has changed.
            TemporaryError: ask again.
        """
        account = self.accounts.get(owner)
        if account.deleted_at_ms is not None:
            return True
        if account.deletion_asked_at_ms is None:
            self._require_nothing_running(owner)
            now_ms = self.clock()
            change(
                lambda: self.accounts.get(owner),
                self.accounts.replace,
                lambda it: replace(it, deletion_asked_at_ms=it.deletion_asked_at_ms or now_ms),
            )
        if not self._forget_cards(owner) or not self._forget_sessions(owner):
            return False
        self.identities.remove(owner)
        now_ms = self.clock()
        change(
            lambda: self.accounts.get(owner),
            self.accounts.replace,
            lambda it: replace(it, suspended_why="", deleted_at_ms=now_ms, expires_at=now_ms // 1000 + TOMBSTONE_S),
        )
        return True

    def _require_nothing_running(self, owner: str) -> None:
        page = self.sessions.of_owner(owner, from_ms=None, to_ms=None, limit=PAGE, cursor=None)
        for session in page.items:
            self._require_over(session)

    def _require_over(self, session: SessionRecord) -> None:
        if not outlook.is_over(session, now_ms=self.clock(), patience=self.patience):
            raise CallerError("session_running", f"{session.session_id} is not over.")

    def _forget_cards(self, owner: str) -> bool:
        """Take the cards away; one that the operator has blocked stays blocked, and is nobody's."""

        def nobodys(card: CardRecord) -> CardRecord:
            return replace(card, owner="", label="") if card.owner == owner else card

        found = self.cards.of_owner(owner, limit=CARDS_AT_ONCE)
        for card in found:
            if card.status is CardStatus.BLOCKED and card.lost_at_ms is None:
                card_id = card.id_token_hash
                change(lambda card_id=card_id: self.cards.get(card_id), self.cards.replace, nobodys)  # type: ignore[misc]  # bound at once
            else:
                self.cards.remove(card)
        return len(found) < CARDS_AT_ONCE

    def _forget_sessions(self, owner: str) -> bool:
        """Cut sessions from their owner, newest first; what was cut is in nobody's list any more."""
        cursor: str | None = None
        for _ in range(SESSIONS_AT_ONCE // PAGE):
            page = self.sessions.of_owner(owner, from_ms=None, to_ms=None, limit=PAGE, cursor=cursor)
            for session in page.items:
                self._forget(session.session_id, owner)
            cursor = page.cursor
            if cursor is None:
                return True
        return False

    def _forget(self, session_id: str, owner: str) -> None:
        now_ms = self.clock()

        def forgotten(session: SessionRecord) -> SessionRecord:
            if session.owner != owner:
                return session  # the list was a moment old
            self._require_over(session)
            return replace(
                session, owner="", id_token_hash="", stop_right=None, past_stop_rights=(), forgotten_at_ms=now_ms
            )

        change(lambda: self.sessions.get(session_id), self.sessions.replace, forgotten)
