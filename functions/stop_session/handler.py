"""POST and DELETE /v1/sessions/{sessionId}/stop: the driver taps Stop charging, or takes it back.

POST /v1/shared-sessions/{sessionId}/stop: so does somebody to whom the driver has lent the right to stop.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.vocabulary import RequestedBy
from functions import bootstrap
from functions.api_models.sessions import Session
from functions.domain import outlook
from functions.domain.records import SessionRecord
from functions.domain.stopping import Stopping
from functions.http_problem import Response, answers_problems, json_response
from functions.http_request import SessionPath, owner_of, path_of, require_no_content, wait_seconds

logger = Logger()
metrics = Metrics()

SHARED = "POST /v1/shared-sessions/"
"""How the route begins by which somebody stops for somebody else."""


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@answers_problems(logger)
def handler(event: dict[str, Any], _context: object, stopping: Stopping | None = None) -> Response:
    """Stop, or withdraw the stop; the answer is the session as it is then."""
    withdraw = event["requestContext"]["http"]["method"] == "DELETE"
    by = RequestedBy.GUEST if str(event.get("routeKey")).startswith(SHARED) else RequestedBy.OWNER
    metrics.add_metric("StopWithdrawn" if withdraw else "StopRequested", MetricUnit.Count, 1)
    owner, session_id = owner_of(event), path_of(event, SessionPath).session_id
    require_no_content(event)
    use = stopping or bootstrap.stopping()
    logger.append_keys(session_id=session_id)
    if withdraw:
        return _answer(use.withdraw(session_id, owner=owner), use, by)
    tapped_ms = use.clock()
    session = use.stop(session_id, owner=owner, by=by)
    seconds = wait_seconds(event)
    # A tap that repeats one does not wait as well: a hundred would hold a hundred of our executions (ADR 0023).
    if not seconds or (session.stop_sent_at_ms or 0) < tapped_ms:
        return _answer(session, use, by)
    return _answer(use.wait(session, seconds=seconds), use, by, {"preference-applied": f"wait={seconds}"})


def _answer(session: SessionRecord, use: Stopping, by: RequestedBy, headers: dict[str, str] | None = None) -> Response:
    """200 once nothing more can happen, 202 while the charger owes an answer or the session goes on."""
    now_ms = use.clock()
    over = outlook.is_over(session, now_ms=now_ms, patience=use.patience)
    stop = session.stop
    logger.info(
        "stop answered",
        extra={
            "intent_id": stop.intent_id if stop else "",
            "charger_id": session.charger_id,
            "evse_id": session.evse_id,
            "phase": session.phase.value,
            "by": by.value,
        },
    )
    status = 200 if over else 202
    if by is RequestedBy.GUEST:
        from functions.api_models.sharing import SharedSession  # noqa: PLC0415 - few stops are a guest's (ADR 0024)

        return json_response(status, SharedSession.of(session, now_ms=now_ms, patience=use.patience), headers)
    return json_response(status, Session.of(session, now_ms=now_ms, patience=use.patience), headers)
