"""/v1/operator/…: what operators look for and do. Nobody else learns that these routes exist."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap
from functions.api_models.operator import (
    Act,
    AuditItem,
    AuditPage,
    DeadLetterQueue,
    DeadLetterQueues,
    DeadLetters,
    Letter,
    OperatorAccount,
    OperatorCharger,
    OperatorChargerPage,
    OperatorSession,
    OperatorSessionDetail,
    OperatorSessionPage,
)
from functions.cursors import seal, unseal
from functions.domain.errors import CallerError
from functions.domain.finding import Finding, matching
from functions.domain.operating import Carried, Operating, Order
from functions.domain.ports import Page
from functions.domain.records import SessionRecord
from functions.http_problem import Response, answers_problems
from functions.http_request import ChargerPath, SessionPath, body_of, path_of, query_of
from functions.http_routes import JsonResponse, document, router
from functions.operator_api.requests import (
    AccountPath,
    ChargersQuery,
    Orders,
    PageQuery,
    QueuePath,
    RedriveOrders,
    SessionsQuery,
)
from functions.operator_token import operator_of

logger = Logger()
metrics = Metrics()
app = router(logger)


@app.get("/v1/operator/sessions")
def find_sessions() -> JsonResponse:
    """Sessions of a driver, of a charger, or all that are open."""
    event, use = app.current_event.raw_event, _operating().finding
    query = query_of(event, SessionsQuery)
    if [query.owner, query.charger_id, query.state].count(None) != 2:  # noqa: PLR2004 - one of the three is there
        raise CallerError("invalid_request", "owner, chargerId, state: give exactly one of them.")
    if query.evse_id is not None and query.charger_id is None:
        raise CallerError("invalid_request", "evseId: only together with chargerId.")
    scope = "\n".join(["operator/sessions", *(str(it) for it in (query.owner, query.charger_id, query.evse_id))])
    scope += f"\n{query.state}"
    page = _sessions(use, query, unseal(scope, query.cursor))
    now_ms = use.clock()
    shown = [OperatorSession.of(it, now_ms=now_ms, patience=use.patience) for it in page.items]
    return document(200, OperatorSessionPage(sessions=shown, cursor=seal(scope, page.cursor)))


def _sessions(use: Finding, query: SessionsQuery, cursor: str | None) -> Page[SessionRecord]:
    if query.owner is not None:
        return use.of_owner(query.owner, limit=query.limit, cursor=cursor)
    if query.charger_id is not None:
        return use.of_charger(query.charger_id, evse_id=query.evse_id, limit=query.limit, cursor=cursor)
    return use.open(overdue=query.state == "overdue", limit=query.limit, cursor=cursor)


@app.get("/v1/operator/sessions/<session_id>")
def get_session(session_id: str) -> JsonResponse:  # noqa: ARG001 - the router insists on passing it; path_of checks it
    """Anybody's session, with its story."""
    event, use = app.current_event.raw_event, _operating().finding
    session = use.session(path_of(event, SessionPath).session_id)
    return document(200, OperatorSessionDetail.of(session, now_ms=use.clock(), patience=use.patience))


