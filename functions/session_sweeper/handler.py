"""EventBridge Scheduler, every minute → session records: whatever is due and has not happened by itself."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap_events
from functions.domain.renewals import Renewals
from functions.domain.sweeping import Outcome, Sweeping

logger = Logger()
metrics = Metrics()

METRICS = {
    Outcome.START_EXPIRED: "StartsExpired",
    Outcome.STOP_SENT: "StopsSentLate",
    Outcome.STOP_OVERDUE: "StopsOverdue",
    Outcome.KEPT_AGAIN: "WithdrawalsToldAgain",
    Outcome.STOPPED_AT_TARGET: "SessionsStoppedAtTarget",
    Outcome.CLOSED: "SessionsClosedEstimated",
    Outcome.LEFT_OPEN: "SessionsLeftOpen",
    Outcome.NOTHING_DUE: "SessionsNotDue",
    Outcome.FAILED: "SessionsNotSwept",  # has an alarm, as SweepBacklog has: infra/watch.py
}
MOST_NAMED = 100
"""Chargers that one log line names: enough to begin with, and far below what a line may hold."""
QUIET = (Outcome.LEFT_OPEN, Outcome.NOTHING_DUE)
"""Outcomes that changed nothing for anybody: counted, not logged."""


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: Any, given: tuple[Sweeping, Renewals] | None = None) -> None:
    """Sweep once, and look after the certificates when it is time."""
    sweeping, renewals = given or (bootstrap_events.sweeping(), bootstrap_events.renewals())
    sweep = sweeping.sweep()
    for session_id, outcome in sweep.outcomes.items():
        if outcome is Outcome.FAILED:
            logger.warning("session not swept", extra={"session_id": session_id, "why": sweep.reasons[session_id]})
        elif outcome not in QUIET:
            logger.info("session swept", extra={"session_id": session_id, "outcome": outcome.value})
    for outcome, name in METRICS.items():
        metrics.add_metric(name, MetricUnit.Count, sweep.count(outcome))
    metrics.add_metric("SweepBacklog", MetricUnit.Count, int(sweep.backlog))
    chargers = renewals.overdue()
    if chargers is not None:
        metrics.add_metric("CertificatesOverdue", MetricUnit.Count, len(chargers))
    if chargers:
        logger.warning("certificates not renewed", extra={"charger_ids": chargers[:MOST_NAMED]})
