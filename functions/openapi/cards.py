"""A driver's cards."""

from __future__ import annotations

from functions.api_models.cards import Card, CardList, LostCard
from functions.cards_api.handler import CardPath, NewCard
from functions.openapi.route import Route

ROUTES = (
    Route(
        method="get",
        path="/v1/cards",
        operation_id="listCards",
        summary="The caller's cards",
        answers={200: ("The cards", CardList)},
        reasons=(),
    ),
    Route(
        method="post",
        path="/v1/cards",
        operation_id="addCard",
        summary="Add a card by its number; of one that is the caller's already the label changes",
        answers={201: ("The card is the caller's now", Card), 200: ("It was already", Card)},
        reasons=(
            "invalid_request",
            "unsupported_media_type",
            "account_suspended",
            "account_deleted",
            "card_not_available",
            "card_blocked",
            "too_many_cards",
        ),
        body=NewCard,
    ),
    Route(
        method="delete",
        path="/v1/cards/{cardId}",
        operation_id="removeCard",
        summary="Take a card off the caller's; a card that was lost and found again is removed and added anew",
        answers={204: ("Removed", None)},
        reasons=("invalid_request", "unsupported_media_type", "card_not_found", "card_blocked"),
        path_model=CardPath,
    ),
    Route(
        method="post",
        path="/v1/cards/{cardId}/lost",
        operation_id="reportCardLost",
        summary="Block a card for good and stop what runs on it. Say it again if it fails",
        answers={200: ("The card is blocked; these sessions were told to stop", LostCard)},
        reasons=("invalid_request", "unsupported_media_type", "card_not_found", "not_sent"),
        path_model=CardPath,
    ),
)
