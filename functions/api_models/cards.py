"""Cards as the API shows them to their driver. A card's number is never shown: only its hash is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from functions.api_models.base import ApiModel, when_known
from functions.domain.records import CardRecord

CardState = Literal["accepted", "blocked"]


class Card(ApiModel):
    """A card of the caller's. `addedAt` is null for one that the operator registered; `lostAt` of one reported lost."""

    card_id: str
    label: str
    status: CardState
    added_at: datetime | None
    lost_at: datetime | None

    @classmethod
    def of(cls, card: CardRecord) -> Card:
        """A card as its driver may see it."""
        return cls(
            card_id=card.id_token_hash,
            label=card.label,
            status=card.status.value,  # type: ignore[arg-type]  # what is registered is accepted or blocked
            added_at=when_known(card.added_at_ms),
            lost_at=when_known(card.lost_at_ms),
        )


class CardList(ApiModel):
    """All of the caller's cards, oldest first."""

    cards: list[Card]


class LostCard(ApiModel):
    """A card that is blocked now, and the sessions that ran on it and were told to stop."""

    card: Card
    stopped_sessions: list[str]
