"""A driver's own cards: adding, removing, and reporting one lost, which also stops what runs on it (ADR 0019)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contract.cards import id_token_hash
from contract.vocabulary import CardStatus, RequestedBy
from functions.domain.accounts import Accounts, require_may_begin
from functions.domain.change import change
from functions.domain.errors import CallerError, PolarisError, TemporaryError
from functions.domain.ports import Cards, Clock, Sessions
from functions.domain.records import CardRecord, SessionPhase, SessionRecord
from functions.domain.stopping import Stopping
from functions.domain.transitions import never_began

MAX_CARDS = 20
"""Cards of one person: a family's cars and keyrings; it bounds the list, and what trying numbers is good for."""

RECENT_SESSIONS = 50
"""Of a person's sessions so many, the newest, are looked through for those that run on a lost card. A card is at one
charger at a time, so that the session which runs on it is among the last few."""


@dataclass(frozen=True, slots=True)
class CardKeeping:
    """The cards of drivers, over the ports they need. A running session is stopped by the same code as by a tap."""

    cards: Cards
    accounts: Accounts
    sessions: Sessions
    stopping: Stopping
    clock: Clock

    def of(self, owner: str) -> list[CardRecord]:
        """This person's cards, as they were added; those from before the app knew cards come first."""
        found = self.cards.of_owner(owner, limit=MAX_CARDS)
        return sorted(found, key=lambda card: (card.added_at_ms or 0, card.id_token_hash))

    def add(self, number: str, *, label: str, owner: str) -> tuple[CardRecord, bool]:
        """Make the card with this number one of this person's; of one that is theirs already the label changes.

        Returns:
            The card, and whether it is new.

        Raises:
            CallerError: account_suspended, account_deleted; card_not_available: it is somebody else's, of whom nothing
                more is said; card_blocked; too_many_cards.
        """
        card_id, account = id_token_hash(number), self.accounts.get(owner)
        if self.cards.get(card_id) is not None:
            return self._label(card_id, label, owner), False
        require_may_begin(account)
        if len(self.cards.of_owner(owner, limit=MAX_CARDS)) >= MAX_CARDS:
            raise CallerError("too_many_cards", f"There are {MAX_CARDS} already.")
        card = CardRecord(
            id_token_hash=card_id, owner=owner, status=CardStatus.ACCEPTED, label=label, added_at_ms=self.clock()
        )
        if not self.cards.add(card):
            return self._label(card_id, label, owner), False  # somebody was faster, perhaps the same tap
        try:
            require_may_begin(self.accounts.get(owner))
        except CallerError:
            self.cards.remove(card)  # the account's deletion may have passed its cards by already
            raise
        return card, True

    def _label(self, card_id: str, label: str, owner: str) -> CardRecord:
        def labelled(card: CardRecord) -> CardRecord:
            if card.owner != owner:
                raise CallerError("card_not_available", "It can't be added to this account.")
            if card.status is not CardStatus.ACCEPTED:
                raise CallerError("card_blocked", "It is one of this account's cards, and blocked.")
            return replace(card, label=label)

        card = change(lambda: self.cards.get(card_id), self.cards.replace, labelled)
        if card is None:
            raise TemporaryError("unavailable", "The card was removed at this moment.", retry_after_s=1)
        return card

    def remove(self, card_id: str, *, owner: str) -> None:
        """Take a card off this person's; chargers do not know it any more, and anybody may add it.

        So is a card taken back into use that was lost and found again. What the operator has blocked stays.

        Raises:
            CallerError: card_not_found, also for somebody else's; card_blocked.
        """
        card = self._own(card_id, owner)
        if card.status is CardStatus.BLOCKED and card.lost_at_ms is None:
            raise CallerError("card_blocked", "The operator has blocked it.")
        self.cards.remove(card)

    def report_lost(self, card_id: str, *, owner: str) -> tuple[CardRecord, list[str]]:
        """Block a card for good, and stop whatever runs on it; said twice, it is tried once more to stop that.

        Returns:
            The card, and the ids of the sessions on it that were running.

        Raises:
            CallerError: card_not_found, also for somebody else's.
            TemporaryError: the card is blocked, but not every session could be told to stop; say it again.
            ContractViolation: as TemporaryError, by a fault of ours.
        """
        lost = change(lambda: self._own(card_id, owner), self.cards.replace, self._lost)
        running = self._running_on(card_id, owner)
        failed: PolarisError | None = None
        for session in running:
            try:
                self.stopping.stop(session.session_id, owner=owner, by=RequestedBy.AUTOMATIC, why="card_lost")
            except PolarisError as error:  # the others on this card are to be stopped all the same
                failed = failed or error
        if failed is not None:
            raise failed
        return lost or self._own(card_id, owner), [session.session_id for session in running]

    def _lost(self, card: CardRecord) -> CardRecord:
        if card.status is CardStatus.BLOCKED:  # lost already, or by the operator: that stays the operator's to lift
            return card
        return replace(card, status=CardStatus.BLOCKED, lost_at_ms=self.clock())

    def _running_on(self, card_id: str, owner: str) -> list[SessionRecord]:
        page = self.sessions.of_owner(owner, from_ms=None, to_ms=None, limit=RECENT_SESSIONS, cursor=None)
        return [
            session
            for session in page.items
            if session.id_token_hash == card_id and session.phase is not SessionPhase.ENDED and not never_began(session)
        ]

    def _own(self, card_id: str, owner: str) -> CardRecord:
        card = self.cards.get(card_id)
        if card is None or card.owner != owner:
            raise CallerError("card_not_found", "There is no such card of yours.")
        return card
