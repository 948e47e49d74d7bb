"""Stream of the sessions table → event bus: what happened in sessions, for whoever subscribes."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap_events
from functions.adapters.session_stream import change_of
from functions.domain.errors import ContractViolation, PolarisError
from functions.domain.ports import DeadLetters
from functions.domain.telling import Telling

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(
    event: dict[str, Any], _context: object, given: tuple[Telling, DeadLetters] | None = None
) -> dict[str, Any]:
    """Tell what a batch of the stream means; the answer names the first record that could not be told.

    The stream is delivered again from there on, so whatever follows it waits. A record that nobody can read would wait
    for ever: it is set aside at once, whole and with the reason.
    """
    telling, dead_letters = given or bootstrap_events.telling()
    metrics.add_metric("ChangesReceived", MetricUnit.Count, len(event["Records"]))
    for record in event["Records"]:
        try:
            _tell(record, telling, dead_letters)
        except PolarisError as error:
            log = logger.exception if isinstance(error, ContractViolation) else logger.warning
            log("change comes again", extra={"problem": error.code, "detail": error.detail})
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _tell(record: dict[str, Any], telling: Telling, dead_letters: DeadLetters) -> None:
    try:
        change = change_of(record)
    except ContractViolation as error:
        logger.warning("change set aside", extra={"problem": error.code, "detail": error.detail})
        metrics.add_metric("ChangeSetAside", MetricUnit.Count, 1)
        dead_letters.put(json.dumps(record), why=f"{error.code}: {error.detail}")
        return
    if change is None:
        return
    for told in telling.tell(*change):
        metrics.add_metric("DomainEventTold", MetricUnit.Count, 1)
        logger.info("told", extra={"kind": told.KIND, "event_id": told.event_id, "session_id": told.session_id})
