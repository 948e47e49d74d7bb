"""DELETE /v1/me: a person deletes their account."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap
from functions.api_models.account import AccountDeletion
from functions.domain.leaving import Leaving
from functions.http_problem import SECURITY_HEADERS, Response, answers_problems, json_response
from functions.http_request import owner_of, require_no_content

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@answers_problems(logger)
def handler(event: dict[str, Any], _context: object, leaving: Leaving | None = None) -> Response:
    """Delete as much as one request may: 204 once nothing is left, 202 while asking again goes on."""
    metrics.add_metric("AccountDeletionAsked", MetricUnit.Count, 1)
    owner = owner_of(event)
    require_no_content(event)
    if (leaving or bootstrap.leaving()).delete(owner):
        metrics.add_metric("AccountsDeleted", MetricUnit.Count, 1)
        logger.info("account deleted")
        return {"statusCode": 204, "headers": dict(SECURITY_HEADERS), "body": "", "isBase64Encoded": False}
    return json_response(202, AccountDeletion(), {"retry-after": "1"})
