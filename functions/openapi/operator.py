"""What operators look for and do. To a caller who is none, each of these routes is a 404, `route_not_found`."""

from __future__ import annotations

from functions.api_models.operator import (
    Act,
    AuditPage,
    DeadLetterQueues,
    DeadLetters,
    OperatorAccount,
    OperatorCharger,
    OperatorChargerPage,
    OperatorSessionDetail,
    OperatorSessionPage,
)
from functions.http_request import ChargerPath, RequestModel, SessionPath
from functions.openapi.route import Route
from functions.operator_api.requests import (
    AccountPath,
    ChargersQuery,
    Orders,
    PageQuery,
    QueuePath,
    RedriveOrders,
    SessionsQuery,
)

_FIND = ("invalid_request", "route_not_found")
_ACT = (*_FIND, "unsupported_media_type")
_DONE = "What was done; or what would be, in a dry run"


def _act(path: str, operation_id: str, summary: str, path_model: type[RequestModel], *reasons: str) -> Route:
    return Route(
        method="post",
        path=f"/v1/operator/{path}",
        operation_id=operation_id,
        summary=summary,
        answers={200: (_DONE, Act)},
        reasons=(*_ACT, *reasons),
        path_model=path_model,
        body=RedriveOrders if path_model is QueuePath else Orders,
        tag="operator",
    )


ROUTES = (
    Route(
        method="get",
        path="/v1/operator/sessions",
        operation_id="findSessions",
        summary="Sessions of a driver or of a charger, newest first; or all that are open or whose stop is overdue",
        answers={200: ("A page of sessions", OperatorSessionPage)},
        reasons=_FIND,
        query_model=SessionsQuery,
        tag="operator",
    ),
    Route(
        method="get",
        path="/v1/operator/sessions/{sessionId}",
        operation_id="findSession",
        summary="Anybody's session, with its timeline",
        answers={200: ("The session", OperatorSessionDetail)},
        reasons=(*_FIND, "session_not_found"),
        path_model=SessionPath,
        tag="operator",
    ),
    _act(
        "sessions/{sessionId}/stop",
        "operatorStop",
        "Stop anybody's session, on the same path as a driver's tap; the driver is shown the reason",
        SessionPath,
        "session_not_found",
        "session_not_active",
        "not_sent",
    ),
    _act(
        "sessions/{sessionId}/close",
        "operatorClose",
        "Put on record, as estimated, that a session is over of which its charger no longer speaks",
        SessionPath,
        "session_not_found",
        "session_not_active",
        "session_still_reported",
    ),
    Route(
        method="get",
        path="/v1/operator/chargers",
        operation_id="findChargers",
        summary="Chargers by status, connection and service",
        answers={200: ("A page of chargers", OperatorChargerPage)},
        reasons=_FIND,
        query_model=ChargersQuery,
        tag="operator",
    ),
    Route(
        method="get",
        path="/v1/operator/chargers/{chargerId}",
        operation_id="findCharger",
        summary="A charger with all that is on record about its state",
        answers={200: ("The charger", OperatorCharger)},
        reasons=(*_FIND, "charger_not_found"),
        path_model=ChargerPath,
        tag="operator",
    ),
    _act(
        "chargers/{chargerId}/out-of-service",
        "takeOutOfService",
        "No session begins at this charger any more; running ones go on and can be stopped",
        ChargerPath,
        "charger_not_found",
    ),
    _act(
        "chargers/{chargerId}/in-service",
        "putInService",
        "Sessions may begin at this charger again",
        ChargerPath,
        "charger_not_found",
    ),
    Route(
        method="get",
        path="/v1/operator/accounts/{owner}",
        operation_id="findAccount",
        summary="What is on record of an account",
        answers={200: ("The account", OperatorAccount)},
        reasons=_FIND,
        path_model=AccountPath,
        tag="operator",
    ),
    _act(
        "accounts/{owner}/suspend",
        "suspendAccount",
        "This account begins nothing new; what runs goes on and can be stopped",
        AccountPath,
    ),
    _act("accounts/{owner}/restore", "restoreAccount", "This account may charge again", AccountPath),
    Route(
        method="get",
        path="/v1/operator/dead-letters",
        operation_id="listDeadLetterQueues",
        summary="Every dead-letter queue and how full it is",
        answers={200: ("The queues", DeadLetterQueues)},
        reasons=("route_not_found",),
        tag="operator",
    ),
    Route(
        method="get",
        path="/v1/operator/dead-letters/{queue}",
        operation_id="peekDeadLetters",
        summary="Some letters of a queue, ten at most, which stay there",
        answers={200: ("The letters", DeadLetters)},
        reasons=(*_FIND, "queue_not_found"),
        path_model=QueuePath,
        tag="operator",
    ),
    _act(
        "dead-letters/{queue}/redrive",
        "redriveDeadLetters",
        "Move letters back to the queue that they were meant for; each at least once, none is lost",
        QueuePath,
        "queue_not_found",
        "not_redrivable",
    ),
    Route(
        method="get",
        path="/v1/operator/audit",
        operation_id="listAudit",
        summary="What operators did and why, newest first",
        answers={200: ("A page of acts", AuditPage)},
        reasons=_FIND,
        query_model=PageQuery,
        tag="operator",
    ),
)
