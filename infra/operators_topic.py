"""The one topic that the people who run this listen to: alarms, and the domain events that need a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.nag import accept

if TYPE_CHECKING:
    from infra.environments import Environment

DELETED_AFTER = Duration.days(30)
"""The longest that KMS waits before it deletes a key for good."""


class OperatorsTopic(Construct):
    """The topic, with a key of its own: the key that AWS keeps for SNS does not let alarms publish.

    The deployment subscribes one mail address at the most (`Environment.operators_email`): who is on duty changes more
    often than it (docs/operations.md).
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="What operators are told",
            enable_key_rotation=True,
            pending_window=DELETED_AFTER if environment.keeps_data else None,
            removal_policy=environment.removal,
        )
        self.topic = sns.Topic(
            self, "Topic", display_name=f"Polaris {environment.name}", master_key=self.key, enforce_ssl=True
        )
        if environment.operators_email:
            mail = self.topic.add_subscription(subscriptions.EmailSubscription(environment.operators_email))
            accept(mail, "Who does not get the mail would not read the queue either.", "Serverless-SNSRedrivePolicy")
        self._let_alarms_publish()

    def _let_alarms_publish(self) -> None:
        stack = Stack.of(self)
        alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        of_this_account = stack.format_arn(
            service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[alarms],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": of_this_account},
                },
            )
        )
        # A key's policy speaks of the key it is on: it is the only resource there can be. Whose alarm it is has been
        # asked by the topic's policy: without the topic nobody gets to the key.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(principals=[alarms], actions=["kms:Decrypt", "kms:GenerateDataKey*"], resources=["*"])
        )

    def publisher(self, scope: Construct, construct_id: str, *, rule_arns: str) -> iam.Role:
        """The role with which rules of EventBridge publish: to a topic with a key, they can be told apart by it alone.

        The key's policy cannot name them (SNS guide, "Key management": conditions on the source are not supported for
        EventBridge).
        """
        return iam.Role(
            scope,
            construct_id,
            description="Rules tell the operators' topic, and nobody else.",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com").with_conditions(
                {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}, "ArnLike": {"aws:SourceArn": rule_arns}}
            ),
            inline_policies={
                "publish": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn]),
                        iam.PolicyStatement(
                            actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self.key.key_arn]
                        ),
                    ]
                )
            },
        )
