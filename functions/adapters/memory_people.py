"""The ports about people in memory: their cards, and what is on record of their accounts. As `memory` otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from functions.adapters.memory import Memory
from functions.domain.accounts import AccountRecord
from functions.domain.records import CardRecord


@dataclass(frozen=True, slots=True)
class MemoryCards:
    """`functions.domain.ports.Cards` in memory."""

    memory: Memory

    def get(self, id_token_hash: str) -> CardRecord | None:
        """See `Cards.get`."""
        return self.memory.cards.get(id_token_hash)

    def of_owner(self, owner: str, *, limit: int) -> list[CardRecord]:
        """See `Cards.of_owner`."""
        return [card for card in list(self.memory.cards.values()) if card.owner == owner][:limit]

    def add(self, card: CardRecord) -> bool:
        """See `Cards.add`."""
        with self.memory.lock:
            if card.id_token_hash in self.memory.cards:
                return False
            self.memory.cards[card.id_token_hash] = replace(card, revision=1)
            self.memory.writes += 1
            return True

    def replace(self, old: CardRecord, new: CardRecord) -> bool:
        """See `Cards.replace`."""
        with self.memory.lock:
            if (now := self.memory.cards.get(old.id_token_hash)) is None or now.revision != old.revision:
                return False
            self.memory.cards[old.id_token_hash] = replace(new, revision=old.revision + 1)
            self.memory.writes += 1
            return True

    def remove(self, card: CardRecord) -> None:
        """See `Cards.remove`."""
        with self.memory.lock:
            now = self.memory.cards.get(card.id_token_hash)
            if now is not None and (now.owner, now.status) == (card.owner, card.status):
                del self.memory.cards[card.id_token_hash]
                self.memory.writes += 1


@dataclass(frozen=True, slots=True)
class MemoryAccounts:
    """`functions.domain.accounts.Accounts` in memory."""

    memory: Memory

    def get(self, owner: str) -> AccountRecord:
        """See `Accounts.get`."""
        return self.memory.accounts.get(owner) or AccountRecord(owner=owner)

    def replace(self, old: AccountRecord, new: AccountRecord) -> bool:
        """See `Accounts.replace`."""
        with self.memory.lock:
            if self.get(old.owner).revision != old.revision:
                return False
            self.memory.accounts[old.owner] = replace(new, revision=old.revision + 1)
            self.memory.writes += 1
            return True


@dataclass(slots=True)
class MemoryIdentities:
    """`functions.domain.leaving.Identities` in memory; can be made to fail."""

    known: set[str] = field(default_factory=set)
    failing_with: Exception | None = None

    def remove(self, owner: str) -> None:
        """See `Identities.remove`."""
        if self.failing_with is not None:
            raise self.failing_with
        self.known.discard(owner)
