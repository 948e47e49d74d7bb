"""What wakes the sweeper every minute; what says that it does not do its work is in `watch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import accept

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

    from infra.environments import Environment

GROUP = "default"


class Sweeper(Construct):
    """The dead letters of sweeps; with `of`, the schedule and its role."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name="session-sweeper-dlq",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # There is nothing in it to be saved: the next sweep does what this one did not.
            retention_period=Duration.days(1),
            removal_policy=environment.removal,
        )
        accept(self.dead_letters, "It is the end of the line: a person reads it.", "Serverless-SQSRedrivePolicy")

    def of(self, function: lambda_.Function) -> None:
        """Have this function sweep every minute."""
        scheduler.CfnSchedule(
            self,
            "EveryMinute",
            description="Nothing stays open for ever: wakes the session sweeper.",
            group_name=GROUP,
            schedule_expression="rate(1 minute)",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn,
                role_arn=self._role(function).role_arn,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
                # Not longer than until the next one is due.
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=60, maximum_retry_attempts=0
                ),
            ),
        )

    def _role(self, function: lambda_.Function) -> iam.Role:
        stack = Stack.of(self)
        group = stack.format_arn(
            service="scheduler",
            resource="schedule-group",
            resource_name=GROUP,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        return iam.Role(
            self,
            "Role",
            description="The schedule wakes the session sweeper, and keeps what it could not deliver.",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com").with_conditions(
                {"StringEquals": {"aws:SourceAccount": stack.account, "aws:SourceArn": group}}
            ),
            inline_policies={
                "wake": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn]),
                        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn]),
                    ]
                )
            },
        )
