"""SQS → the charger that asked: may this card charge?"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap_events
from functions.domain.card_authorisation import TOO_LATE, CardAuthorisation
from functions.domain.ports import DeadLetters
from functions.queue_records import process_records

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(
    event: dict[str, Any], context: Any, given: tuple[CardAuthorisation, DeadLetters] | None = None
) -> dict[str, Any]:
    """Answer a batch."""
    use, dead_letters = given or bootstrap_events.card_authorisation()

    def take(body: str, received_at_ms: int) -> str:
        status = use.take(body, received_at_ms=received_at_ms)
        if status == TOO_LATE:
            metrics.add_metric("CardNotAnswered", MetricUnit.Count, 1)  # has an alarm: infra/watch.py
            logger.warning("card not answered: too late")
        return status

    return process_records(event, context, take=take, dead_letters=dead_letters, logger=logger, metrics=metrics)
