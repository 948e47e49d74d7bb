"""SQS → session and EVSE records: shadow documents and session events, as the topic rules forward them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap_events
from functions.domain.ports import DeadLetters
from functions.domain.reporting import Reporting
from functions.domain.stop_outcomes import StopOutcome, StopTold
from functions.queue_records import process_records

logger = Logger()
metrics = Metrics()

STOPS = {
    StopOutcome.DONE: "StopsDone",
    StopOutcome.LATE: "StopsLate",
    StopOutcome.REFUSED: "StopsRefused",
    StopOutcome.FAILED: "StopsFailed",
}
"""Metric by outcome; the objectives for stops are made of them (infra/objectives.py)."""


def count_stop(to: Metrics, stop: StopTold) -> None:
    """Count a stop by its outcome, never by its charger, which is in the log: each value of a dimension is a metric."""
    to.add_metric("StopsOver", MetricUnit.Count, 1)
    to.add_metric(STOPS[stop.outcome], MetricUnit.Count, 1)
    to.add_metric("StopsQuick", MetricUnit.Count, int(stop.quick))
    if stop.outcome in (StopOutcome.DONE, StopOutcome.LATE):
        to.add_metric("StopLatency", MetricUnit.Milliseconds, stop.took_ms)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any, given: tuple[Reporting, DeadLetters] | None = None) -> dict[str, Any]:
    """Take in a batch."""
    use, dead_letters = given or bootstrap_events.reporting()

    def take(body: str, received_at_ms: int) -> str:
        taken = use.take(body, received_at_ms=received_at_ms)
        about: dict[str, str | int] = {
            "session_id": taken.session_id,
            "intent_id": taken.intent_id,
            "charger_id": taken.charger_id,
            "evse_id": taken.evse_id,
        }
        if taken.stop is not None:
            count_stop(metrics, taken.stop)
            about |= {"outcome": taken.stop.outcome.value, "took_ms": taken.stop.took_ms}
        if taken.intent_id:
            logger.info("intent answered", extra={**about, "status": taken.status})
        elif taken.kind in ("started", "ended"):
            logger.info("session %s", taken.kind, extra=about)
        if taken.stopped_at:
            metrics.add_metric("SessionStoppedAtTarget", MetricUnit.Count, 1)
            logger.info("session stopped at its target", extra={**about, "target": taken.stopped_at})
        if taken.kind == "power_still_flowing":
            metrics.add_metric("PowerStillFlowing", MetricUnit.Count, 1)  # has an alarm: infra/watch.py
            logger.error("power_still_flowing", extra={**about, "document": body})
        return taken.kind

    return process_records(
        event,
        context,
        take=take,
        dead_letters=dead_letters,
        logger=logger,
        metrics=metrics,
    )
