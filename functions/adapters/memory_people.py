"""The ports about people in memory: their cards, and what is on record of their accounts. As `memory` otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
