"""The bus in memory: for unit tests and for simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.domain.event_documents import DomainEvent


@dataclass(slots=True)
class MemoryBus:
    """`functions.domain.telling.EventBus` in memory: keeps what was told; can be made to fail."""

    told: list[DomainEvent] = field(default_factory=list)
    failing_with: Exception | None = None

    def publish(self, events: Sequence[DomainEvent]) -> None:
        """See `EventBus.publish`."""
        if self.failing_with is not None:
            raise self.failing_with
        self.told += events
