"""From the sessions' stream to whoever subscribes: the bus, what feeds it, and what operators hear of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import accept

if TYPE_CHECKING:
    from infra.environments import Environment
    from infra.operators_topic import OperatorsTopic
    from infra.tables import Tables

SOURCE = "polaris.sessions"
FOR_OPERATORS = ("stop.failed", "stop.overdue", "session.closed_estimated")
"""Kinds of event after which a person may have to look."""

BATCH_SIZE = 100
"""Changes that are told in one go at most."""

_THERE = [{"exists": True}]
_A_STOP, _AN_END = {"stop": {"M": {"intent_id": {"S": _THERE}}}}, {"end": {"M": {"reason": {"S": _THERE}}}}
MAY_MEAN_SOMETHING = (
    {"OldImage": {"phase": {"S": ["pending"]}}, "NewImage": {"started_at_ms": {"N": _THERE}}},
    # Its record may be there before its beginning is told.
    {"NewImage": {"id_token_hash": {"S": _THERE}}},
    {"NewImage": _A_STOP},
    {"NewImage": _AN_END},
    {"OldImage": _AN_END},
)
"""Changes that the function is woken for; Lambda takes five such patterns at the most. The function says what is meant.
Nearly all writes of the table are samples, and of a session that charges undisturbed none is in here."""

TOLD_WITHIN = Duration.hours(6)
"""How long a change is tried again. The stream keeps a day: an outage of six hours loses nothing, and what would crash
the function for ever holds its part of the stream up for no longer, while the alarm on the lag rings."""

KEPT = Duration.days(14)
"""The longest SQS offers: a dead letter waits for a person, who may be on holiday."""

_TEXT = (
    "Polaris: <kind>. Charger <charger>, EVSE <evse>, session <session>, at <at>. "
    "The whole story: make explain SESSION=<session>. What to do: docs/operations.md."
)


class DomainEvents(Construct):
    """The bus and its dead letters; with `of`, the function that feeds it and the rule for operators."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=f"polaris-{environment.name}",
            description="What happens in sessions: docs/domain-events.md",
        )
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name="domain-events-dlq",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=KEPT,
            removal_policy=environment.removal,
        )
        end = "It is the end of the line: a person reads it."
        accept(self.dead_letters, end, "Serverless-SQSRedrivePolicy", "AwsSolutions-SQS3")

    def of(self, function: lambda_.Function, *, tables: Tables, operators: OperatorsTopic) -> None:
        """Have this function tell what the stream of the sessions table means, and operators hear of it."""
        self._read(function, tables)
        self._tell(operators)

    def _read(self, function: lambda_.Function, tables: Tables) -> None:
        lambda_.EventSourceMapping(
            self,
            "Stream",
            target=function,
            event_source_arn=tables.sessions.table_stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=BATCH_SIZE,
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            max_record_age=TOLD_WITHIN,
            on_failure=sources.SqsDlq(self.dead_letters),
            filters=[lambda_.FilterCriteria.filter({"dynamodb": images}) for images in MAY_MEAN_SOMETHING],
        )

    def _tell(self, operators: OperatorsTopic) -> None:
        """Operators get a sentence, without the owner: mails are kept for long, and in many places."""
        rules = Stack.of(self).format_arn(
            service="events",
            resource="rule",
            resource_name=f"{self.bus.event_bus_name}/*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        events.CfnRule(
            self,
            "ForOperators",
            description="What a person may have to look at goes to the operators' topic.",
            event_bus_name=self.bus.event_bus_name,
            event_pattern={"source": [SOURCE], "detail-type": list(FOR_OPERATORS)},
            targets=[
                events.CfnRule.TargetProperty(
                    id="operators",
                    arn=operators.topic.topic_arn,
                    role_arn=operators.publisher(self, "Publisher", rule_arns=rules).role_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={
                            "kind": "$.detail-type",
                            "charger": "$.detail.chargerId",
                            "evse": "$.detail.evseId",
                            "session": "$.detail.sessionId",
                            "at": "$.detail.at",
                        },
                        input_template=json.dumps(_TEXT),
                    ),
                )
            ],
        )
        self.dead_letters.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.dead_letters.queue_arn],
                conditions={"ArnLike": {"aws:SourceArn": rules}},
            )
        )
