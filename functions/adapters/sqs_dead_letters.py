"""The dead-letter queues as operators see them, over SQS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.adapters.aws_errors import aws_errors
from functions.domain.errors import CallerError
from functions.domain.operator_ports import DeadLetter, QueueDepth

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

AT_ONCE = 10
"""As many messages as SQS hands out in one call."""
LOOK_S = 1
"""Long polling, in seconds: asks every server of the queue; without it a queue with few letters may look empty."""
IN_HAND_S = 60
"""How long a letter that is being moved is hidden from others, in seconds: far longer than a request may take."""
WHY = "why"


@dataclass(frozen=True, slots=True)
class QueuePair:
    """A dead-letter queue, and where its letters were meant to go; empty: nobody waits for them any more."""

    url: str
    back_to: str


@dataclass(frozen=True, slots=True)
class SqsDeadLetterQueues:
    """`functions.domain.operator_ports.DeadLetterQueues`.

    A redrive of our own and not StartMessageMoveTask: that one moves what functions put there directly to nowhere
    without a destination, cannot be bounded by a number, and cannot be tried on one machine (ADR 0020).
    """

    client: SQSClient
    queues: Mapping[str, QueuePair]

    def depths(self) -> list[QueueDepth]:
        """See `DeadLetterQueues.depths`."""
        return [self.depth(name) for name in sorted(self.queues)]

    def depth(self, name: str) -> QueueDepth:
        """See `DeadLetterQueues.depth`."""
        pair = self._pair(name)
        with aws_errors():
            counted = self.client.get_queue_attributes(
                QueueUrl=pair.url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )["Attributes"]
        return QueueDepth(
            name=name,
            waiting=int(counted["ApproximateNumberOfMessages"]),
            in_hand=int(counted["ApproximateNumberOfMessagesNotVisible"]),
            redrivable=bool(pair.back_to),
        )

    def peek(self, name: str) -> list[DeadLetter]:
        """See `DeadLetterQueues.peek`. Received with no time to keep them: they are waiting again at once."""
        with aws_errors():
            answer = self.client.receive_message(
                QueueUrl=self._pair(name).url,
                MaxNumberOfMessages=AT_ONCE,
                VisibilityTimeout=0,
                WaitTimeSeconds=LOOK_S,
                MessageAttributeNames=[WHY],
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            )
        return [
            DeadLetter(
                letter_id=message["MessageId"],
                sent_at_ms=int(message["Attributes"]["SentTimestamp"]),
                received=int(message["Attributes"]["ApproximateReceiveCount"]),
                why=attributes[WHY]["StringValue"]
                if WHY in (attributes := message.get("MessageAttributes", {}))
                else "",
                body=message["Body"],
            )
            for message in answer.get("Messages", [])
        ]

    def redrive(self, name: str, *, limit: int) -> int:
        """See `DeadLetterQueues.redrive`."""
        pair = self._pair(name)
        if not pair.back_to:
            raise CallerError("not_redrivable", f"Nobody waits for the letters of {name} any more.")
        moved = 0
        with aws_errors():
            while moved < limit:
                messages = self.client.receive_message(
                    QueueUrl=pair.url,
                    MaxNumberOfMessages=min(AT_ONCE, limit - moved),
                    VisibilityTimeout=IN_HAND_S,
                    WaitTimeSeconds=LOOK_S,
                ).get("Messages", [])
                if not messages:
                    break
                for message in messages:
                    self.client.send_message(QueueUrl=pair.back_to, MessageBody=message["Body"])
                    self.client.delete_message(QueueUrl=pair.url, ReceiptHandle=message["ReceiptHandle"])
                    moved += 1
        return moved

    def _pair(self, name: str) -> QueuePair:
        try:
            return self.queues[name]
        except KeyError:
            raise CallerError("queue_not_found", f"The queues are {', '.join(sorted(self.queues))}.") from None
