"""A queue that topic rules fill and one function drains, or two of them, with their dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import accept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.environments import Environment

MAX_RECEIVES = 5
"""Deliveries before a message is a dead letter: enough for a throttled table, few enough not to loop for an hour."""

VISIBILITY = Duration.seconds(60)
"""Six times the reading function's timeout, as Lambda asks of a queue it polls (Lambda guide, "Using SQS")."""

KEPT = Duration.days(14)
"""The longest SQS offers: a dead letter waits for a person, who may be on holiday."""


class Inbox(Construct):
    """One queue, its dead-letter queue, and the role with which rules write to them.

    With `held`, a second queue beside the first, same reader, same dead letters: what is put there is read that much
    later. SQS delays whole queues, and a topic rule cannot delay one message.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        name: str,
        rules: Sequence[str],
        held: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=f"{name}-dlq",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=KEPT,
            removal_policy=environment.removal,
        )
        self.queue = self._queue("Queue", name)
        self.held = self._queue("Held", f"{name}-held", held) if held is not None else None
        self.queues = [self.queue, *([self.held] if self.held else [])]
        accept(self.dead_letters, "It is the end of the line: a person reads it.", "Serverless-SQSRedrivePolicy")
        self.writer = iam.Role(
            self,
            "Writer",
            description=f"Topic rules put messages into {name}, and into its dead letters when that fails.",
            assumed_by=_these_rules(self, rules),
            inline_policies={
                "write": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["sqs:SendMessage"],
                            resources=[queue.queue_arn for queue in (*self.queues, self.dead_letters)],
                        )
                    ]
                )
            },
        )

    def _queue(self, construct_id: str, name: str, delay: Duration | None = None) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=KEPT,
            visibility_timeout=VISIBILITY,
            delivery_delay=delay,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
            removal_policy=self._environment.removal,
        )


def _these_rules(scope: Construct, rules: Sequence[str]) -> iam.PrincipalBase:
    """The rules engine, but only on behalf of these rules of this account (IoT guide, "Granting a rule access")."""
    stack = Stack.of(scope)
    arns = [
        stack.format_arn(service="iot", resource="rule", resource_name=rule, arn_format=ArnFormat.SLASH_RESOURCE_NAME)
        for rule in rules
    ]
    return iam.ServicePrincipal("iot.amazonaws.com").with_conditions(
        {"StringEquals": {"aws:SourceAccount": stack.account}, "ArnLike": {"aws:SourceArn": arns}}
    )