@app.post("/v1/operator/sessions/<session_id>/stop")
def stop_session(session_id: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """Stop anybody's session."""
    event = app.current_event.raw_event
    return _done(_operating().stop(path_of(event, SessionPath).session_id, _order(body_of(event, Orders))))


@app.post("/v1/operator/sessions/<session_id>/close")
def close_session(session_id: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """Put on record that a session is over of which its charger no longer speaks."""
    event = app.current_event.raw_event
    return _done(_operating().close(path_of(event, SessionPath).session_id, _order(body_of(event, Orders))))


@app.get("/v1/operator/chargers")
def find_chargers() -> JsonResponse:
    """Chargers by state."""
    event, use = app.current_event.raw_event, _operating().finding
    query = query_of(event, ChargersQuery)
    scope = f"operator/chargers\n{query.status}\n{query.connected}\n{query.in_service}"
    matches = matching(status=query.status, connected=query.connected, in_service=query.in_service)
    page = use.chargers_that(matches, limit=query.limit, cursor=unseal(scope, query.cursor))
    chargers = [OperatorCharger.of(charger) for charger in page.items]
    return document(200, OperatorChargerPage(chargers=chargers, cursor=seal(scope, page.cursor)))


@app.get("/v1/operator/chargers/<charger_id>")
def get_charger(charger_id: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """One charger."""
    charger = _operating().finding.charger(path_of(app.current_event.raw_event, ChargerPath).charger_id)
    return document(200, OperatorCharger.of(charger))


@app.post("/v1/operator/chargers/<charger_id>/out-of-service")
def take_out_of_service(charger_id: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """No session begins at this charger any more."""
    return _set_in_service(in_service=False)


@app.post("/v1/operator/chargers/<charger_id>/in-service")
def put_in_service(charger_id: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """Sessions may begin at this charger again."""
    return _set_in_service(in_service=True)


def _set_in_service(*, in_service: bool) -> JsonResponse:
    event = app.current_event.raw_event
    charger_id, order = path_of(event, ChargerPath).charger_id, _order(body_of(event, Orders))
    return _done(_operating().set_in_service(charger_id, order, in_service=in_service))


@app.get("/v1/operator/accounts/<owner>")
def get_account(owner: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """What is on record of an account."""
    account = _operating().accounts.get(path_of(app.current_event.raw_event, AccountPath).owner)
    return document(200, OperatorAccount.of(account))


@app.post("/v1/operator/accounts/<owner>/suspend")
def suspend_account(owner: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """This account begins nothing new."""
    event = app.current_event.raw_event
    return _done(_operating().suspend(path_of(event, AccountPath).owner, _order(body_of(event, Orders))))


@app.post("/v1/operator/accounts/<owner>/restore")
def restore_account(owner: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """This account may charge again."""
    event = app.current_event.raw_event
    return _done(_operating().restore(path_of(event, AccountPath).owner, _order(body_of(event, Orders))))


@app.get("/v1/operator/dead-letters")
def list_dead_letter_queues() -> JsonResponse:
    """Every dead-letter queue and how full it is."""
    queues = [DeadLetterQueue.of(depth) for depth in _operating().letters.depths()]
    return document(200, DeadLetterQueues(queues=queues))


@app.get("/v1/operator/dead-letters/<queue>")
def peek_dead_letters(queue: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """Some letters of a queue, which stay there."""
    use, name = _operating().letters, path_of(app.current_event.raw_event, QueuePath).queue
    letters = [Letter.of(letter) for letter in use.peek(name)]
    return document(200, DeadLetters(queue=DeadLetterQueue.of(use.depth(name)), letters=letters))


@app.post("/v1/operator/dead-letters/<queue>/redrive")
def redrive_dead_letters(queue: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """Move letters back to the queue that they were meant for."""
    event = app.current_event.raw_event
    name, orders = path_of(event, QueuePath).queue, body_of(event, RedriveOrders)
    return _done(_operating().redrive(name, _order(orders), limit=orders.limit))


@app.get("/v1/operator/audit")
def list_audit() -> JsonResponse:
    """What operators did, newest first."""
    query = query_of(app.current_event.raw_event, PageQuery)
    page = _operating().audit.page(limit=query.limit, cursor=unseal("operator/audit", query.cursor))
    cursor = seal("operator/audit", page.cursor)
    return document(200, AuditPage(acts=[AuditItem.of(entry) for entry in page.items], cursor=cursor))


def _order(orders: Orders) -> Order:
    event = app.current_event.raw_event
    return Order(
        operator=operator_of(event),
        reason=orders.reason,
        correlation_id=str(event["requestContext"].get("requestId", "")),
        dry_run=orders.dry_run,
    )


def _done(carried: Carried) -> JsonResponse:
    if carried.action_id:
        about = {"action_id": carried.action_id, "act": carried.act.value, "target": carried.target}
        logger.info("operator acted", extra={**about, "outcome": carried.outcome})
        metrics.add_metric("OperatorActs", MetricUnit.Count, 1)
    if not carried.recorded:
        logger.error("outcome not on record", extra={"action_id": carried.action_id})
    return document(200, Act.of(carried))


def _operating() -> Operating:
    given: Operating | None = app.context.get("operating")
    return given or bootstrap.operating()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@answers_problems(logger)
def handler(event: dict[str, Any], context: Any, operating: Operating | None = None) -> Response:
    """Route one request of an operator; to others there is nothing here."""
    metrics.add_metric("OperatorRequests", MetricUnit.Count, 1)
    logger.append_keys(operator=operator_of(event))
    app.append_context(operating=operating)  # type: ignore[no-untyped-call]  # Powertools left it untyped
    return app.resolve(event, context)
