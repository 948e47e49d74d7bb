"""GET /v1/chargers…: the list of chargers and the detail screen of one."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field

from functions import bootstrap
from functions.api_models.chargers import ChargerCard, ChargerPage, charger_detail
from functions.cursors import CURSOR_MAX_CHARS, seal, unseal
from functions.domain.browsing import Browsing
from functions.http_problem import Response, answers_problems
from functions.http_request import IN_DIGITS, ChargerPath, RequestModel, owner_of, path_of, query_of
from functions.http_routes import JsonResponse, document, router

logger = Logger()
metrics = Metrics()
app = router(logger)

SCOPE = "chargers"


class ChargersQuery(RequestModel):
    """Which part of the list."""

    limit: Annotated[int, Field(ge=1, le=100), IN_DIGITS] = 50
    cursor: Annotated[str, Field(max_length=CURSOR_MAX_CHARS)] | None = None


@app.get("/v1/chargers")
def list_chargers() -> JsonResponse:
    """All chargers, page by page."""
    event, use = app.current_event.raw_event, _browsing()
    owner, query = owner_of(event), query_of(event, ChargersQuery)
    page = use.chargers.page(limit=query.limit, cursor=unseal(SCOPE, query.cursor))
    cards = [ChargerCard.of(charger, owner=owner, now_ms=use.clock()) for charger in page.items]
    return document(200, ChargerPage(chargers=cards, cursor=seal(SCOPE, page.cursor)))


@app.get("/v1/chargers/<charger_id>")
def get_charger(charger_id: str) -> JsonResponse:  # noqa: ARG001 - the router insists on passing it; path_of checks it
    """One charger, with what the caller may do on each EVSE."""
    event, use = app.current_event.raw_event, _browsing()
    owner = owner_of(event)
    charger, mine = use.charger(path_of(event, ChargerPath).charger_id, owner=owner)
    return document(200, charger_detail(charger, mine, now_ms=use.clock(), patience=use.patience))


def _browsing() -> Browsing:
    given: Browsing | None = app.context.get("browsing")
    return given or bootstrap.browsing()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@answers_problems(logger)
def handler(event: dict[str, Any], context: Any, browsing: Browsing | None = None) -> Response:
    """Route one request."""
    metrics.add_metric("ChargersRead", MetricUnit.Count, 1)
    app.append_context(browsing=browsing)  # type: ignore[no-untyped-call]  # Powertools left it untyped
    return app.resolve(event, context)
