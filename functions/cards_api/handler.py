"""/v1/cards: a driver's cards; reporting one lost blocks it and stops what runs on it."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field, StringConstraints

from contract.authorisation import IdTokenHash
from functions import bootstrap
from functions.api_models.cards import Card, CardList, LostCard
from functions.domain.card_keeping import CardKeeping
from functions.http_problem import Response, answers_problems
from functions.http_request import RequestModel, body_of, owner_of, path_of, require_no_content
from functions.http_routes import JsonResponse, document, nothing, router

logger = Logger()
metrics = Metrics()
app = router(logger)


class CardPath(RequestModel):
    """Which card a route is about: its `cardId`."""

    card_id: IdTokenHash


class NewCard(RequestModel):
    """A card to add: the number printed on it or read from it, in any spelling, and a name for it."""

    number: Annotated[str, StringConstraints(pattern=r"^(?:[0-9A-Za-z][ :.\-]?){4,64}$")] = Field(
        description="4 to 64 letters and digits; separators between them do not count."
    )
    label: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,60}$")] = ""


@app.get("/v1/cards")
def list_cards() -> JsonResponse:
    """The caller's cards."""
    found = _keeping().of(owner_of(app.current_event.raw_event))
    return document(200, CardList(cards=[Card.of(card) for card in found]))


@app.post("/v1/cards")
def add_card() -> JsonResponse:
    """Add a card to the caller's, or name one of theirs anew."""
    event = app.current_event.raw_event
    owner, wanted = owner_of(event), body_of(event, NewCard)
    card, new = _keeping().add(wanted.number, label=wanted.label, owner=owner)
    return document(201 if new else 200, Card.of(card))


@app.delete("/v1/cards/<card_id>")
def remove_card(card_id: str) -> JsonResponse:  # noqa: ARG001 - the router insists on passing it; path_of checks it
    """Take a card off the caller's."""
    event = app.current_event.raw_event
    owner, wanted = owner_of(event), path_of(event, CardPath)
    require_no_content(event)
    _keeping().remove(wanted.card_id, owner=owner)
    return nothing()


@app.post("/v1/cards/<card_id>/lost")
def report_lost(card_id: str) -> JsonResponse:  # noqa: ARG001 - as remove_card
    """Block a card of the caller's and stop what runs on it."""
    event = app.current_event.raw_event
    owner, wanted = owner_of(event), path_of(event, CardPath)
    require_no_content(event)
    card, stopped = _keeping().report_lost(wanted.card_id, owner=owner)
    metrics.add_metric("CardsReportedLost", MetricUnit.Count, 1)
    for session_id in stopped:
        logger.info("session stopped: its card is lost", extra={"session_id": session_id})
    return document(200, LostCard(card=Card.of(card), stopped_sessions=stopped))


def _keeping() -> CardKeeping:
    given: CardKeeping | None = app.context.get("keeping")
    return given or bootstrap.card_keeping()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@answers_problems(logger)
def handler(event: dict[str, Any], context: Any, keeping: CardKeeping | None = None) -> Response:
    """Route one request."""
    metrics.add_metric("CardsAsked", MetricUnit.Count, 1)
    app.append_context(keeping=keeping)  # type: ignore[no-untyped-call]  # Powertools left it untyped
    return app.resolve(event, context)
