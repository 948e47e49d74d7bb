"""SQS → charger records: connections made and lost, as the topic rule forwards them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics

from functions import bootstrap_events
from functions.domain.ports import DeadLetters
from functions.domain.presence import Presence
from functions.queue_records import process_records

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any, given: tuple[Presence, DeadLetters] | None = None) -> dict[str, Any]:
    """Take in a batch."""
    use, dead_letters = given or bootstrap_events.presence()
    return process_records(
        event,
        context,
        take=lambda body, _received_at_ms: use.take(body),
        dead_letters=dead_letters,
        logger=logger,
        metrics=metrics,
    )
