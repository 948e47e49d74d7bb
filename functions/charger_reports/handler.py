"""SQS → session and EVSE records: shadow documents and session events, as the topic rules forward them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics

from functions import bootstrap
from functions.domain.ports import DeadLetters
from functions.domain.reporting import Reporting
from functions.queue_records import process_records

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any, given: tuple[Reporting, DeadLetters] | None = None) -> dict[str, Any]:
    """Take in a batch."""
    use, dead_letters = given or bootstrap.reporting()
    return process_records(
        event,
        context,
        take=lambda body, received_at_ms: use.take(body, received_at_ms=received_at_ms),
        dead_letters=dead_letters,
        logger=logger,
        metrics=metrics,
    )
