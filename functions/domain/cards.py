"""Whose a card is, and what a charger that asks about one is told: pure functions."""

from __future__ import annotations

import base64
import hashlib

from contract.authorisation import AuthorisationAnswer, AuthorisationRequest
from contract.vocabulary import CardStatus
from functions.domain.records import CardRecord

GROUP_CHARS = 20
"""As many as OCPP 1.6 gives a parentIdTag; at five bits each, two owners share a group in one of 2^100 cases."""


def group_of(owner: str) -> str:
    """An owner's name on chargers: the same for all of their cards and starts, and nothing can be told from it."""
    digest = hashlib.sha256(f"group:{owner}".encode()).digest()
    return base64.b32encode(digest).decode()[:GROUP_CHARS]


def owner_of_card(card: CardRecord | None) -> str:
    """Whose session a card begins; empty if nobody's: it is not registered, or blocked by now."""
    return card.owner if card is not None and card.status is CardStatus.ACCEPTED else ""


def answer_to(
    request: AuthorisationRequest, card: CardRecord | None, *, may_begin: bool, cache_s: int
) -> AuthorisationAnswer:
    """What is said of a card; only an accepted one has a group, and may be gone by while nobody can be asked.

    `may_begin`: whether its owner may, there. Where they may not, the card is as good as blocked.
    """
    accepted = card is not None and card.status is CardStatus.ACCEPTED and may_begin
    return AuthorisationAnswer(
        id=request.id,
        id_token_hash=request.id_token_hash,
        status=_status(card, may_begin=may_begin),
        group=group_of(card.owner) if card is not None and accepted else None,
        cache_s=cache_s if accepted else 0,
    )


def _status(card: CardRecord | None, *, may_begin: bool) -> CardStatus:
    if card is None:
        return CardStatus.UNKNOWN
    return card.status if may_begin else CardStatus.BLOCKED
