"""What the functions behind a queue share: each record on its own, hopeless ones set aside, the others tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.domain.errors import ContractViolation, TemporaryError
from functions.domain.ports import DeadLetters

Take = Callable[[str, int], str]
"""Takes a record's body and when the queue received it (epoch milliseconds); says in a word what it was."""


def process_records(
    event: dict[str, Any], context: Any, *, take: Take, dead_letters: DeadLetters, logger: Logger, metrics: Metrics
) -> dict[str, Any]:
    """Process a batch; the answer names the records to deliver again.

    A document that breaks the contract will never become right: it goes to the dead-letter queue at once, whole and
    with the reason, instead of blocking its place through five deliveries. Anything else that fails comes again.
    """
    metrics.add_metric("DocumentsReceived", MetricUnit.Count, len(event["Records"]))

    def one(record: SQSRecord) -> None:
        try:
            kind = take(record.body, int(record.attributes.sent_timestamp or 0))
        except TemporaryError as error:
            logger.warning("document comes again", extra={"problem": error.code, "detail": error.detail})
            raise
        except ContractViolation as error:
            if error.code == "internal":
                logger.exception("document comes again")  # not the document's fault: AWS refused us
                raise
            logger.warning("document set aside", extra={"problem": error.code, "detail": error.detail})
            metrics.add_metric("DocumentSetAside", MetricUnit.Count, 1)
            dead_letters.put(record.body, why=f"{error.code}: {error.detail}")
        else:
            logger.debug("document taken", extra={"kind": kind})
            metrics.add_metric("DocumentTaken", MetricUnit.Count, 1)

    # A processor per batch: it keeps what failed, and a shared one would mix two batches of a warm function.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=one, processor=processor, context=context)
    return dict(answer)
