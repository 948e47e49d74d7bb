"""POST /v1/chargers/{chargerId}/evses/{evseId}/sessions: the driver taps Start charging."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap
from functions.api_models.sessions import Session
from functions.domain.starting import Starting
from functions.http_problem import Response, answers_problems, json_response
from functions.http_request import EvsePath, StartHeaders, StartWishes, body_of, checked, header_of, owner_of, path_of

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@answers_problems(logger)
def handler(event: dict[str, Any], _context: object, starting: Starting | None = None) -> Response:
    """Start a session; the answer is the session as asked for, with the place to follow it."""
    metrics.add_metric("StartRequested", MetricUnit.Count, 1)
    owner, path = owner_of(event), path_of(event, EvsePath)
    key = checked(StartHeaders, {"idempotencyKey": header_of(event, "idempotency-key")}).idempotency_key
    target = body_of(event, StartWishes).target
    logger.append_keys(charger_id=path.charger_id, evse_id=path.evse_id)
    use = starting or bootstrap.starting()
    session = use.start(path.charger_id, path.evse_id, owner=owner, idempotency_key=key, target=target)
    intent_id = session.start.intent_id if session.start else ""
    logger.info("start sent", extra={"session_id": session.session_id, "intent_id": intent_id})
    document = Session.of(session, now_ms=use.clock(), patience=use.patience)
    return json_response(202, document, {"location": f"/v1/sessions/{session.session_id}"})
