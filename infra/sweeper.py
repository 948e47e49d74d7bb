"""What wakes the sweeper every minute, and what says that it does not do its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import METRICS_NAMESPACE
from infra.nag import accept

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

    from infra.environments import Environment

GROUP = "default"

PATIENCE_MINUTES = 5
"""Minutes in a row before somebody is told: one sweep that could not finish is made up for by the next."""


class Sweeper(Construct):
    """The dead letters of sweeps; with `of`, the schedule, its role and the alarms."""

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
        """Have this function sweep every minute, and somebody told when it does not."""
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
        self._alarm(
            "Unread",
            "A sweep failed: read session-sweeper-dlq and the function's log.",
            self.dead_letters.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="Maximum"
            ),
            minutes=1,
        )
        self._alarm("Backlog", "More is due than the sweeper can do.", _counted("SweepBacklog"))
        self._alarm("NotSwept", "The sweeper could not do what was due in some sessions.", _counted("SessionsNotSwept"))
        cloudwatch.Alarm(
            self,
            "Asleep",
            alarm_description="The sweeper has not run for minutes: nothing expires, is sent again or is closed.",
            metric=function.metric_invocations(period=Duration.minutes(1), statistic="Sum"),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=PATIENCE_MINUTES,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
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

    def _alarm(self, name: str, meaning: str, metric: cloudwatch.IMetric, *, minutes: int = PATIENCE_MINUTES) -> None:
        cloudwatch.Alarm(
            self,
            name,
            alarm_description=meaning,
            metric=metric,
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=minutes,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _counted(metric: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=metric,
        dimensions_map={"service": "session_sweeper"},
        period=Duration.minutes(1),
        statistic="Sum",
    )
