"""The dead-letter queue, over SQS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.adapters.aws_errors import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

WHY_MAX_CHARS = 240


@dataclass(frozen=True, slots=True)
class SqsDeadLetters:
    """`functions.domain.ports.DeadLetters` over a queue whose depth has an alarm."""

    client: SQSClient
    queue_url: str

    def put(self, body: str, *, why: str) -> None:
        """See `DeadLetters.put`. The reason travels as the attribute `why`; SQS takes no control characters there."""
        readable = "".join(character if character.isprintable() else "?" for character in why[:WHY_MAX_CHARS])
        attributes = {"why": {"DataType": "String", "StringValue": readable or "unknown"}}
        with aws_errors():
            self.client.send_message(QueueUrl=self.queue_url, MessageBody=body, MessageAttributes=attributes)  # type: ignore[arg-type]  # the stub wants its own TypedDict
